"""The story so far, on the map: told at once to who was long away, and kept for everybody."""

from collections.abc import Mapping

import streamlit as st

from backend import learners, reviews
from backend import pace as kept
from curriculum.catalogue import Catalogue
from curriculum.figures import counted
from curriculum.so_far import Episode, Happened, is_back, story_so_far, weeks_since
from curriculum.state import ChapterState
from pages.parts import brief, components, folder, library_links, telling
from pages.parts.refusals import told

TITLE = "The story so far"
LATEST = 3  # episodes that are told to who comes back; the others stand below the map
DISMISSED = "so_far_dismissed"  # the last thing done before the absence that was dismissed


def episodes_of(
    learner: str, catalogue: Catalogue, states: Mapping[str, ChapterState]
) -> tuple[Episode, ...]:
    """What happened because of the learner; `states` are those for today's chapters."""
    entries = [
        one.model_copy(update={"reason": telling.retold(one.reason)})
        for one in folder.entries_of(learner)
    ]
    return story_so_far(catalogue.chapters, states, entries, brief.measured_before)


def card(learner: str, episodes: tuple[Episode, ...]) -> None:
    """The newest episodes, for who did nothing here for long and has not put them away."""
    last, now = kept.last_deed(learner), reviews.now()
    if last is None or not episodes or not is_back(last, now):
        return
    if learners.preferences_of(learner).get(DISMISSED, 0) >= last:
        return
    with st.container(border=True, gap="small"):
        st.subheader(TITLE, anchor=False)
        weeks = counted(weeks_since(last, now), "week")
        st.caption(f"Your last step here was {weeks} ago. All of the story stands beside the map.")
        _told(episodes[-LATEST:], "so_far_card")
        st.button("Put it away", key="dismiss_so_far", on_click=_dismiss, args=(learner, last))


def panel(episodes: tuple[Episode, ...]) -> None:
    """All of it; nothing before anything happened."""
    if episodes:
        with st.expander(TITLE, icon=":material/auto_stories:"):
            _told(episodes, "so_far")


def _told(episodes: tuple[Episode, ...], key: str) -> None:
    components.rows_table(
        ["Chapter", "What happened", "What came of it"],
        [
            [one.title if part is one.happened[0] else "", _words(part), part.text]
            for one in episodes
            for part in one.happened
        ],
        caption=TITLE,
        key=key,
    )
    library_links.to_chapters([one.chapter for one in episodes], key=key)


def _words(part: Happened) -> str:
    if part.kind == "ended":
        return f"Ended in “{part.title}”"
    if part.kind == "decided":
        return f"You decided: {part.title}"
    return f"{components.NAMES[part.who][0]} spoke of it" if part.who else "Remembered"


@told
def _dismiss(learner: str, last: float) -> None:
    learners.save_preferences(learner, {**learners.preferences_of(learner), DISMISSED: last})
