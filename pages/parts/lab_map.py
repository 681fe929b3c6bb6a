"""The Lab's map: drawn by the learner, judged in a sentence, shared, changed while a run is on."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import streamlit as st

from backend import runs
from backend.errors import BackendError
from engine.config import ConfigError, parse_config
from engine.drawn_maps import LARGEST_PAINT, MOST_COLUMNS, MOST_ROWS, drawn_grid
from engine.gridworld import ARROWS, NOWHERE
from engine.map_files import DEFAULT_MAP, MAP_FILES
from engine.spec import TrainConfig, WorldConfig
from engine.worlds.corridor import MOST_CHANGES, CorridorConfig, floor_of
from pages.parts import exact_plan, export, map_link, pictures, session, tape
from pages.parts.components import (
    Drawing,
    EditorLimits,
    KnownMap,
    Moment,
    Remark,
    Report,
    grid_editor,
)
from pages.parts.map_link import MapLinkError
from pages.parts.refusals import red

WORLD = "corridor"
FIELDS = ("world.drawn", "world.paint", "world.changes")  # which this file fills in, no widget
PRESS = "lab_press"  # the run that the Lab shows
KEPT = "lab_map"
LINK = "lab_map_link"  # the link that was taken over last, and what is wrong with it
LIMITS = EditorLimits(MOST_ROWS, MOST_COLUMNS, LARGEST_PAINT)


@dataclass(frozen=True)
class Kept:
    """The map of the next run as far as it is no map of the list."""

    origin: str  # names what the browser's drawing began with
    base: str  # the map of the list that it began with
    drawing: Drawing | None = None  # None: that map as it is
    changes: tuple[dict[str, Any], ...] = ()  # of a run whose settings were taken over
    is_first: bool = False  # nothing was drawn in this session yet


def _fresh(base: str) -> Kept:
    return Kept(uuid4().hex, base, is_first=session.value_of(KEPT) is None)


def _keep(kept: Kept) -> Kept:
    session.set_value(KEPT, kept)
    return kept


def _kept(map_name: str) -> Kept:
    """What is kept; where nothing is drawn, another map of the list is another beginning."""
    kept: Kept | None = session.value_of(KEPT)
    if kept is None or (kept.base != map_name and kept.drawing is None):
        return _keep(_fresh(map_name))
    return kept


def begin_anew() -> None:
    """Another map of the list was chosen: the drawing makes room for it."""
    _keep(_fresh(base=""))


def begin_with(world: WorldConfig) -> None:
    """Fill the editor with the map of a run, and with what became of it while that run was on."""
    if not isinstance(world, CorridorConfig):
        return
    drawing = None
    if world.drawn or world.paint:
        drawing = Drawing(world.drawn or _named(world.map).drawn, world.paint)
    changes = tuple(change.model_dump() for change in world.changes)
    _keep(replace(_fresh(world.map), drawing=drawing, changes=changes))


def _named(map_name: str) -> Drawing:
    found = MAP_FILES[map_name]
    return Drawing("/".join(found.rows), found.paint)


def place(world: dict[str, Any]) -> None:
    """Write the drawing into the plain data of a world whose `map` is chosen."""
    kept = _kept(world["map"])
    named = _named(world["map"])
    if kept.drawing is not None and kept.drawing != named:
        world["paint"] = kept.drawing.paint
        if kept.drawing.drawn != named.drawn or named.paint:
            world["drawn"] = kept.drawing.drawn
    if kept.changes:
        world["changes"] = list(kept.changes)


def take_link() -> None:
    """Open the map that the address carries, once; nonsense is said, and the usual map stays."""
    text, paint = st.query_params.get("map"), st.query_params.get("paint", "")
    if text is None:
        session.set_value(LINK, None)
        return
    taken = session.value_of(LINK)
    if taken and taken[0] == (text, paint):
        return
    session.set_value("lab_world", WORLD)
    try:
        drawing = map_link.drawing_of(text, paint)
    except MapLinkError as refusal:
        session.set_value(LINK, ((text, paint), str(refusal)))
        return
    session.set_value(LINK, ((text, paint), ""))
    _keep(replace(_fresh(DEFAULT_MAP), drawing=drawing))


def show(data: Mapping[str, Any], press: str | None) -> None:
    """The editor for the next run's map; `press`: a run that is on, whose map may change too."""
    if data["world"]["world"] != WORLD:
        return
    kept = _kept(data["world"]["map"])
    taken = session.value_of(LINK)
    is_open = bool(kept.drawing or kept.changes or taken)
    with st.expander("Draw the map", expanded=is_open):
        if taken and taken[1]:
            red(taken[1])
        st.fragment(_panel)(data, press)


