"""What is known of how long things take: runs on this machine, and a learner's own steps."""

from statistics import median

from sqlalchemy import select

from backend.database import current
from backend.tables import ChapterRow, Learner, LedgerRow, PressRow, ReviewRow, RunRow
from curriculum.pace import Stamp

RECENT = 200  # finished runs that are looked at
GLANCE_SECONDS = 60.0


def run_seconds() -> dict[str, float]:
    """How long the newest finished runs of each chapter computed here, whoever pressed; medians."""
    return current().glance("run_seconds", GLANCE_SECONDS, _run_seconds, enough=lambda _: True)


def stamps_of(learner_id: str) -> list[Stamp]:
    """Everything that the learner did at a time that was kept, from their first visit on."""
    visited = select(Learner.created_at).where(Learner.id == learner_id)
    pressed = select(PressRow.pressed_at, PressRow.chapter_id).where(
        PressRow.learner_id == learner_id
    )
    recorded = select(LedgerRow.recorded_at, LedgerRow.chapter_id, LedgerRow.kind).where(
        LedgerRow.learner_id == learner_id
    )
    answered = select(ReviewRow.answered_at).where(ReviewRow.learner_id == learner_id)
    with current().reading() as session:
        found = [Stamp(at) for at in session.scalars(visited)]
        found += [Stamp(at, chapter or "") for at, chapter in session.execute(pressed)]
        found += [
            Stamp(at, chapter, kind == "decision")
            for at, chapter, kind in session.execute(recorded)
        ]
        found += [Stamp(at) for at in session.scalars(answered)]
    return sorted(found)


def last_deed(learner_id: str) -> float | None:
    """When the learner did anything last that was kept; None for who has done nothing yet."""
    saved = select(ChapterRow.updated_at).where(ChapterRow.learner_id == learner_id)
    with current().reading() as session:
        times = list(session.scalars(saved))
    times += [one.at for one in stamps_of(learner_id)[1:]]
    return max(times, default=None)


def _run_seconds() -> dict[str, float]:
    newest = (
        select(PressRow.chapter_id, RunRow.seconds)
        .join(RunRow, RunRow.address == PressRow.address)
        .where(
            RunRow.status == "finished",
            PressRow.is_replay.is_(False),
            PressRow.chapter_id.is_not(None),
        )
        .order_by(PressRow.pressed_at.desc())
        .limit(RECENT)
    )
    by_chapter: dict[str, list[float]] = {}
    with current().reading() as session:
        for chapter, seconds in session.execute(newest):
            by_chapter.setdefault(str(chapter), []).append(seconds)
    return {chapter: median(seconds) for chapter, seconds in by_chapter.items()}
