"""Who is next: everybody's first run goes before anybody's second.

The queue lives in the database, and a worker takes from it in the moment in which it can begin, so
neither Dask's early placement nor a second web process can change the order.
"""

import time
from collections import defaultdict
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.playhead import ENDED, wants_more
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


def fair_order(session: Session) -> list[str]:
    """Addresses of the waiting runs, the next one first."""
    rows = session.execute(
        select(PressRow.learner_id, PressRow.address, PressRow.pressed_at, RunRow.status)
        .join(RunRow, RunRow.address == PressRow.address)
        .where(RunRow.status.in_(("queued", "running")), PressRow.stopped_at.is_(None))
    ).all()
    # A run that is being computed counts as its learner's first.
    rows = sorted(rows, key=lambda row: (row.status == "queued", row.pressed_at))
    runs_of_learner: defaultdict[str, list[str]] = defaultdict(list)
    order: dict[str, tuple[int, float]] = {}
    for learner, address, pressed_at, status in rows:
        mine = runs_of_learner[learner]
        if address not in mine:
            mine.append(address)
        if status == "queued":
            rank = (mine.index(address), pressed_at)
            order[address] = min(rank, order.get(address, rank))
    return sorted(order, key=lambda address: order[address])


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
    """Let a run that no worker holds wait, rest or stop, as its presses now wish."""
    if run.status == "running" or run.status in ENDED:
        return
    presses = live_presses(session, run.address)
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


def expected_wait(session: Session, place: int, workers: int) -> float:
    """Seconds until the run at `place` (1 = next) begins, guessed from the runs before it."""
    recent = session.scalars(
        select(RunRow.seconds)
        .where(RunRow.status == "finished")
        .order_by(RunRow.finished_at.desc())
        .limit(20)
    ).all()
    typical = sum(recent) / len(recent) if recent else GUESSED_SECONDS
    running = session.scalars(select(RunRow.seconds).where(RunRow.status == "running")).all()
    if len(running) < workers:
        return 0.0
    ahead = sum(max(0.2 * typical, typical - spent) for spent in running) + (place - 1) * typical
    return ahead / max(1, workers)
