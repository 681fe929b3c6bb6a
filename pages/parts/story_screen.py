"""The story map: the building, where the learner is in it, and the way on."""

from itertools import groupby
from pathlib import Path

import streamlit as st

from curriculum import pace
from curriculum import state as moves
from curriculum.catalogue import Catalogue, unlocked
from curriculum.schema import Chapter
from curriculum.state import ChapterState, mastered
from pages.parts import (
    components,
    finale,
    folder,
    lab_form,
    live,
    review_screen,
    session,
    shell,
    so_far,
    stops,
    tape,
    telling,
    time_left,
)
from pages.parts.components import Floor, FloorState
from pages.parts.time_left import TimeLeft

FINALE = 11
TICK_SECONDS = 1.5  # a run is watched on its own page; here it is only seen to go on


def show() -> None:
    """Continue on the left, the building on the right."""
    learner = shell.learner_id()
    catalogue, kept, all_open = shell.catalogue(), folder.states(learner), folder.opens_all(learner)
    states = moves.of_today(catalogue.chapters, kept)
    here = _current(catalogue, states, folder.place_of(learner).get("id", ""))
    components.chapter_head(
        telling.retold("Brightwater General"),
        eyebrow="You are Lumen's new post-training engineer",
        meters=folder.drawn_meters(learner),
    )
    left_over = time_left.of(learner, catalogue, states)
    episodes = so_far.episodes_of(learner, catalogue, states)
    running = live.those_on(kept.values())
    on = [one for one in catalogue.chapters if one.id in running]
    so_far.card(learner, episodes)
    left, right = st.columns([1, 1.7], gap="large")
    with left:
        if here and mastered(here, states.get(here.id)):
            _all_done(catalogue, states, here)
        elif here:
            _continue(here, states.get(here.id), left_over)
        review_screen.card(learner, kept)
        for chapter in on:
            press_id = kept[chapter.id].press_ids[-1]
            shell.ticking(_on, TICK_SECONDS)(chapter, press_id)
        _ladder(learner, all_open)
    with right:
        _building(all_open, catalogue, states, here, on)
        _chapters(all_open, catalogue, states, left_over)
        so_far.panel(episodes)
        finale.decisions(learner, catalogue, states)
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
    for problem in telling.broken_settings():
        shell.trouble(
            f"The setting `{Path(problem.file).name}` was left out. Line {problem.line}, "
            f"{problem.within}"
        )


def _current(
    catalogue: Catalogue, states: dict[str, ChapterState], last_place: str
) -> Chapter | None:
    """The chapter to go on with: where the learner was, else what waits, else the last."""
    for chapter in catalogue.chapters:
        is_waiting = chapter.id in states and not mastered(chapter, states[chapter.id])
        if chapter.id == last_place and is_waiting:
            return chapter
    return catalogue.to_go_on_with(states) or next(reversed(catalogue.chapters), None)


def _continue(chapter: Chapter, state: ChapterState | None, left_over: TimeLeft) -> None:
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
        if words := left_over.words(chapter.id):
            st.caption(f"{words.capitalize()}{' left' if state else ''}")
    if left_over.way_up:
        st.caption(f"The way up: {pace.about(left_over.way_up)}, {left_over.counted}.")


