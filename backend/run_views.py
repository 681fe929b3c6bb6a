"""What a learner may see of the runs, read from the database."""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend import cluster, fair_queue, playhead
from backend.database import current
from backend.errors import UnknownRun
from backend.playhead import State
from backend.recorder import Event
from backend.tables import EventRow, PressRow, RunRow
from engine.config import ConfigError, parse_config
from engine.events import EVENT, RunFailed, RunFinished, UpdateCompleted
from engine.spec import TrainConfig

SHORTEST_ADDRESS = 8
LINE_SECONDS = 0.3  # for which a look at the line is as good as a new one
Events = tuple[tuple[int, Event], ...]


@dataclass(frozen=True, kw_only=True)
class RunView:
    """What one learner may see of a run at this moment."""

    press_id: str
    address: str
    chapter_id: str | None
    config: TrainConfig
    state: State
    events: Events  # after the cursor, up to this press's playhead
    last_seq: int  # the cursor for the next look
    updates_done: int  # up to the playhead
    planned_updates: int | None  # None until the run has begun
    work: int  # tokens or steps up to the playhead
    seconds: float  # of computing, waiting excluded
    pace: float | None
    is_replay: bool  # it was there already when Train was pressed, and costs nothing
    heartbeat: float | None  # when its worker wrote last, by the worker's clock; None without one
    attempt: int
    restarted: bool  # its worker was lost while this press watched, and it went on elsewhere
    queue_place: int | None = None  # 1 = next
    eta_seconds: float | None = None
    note: str | None = None  # why a waiting run waits, as a sentence
    problem: str | None = None
    remedy: str | None = None


class RunRecord(NamedTuple):
    """What a run is, whoever looks: where it is kept, and what made it."""

    address: str
    engine_version: str  # of the engine that recorded it
    config: TrainConfig


class RunSummaryRow(NamedTuple):
    """One run that a learner has pressed, by its latest press."""

    press_id: str
    address: str
    chapter_id: str | None
    pressed_at: float
    state: State
    config: TrainConfig
    updates_done: int
    planned_updates: int | None
    work: int
    seconds: float


def look(press_id: str, after_seq: int = -1) -> RunView:
    """What the press may see now; events are those after `after_seq`. Raises UnknownRun."""
    with current().reading() as session:
        press, run = press_and_run(session, press_id)
        now = time.time()
        state = playhead.state_of(press, run, now)
        last = playhead.last_seq(press, run, now)
        events: Events = ()
        shown: Events = ()
        if run.next_seq:  # else nothing was written yet, and nobody need ask
            events = _events(session, run.address, after_seq, last)
            newest = min(last, run.next_seq - 1)
            shown = events or _events(session, run.address, newest - 1, last)
        place, eta = _waiting(session, run) if state == "queued" else (None, None)
    problem, remedy = _failure(run, shown) if state == "failed" else (None, None)
    return RunView(
        press_id=press.id,
        address=run.address,
        chapter_id=press.chapter_id,
        config=config_of(run.config),
        state=state,
        events=events,
        last_seq=max(after_seq, events[-1][0] if events else -1),
        updates_done=min(run.updates, max(0, last)),
        planned_updates=run.planned,
        work=_work(shown, run),
        seconds=run.seconds,
        pace=press.pace,
        is_replay=press.is_replay,
        heartbeat=run.heartbeat,
        attempt=run.attempt,
        restarted=run.attempt > press.attempt,
        queue_place=place,
        eta_seconds=eta,
        note=cluster.why_waiting() if state == "queued" else None,
        problem=problem,
        remedy=remedy,
    )


def states_of(press_ids: Collection[str]) -> dict[str, State]:
    """How presses stand, looked up at once; what is not on record is left out."""
    with current().reading() as session:
        rows = session.execute(
            select(PressRow, RunRow)
            .join(RunRow, RunRow.address == PressRow.address)
            .where(PressRow.id.in_(press_ids))
        ).all()
    now = time.time()
    return {press.id: playhead.state_of(press, run, now) for press, run in rows}


def runs_of(learner_id: str) -> list[RunSummaryRow]:
    """The learner's runs, the latest pressed first; each run once."""
    with current().reading() as session:
        rows = session.execute(
            select(PressRow, RunRow)
            .join(RunRow, RunRow.address == PressRow.address)
            .where(PressRow.learner_id == learner_id)
            .order_by(PressRow.pressed_at.desc())
        ).all()
    latest: dict[str, RunSummaryRow] = {}
    now = time.time()
    for press, run in rows:
        if run.address not in latest:
            latest[run.address] = _summary(press, run, now)
    return list(latest.values())


