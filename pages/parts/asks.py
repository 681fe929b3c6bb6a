"""Questions to the learner, and hints from their last run."""

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from curriculum import state as moves
from curriculum.questions import Check, Question
from curriculum.rules import hint
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary
from pages.parts import components, folder, session
from pages.parts.refusals import told

AGREEING = re.compile(r"^Yes[.:,] ")


def question(learner: str, chapter: Chapter, state: ChapterState, asked: Question) -> None:
    """One question; after an answer, what that answer shows."""
    attempts = state.answers.get(asked.id, ())
    is_gate = isinstance(asked, Check) and asked.when == "post"
    with st.container(border=True, gap="small"):
        st.markdown(f"**{asked.question}**")
        if attempts:
            explained(asked, attempts[-1], tells_the_right_one=not is_gate)
        if moves.is_closed(chapter, state, asked):
            return
        key = f"ask_{asked.id}"
        answers(asked.question, {option.id: option.text for option in asked.options}, key)
        st.button(
            "Answer again" if attempts else "Answer",
            key=f"answer_{asked.id}_{len(attempts)}",
            on_click=_answer,
            args=(learner, chapter, asked.id, key, len(attempts)),
        )


def answers(
    label: str, texts: Mapping[str, str], key: str, captions: Sequence[str] | None = None
) -> None:
    """The answers to a question that stands above them, none of them chosen yet.

    texts: what each says, by its id. captions: a smaller line below each.
    """
    st.radio(
        label,
        list(texts),
        format_func=texts.__getitem__,
        captions=captions,
        index=None,
        key=key,
        label_visibility="collapsed",
    )


@told
def _answer(learner: str, chapter: Chapter, question_id: str, key: str, number: int) -> None:
    chosen = session.value_of(key)
    if chosen is None:
        st.toast("Choose one of the answers first.")
        return
    state = folder.state_of(learner, chapter)
    if len(state.answers.get(question_id, ())) != number:
        st.toast("You have answered this since, in another tab; here is what you said.")
        return
    folder.keep(learner, moves.answer(chapter, state, question_id, chosen))


def explained(asked: Question, chosen: str, tells_the_right_one: bool) -> None:
    """What an answer shows, and which one holds up."""
    for option in asked.options:
        if option.id == chosen:
            st.markdown(f"You answered: *{option.text}*")
            st.markdown(option.explanation)
    is_right = any(option.right for option in asked.options if option.id == chosen)
    if tells_the_right_one and not is_right:
        right = next(option for option in asked.options if option.right)
        st.markdown(f"What holds up: *{right.text}*  \n{_unconfirmed(right.explanation)}")


def _unconfirmed(explanation: str) -> str:
    """An explanation without the yes that those hear who were right."""
    said = AGREEING.sub("", explanation)
    return said[0].upper() + said[1:]


def hints(learner: str, chapter: Chapter, state: ChapterState, summary: Summary | None) -> None:
    """The steps of help asked for so far, and the button for the next."""
    for number in range(1, state.hints_shown + 1):
        # Not as Markdown: a hint may quote a reward, whose stars are no emphasis.
        components.prose(
            hint(chapter, summary, number), lead=f"Hint {number}.", key=f"hint_{number}"
        )
    if state.hints_shown < 3:
        words = ("Ask for a hint", "A more direct hint", "Show me one that works")
        st.button(
            words[state.hints_shown],
            key=f"hint_button_{state.hints_shown}",
            type="tertiary",
            icon=":material/lightbulb_2:",
            on_click=_show_hint,
            args=(learner, chapter, state.hints_shown + 1),
        )


@told
def _show_hint(learner: str, chapter: Chapter, number: int) -> None:
    folder.keep(learner, moves.show_hint(folder.state_of(learner, chapter), number))


def lab_view_switch(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """With the story, or without."""
    st.button(
        "Back to the story" if state.lab_view else "Without the story",
        key="lab_view",
        type="tertiary",
        icon=":material/science:",
        help="The lab view: the same experiment in plain words.",
        on_click=_set_lab_view,
        args=(learner, chapter, not state.lab_view),
    )


@told
def _set_lab_view(learner: str, chapter: Chapter, wanted: bool) -> None:
    folder.keep(learner, moves.show_lab_view(folder.state_of(learner, chapter), wanted))
