"""One chapter: finds where the learner is and draws that stop."""

from contextlib import suppress
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend.errors import BackendError
from curriculum import state as moves
from curriculum.catalogue import unlocked
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from pages.parts import brief, components, ending, folder, live, shell, stops, tune, ways


def show() -> None:
    """The chapter named in the address, at the learner's stop or one they went back to."""
    learner = shell.learner_id()
    chapter = _asked_for()
    if chapter is None:
        shell.trouble(
            f"There is no chapter “{st.query_params.get('id', '')}”. Choose one on the story map."
        )
        st.page_link("pages/story.py", label="To the story map")
        return
    states = moves.of_today(shell.catalogue().chapters, folder.states(learner))
    lock = unlocked(shell.catalogue(), chapter, states, folder.opens_all(learner))
    if not lock.is_open:
        _locked(learner, chapter, lock.missing)
        return
    with suppress(BackendError):  # what cannot be saved can still be read
        folder.remember_place(learner, {"screen": "chapter", "id": chapter.id})
    state = states.get(chapter.id) or moves.begin(chapter)
    stop = stops.shown(state)
    st.set_page_config(page_title=f"{chapter.title}, {stop} · Pip School")
    top = st.container(gap=None)
    if stop == "Run":  # Whoever pressed Train waits for this, and the head stands there already.
        _run(learner, chapter, state)
        _above(top, learner, chapter, state, stop)
    else:
        folder.grant(learner, chapter)
        _above(top, learner, chapter, state, stop)
        _draw(learner, chapter, state, stop)


def _run(learner: str, chapter: Chapter, state: ChapterState) -> None:
    try:
        live.show(learner, chapter, state)
    except BackendError as problem:  # the head comes all the same
        shell.trouble(str(problem))


def _above(
    top: DeltaGenerator, learner: str, chapter: Chapter, state: ChapterState, stop: str
) -> None:
    with top:
        _head(learner, chapter, state, stop)
        if state.notice:
            st.info(state.notice)
        ways.row(learner, chapter, state, stop)


def _asked_for() -> Chapter | None:
    catalogue = shell.catalogue()
    wanted = stops.asked_chapter(catalogue.order[0] if catalogue.order else "")
    return catalogue.chapter(wanted) if wanted in catalogue.order else None


def _head(learner: str, chapter: Chapter, state: ChapterState, stop: str) -> None:
    components.chapter_head(
        chapter.lab.title if state.lab_view else chapter.title,
        eyebrow=chapter.eyebrow,
        plate=str(chapter.level),
        meters=[] if state.lab_view else folder.drawn_meters(learner),
        steps=stops.STOPS,
        step=stop,
        reached=stops.furthest(state),
        on_stop=partial(stops.show, chapter.id),
        part=ending.part_of(stop, state),
        keeps_bar=stop == "Run",
        address=stops.correction(chapter.id, stop),
    )


def _draw(learner: str, chapter: Chapter, state: ChapterState, stop: str) -> None:
    if stop in ("Brief", "Predict"):
        brief.show(learner, chapter, state)
    elif stop == "Tune":
        tune.show(learner, chapter, state)
    else:
        ending.show(learner, chapter, state)


def _locked(learner: str, chapter: Chapter, missing: str) -> None:
    components.chapter_head(
        chapter.title,
        eyebrow=chapter.eyebrow,
        plate=str(chapter.level),
        meters=folder.drawn_meters(learner),
        address=stops.correction(chapter.id, stops.STOPS[0]),
    )
    with st.container(border=True):
        st.markdown(missing)
        st.button(
            "Open every floor",
            on_click=folder.open_all,
            args=(learner, True),
            help="Free exploration: nothing is locked, and mastery is still recorded.",
        )
        st.page_link("pages/story.py", label="Back to the story map")
