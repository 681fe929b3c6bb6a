"""The stops of a chapter, and the browser's address that names the one shown.

A stop that is written into the address becomes a step of the browser's history, so Back and Forward
go between the stops that a learner visited, and a copied address opens the same one.
"""

import streamlit as st

from curriculum.state import ChapterState, Stage
from pages.parts import session
from pages.parts.components import Correction

PAGE = "chapter"  # the path of its screen
STOPS = ("Brief", "Predict", "Tune", "Run", "Outcome", "Explain", "Decide")
STOP_OF_STAGE: dict[Stage, str] = {
    "brief": "Brief",
    "predict": "Predict",
    "tune": "Tune",
    "run": "Run",
    "outcome": "Outcome",
    "explain": "Explain",
    "decide": "Decide",
    "done": "Decide",
}


def current(state: ChapterState) -> str:
    """The stop where the learner is."""
    return STOP_OF_STAGE[state.stage]


def furthest(state: ChapterState) -> str:
    """The last stop that can be visited; training again takes nothing away."""
    if state.last_outcome:
        return "Decide"
    return "Run" if state.press_ids else current(state)


def shown(state: ChapterState) -> str:
    """The stop that the address names, if it has been reached; else where the learner is."""
    reached = STOPS[: STOPS.index(furthest(state)) + 1]
    named = st.query_params.get("stop", "")
    return next((stop for stop in reached if stop.lower() == named), current(state))


def show(chapter_id: str, stop: str) -> None:
    """Go to a stop. For callbacks: they come before the page is drawn."""
    if _seen() != _wanted(chapter_id, stop):
        st.query_params.from_dict(_wanted(chapter_id, stop))


def asked_chapter(otherwise: str) -> str:
    """The chapter that the address names, or the one that was opened from another screen."""
    return st.query_params.get("id") or session.opened_chapter() or otherwise


def open_chapter(chapter_id: str) -> None:
    """Open a chapter where the learner is in it.

    Its address is put right on arrival: were it handed to `st.switch_page`, the screen that is left
    would get a step of the history under that address as well, and Back would lead to it twice.
    """
    session.open_chapter(chapter_id)
    st.switch_page("pages/chapter.py")


def correction(chapter_id: str, stop: str) -> Correction | None:
    """What the address must say to open this stop again; None if it says so."""
    seen, wanted = _seen(), _wanted(chapter_id, stop)
    return None if seen == wanted else Correction(PAGE, seen, wanted)


def _seen() -> dict[str, str | None]:
    return {name: st.query_params.get(name) for name in ("id", "stop")}


def _wanted(chapter_id: str, stop: str) -> dict[str, str]:
    return {"id": chapter_id, "stop": stop.lower()}
