"""What pages call: press Train, look at a press, and pause, step, pace or stop it.

Equal configs share one run. A press is one learner's view of it: pausing stops what this learner
sees, and the run itself waits only when everybody who watches it wishes so.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

import engine
from backend import cluster, fair_queue, playhead
from backend.database import current, insert_new
from backend.errors import BackendError, NothingToTalkTo, RefusedConfig
from backend.run_views import RunSummaryRow as RunSummaryRow
from backend.run_views import RunView as RunView
from backend.run_views import config_of, find_run, press_and_run
from backend.run_views import events_of as events_of
from backend.run_views import latest_press as latest_press
from backend.run_views import look as look
from backend.run_views import record_of as record_of
from backend.run_views import row_of as row_of
from backend.run_views import runs_of as runs_of
from backend.run_views import states_of as states_of
from backend.tables import Learner, PressRow, RunRow
from engine.config import ConfigError, config_json, content_address, parse_config
from engine.spec import TrainConfig

SLOWEST_PACE, FASTEST_PACE = 0.1, 1000.0


def press_train(
    learner_id: str,
    config: TrainConfig | Mapping[str, Any],
    chapter_id: str | None = None,
    pace: float | None = None,
    clicked_at: float | None = None,
    budget: int | None = None,
) -> str:
    """Press Train: return the press's id. A finished equal run is replayed; a live one is joined.

    pace: updates a second, None for as fast as it goes. A second click while the same learner's
    press is alive returns that press. clicked_at: by time.time(), what decides the place in line;
    now if it is not given. budget: of work, at which the press ends; None for the whole run. One
    with a budget and one without are two presses, neither of which stops the other.
    Raises RefusedConfig for a config that the engine refuses.
    """
    # Of the click: the database's lock is not handed out in order.
    now = time.time() if clicked_at is None else clicked_at
    _check_pace(pace)
    content, address = _checked(config)
    with current().writing() as session:
        if session.get(Learner, learner_id) is None:
            raise BackendError("This visitor is not known here.", "Reload the page.")
        run = _run_at(session, address, content)
        press = _alive_press(session, learner_id, chapter_id, run, now, bool(budget))
        _revive(run)
        if press is None:
            press = _new_press(learner_id, chapter_id, run, now)
            session.add(press)
        elif press.paused:
            _go_on(press, run, now)
        press.pace = pace
        if budget is not None:
            press.budget = max(budget, press.budget or 0)
        session.flush()
        fair_queue.settle(session, run)
        press_id = press.id
    cluster.wake()
    return press_id


def press_instead(press_id: str, config: TrainConfig | Mapping[str, Any], update: int) -> str:
    """Stop a press and go on with another run that is equal up to `update`; return its press's id.

    The new press stands at that update at once, and keeps the speed, the pause and the chapter of
    the old one. Raises RefusedConfig for a config that the engine refuses.
    """
    content, address = _checked(config)
    with current().writing() as session:
        old, old_run = press_and_run(session, press_id, locked=True)
        run, now = _run_at(session, address, content), time.time()
        press = _new_press(old.learner_id, old.chapter_id, run, now)
        press.anchor, press.pace, press.paused = float(update), old.pace, old.paused
        if old.stopped_at is None and not playhead.is_over(old, old_run, now):
            old.anchor = playhead.position(old, old_run, now)
            old.stopped_at = now
        _revive(run)
        session.add(press)
        session.flush()
        fair_queue.settle(session, old_run)
        fair_queue.settle(session, run)
        new_id = press.id
    cluster.wake()
    return new_id


def pause(press_id: str) -> None:
    """Stand still where this learner is. The run itself waits once nobody wishes it to go on."""
    with _changing(press_id) as (press, run, now):
        if press.stopped_at is None and not press.paused:
            press.anchor = playhead.position(press, run, now)
            press.paused = True


def resume(press_id: str) -> None:
    """Go on after a pause."""
    with _changing(press_id) as (press, run, now):
        if press.stopped_at is None and press.paused:
            _go_on(press, run, now)


def step(press_id: str) -> None:
    """Show exactly one more update, then stand still; it is computed if it does not exist yet."""
    with _changing(press_id) as (press, run, now):
        if press.stopped_at is None:
            shown = playhead.position(press, run, now)
            # A step already asked for and not yet computed is not lost by a second click.
            asked = max(shown, int(press.anchor)) if press.paused else shown
            limit = playhead.end_of(run) if run.status in playhead.ENDED else run.planned
            press.anchor = asked + 1 if limit is None else min(asked + 1, limit)
            press.paused = True


def stop(press_id: str) -> None:
    """End this learner's view where it is. The run itself stops once nobody watches it."""
    with _changing(press_id) as (press, run, now):
        if press.stopped_at is None and not playhead.is_over(press, run, now):
            press.anchor = playhead.position(press, run, now)
            press.stopped_at = now


