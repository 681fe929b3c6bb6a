"""Where a press's playhead stands, and what state its learner sees: arithmetic over two rows.

Positions count updates. A run that failed has one more position after its last update, the update
that could not be made, so that a paused press does not learn of it too early.
"""

import math
from typing import Literal

from backend.tables import PressRow, RunRow

State = Literal["idle", "queued", "running", "paused", "finished", "failed", "stopped", "replay"]
WATCHING_SECONDS = 6.0  # a whole run, replayed
CLOSE_ENOUGH = 2  # updates that may appear at once when a press goes on
ENDED = ("finished", "failed")


def end_of(run: RunRow) -> int:
    """The last position that exists now."""
    has_failure_event = run.status == "failed" and run.problem is None
    return run.updates + (1 if has_failure_event else 0)


def rate_of(press: PressRow, run: RunRow) -> float:
    """Updates a second at which the playhead moves; infinite for as fast as it goes."""
    if press.pace is not None:
        return press.pace
    if press.behind:
        return max(1.0, (run.planned or run.updates) / WATCHING_SECONDS)
    return math.inf


def exact_position(press: PressRow, run: RunRow, now: float) -> float:
    """The playhead at `now` (seconds since 1970), in updates, with its fraction.

    The update after the anchor is due at once, so that the first point of a slow run need not wait.
    """
    end = float(end_of(run))
    if press.paused or press.stopped_at is not None:
        return min(press.anchor, end)
    rate = rate_of(press, run)
    if math.isinf(rate):
        return end
    elapsed = max(0.0, now - max(press.anchored_at, run.started_at or now))
    return min(end, press.anchor + 1.0 + elapsed * rate)


def position(press: PressRow, run: RunRow, now: float) -> int:
    """The last update that the press may see at `now`."""
    return math.floor(exact_position(press, run, now))


def is_over(press: PressRow, run: RunRow, now: float) -> bool:
    """Whether the press has seen all there will be."""
    return run.status in ENDED and position(press, run, now) >= end_of(run)


def last_seq(press: PressRow, run: RunRow, now: float) -> int:
    """The last event that the press may see."""
    return run.next_seq - 1 if is_over(press, run, now) else position(press, run, now)


def state_of(press: PressRow, run: RunRow, now: float) -> State:
    """What the page says of the press at `now`."""
    if is_over(press, run, now):
        return "finished" if run.status == "finished" else "failed"
    if press.stopped_at is not None:
        return "stopped"
    if press.paused:
        return "paused"
    if run.status in ENDED:
        return "replay" if press.is_replay else "running"
    if run.status != "running" and position(press, run, now) >= end_of(run):
        return "queued"
    return "running"


def is_spent(press: PressRow, run: RunRow) -> bool:
    """Whether what is recorded uses up the budget that the press was given."""
    return press.budget is not None and run.work >= press.budget


def wants_more(press: PressRow, run: RunRow) -> bool:
    """Whether the press asks for an update that is not yet recorded."""
    if press.stopped_at is not None or is_spent(press, run):
        return False
    return not press.paused or press.anchor > run.updates