def _all_done(catalogue: Catalogue, states: dict[str, ChapterState], last: Chapter) -> None:
    """Nothing is left to go on with: how the story ended, and what can be done with all of it."""
    ended = finale.ending_of_all(catalogue, states)
    shown = ended or last.brief
    done = f"All {len(catalogue.chapters)} chapters are mastered."
    components.scene(
        shown.art,
        alt=shown.alt,
        robot_at=shown.robot_at,
        small=True,
        title="All is done",
        beats=[done, f"{ended.title}: {ended.line}"] if ended else [done],
        key="done_scene",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Certificate and report", key="go_record", type="primary"):
            st.switch_page("pages/record.py")
        if st.button("See how it ended", key="end_of_story"):
            stops.open_chapter(last.id)
    st.caption(
        "What is left is yours to ask. In the Lab nothing is decided for you, methods can be "
        "compared on one budget, and questions come back when they are due."
    )
    with st.container(horizontal=True):
        st.page_link("pages/lab.py", label="To the Lab", icon=":material/science:")
        st.page_link(lab_form.COMPARE_PAGE, label="Compare methods", icon=":material/compare:")


def _ladder(learner: str, all_open: bool) -> None:
    _setting(learner)
    st.page_link("pages/record.py", label="Your record", icon=":material/workspace_premium:")
    st.toggle(
        "Open every floor",
        value=all_open,
        key="open_all",
        help="Free exploration: nothing is locked, and mastery is still recorded.",
        on_change=lambda: folder.open_all(learner, bool(session.value_of("open_all"))),
    )


def _setting(learner: str) -> None:
    """Where the story is set; every run and every figure stays what it is."""
    known = telling.settings()
    if len(known) < 2:
        return
    st.selectbox(
        "The story is set in",
        list(known),
        index=list(known).index(telling.current().id),
        format_func=lambda name: known[name].title,
        key="setting_chosen",
        help="Other words for the same people, places and answers. Runs, figures and progress "
        "stay as they are.",
        on_change=lambda: folder.tell_in(learner, str(session.value_of("setting_chosen"))),
    )
    st.caption(telling.current().line)


def _chapters(
    all_open: bool, catalogue: Catalogue, states: dict[str, ChapterState], left_over: TimeLeft
) -> None:
    """Every chapter by itself; the building leads to the next one of a floor only."""
    stories = [chapter for chapter in catalogue.chapters if chapter.side]
    with st.expander("Every chapter", icon=":material/list:"):
        st.caption(f"Minutes are rough, {left_over.counted}.")
        for level in catalogue.levels:
            on_floor = [one for one in catalogue.on_level(level.number) if not one.side]
            if on_floor:
                floor = f"Level {level.number}" if level.number else "Ground floor"
                _doors(f"{floor}: {level.title}", all_open, catalogue, states, on_floor, left_over)
        if stories:
            title = "Side stories: the same methods at other work, beside the way up"
            _doors(title, all_open, catalogue, states, stories, left_over)


def _doors(
    title: str,
    all_open: bool,
    catalogue: Catalogue,
    states: dict[str, ChapterState],
    chapters: list[Chapter],
    left_over: TimeLeft,
) -> None:
    """A button for each chapter, and what is still to be done for those that are locked."""
    st.markdown(f"**{title}**")
    after: dict[str, None] = {}
    with st.container(horizontal=True, gap="small"):
        for chapter in chapters:
            is_open = unlocked(catalogue, chapter, states, all_open).is_open
            if not is_open:
                after |= {catalogue.chapter(name).title: None for name in chapter.requires}
            is_done = mastered(chapter, states.get(chapter.id))
            words = left_over.words(chapter.id).removeprefix("about ")
            if st.button(
                f"{chapter.title}, {words}" if words else chapter.title,
                key=f"door_{chapter.id}",
                icon=":material/check:" if is_done else None,
                disabled=not is_open,
            ):
                stops.open_chapter(chapter.id)
    if after:
        st.caption(_opens_after(list(after), {chapter.title for chapter in chapters}))


def _opens_after(required: list[str], of_this_list: set[str]) -> str:
    """What comes first; where a list's own chapters open each other, no more than that is said."""
    first = [title for title in required if title not in of_this_list] or required[:1]
    rest = ", one after the other" if len(first) < len(required) else ""
    return f"What is locked opens after {' and '.join(first)}{rest}."


def _building(
    all_open: bool,
    catalogue: Catalogue,
    states: dict[str, ChapterState],
    here: Chapter | None,
    on: list[Chapter],
) -> None:
    floors = [
        _floor(all_open, catalogue, states, level.number, here, on)
        for level in catalogue.levels
        if level.number < FINALE
    ]
    top = next((level for level in catalogue.levels if level.number == FINALE), None)
    ended = finale.ending_of_all(catalogue, states)
    on_roof = catalogue.on_level(FINALE)
    seen = session.map_seen()
    lit = {str(floor.level): floor.lit for floor in floors}
    picked = components.building(
        floors,
        ground="Brightwater General, main entrance",
        roof_title=top.title if top else "Go live",
        roof_subtitle=f"{ended.title}: {ended.line}" if ended else top.line if top else "",
        roof_status=_look(all_open, catalogue, states, on_roof, here)[1],
        roof_lit=ended is not None,
        lift_from=seen.get("lift"),
    )
    session.see_map({**lit, "lift": here.level if here else 0})
    if picked is not None:
        _open(catalogue, picked, states)


def _floor(
    all_open: bool,
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
    state, status = _look(all_open, catalogue, states, chapters, here)
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
    all_open: bool,
    catalogue: Catalogue,
    states: dict[str, ChapterState],
    chapters: tuple[Chapter, ...],
    here: Chapter | None,
) -> tuple[FloorState, str]:
    if not chapters:
        return "preparation", "In preparation"
    if all(mastered(one, states.get(one.id)) for one in chapters if not one.side):
        return "mastered", "Mastered"
    if here in chapters:
        return "current", "You are here"
    lock = unlocked(catalogue, chapters[0], states, all_open)
    if lock.is_open:
        return "open", _counted(chapters, states)
    required = catalogue.chapter(chapters[0].requires[0])
    return "locked", f"Opens after {required.title}"


def _counted(chapters: tuple[Chapter, ...], states: dict[str, ChapterState]) -> str:
    """How much of a floor's way up is done."""
    main = [chapter for chapter in chapters if not chapter.side]
    done = sum(mastered(chapter, states.get(chapter.id)) for chapter in main)
    return f"{done} of {len(main)} {'chapter' if len(main) == 1 else 'chapters'}"


def _open(catalogue: Catalogue, level: int, states: dict[str, ChapterState]) -> None:
    chapters = catalogue.on_level(level)
    if not chapters:
        title = next((one.title for one in catalogue.levels if one.number == level), "This floor")
        line = next((one.line for one in catalogue.levels if one.number == level), "")
        st.toast(f"{title} is in preparation. {line}")
        return
    waiting = [chapter for chapter in chapters if not mastered(chapter, states.get(chapter.id))]
    stops.open_chapter((waiting or list(chapters))[0].id)
