"""The runs of a comparison: how far each is recorded, begun where it is not, stopped together.

A run counts whoever pressed it, as far as its budget reaches. Its press has that budget, at which
the worker lets it go: nothing depends on who watches, and a run of the Lab goes on beside it.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import select

from backend import cluster, runs
from backend.database import current, insert_new
from backend.playhead import ENDED
from backend.tables import ComparisonRow, EventRow, ExamRow, PressRow, RunRow
from curriculum.comparison import Comparison, ComparisonError, checked, from_query
from engine.config import content_address
from engine.events import EVENT, UpdateCompleted
from engine.spec import TrainConfig

Asked = tuple[str, int]  # an exam: a run's address, and after which update
Progress = Literal["missing", "on", "resting", "spent", "done", "failed"]


@dataclass(frozen=True)
class Standing:
    """How far one run of a comparison is recorded.

    spent: its budget is used up; done: it made all its updates, and the budget was not needed;
    resting: somebody stopped it before.
    """

    method: str
    seed: int
    config: TrainConfig
    address: str
    progress: Progress
    updates: int  # recorded, some of them perhaps beyond the budget
    work: int  # tokens of these
    problem: str = ""  # why it failed, and what to do
    press_id: str | None = None  # by which this learner has it computed, as far as a budget

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come that the budget has room for."""
        return self.progress in ("spent", "done", "failed")


def standings(learner_id: str, comparison: Comparison) -> list[Standing]:
    """Every run of a comparison as it is recorded now."""
    planned = comparison.planned
    addresses = [content_address(one.config) for one in planned]
    with current().reading() as session:
        rows = {
            row.address: row
            for row in session.scalars(select(RunRow).where(RunRow.address.in_(addresses)))
        }
        presses = session.execute(
            select(PressRow.address, PressRow.id).where(
                PressRow.learner_id == learner_id,
                PressRow.chapter_id.is_(None),
                PressRow.stopped_at.is_(None),
                PressRow.budget.is_not(None),
                PressRow.address.in_(addresses),
            )
        )
        mine = {address: press_id for address, press_id in presses}
        failures = {address: _failure(session, row) for address, row in rows.items()}
    return [
        Standing(
            one.method,
            one.seed,
            one.config,
            address,
            _progress(rows.get(address), comparison.budget),
            rows[address].updates if address in rows else 0,
            rows[address].work if address in rows else 0,
            failures.get(address, ""),
            mine.get(address),
        )
        for one, address in zip(planned, addresses, strict=True)
    ]


def begin(learner_id: str, comparison: Comparison) -> None:
    """Have every run computed whose record does not reach the end of its budget, and keep it."""
    for one in standings(learner_id, comparison):
        if not one.is_over:
            runs.press_train(learner_id, one.config, budget=comparison.budget)
    _keep(learner_id, comparison)


def begun_by(learner_id: str) -> list[Comparison]:
    """What a learner has compared, the last one first; without what cannot be compared any more."""
    with current().reading() as session:
        contents = session.scalars(
            select(ComparisonRow.content)
            .where(ComparisonRow.learner_id == learner_id)
            .order_by(ComparisonRow.begun_at.desc())
        ).all()
    found: list[Comparison] = []
    for content in contents:
        with suppress(ComparisonError):
            found.append(checked(from_query(json.loads(content))))
    return found


def _keep(learner_id: str, comparison: Comparison) -> None:
    content = json.dumps(comparison.as_query(), sort_keys=True)
    name, now = sha256(content.encode()).hexdigest(), time.time()
    with current().writing() as session:
        values = {"learner_id": learner_id, "name": name, "content": content, "begun_at": now}
        insert_new(session, ComparisonRow, **values)
        session.get_one(ComparisonRow, (learner_id, name)).begun_at = now


def stop(standing_now: Sequence[Standing]) -> None:
    """Stop what this learner has computed; what is recorded stays."""
    for one in standing_now:
        if one.press_id and one.progress == "on":
            runs.stop(one.press_id)


def update_of(address: str, update: int) -> UpdateCompleted | None:
    """One update of a run as it is recorded; None if it is not."""
    with current().reading() as session:
        row = session.get(EventRow, (address, update))
        event = EVENT.validate_json(row.payload) if row else None
    return event if isinstance(event, UpdateCompleted) else None


def paid(address: str, updates: int) -> list[list[float]]:
    """What each reply of the group that is recorded of every update was paid."""
    with current().reading() as session:
        payloads = session.scalars(
            select(EventRow.payload)
            .where(EventRow.address == address, EventRow.seq >= 1, EventRow.seq <= updates)
            .order_by(EventRow.seq)
        ).all()
    scenes = [json.loads(payload).get("scene") or {} for payload in payloads]
    return [[reply["reward"] for reply in scene.get("group", ())] for scene in scenes]


def exams(asked: Sequence[Asked]) -> dict[Asked, float]:
    """The share of right answers in each of these exams, of those that were held."""
    addresses = {address for address, _ in asked}
    with current().reading() as session:
        rows = session.scalars(select(ExamRow).where(ExamRow.address.in_(addresses)))
        held = {(row.address, row.seq): row.share for row in rows}
    return {one: held[one] for one in asked if one in held}


def hold_exam(address: str, update: int) -> None:
    """Have an exam held after an update, for `exams` to find. Raises WorkersNotReady."""
    cluster.exam(address, update)


def _progress(run: RunRow | None, budget: int) -> Progress:
    if run is None:
        return "missing"
    if run.work >= budget:
        return "spent"
    if run.status in ENDED:
        return "done" if run.status == "finished" else "failed"
    return "on" if run.status in ("queued", "running") else "resting"


def _failure(session: Any, run: RunRow) -> str:
    """Why a run failed: the machinery's reason, or the engine's in its last event."""
    if run.status != "failed":
        return ""
    if run.problem is not None:
        return f"{run.problem} {run.remedy or ''}".strip()
    row = session.get(EventRow, (run.address, run.next_seq - 1))
    told = json.loads(row.payload) if row else {}
    return f"{told.get('problem', 'This run failed.')} {told.get('remedy', '')}".strip()
