"""The worker's line to the database while it computes one run.

A thread of its own writes the events, ten times a second at most, shows that the worker is alive,
and reads what the presses wish; training never waits for the database's lock.
"""

import logging
import math
import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from backend.database import Database
from backend.errors import BackendError
from backend.fair_queue import Claim, live_presses, settle
from backend.tables import EventRow, RunRow
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted

Event = RunStarted | UpdateCompleted | RunFinished | RunFailed

PERIOD_SECONDS = 0.1
HEARTBEAT_SECONDS = 1.0
PATIENCE_SECONDS = 60.0  # with a database that refuses to write

log = logging.getLogger(__name__)


class Wishes(NamedTuple):
    """What all live presses on a run ask for, together."""

    is_watched: bool  # somebody has not pressed stop
    target: float  # the update up to which the run may go; infinite unless everybody pauses
    pace: float  # the fastest one wished, in updates a second; infinite for as fast as it goes
    budget: float  # of work, after which nobody who goes on wants more; infinite for the whole run
    begun: float  # the update at which somebody begins to watch: up to there there is no pace
    others_wait: bool  # runs stand in the queue


class Ending(NamedTuple):
    """How a worker leaves a run."""

    status: str  # finished, failed, or parked: then the presses decide what becomes of it
    problem: str | None = None
    remedy: str | None = None


def read_wishes(session: Session, address: str) -> Wishes:
    """Combine the wishes of the presses on a run."""
    presses = live_presses(session, address)
    going = [press for press in presses if not press.paused]
    waiting = session.scalar(select(func.count()).where(RunRow.status == "queued"))
    return Wishes(
        is_watched=bool(presses),
        target=math.inf if going else max((press.anchor for press in presses), default=0.0),
        pace=max((press.pace or math.inf for press in going), default=math.inf),
        budget=max((press.budget or math.inf for press in going), default=math.inf),
        begun=max((press.anchor for press in presses), default=0.0),
        others_wait=bool(waiting),
    )


class Recorder:
    """Records the events of one claimed run; `is_lost` once the run belongs to somebody else."""

    def __init__(self, database: Database, claim: Claim) -> None:
        self.is_lost = False
        self.trouble: Exception | None = None
        with database.reading() as session:
            self.wishes = read_wishes(session, claim.address)
        self._database = database
        self._claim = claim
        self._changes: dict[str, float | int | None] = {}
        self._pending: list[tuple[int, str, float]] = []
        self._condition = threading.Condition()
        self._is_urgent = self._is_closing = False
        self._beaten_at = self._written_at = time.monotonic()
        self._thread = threading.Thread(target=self._exchange_regularly, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()
        self._thread.join()

    def record(self, seq: int, event: Event, seconds: float) -> None:
        """Take an event to be written soon; the first two are written at once."""
        with self._condition:
            self._pending.append((seq, event.model_dump_json(), seconds))
            self._changes |= {"next_seq": seq + 1, "seconds": seconds}
            if isinstance(event, RunStarted):
                self._changes["planned"] = event.planned_updates
            if isinstance(event, UpdateCompleted):
                self._changes["updates"] = event.update
            if isinstance(event, UpdateCompleted | RunFinished):
                self._changes["work"] = event.work
            if seq <= 1:
                self._hurry()

    def wait(self, seconds: float) -> None:
        """Wait until the wishes may have changed, `seconds` at most; meanwhile all is written."""
        with self._condition:
            if self._pending:
                self._hurry()
            self._condition.wait(seconds)

    def finish(self, ending: Ending) -> None:
        """Write what is left and leave the run. Call after the `with` block."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_lost:
            try:
                self._exchange(ending)
                return
            except BackendError as error:
                if time.monotonic() > deadline:
                    log.error("Run %s could not be ended: %s", self._claim.address, error)
                    return
                time.sleep(1.0)

    def _hurry(self) -> None:
        self._is_urgent = True
        self._condition.notify_all()

    def _exchange_regularly(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(
                    lambda: self._is_urgent or self._is_closing, timeout=PERIOD_SECONDS
                )
                self._is_urgent = False
                if self._is_closing:
                    return
            try:
                self._exchange()
            except BackendError as error:
                self._endure(error)
            except Exception as error:
                log.exception("Run %s cannot be recorded", self._claim.address)
                self.trouble = error
                return

    def _endure(self, error: BackendError) -> None:
        """A locked or full database may recover: keep the events and try again for a while."""
        if time.monotonic() - self._written_at > PATIENCE_SECONDS:
            self.trouble = error
        time.sleep(0.5)

    def _exchange(self, ending: Ending | None = None) -> None:
        with self._condition:
            pending, changes = list(self._pending), dict(self._changes)
        now = time.monotonic()
        if pending or ending or now - self._beaten_at >= HEARTBEAT_SECONDS:
            with self._database.writing() as session:
                is_ours = self._write(session, pending, changes)
                if is_ours and ending:
                    self._leave(session, ending)
                wishes = read_wishes(session, self._claim.address)
            self._beaten_at = self._written_at = now
            self.is_lost = not is_ours
        else:
            with self._database.reading() as session:
                wishes = read_wishes(session, self._claim.address)
        with self._condition:
            del self._pending[: len(pending)]
            self.wishes = wishes
            self._condition.notify_all()

    def _write(
        self,
        session: Session,
        pending: list[tuple[int, str, float]],
        changes: dict[str, float | int | None],
    ) -> bool:
        """Append events if the lease still holds, all in the caller's transaction."""
        address, lease = self._claim.address, self._claim.lease
        beaten = session.execute(
            update(RunRow)
            .where(RunRow.address == address, RunRow.lease == lease)
            .values(heartbeat=time.time(), **changes)
        )
        if beaten.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
            return False
        if pending:
            rows = [
                {"address": address, "seq": seq, "payload": text, "seconds": seconds}
                for seq, text, seconds in pending
            ]
            session.execute(insert(EventRow), rows)
        return True

    def _leave(self, session: Session, ending: Ending) -> None:
        run = session.get_one(RunRow, self._claim.address, with_for_update=True)
        run.lease = run.worker = run.heartbeat = None
        run.status, run.problem, run.remedy = ending
        if ending.status == "parked":
            settle(session, run)
        else:
            run.finished_at = time.time()
