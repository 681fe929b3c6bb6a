"""Before and after: what a learner had right before chapters and after them, concept by concept."""

import streamlit as st

from curriculum.figures import number
from curriculum.gains import Gain, csv_of, gains_of, pairs_of
from curriculum.state import ChapterState
from pages.parts import components, shell


def gains(states: dict[str, ChapterState]) -> list[Gain]:
    """One for each concept that the learner was asked about before and after."""
    chapters = shell.catalogue().chapters
    return gains_of(chapters, [pairs_of(chapters, states)])


def table(states: dict[str, ChapterState]) -> None:
    """Every concept with its gain; nothing before a chapter was answered on both sides."""
    found = gains(states)
    if not found:
        return
    st.header("Before and after", anchor=False)
    st.caption(
        "Your first answers to the question before a chapter and to the one after it. The two are "
        "not the same question, so one chapter says little. The gain is the share of what was "
        "still to be gained (Hake 1998); it is left empty where everything was right before."
    )
    glossary = shell.glossary()
    components.rows_table(
        ["Concept", "Chapters", "Right before", "Right after", "Gain"],
        [
            [
                glossary[one.concept].name,
                str(one.chapters),
                number(one.before, "percent"),
                number(one.after, "percent"),
                "" if one.gain is None else number(one.gain, "percent"),
            ]
            for one in found
        ],
        numeric=[1, 2, 3, 4],
        caption="Right answers before and after, concept by concept",
        key="gains",
    )
    st.download_button(
        "Take these figures away (CSV)",
        csv_of(found),
        "before_and_after.csv",
        "text/csv",
        key="gains_csv",
        on_click="ignore",
        help="Concepts and shares: no name, and no time.",
    )
