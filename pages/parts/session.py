"""Every key of the browser session, read and written in this file alone.

A session is one open tab. It holds nothing that would be missed: whatever a learner did is in the
database, and these values only save the page from asking for it twice.

A widget is given its value again at every drawing. One that is set here once and then drawn twice
before the browser has shown it would fall back to the least of its values.
"""

from typing import Any

import streamlit as st

from backend.learners import Visit

ROUTED = "routed"
TOKEN = "token"
TAPE = "tape"
OPENED = "opened_chapter"
MAP_SEEN = "map_seen"
REVIEW = "review"
REVIEW_PLACE = "review_place"
SEARCHED = "searched"
SETTING = "setting"
SETTINGS_SEEN = "settings_seen"
LEARNER = "learner"
VISIT = "visit"
FORGED = "forged"


def mark_routed() -> None:
    """The router ran in this script run."""
    st.session_state[ROUTED] = True


def was_routed() -> bool:
    """Whether the router ran in this script run; asks once, then forgets."""
    return bool(st.session_state.pop(ROUTED, False))


def fallback_token(fresh: str) -> str:
    """The token of a visitor without a cookie: lives as long as the tab."""
    return str(st.session_state.setdefault(TOKEN, fresh))


def tape(press_id: str) -> Any:
    """What has been read so far of a press, or None."""
    kept = st.session_state.get(TAPE)
    return kept[1] if kept and kept[0] == press_id else None


def keep_tape(press_id: str, value: Any) -> None:
    """Remember what has been read of a press; only one is kept."""
    st.session_state[TAPE] = (press_id, value)


def opened_chapter() -> str | None:
    """The chapter that was opened last from another screen of this tab, or None."""
    return st.session_state.get(OPENED)


def open_chapter(chapter_id: str) -> None:
    """Remember which chapter is being opened."""
    st.session_state[OPENED] = chapter_id


def map_seen() -> dict[str, int]:
    """Lit windows of each floor, and the lift's floor, when the map was last seen in this tab."""
    return dict(st.session_state.get(MAP_SEEN, {}))


def see_map(lit: dict[str, int]) -> None:
    """Remember what the map showed."""
    st.session_state[MAP_SEEN] = lit


def review() -> list[Any] | None:
    """The questions of the sitting that is on in this tab; None if none is."""
    return st.session_state.get(REVIEW)


def keep_review(cards: list[Any] | None) -> None:
    """Begin a sitting with these questions; None if they are still to be chosen."""
    st.session_state[REVIEW] = cards
    st.session_state[REVIEW_PLACE] = 0


def review_place() -> int:
    """How many questions of the sitting lie behind the learner."""
    return st.session_state.get(REVIEW_PLACE, 0)


def go_on_in_review(place: int) -> None:
    """On to a question, by how many lie before it."""
    st.session_state[REVIEW_PLACE] = place


def searched() -> str:
    """What was searched for last in this tab; empty if nothing was, or the search was emptied."""
    return st.session_state.get(SEARCHED, "")


def keep_search(text: str) -> None:
    """Remember what is searched for: Back from another page opens the glossary without it."""
    st.session_state[SEARCHED] = text


def setting() -> str:
    """The id of the setting in which the story is told in this tab; empty before it is known."""
    return str(st.session_state.get(SETTING, ""))


def tell_in(setting_id: str) -> None:
    """Tell the story in a setting; what was read of a run before is read again in its words."""
    if setting() != setting_id:
        st.session_state[SETTING] = setting_id
        st.session_state.pop(TAPE, None)
        st.session_state.pop(REVIEW, None)


def settings_seen(chapter_id: str) -> Any:
    """The learner's state as the settings of a chapter were drawn from it in this tab, or None."""
    kept = st.session_state.get(SETTINGS_SEEN)
    return kept if kept is not None and kept.chapter == chapter_id else None


def see_settings(state: Any) -> None:
    """Remember from what state the settings of its chapter are drawn; another tab may change it."""
    st.session_state[SETTINGS_SEEN] = state


def begin_visit(visit: Visit) -> None:
    """Remember who looks while the page is drawn.

    Keeps nothing of a learner who was deleted in another tab: somebody else is here now.
    """
    if st.session_state.get(LEARNER, visit.learner) != visit.learner:
        token = st.session_state.get(TOKEN)
        st.session_state.clear()
        if token is not None:
            st.session_state[TOKEN] = token
    st.session_state[LEARNER] = visit.learner
    st.session_state[VISIT] = visit


def end_visit() -> None:
    """The page is drawn: what a click or a part of it asks for later is looked up then."""
    st.session_state.pop(VISIT, None)


def visit() -> Visit | None:
    """Who looks at the page that is being drawn, and what was kept of them; None at other times."""
    return st.session_state.get(VISIT)


def value_of(widget_key: str, otherwise: Any = None) -> Any:
    """The value of a widget that may not have been drawn yet."""
    return st.session_state.get(widget_key, otherwise)


def set_value(widget_key: str, value: Any) -> None:
    """Set a widget's value before it is drawn."""
    st.session_state[widget_key] = value


def show_value(widget_key: str, value: Any) -> None:
    """Let a widget show what is in force: another tab may have changed it, or it was not kept."""
    if st.session_state.get(widget_key, value) != value:
        st.session_state[widget_key] = value


def forget() -> None:
    """Keep nothing of this tab, not even who it was."""
    st.session_state.clear()


def note_forged(key: str) -> None:
    """A value beyond its bounds was sent to the slider of this key."""
    st.session_state[FORGED] = st.session_state.get(FORGED, frozenset()) | {key}


def takes_forged(key: str) -> bool:
    """Whether that happened to the slider of this key; asks once, then forgets."""
    forged = st.session_state.get(FORGED, frozenset())
    if key not in forged:
        return False
    st.session_state[FORGED] = forged - {key}
    return True