def _panel(data: Mapping[str, Any], press: str | None) -> None:
    kept = _kept(data["world"]["map"])
    drawing = kept.drawing or _named(kept.base)
    maps = [KnownMap(found.title, *_texts(name)) for name, found in MAP_FILES.items()]
    said = remarks(data)
    report = grid_editor(
        drawing,
        origin=kept.origin,
        limits=LIMITS,
        maps=maps,
        says=said,
        on_draw=_drawn,
        key="map_editor",
    )
    if kept.is_first:
        _keep(_with_what_was_drawn(kept, report))
        if report is not None:
            st.rerun()
    is_sound = not problem_of(data)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if press is not None:
            _offer_change(press, drawing, is_sound)
        if is_sound:
            with st.popover("Link to this map", icon=":material/link:"):
                st.code(export.lab_link(map_link.link_of(drawing)), language=None, wrap_lines=True)
                st.caption("Opens the Lab on this map for anybody who can reach this server.")
        if press is None:
            st.caption("A run that is on can go on with another map: train at a slow speed.")
        if kept.changes and st.button("Leave the later changes out", icon=":material/close:"):
            _keep(replace(kept, changes=()))
            st.rerun()
    if is_sound:
        with suppress(ConfigError):  # of another setting, which Train tells
            exact_plan.panel(parse_config({**data, "world": _placed(data)}))


def _texts(map_name: str) -> tuple[str, str]:
    named = _named(map_name)
    return named.drawn, named.paint


def title_of(map_name: str) -> str:
    """What a map of the list is called."""
    return MAP_FILES[map_name].title


def _drawn(report: Report) -> None:
    """After a stroke: what the browser shows counts, if it began with what was asked for."""
    kept: Kept | None = session.value_of(KEPT)
    if kept is not None and kept.origin == report.origin:
        _keep(_with(kept, report))


def _with(kept: Kept, report: Report) -> Kept:
    same = kept.base in MAP_FILES and report.drawing == _named(kept.base)
    return replace(kept, origin=report.origin, drawing=None if same else report.drawing)


def _with_what_was_drawn(kept: Kept, report: Report | None) -> Kept:
    """A tab that was here before its session, as after a restart, brings its drawing along."""
    known = replace(kept, is_first=False)
    return known if report is None else _with(known, report)


def _placed(data: Mapping[str, Any]) -> dict[str, Any]:
    world = dict(data["world"])
    place(world)
    return world


def problem_of(data: Mapping[str, Any]) -> str:
    """Why the next run's map cannot be used, as a sentence; empty if it can."""
    world = _placed(data)
    try:
        check(world)
        parse_config({"algorithm": data["algorithm"], "world": world})
    except ConfigError as refusal:
        return str(refusal)
    return ""


def check(world: Mapping[str, Any]) -> None:
    """Raises ConfigError, in the words of somebody who draws, if a drawn map is none."""
    drawn = world.get("drawn", "")
    try:
        if drawn:
            drawn_grid(drawn)
    except ValueError as error:
        sentence = str(error)
        raise ConfigError(f"{sentence[0].upper()}{sentence[1:]}.", "world.drawn") from None


def remarks(data: Mapping[str, Any]) -> list[Remark]:
    """What is to be said of the next run's map."""
    problem = problem_of(data)
    if problem:
        return [Remark(problem, warning=True)]
    config = CorridorConfig.model_validate(_placed(data))
    changes = [change.after for change in config.changes]
    later = [Remark(f"Its map changes after update {', '.join(map(str, changes))}.")]
    return [
        *of_the_way(config),
        *of_what_is_wanted(config, data["world"]["map"]),
        *of_the_pay(config, str(data.get("reward", ""))),
        *(later if changes else []),
    ]


def of_the_way(config: CorridorConfig, updates: int = 0) -> list[Remark]:
    """Whether the robot can get anywhere, and to the ward."""
    floor = floor_of(config, updates)
    start = floor.grid.find("S")
    if bool((floor.grid.next_cell[start] == start).all()):
        text = "Walls stand on every side of the start: the robot can only bump into them."
        return [Remark(f"{text} Draw floor beside it.", warning=True)]
    if floor.goal == NOWHERE:
        return [Remark("There is no ward: every episode lasts until its step limit.")]
    steps = int(floor.grid.distances_to(floor.goal)[start])
    if steps < 0:
        return [
            Remark(
                "No way leads from the start to the ward. It can be trained, but no medicine can "
                "arrive. Draw floor where the way is blocked.",
                warning=True,
            )
        ]
    if steps > config.step_limit:
        return [
            Remark(
                f"The shortest way to the ward takes {steps} steps, and an episode has "
                f"{config.step_limit}. Allow more steps in the training settings.",
                warning=True,
            )
        ]
    return [Remark(f"The shortest way from the start to the ward takes {steps} steps.")]


