"""Who is next: everybody's first run goes before anybody's second.

The queue lives in the database, and a worker takes from it in the moment in which it can begin, so
neither Dask's early placement nor a second web process can change the order.
"""

import time
from collections import defaultdict
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from backend.playhead import ENDED, is_spent, wants_more
from backend.tables import PressRow, RunRow

LARGEST_ATTEMPT = 3
GUESSED_SECONDS = 6.0


class Claim(NamedTuple):
    """A worker's right to write one run, until its lease is taken away."""

    address: str
    lease: str
    config: str
    next_seq: int
    seconds: float


class Line(NamedTuple):
    """Who waits, and for what: the same for everybody who looks in the same moment."""

    order: list[str]  # addresses, the next one first
    typical_seconds: float  # of a run
    running: list[float]  # seconds that the runs which are on have had

    def expected_wait(self, place: int, workers: int) -> float:
        """Seconds until the run at `place` (1 = next) begins, guessed from the runs before it."""
        if len(self.running) < workers:
            return 0.0
        typical = self.typical_seconds
        ahead = sum(max(0.2 * typical, typical - spent) for spent in self.running)
        return (ahead + (place - 1) * typical) / max(1, workers)


class Pressed(NamedTuple):
    """What decides a press's place in the queue."""

    learner_id: str
    address: str
    pressed_at: float
    finished_at: float | None  # of the run


def fair_order(session: Session) -> list[str]:
    """Addresses of the waiting runs, the next one first.

    A press ranks behind as many as its learner had waiting or running when they pressed it: a third
    run does not become a first one because the two before it are done.
    """
    waiting = _pressed(session, RunRow.status == "queued")
    if not waiting:
        return []
    oldest = min(row.pressed_at for row in waiting)
    counted = RunRow.status.in_(("queued", "running")) | (RunRow.finished_at > oldest)
    runs_of_learner: defaultdict[str, list[Pressed]] = defaultdict(list)
    for row in _pressed(session, counted):
        runs_of_learner[row.learner_id].append(row)
    order: dict[str, tuple[int, float]] = {}
    for row in waiting:
        place = (_rank(row, runs_of_learner[row.learner_id]), row.pressed_at)
        order[row.address] = min(place, order.get(row.address, place))
    return sorted(order, key=lambda address: order[address])


def _pressed(session: Session, condition: ColumnElement[bool]) -> list[Pressed]:
    rows = session.execute(
        select(PressRow.learner_id, PressRow.address, PressRow.pressed_at, RunRow.finished_at)
        .join(RunRow, RunRow.address == PressRow.address)
        .where(PressRow.stopped_at.is_(None), condition)
    )
    return [Pressed(*row) for row in rows]


def _rank(press: Pressed, of_learner: list[Pressed]) -> int:
    before = {
        other.address
        for other in of_learner
        if other.pressed_at < press.pressed_at
        and (other.finished_at is None or other.finished_at > press.pressed_at)
    }
    return len(before - {press.address})


def claim_next(session: Session, worker: str) -> Claim | None:
    """Take the next waiting run for `worker`, or return None if nothing waits."""
    for address in fair_order(session):
        lease, now = uuid4().hex, time.time()
        taken = session.execute(
            update(RunRow)
            .where(RunRow.address == address, RunRow.status == "queued")
            .values(status="running", lease=lease, worker=worker, heartbeat=now)
        )
        if taken.rowcount == 1:  # pyright: ignore[reportAttributeAccessIssue]
            run = session.get_one(RunRow, address, populate_existing=True)
            run.started_at = run.started_at or now
            return Claim(address, lease, run.config, run.next_seq, run.seconds)
    return None


def settle(session: Session, run: RunRow) -> None:
    """Let a run that no worker holds wait, rest or stop, as its presses now wish.

    A press whose budget is used up ends here, whether its learner looks or not.
    """
    if run.status == "running" or run.status in ENDED:
        return
    presses = live_presses(session, run.address)
    for press in presses:
        if is_spent(press, run):
            press.anchor, press.stopped_at = float(run.updates), time.time()
    presses = [press for press in presses if press.stopped_at is None]
    if not presses:
        run.status = "stopped"
    elif run.next_seq == 0 or any(wants_more(press, run) for press in presses):
        run.status = "queued"
    else:
        run.status = "parked"


def live_presses(session: Session, address: str) -> list[PressRow]:
    """The presses on a run that were not stopped."""
    found = session.scalars(
        select(PressRow).where(PressRow.address == address, PressRow.stopped_at.is_(None))
    )
    return list(found)


def hand_back(session: Session, run: RunRow) -> None:
    """Queue a run again whose worker was lost; give up when it keeps killing workers."""
    run.lease = run.worker = run.heartbeat = None
    if run.attempt >= LARGEST_ATTEMPT:
        run.status = "failed"
        run.finished_at = time.time()
        run.problem = f"The worker died {run.attempt} times while it computed this run."
        run.remedy = (
            "The updates so far are kept. Press Train to try again, or make the run smaller."
        )
        return
    run.attempt += 1
    run.status = "queued"
    settle(session, run)


def line_of(session: Session) -> Line:
    """The line as it is now."""
    recent = session.scalars(
        select(RunRow.seconds)
        .where(RunRow.status == "finished")
        .order_by(RunRow.finished_at.desc())
        .limit(20)
    ).all()
    running = session.scalars(select(RunRow.seconds).where(RunRow.status == "running")).all()
    typical = sum(recent) / len(recent) if recent else GUESSED_SECONDS
    return Line(fair_order(session), typical, list(running))