def row_of(press_id: str) -> RunSummaryRow:
    """One press as `runs_of` lists it. Raises UnknownRun."""
    with current().reading() as session:
        return _summary(*press_and_run(session, press_id), time.time())


def latest_press(learner_id: str, chapter_id: str | None) -> str | None:
    """The learner's newest press in a chapter, to find it again after a reload."""
    with current().reading() as session:
        return session.scalar(
            select(PressRow.id)
            .where(PressRow.learner_id == learner_id, PressRow.chapter_id == chapter_id)
            .order_by(PressRow.pressed_at.desc())
            .limit(1)
        )


def record_of(address: str) -> RunRecord:
    """What was recorded as this run; `address` may be shortened as in a link. Raises UnknownRun."""
    with current().reading() as session:
        run = find_run(session, address)
        return RunRecord(run.address, run.engine_version, config_of(run.config))


def events_of(address: str) -> list[Event]:
    """All recorded events of a run; `address` may be shortened as in a link. Raises UnknownRun."""
    with current().reading() as session:
        run = find_run(session, address)
        return [event for _, event in _events(session, run.address, -1, run.next_seq)]


def find_run(session: Session, address: str) -> RunRow:
    """The run with this address, or the only one whose address begins so."""
    is_plain = all(letter in "0123456789abcdef" for letter in address)
    if not is_plain or not SHORTEST_ADDRESS <= len(address) <= 64:
        raise UnknownRun()
    found = session.scalars(select(RunRow).where(RunRow.address.startswith(address)).limit(2)).all()
    if len(found) != 1:
        raise UnknownRun()
    return found[0]


@lru_cache(maxsize=512)
def config_of(content: str) -> TrainConfig:
    try:
        return parse_config(json.loads(content))
    except ConfigError as error:
        raise UnknownRun(
            "This run was recorded by another version of the engine.",
            "Press Train to make it anew.",
        ) from error


def press_and_run(
    session: Session, press_id: str, *, locked: bool = False
) -> tuple[PressRow, RunRow]:
    query: Select[PressRow, RunRow] = (
        select(PressRow, RunRow)
        .join(RunRow, RunRow.address == PressRow.address)
        .where(PressRow.id == press_id)
    )
    found = session.execute(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise UnknownRun()
    return found[0], found[1]


def _events(session: Session, address: str, after: int, last: int) -> Events:
    rows = session.execute(
        select(EventRow.seq, EventRow.payload)
        .where(EventRow.address == address, EventRow.seq > after, EventRow.seq <= last)
        .order_by(EventRow.seq)
    )
    return tuple((seq, EVENT.validate_json(payload)) for seq, payload in rows)


def _failure(run: RunRow, shown: Events) -> tuple[str | None, str | None]:
    """Why a run failed: the machinery's reason, or the engine's in its last event."""
    if run.problem is None and shown and isinstance(shown[-1][1], RunFailed):
        return shown[-1][1].problem, shown[-1][1].remedy
    return run.problem, run.remedy


def _work(shown: Events, run: RunRow) -> int:
    """The work of the last event shown; a failed update has none of its own."""
    if not shown:
        return 0
    event = shown[-1][1]
    if isinstance(event, UpdateCompleted | RunFinished):
        return event.work
    return run.work if isinstance(event, RunFailed) else 0


def _waiting(session: Session, run: RunRow) -> tuple[int | None, float | None]:
    line = _line(session, run.address)
    if run.address not in line.order:
        return None, None
    place = line.order.index(run.address) + 1
    workers = cluster.worker_count()
    return place, line.expected_wait(place, workers) if workers else None


def _line(session: Session, address: str) -> fair_queue.Line:
    """The line as it is, or was a moment ago: twenty who wait look forty times a second."""
    return current().glance(
        "line",
        LINE_SECONDS,
        lambda: fair_queue.line_of(session),
        enough=lambda line: address in line.order,
    )


def _summary(press: PressRow, run: RunRow, now: float) -> RunSummaryRow:
    return RunSummaryRow(
        press_id=press.id,
        address=run.address,
        chapter_id=press.chapter_id,
        pressed_at=press.pressed_at,
        state=playhead.state_of(press, run, now),
        config=config_of(run.config),
        updates_done=min(run.updates, max(0, playhead.last_seq(press, run, now))),
        planned_updates=run.planned,
        work=run.work,
        seconds=run.seconds,
    )
