"""Ways out of a stop: past the reading, past the story, to the Lab with its settings; and back."""

import streamlit as st

from curriculum.schema import Chapter
from curriculum.state import ChapterState
from engine.spec import TrainConfig
from pages.parts import (
    asks,
    brief,
    folder,
    lab_form,
    lab_map,
    live,
    session,
    shell,
    stops,
    tune,
)
from pages.parts.refusals import told

CAME_FROM = "lab_came_from"  # the chapter whose settings were taken to the Lab in this tab
ON_THE_WAY = "lab_on_the_way"  # the form is filled, and its page is to be opened
LAB_PAGE = "pages/lab.py"


def row(learner: str, chapter: Chapter, state: ChapterState, stop: str) -> None:
    """The same at every stop, below its head."""
    with st.container(horizontal=True, gap="small", key="ways"):
        _skip(learner, chapter, state, stop)
        asks.lab_view_switch(learner, chapter, state)
        st.button(
            "Open in the Lab",
            key="to_lab",
            type="tertiary",
            icon=":material/labs:",
            help="The same world, method, reward and settings, where everything can be changed.",
            on_click=_take_along,
            args=(learner, chapter, stop),
        )
    if session.value_of(ON_THE_WAY):
        session.set_value(ON_THE_WAY, False)
        st.switch_page(LAB_PAGE)


def back() -> None:
    """From the Lab to the chapter whose settings it was opened with."""
    catalogue, name = shell.catalogue(), session.value_of(CAME_FROM)
    if name in catalogue.order and st.button(
        f"Back to “{catalogue.chapter(name).title}”",
        key="back_to_chapter",
        type="tertiary",
        icon=":material/arrow_back:",
    ):
        stops.open_chapter(name)


def _skip(learner: str, chapter: Chapter, state: ChapterState, stop: str) -> None:
    """Past what is to be read at a stop; Tune and Run have nothing of the kind."""
    if stop in ("Brief", "Predict"):
        label, action, args = "Skip to the settings", brief.skip, (learner, chapter)
    elif stop in ("Outcome", "Explain") and state.last_outcome:
        label, action, args = "Skip to the decision", stops.show, (chapter.id, "Decide")
    else:
        return
    st.button(
        label,
        key="skip_reading",
        type="tertiary",
        icon=":material/skip_next:",
        on_click=action,
        args=args,
    )


@told
def _take_along(learner: str, chapter: Chapter, stop: str) -> None:
    """Fill the Lab's form; the page is changed when this one is drawn, which no callback may do."""
    try:
        config, press_id = _shown(chapter, folder.state_of(learner, chapter), stop)
    except tune.Refusal as refusal:
        st.toast(str(refusal), icon=":material/error:", duration="long")
        return
    lab_form.start_from(config)
    lab_form.note(config, f"These are the settings of **{chapter.title}**.")
    session.set_value(CAME_FROM, chapter.id)
    session.set_value(lab_map.PRESS, press_id)
    session.set_value(ON_THE_WAY, True)


def _shown(chapter: Chapter, state: ChapterState, stop: str) -> tuple[TrainConfig, str | None]:
    """What a stop is about: the run that is shown there, or what Train would run."""
    if stop in ("Brief", "Predict", "Tune") or not state.press_ids:
        newest = state.press_ids[-1] if state.press_ids else None
        return tune.config_now(chapter, state), newest
    press_id = state.press_ids[-1] if stop == "Run" else state.last_press or state.press_ids[-1]
    return live.status(press_id).config, press_id
