"""The story map: the building, where the learner is in it, and the way on."""

from itertools import groupby
from pathlib import Path

import streamlit as st

from backend import learners
from curriculum.catalogue import Catalogue, unlocked
from curriculum.schema import Chapter
from curriculum.state import ChapterState, mastered
from pages.parts import components, folder, live, session, shell, stops, tape
from pages.parts.components import Floor, FloorState

FINALE = 11
TICK_SECONDS = 1.5  # a run is watched on its own page; here it is only seen to go on


def show() -> None:
    """Continue on the left, the building on the right."""
    learner = shell.learner_id()
    catalogue, states = shell.catalogue(), folder.states(learner)
    here = _current(catalogue, states, learners.place_of(learner).get("id", ""))
    components.chapter_head(
        "Brightwater General",
        eyebrow="You are Lumen's new post-training engineer",
        meters=folder.drawn_meters(learner),
    )
    on = [one for one in catalogue.chapters if one.id in states and live.is_on(states[one.id])]
    left, right = st.columns([1, 1.7], gap="large")
    with left:
        if here:
            _continue(here, states.get(here.id))
        for chapter in on:
            press_id = states[chapter.id].press_ids[-1]
            st.fragment(_on, run_every=TICK_SECONDS)(chapter, press_id)
        _ladder(learner)
        _side_stories(learner, catalogue, states)
    with right:
        _building(learner, catalogue, states, here, on)
    _left_out()


def _on(chapter: Chapter, press_id: str) -> None:
    """How far a run is that goes on while the learner is here."""
    view = live.status(press_id)
    if view.state not in tape.LIVE:
        st.rerun()
    planned = view.config.planned_updates
    components.run_line(
        live.drawn(view.state),
        text=f"{chapter.title}, update {view.updates_done} of {planned}",
        progress=view.updates_done / max(planned, 1),
        key=f"on_{chapter.id}",
    )


def _left_out() -> None:
    """Chapter files that cannot be played, each with all that is wrong in it."""
    for file, problems in groupby(shell.broken_chapters(), key=lambda problem: problem.file):
        mistakes = "\n".join(f"- Line {problem.line}, {problem.within}" for problem in problems)
        shell.trouble(
            f"The chapter file `{Path(file).name}` was left out: mend it, and its chapter is "
            f"back.\n\n{mistakes}"
        )


def _current(
    catalogue: Catalogue, states: dict[str, ChapterState], last_place: str
) -> Chapter | None:
    """The chapter to go on with: where the learner was, else the first that is not mastered."""
    waiting = [one for one in catalogue.chapters if not mastered(one, states.get(one.id))]
    for chapter in waiting:
        if chapter.id == last_place and chapter.id in states:
            return chapter
    if waiting:
        return next((chapter for chapter in waiting if not chapter.side), waiting[0])
    return catalogue.chapters[-1] if catalogue.chapters else None