def set_pace(press_id: str, updates_per_second: float | None) -> None:
    """Change the speed from here on; None is as fast as it goes, or a watching pace in a replay."""
    _check_pace(updates_per_second)
    with _changing(press_id) as (press, run, now):
        if press.stopped_at is None:
            if not press.paused:
                shown = playhead.exact_position(press, run, now)
                press.anchor, press.anchored_at = max(0.0, shown - 1.0), now
                press.behind = playhead.end_of(run) - shown > playhead.CLOSE_ENOUGH
            press.pace = updates_per_second


def skip_to_end(press_id: str) -> None:
    """Show at once all that is recorded, and go on from there as fast as it goes."""
    with _changing(press_id) as (press, run, now):
        if press.stopped_at is None:
            press.anchor, press.anchored_at = float(playhead.end_of(run)), now
            press.pace, press.behind, press.paused = None, False, False


def address_of(config: TrainConfig | Mapping[str, Any]) -> str:
    """Where a run of this config is or would be recorded; raises RefusedConfig."""
    return _checked(config)[1]


def talk(address: str, update: int, question: str, seed: int = 0) -> str:
    """Pip's reply as it was after `update` (0 = before training).

    Raises QuestionRefused if Pip cannot read the question, NothingToTalkTo if the run has no such
    update, WorkersNotReady while no worker can answer.
    """
    with current().reading() as session:
        run = find_run(session, address)
        if not 0 <= update <= run.updates or run.next_seq == 0:
            raise NothingToTalkTo()
        full_address = run.address
    return cluster.talk(full_address, update, question, seed)


def _check_pace(pace: float | None) -> None:
    if pace is not None and not SLOWEST_PACE <= pace <= FASTEST_PACE:
        raise RefusedConfig(
            f"A speed of {pace} updates a second is not possible.",
            f"Choose one between {SLOWEST_PACE:g} and {FASTEST_PACE:g}.",
        )


def _checked(config: TrainConfig | Mapping[str, Any]) -> tuple[str, str]:
    """The canonical JSON and the address of a config that may come from a forged form."""
    try:
        raw = config.model_dump() if isinstance(config, TrainConfig) else config
        parsed = parse_config(raw)
        return config_json(parsed), content_address(parsed)
    except ConfigError as error:
        raise RefusedConfig(str(error)) from error


def _run_at(session: Session, address: str, content: str) -> RunRow:
    run = session.get(RunRow, address, with_for_update=True)
    if run is not None:
        return run
    now = time.time()
    insert_new(
        session,
        RunRow,
        address=address,
        config=content,
        algorithm=config_of(content).algorithm,
        engine_version=engine.VERSION,
        status="queued",
        updates=0,
        next_seq=0,
        work=0,
        seconds=0.0,
        attempt=1,
        created_at=now,
    )
    return session.get_one(RunRow, address, with_for_update=True)


def _alive_press(
    session: Session,
    learner_id: str,
    chapter_id: str | None,
    run: RunRow,
    now: float,
    has_budget: bool,
) -> PressRow | None:
    found = session.scalars(
        select(PressRow).where(
            PressRow.learner_id == learner_id,
            PressRow.address == run.address,
            PressRow.chapter_id == chapter_id,
            PressRow.stopped_at.is_(None),
            PressRow.budget.is_not(None) if has_budget else PressRow.budget.is_(None),
        )
    )
    return next((press for press in found if not playhead.is_over(press, run, now)), None)


def _new_press(learner_id: str, chapter_id: str | None, run: RunRow, now: float) -> PressRow:
    is_replay = run.status == "finished" or (run.status == "failed" and run.problem is None)
    return PressRow(
        id=uuid4().hex,
        learner_id=learner_id,
        address=run.address,
        chapter_id=chapter_id,
        pressed_at=now,
        attempt=run.attempt,
        is_replay=is_replay,
        behind=run.next_seq > 0,
        paused=False,
        anchor=0.0,
        anchored_at=now,
    )


def _revive(run: RunRow) -> None:
    """A run that the machinery gave up, or that was stopped, gets another chance."""
    if run.status == "failed" and run.problem is not None:
        run.status, run.attempt = "stopped", 1
        run.problem = run.remedy = run.finished_at = None


def _go_on(press: PressRow, run: RunRow, now: float) -> None:
    press.behind = playhead.end_of(run) - press.anchor > playhead.CLOSE_ENOUGH
    press.paused, press.anchored_at = False, now


@contextmanager
def _changing(press_id: str) -> Iterator[tuple[PressRow, RunRow, float]]:
    """The press and its run, to be changed; the run then waits, rests or stops accordingly."""
    with current().writing() as session:
        press, run = press_and_run(session, press_id, locked=True)
        yield press, run, time.time()
        session.flush()
        fair_queue.settle(session, run)
    cluster.wake()
