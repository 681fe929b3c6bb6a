"""How long chapters take, for the story map: counted, and at the learner's own pace once known."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from backend import pace as kept
from curriculum import pace
from curriculum.catalogue import Catalogue
from curriculum.loader import stamp_of
from curriculum.pace import Length
from curriculum.retelling import FOLDER as RETELLINGS
from curriculum.state import ChapterState
from pages.parts import telling


@dataclass(frozen=True)
class TimeLeft:
    """What is left for one learner; lengths are seconds."""

    chapters: dict[str, float]  # by chapter id; 0 if it is mastered
    way_up: float
    counted: str  # by what it was counted, as half a sentence

    def words(self, chapter_id: str) -> str:
        """What is left of a chapter; empty if that is nothing."""
        seconds = self.chapters[chapter_id]
        return pace.about(seconds) if seconds else ""


def of(learner: str, catalogue: Catalogue, states: Mapping[str, ChapterState]) -> TimeLeft:
    """What is left of every chapter, and of all that lead up; `states` are for today's chapters."""
    measured = {name: round(seconds, 1) for name, seconds in kept.run_seconds().items()}
    lengths = _lengths(
        (telling.current().id, stamp_of(), stamp_of(RETELLINGS), tuple(sorted(measured.items()))),
        catalogue,
        measured,
    )
    own = pace.pace_of(pace.spent_in(kept.stamps_of(learner)), lengths)
    left = {
        one.id: (own or 1.0) * pace.left_in(one, states.get(one.id), lengths[one.id])
        for one in catalogue.chapters
    }
    way_up = sum(left[one.id] for one in catalogue.chapters if not one.side)
    read = f"at {pace.WORDS_A_MINUTE} words a minute and with two runs a chapter"
    return TimeLeft(left, way_up, "at your own pace so far" if own else read)


@st.cache_resource(show_spinner=False, max_entries=8)
def _lengths(
    stamp: object, _catalogue: Catalogue, _measured: Mapping[str, float]
) -> dict[str, Length]:
    """Counted once, and again when a file or a measured run has changed: `stamp` tells."""
    return {one.id: pace.length_of(one, _measured.get(one.id)) for one in _catalogue.chapters}
