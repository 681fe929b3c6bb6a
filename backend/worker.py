"""The worker's side of a run: drive the engine, honour the wishes of those who watch.

Runs are taken from the fair queue in the database. A run that was begun before is computed again up
to where its record ends, silently; the engine is deterministic, so nothing is doubled or skipped.
"""

import json
import logging
import math
import time
from collections.abc import Iterator
from typing import Literal

from backend import snapshots
from backend.database import Database, current
from backend.fair_queue import Claim, claim_next
from backend.recorder import Ending, Recorder, Wishes
from backend.tables import EventRow
from engine import train
from engine.config import ConfigError, parse_config
from engine.events import RunFailed, RunFinished, UpdateCompleted
from engine.spec import Step, TrainConfig

REST_SECONDS = 15.0  # a paused run keeps its worker this long,
REST_SECONDS_WHILE_OTHERS_WAIT = 0.5  # or only this long

log = logging.getLogger(__name__)

Permission = Literal["go", "leave"]


def pull(worker: str) -> int:
    """Compute waiting runs, one after another, until none waits; return how many were taken."""
    database, taken = current(), 0
    while True:
        with database.writing() as session:
            claim = claim_next(session, worker)
        if claim is None:
            return taken
        execute(claim, database)
        taken += 1


def execute(claim: Claim, database: Database) -> Ending:
    """Compute a claimed run until it ends, or until its presses let it go."""
    with Recorder(database, claim) as recorder:
        try:
            config = parse_config(json.loads(claim.config))
            drive = Drive(claim, config, recorder, _last_recorded(database, claim))
            ending = drive.to_the_end(train.steps(config))
        except ConfigError as error:
            ending = Ending("failed", str(error), "Press Train again with settings that exist.")
        except Exception as error:
            log.exception("Run %s failed", claim.address)
            ending = Ending(
                "failed",
                f"The engine stopped unexpectedly ({type(error).__name__}).",
                "The updates so far are kept. Change a setting, or report it with the log.",
            )
    if recorder.trouble is None:
        recorder.finish(ending)
    return ending


def _last_recorded(database: Database, claim: Claim) -> str | None:
    with database.reading() as session:
        row = session.get(EventRow, (claim.address, claim.next_seq - 1))
        return row.payload if row else None


class Drive:
    """One run in progress on this worker."""

    def __init__(
        self, claim: Claim, config: TrainConfig, recorder: Recorder, last_recorded: str | None
    ) -> None:
        self.claim = claim
        self.config = config
        self.recorder = recorder
        self.last_recorded = last_recorded
        self.planned: int | None = None
        self.work = 0
        self.seconds = claim.seconds
        self.permitted_at = -math.inf

    def to_the_end(self, source: Iterator[Step]) -> Ending:
        """Take steps from `source` as the presses permit."""
        seq = 0
        while self._permission(seq) == "go":
            began = time.perf_counter()
            step = next(source, None)
            spent = time.perf_counter() - began
            if step is None:
                return Ending("failed", "The run ended without a result.", "Report this run.")
            self._take(seq, step, spent)
            if isinstance(step.event, RunFinished | RunFailed):
                return Ending("finished" if isinstance(step.event, RunFinished) else "failed")
            seq += 1
        return Ending("parked")

    def _take(self, seq: int, step: Step, spent: float) -> None:
        event = step.event
        if isinstance(event, UpdateCompleted):
            if event.update != seq:
                raise AssertionError(f"update {event.update} came as event {seq}")
            self.work = event.work
        if seq == 0:
            self.planned = getattr(event, "planned_updates", None)
        if step.policy is not None:
            snapshots.keep(self.claim.address, seq, step.policy)
        if seq >= self.claim.next_seq:
            self.seconds += spent
            self.recorder.record(seq, event, self.seconds)
        elif seq == self.claim.next_seq - 1 and event.model_dump_json() != self.last_recorded:
            log.warning(
                "Run %s: event %d differs from its record. If the engine was changed, raise its "
                "VERSION.", self.claim.address, seq,
            )  # fmt: skip

    def _permission(self, seq: int) -> Permission:
        """Wait until event `seq` is wished for; "leave" if it is not, or not soon enough."""
        standing_since: float | None = None
        while True:
            wishes, now = self.recorder.wishes, time.monotonic()
            if self._is_over(seq, wishes):
                return "leave"
            if seq == 0 or seq < self.claim.next_seq:
                return "go"
            if not self._is_wished(seq, wishes.target):
                standing_since = standing_since or now
                rest = REST_SECONDS_WHILE_OTHERS_WAIT if wishes.others_wait else REST_SECONDS
                if now - standing_since >= rest:
                    return "leave"
                self.recorder.wait(0.2)
                continue
            standing_since = None
            if seq <= wishes.begun:
                return "go"
            due = -math.inf if wishes.others_wait else self.permitted_at + 1.0 / wishes.pace
            if now >= due:
                self.permitted_at = now
                return "go"
            self.recorder.wait(min(0.2, due - now))

    def _is_over(self, seq: int, wishes: Wishes) -> bool:
        """Whether nothing more is to be written, or wanted."""
        if self.recorder.is_lost or self.recorder.trouble or not wishes.is_watched:
            return True
        is_spent = seq >= self.claim.next_seq and self.work >= wishes.budget
        # A run that made all its updates and only lacks its end is worth finishing.
        return is_spent and not (self.planned is not None and seq > self.planned)

    def _is_wished(self, seq: int, target: float) -> bool:
        # The end of a run belongs to its last update: no step is needed to see it.
        return seq <= target or (self.planned is not None and self.planned <= target)
