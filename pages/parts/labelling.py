"""Pairs of replies to be labelled by hand, one after another, before the run."""

import streamlit as st

from curriculum import state as moves
from curriculum.evidence import ShownPair
from curriculum.experiment import Labelling
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from pages.parts import brief, components, folder
from pages.parts.refusals import told

CHOICES = (("a", "The first"), ("b", "The second"), ("-", "Leave it to the crowd"))


def panel(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """The next pair and its three answers, or what was answered; nothing where none is asked."""
    asked, pairs = chapter.labelling, brief.pairs_before(chapter)
    if asked is None or not pairs:
        return
    done = len(state.labels)
    with st.container(border=True, gap="small"):
        st.subheader(asked.title, anchor=False)
        st.caption(asked.note)
        if done < len(pairs):
            _pair(learner, chapter, asked, pairs[done], done)
        else:
            _answered(state, pairs)
        with st.container(horizontal=True, vertical_alignment="center"):
            if done:
                st.button(
                    "Take the last one back",
                    key=f"unlabel_{done}",
                    type="tertiary",
                    icon=":material/undo:",
                    on_click=_unlabel,
                    args=(learner, chapter, done, False),
                )
                st.button(
                    "Begin again",
                    key="unlabel_all",
                    type="tertiary",
                    on_click=_unlabel,
                    args=(learner, chapter, done, True),
                )
            st.caption(f"{done} of {len(pairs)} labelled. The crowd labels whatever you leave.")


def _pair(learner: str, chapter: Chapter, asked: Labelling, pair: ShownPair, number: int) -> None:
    st.markdown(f"**{asked.question}**")
    components.rows_table(
        ["Reply", f"to “{pair.question}”"],
        [["First", pair.first], ["Second", pair.second]],
        mono=[1],
        caption=f"Pair {number + 1}",
        key="pair_to_label",
    )
    with st.container(horizontal=True):
        for letter, words in CHOICES:
            st.button(
                words,
                key=f"label_{letter}_{number}",  # a double click labels one pair
                on_click=_label,
                args=(learner, chapter, letter, number),
            )


def _answered(state: ChapterState, pairs: tuple[ShownPair, ...]) -> None:
    rows = [
        [pair.question, _said(pair, letter)]
        for pair, letter in zip(pairs, state.labels, strict=False)
    ]
    with st.expander("Your labels"):
        components.rows_table(
            ["Visitor", "You liked better"], rows, mono=[0, 1], key="labels_given"
        )


def _said(pair: ShownPair, letter: str) -> str:
    return {"a": pair.first, "b": pair.second}.get(letter, "left to the crowd")


@told
def _label(learner: str, chapter: Chapter, letter: str, number: int) -> None:
    state = folder.state_of(learner, chapter)
    folder.keep(learner, moves.label(chapter, state, letter, seen=number))


@told
def _unlabel(learner: str, chapter: Chapter, number: int, all_of_them: bool) -> None:
    folder.keep(learner, moves.unlabel(folder.state_of(learner, chapter), all_of_them, seen=number))
