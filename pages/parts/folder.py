"""The learner's folder: where they stand in each chapter, the meters, and what Lumen remembers."""

from contextlib import suppress
from typing import Any

from backend import learners
from backend.errors import BackendError
from curriculum import state as moves
from curriculum.ledger import LedgerEntry, Meters, facts, grant_entry, meters
from curriculum.retelling import DEFAULT
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from pages.parts import components as draw
from pages.parts import session
from pages.parts.refusals import told

OPEN_ALL = "open_every_floor"
SETTING = "setting"


def state_of(learner: str, chapter: Chapter) -> ChapterState:
    """The learner's state in today's version of a chapter; begun if it never was."""
    kept = learners.load_chapter(learner, chapter.id)
    return moves.migrated(chapter, kept) if kept else moves.begin(chapter)


def keep(learner: str, state: ChapterState) -> None:
    """Write a state down."""
    learners.save_chapter(learner, state)


def states(learner: str) -> dict[str, ChapterState]:
    """Every chapter that the learner has begun."""
    return learners.load_progress(learner)


def record(learner: str, entry: LedgerEntry) -> None:
    """Let something happen at Lumen; the second time it is written down it changes nothing."""
    learners.record(learner, entry)


def grant(learner: str, chapter: Chapter) -> None:
    """Give what a chapter brings along; only once, however often it is opened."""
    with suppress(BackendError):  # what cannot be saved can still be read
        if entry := grant_entry(chapter, entries_of(learner)):
            record(learner, entry)


def entries_of(learner: str) -> list[LedgerEntry]:
    """Everything that happened at Lumen because of this learner."""
    return learners.entries(learner)


def meters_of(learner: str) -> Meters:
    """How Lumen stands because of this learner."""
    return meters(learners.entries(learner))


def facts_of(learner: str) -> frozenset[str]:
    """What later chapters remember of this learner."""
    return facts(learners.entries(learner))


def drawn_meters(learner: str) -> list[draw.Meter]:
    """The three meters for a page's head."""
    now = meters_of(learner)
    return [
        draw.Meter("Trust", now.trust),
        draw.Meter("Safety", now.safety),
        draw.Meter("Budget", now.budget),
    ]


def opens_all(learner: str) -> bool:
    """Whether the learner has turned the ladder off."""
    return bool(_preferences(learner).get(OPEN_ALL, False))


@told
def open_all(learner: str, wanted: bool) -> None:
    """Turn the ladder off or on."""
    learners.save_preferences(learner, {**learners.preferences_of(learner), OPEN_ALL: wanted})


def setting_of(learner: str) -> str:
    """The id of the setting in which the learner wants the story told."""
    return str(_preferences(learner).get(SETTING, DEFAULT))


def _preferences(learner: str) -> dict[str, Any]:
    visit = _visit_of(learner)
    return visit.preferences if visit else learners.preferences_of(learner)


def place_of(learner: str) -> dict[str, Any]:
    """Where the learner was last; empty for a newcomer."""
    visit = _visit_of(learner)
    return visit.place if visit else learners.place_of(learner)


def remember_place(learner: str, place: dict[str, Any]) -> None:
    """Remember the page that the learner is on."""
    if place != place_of(learner):
        learners.remember_place(learner, place)


def _visit_of(learner: str) -> learners.Visit | None:
    visit = session.visit()
    return visit if visit and visit.learner == learner else None


@told
def tell_in(learner: str, setting: str) -> None:
    """Tell the story in another setting; whatever was done stays done."""
    learners.save_preferences(learner, {**learners.preferences_of(learner), SETTING: setting})
    session.tell_in(setting)
