"""How the whole story ended for a learner: the ending, told after the decision, and on the map."""

from collections.abc import Mapping

import streamlit as st

from curriculum.arc import deeds, ending_in, told
from curriculum.catalogue import Catalogue
from curriculum.epilogue import StoryEnding
from curriculum.parts import Speaker
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary
from pages.parts import components, folder, shell

MAP_TITLE = "What you decided, and who remembers it"


def ending_of_all(catalogue: Catalogue, states: Mapping[str, ChapterState]) -> StoryEnding | None:
    """The ending that a learner came to in any chapter."""
    found = (ending_in(chapter, states.get(chapter.id)) for chapter in catalogue.chapters)
    return next((ending for ending in found if ending), None)


def show(learner: str, chapter: Chapter, state: ChapterState, summary: Summary) -> None:
    """What became of Lumen; nothing in a chapter that ends only itself."""
    ending = ending_in(chapter, state)
    if ending is None or state.decision is None:
        return
    memory = shell.memories_of(learner).after(chapter.id)
    beats = told(chapter, ending, summary, memory, state.decision.outcome)
    components.scene(
        ending.art,
        alt=ending.alt,
        robot_at=ending.robot_at,
        title=ending.title,
        beats=[components.Beat(beat.text, beat.who) for beat in beats],
        key="ending_scene",
    )
    st.caption(
        f"One of {len(chapter.endings)} endings. It follows from the run that you decided about, "
        "from the decision, and from what the floors below have left; the story map lists what you "
        "decided there."
    )


def decisions(learner: str, catalogue: Catalogue, states: Mapping[str, ChapterState]) -> None:
    """Every decision of the learner, from the ground floor up; nothing before the first."""
    made = list(deeds(catalogue.chapters, states, folder.entries_of(learner)))
    if not made:
        return
    is_over = any(one.ending for one in made)
    with st.expander(MAP_TITLE, icon=":material/history_edu:"):
        components.rows_table(
            ["Chapter", "You decided", "Who speaks of it later, or how it ended"],
            [
                [one.chapter, one.decided, one.ending or _names(one.remembered_by, is_over)]
                for one in made
            ],
            stacked=True,
            caption=MAP_TITLE,
            key="decisions",
        )


def _names(speakers: tuple[Speaker, ...], is_over: bool) -> str:
    nobody = "Nobody" if is_over else "Nobody yet"
    return ", ".join(components.NAMES[speaker][0] for speaker in speakers) or nobody