def of_what_is_wanted(config: CorridorConfig, began_with: str) -> list[Remark]:
    """That a drawn map wants deliveries, where laps may be expected; began_with: of the list."""
    floor = floor_of(config)
    if not floor.lacks_ward and (floor.wanted, MAP_FILES[began_with].wanted) != (
        "delivery",
        "laps",
    ):
        return []
    return [Remark("A drawn map wants deliveries; only a map of the list can want laps.")]


def of_the_pay(config: CorridorConfig, reward: str) -> list[Remark]:
    """What is drawn, and not paid."""
    floor, found = floor_of(config), []
    if floor.paint and not re.search(r"\bpainted\b", reward):
        found.append(
            Remark("Amounts are paid only if the reward names them: add `+ painted` to it.")
        )
    if set(floor.grid.signs) & set(ARROWS) and not re.search(r"\barrow\b", reward):
        found.append(
            Remark("Arrow tiles are paid only if the reward names them: add `+ arrow` to it.")
        )
    if "C" in floor.grid.signs and not re.search(r"\bspill\b", reward):
        found.append(
            Remark(
                "A spill sends the robot back to the start. It costs what the reward takes for "
                "`spill`; now that is nothing."
            )
        )
    return found


# While a run is on.


def changed(config: TrainConfig, update: int, drawing: Drawing) -> TrainConfig:
    """The same run up to `update`, and on this map from there. Raises ConfigError."""
    _check_change(config, update, drawing)
    content = config.model_dump()
    world = content["world"]
    if update == 0:
        world |= {"drawn": drawing.drawn, "paint": drawing.paint, "changes": []}
    else:
        before = [change for change in world["changes"] if change["after"] < update]
        change = {"after": update, "drawn": drawing.drawn, "paint": drawing.paint}
        world["changes"] = [*before, change]
    return parse_config(content)


def _check_change(config: TrainConfig, update: int, drawing: Drawing) -> None:
    """Raises ConfigError, in the words of somebody who draws, if a run cannot take this map."""
    assert isinstance(config.world, CorridorConfig)
    check({"drawn": drawing.drawn})
    size, kept = drawn_grid(drawing.drawn).size, floor_of(config.world, update).grid.size
    if update and size != kept:
        raise ConfigError(
            f"The run that is on keeps the size of its map, {_in_words(kept)}, and this one has "
            f"{_in_words(size)}. Take its size back, or press Train to begin on it.",
            "world.changes",
        )
    before = [change for change in config.world.changes if change.after < update]
    if len(before) >= MOST_CHANGES:
        raise ConfigError(
            f"The map of a run changes at most {MOST_CHANGES} times, and this one's has. Press "
            "Train to begin on this map.",
            "world.changes",
        )


def _in_words(size: tuple[int, int]) -> str:
    rows, columns = size
    return f"{rows} {'row' if rows == 1 else 'rows'} of {columns}"


def _refusal(now: tape.Tape, drawing: Drawing) -> str:
    """Why a run cannot go on with this map, as a sentence; empty if it can."""
    try:
        changed(now.config, now.done, drawing)
    except ConfigError as refusal:
        return str(refusal)
    return ""


def drives_on(config: TrainConfig, update: int, drawing: Drawing) -> bool:
    """Whether a run drives on this very map once an update is made."""
    assert isinstance(config.world, CorridorConfig)
    floor = floor_of(config.world, update)
    return Drawing("/".join(floor.grid.rows), floor.paint) == drawing


def moments(config: TrainConfig, done: int) -> list[Moment]:
    """Where the map of a run changed, as far as it has come."""
    made = [change.after for change in pictures.changes_of(config) if change.after <= done]
    return [Moment(after, "map changed", warning=False) for after in made]


def _offer_change(press: str, drawing: Drawing, is_sound: bool) -> None:
    """The button that changes the map of the run that is on."""
    now: tape.Tape = session.tape(press) or tape.read(press)
    is_same = drives_on(now.config, now.done, drawing)
    refusal = _refusal(now, drawing) if is_sound else ""
    if st.button(
        "Apply to this run",
        key="apply_map",
        icon=":material/edit_road:",
        disabled=not is_sound or is_same or bool(refusal),
        help="The run that is on goes on with this map, and keeps what it has learnt.",
    ):
        try:
            _apply(press, now, drawing)
        except (ConfigError, BackendError) as error:
            red(error)
        else:
            st.rerun()
    if not is_sound:
        st.caption("The run that is on cannot go on with this map; what is wrong stands above.")
    elif refusal:
        st.caption(refusal)
    elif is_same:
        st.caption("The run that is on drives on this very map. Draw, and it can be applied.")


def _apply(press: str, now: tape.Tape, drawing: Drawing) -> None:
    """Another run instead, equal up to the update that is shown; the old one stays recorded."""
    update = now.done
    if update >= now.planned:
        raise ConfigError("The run has made all its updates. Press Train to begin on this map.")
    config = changed(now.config, update, drawing)
    session.set_value(PRESS, runs.press_instead(press, config, update))