def _continue(chapter: Chapter, state: ChapterState | None) -> None:
    components.scene(
        chapter.brief.art,
        alt=chapter.brief.alt,
        small=True,
        title=chapter.title,
        beats=[chapter.lab.question if state and state.lab_view else chapter.brief.title],
        key="continue_scene",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Continue at {stops.current(state)}" if state else "Begin"
        if st.button(
            label,
            key="go_continue",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
        ):
            stops.open_chapter(chapter.id)
        st.caption(f"About {chapter.minutes} minutes")


def _ladder(learner: str) -> None:
    st.toggle(
        "Open every floor",
        value=folder.opens_all(learner),
        key="open_all",
        help="Free exploration: nothing is locked, and mastery is still recorded.",
        on_change=lambda: folder.open_all(learner, bool(session.value_of("open_all"))),
    )


def _side_stories(learner: str, catalogue: Catalogue, states: dict[str, ChapterState]) -> None:
    """Chapters that the way up passes by."""
    stories = [chapter for chapter in catalogue.chapters if chapter.side]
    if not stories:
        return
    st.subheader("Side stories", anchor=False)
    st.caption("The same methods at other work. The way up does not ask for them.")
    with st.container(horizontal=True):
        for chapter in stories:
            lock = unlocked(catalogue, chapter, states, folder.opens_all(learner))
            is_done = mastered(chapter, states.get(chapter.id))
            after = ", ".join(catalogue.chapter(name).title for name in chapter.requires)
            if st.button(
                chapter.title,
                key=f"side_{chapter.id}",
                icon=":material/check:" if is_done else None,
                disabled=not lock.is_open,
                help="Mastered" if is_done else None if lock.is_open else f"Opens after {after}.",
            ):
                stops.open_chapter(chapter.id)


def _building(
    learner: str,
    catalogue: Catalogue,
    states: dict[str, ChapterState],
    here: Chapter | None,
    on: list[Chapter],
) -> None:
    floors = [
        _floor(learner, catalogue, states, level.number, here, on)
        for level in catalogue.levels
        if level.number < FINALE
    ]
    finale = next((level for level in catalogue.levels if level.number == FINALE), None)
    seen = session.map_seen()
    lit = {str(floor.level): floor.lit for floor in floors}
    picked = components.building(
        floors,
        ground="Brightwater General, main entrance",
        roof_title=finale.title if finale else "Go live",
        roof_subtitle=finale.line if finale else "",
        roof_status="In preparation",
        lift_from=seen.get("lift"),
    )
    session.see_map({**lit, "lift": here.level if here else 0})
    if picked is not None:
        _open(catalogue, picked, states)


def _floor(
    learner: str,
    catalogue: Catalogue,
    states: dict[str, ChapterState],
    number: int,
    here: Chapter | None,
    on: list[Chapter],
) -> Floor:
    level = next(level for level in catalogue.levels if level.number == number)
    chapters = catalogue.on_level(number)
    lit = sum(mastered(chapter, states.get(chapter.id)) for chapter in chapters)
    titles = [chapter.title for chapter in chapters if not chapter.side]
    if len(titles) < len(chapters):
        titles.append("side stories")
    state, status = _look(learner, catalogue, states, chapters, lit, here)
    if any(chapter in chapters for chapter in on):
        status = "A run is on"
    before = session.map_seen().get(str(number), lit)
    return Floor(
        level=number,
        title=level.title,
        subtitle=", ".join(titles) or level.line,
        state=state,
        status=status,
        windows=max(1, len(chapters)),
        lit=lit,
        newly_lit=max(0, lit - before),
    )


def _look(
    learner: str,
    catalogue: Catalogue,
    states: dict[str, ChapterState],
    chapters: tuple[Chapter, ...],
    lit: int,
    here: Chapter | None,
) -> tuple[FloorState, str]:
    if not chapters:
        return "preparation", "In preparation"
    if all(mastered(one, states.get(one.id)) for one in chapters if not one.side):
        return "mastered", "Mastered" if lit == len(chapters) else f"{lit} of {len(chapters)}"
    if here in chapters:
        return "current", "You are here"
    lock = unlocked(catalogue, chapters[0], states, folder.opens_all(learner))
    if lock.is_open:
        return "open", f"{lit} of {len(chapters)} chapters"
    required = catalogue.chapter(chapters[0].requires[0])
    return "locked", f"Opens after {required.title}"


def _open(catalogue: Catalogue, level: int, states: dict[str, ChapterState]) -> None:
    chapters = catalogue.on_level(level)
    if not chapters:
        title = next((one.title for one in catalogue.levels if one.number == level), "This floor")
        line = next((one.line for one in catalogue.levels if one.number == level), "")
        st.toast(f"{title} is in preparation. {line}")
        return
    waiting = [chapter for chapter in chapters if not mastered(chapter, states.get(chapter.id))]
    stops.open_chapter((waiting or list(chapters))[0].id)
