"""The chapter head, the building, scenes and voices: where the story is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from pages.parts.components.assets import register
from pages.parts.components.people import (
    ARTS,
    MOODS,
    NAMES,
    PLACE_NAMES,
    ROBOT_PLACES,
    SIGNS,
    Art,
    Mood,
    RobotPlace,
    Who,
    known_person,
)

FloorState = Literal["mastered", "current", "open", "locked", "preparation"]
ROOF = 11

_CHAPTER_HEAD = register("pip-chapter-head", ("keyboard", "chapter_head"), ("chapter_head",))
_BUILDING = register("pip-building", ("building",), ("building",))
_SCENE = register(
    "pip-scene",
    ("furnishings", "people", "road_art", "rooms", "scene"),
    ("art", "furnishings", "scene"),
)
_VOICE = register("pip-voice", ("furnishings", "people", "voice"), ("art", "voice"))
_PROSE = register("pip-prose", ("prose",), ("prose",))


@dataclass(frozen=True)
class Meter:
    """One meter of the head.

    value: 0 to 100. change: points won or lost just now, said beside the number; 0 says nothing.
    """

    name: str
    value: int
    change: int = 0


@dataclass(frozen=True)
class Correction:
    """What the browser's address of a page should say.

    seen: its parameters when this was found; if they are others by now, nothing is put right.
    """

    page: str
    seen: Mapping[str, str | None]
    wanted: Mapping[str, str]


@dataclass(frozen=True)
class Floor:
    """One floor of the building.

    level: 0 to 10. subtitle: its chapters, in words. state: how the floor looks. status: the words
    at its right ("Mastered", "1 of 3 chapters", "Opens after level 6", "In preparation").
    windows: its chapters. lit: mastered ones. newly_lit: how many of these were mastered since the
    map was last seen; they light up once.
    """

    level: int
    title: str
    subtitle: str
    state: FloorState
    status: str
    windows: int = 1
    lit: int = 0
    newly_lit: int = 0


@dataclass(frozen=True)
class Beat:
    """One paragraph of a story, or with `who` one thing that somebody says.

    text: `[[61 %]]` marks a figure that the run measured. name, role: as in NAMES if None.
    """

    text: str
    who: Who | None = None
    name: str | None = None
    role: str | None = None


def _trigger(key: str, field: str, listener: Callable[[Any], None] | None) -> Callable[[], None]:
    """A callback that hands the triggered value of a component to the listener."""

    def call() -> None:
        value = st.session_state[key].get(field)
        if listener is not None and value is not None:
            listener(value)

    return call


def chapter_head(
    title: str,
    *,
    eyebrow: str = "",
    plate: str | None = None,
    meters: Sequence[Meter] = (),
    steps: Sequence[str] = (),
    step: str | None = None,
    reached: str | None = None,
    on_stop: Callable[[str], None] | None = None,
    part: str | None = None,
    keeps_bar: bool = False,
    address: Correction | None = None,
    key: str = "head",
) -> str | None:
    """The head of a page: level plate, page title, meters and the line of stops.

    title: the page's only first-level heading. eyebrow: the line above it. plate: text of the
    level plate, none if None. steps: names of the stops in order, none drawn if empty. step:
    the stop shown now. reached: the furthest stop opened so far, `step` if None; every other
    stop up to it is a button. on_stop: called with the picked stop's name before the page runs
    again. part: key of the container whose heading this stop begins with, the page's top if None.
    keeps_bar: a keyboard that was in the bar at the bottom stays there. address: what to put
    right in the browser's address, in place: it makes no step of the browser's history.

    Returns the name of the stop picked just now, or None.
    """
    shown = steps.index(step) if step in steps else -1
    furthest = max(shown, steps.index(reached) if reached in steps else shown)
    payload = {
        "title": title,
        "eyebrow": eyebrow,
        "plate": plate,
        "meters": [asdict(meter) for meter in meters],
        "steps": list(steps),
        "shown": shown,
        "furthest": furthest,
        "part": part,
        "keeps_bar": keeps_bar,
        "address": asdict(address) if address else None,
    }
    result = _CHAPTER_HEAD(data=payload, key=key, on_stop_change=_trigger(key, "stop", on_stop))
    return result.stop


def building(
    floors: Sequence[Floor],
    *,
    ground: str,
    roof_title: str,
    roof_subtitle: str,
    roof_status: str,
    roof_lit: bool = False,
    lift_from: int | None = None,
    on_pick: Callable[[int], None] | None = None,
    key: str = "building",
) -> int | None:
    """The story map: one real button for each floor, and one for the roof.

    floors: from the ground up. ground: words over the entrance. roof_*: the finale's row;
    roof_lit lights the beacon. lift_from: the level where the lift stood when the map was last
    seen; it slides once from there to the floor whose state is `current`. on_pick: called with
    the picked level, ROOF for the finale, before the page runs again.

    Returns the level picked just now, or None.
    """
    payload = {
        "floors": [asdict(floor) for floor in floors],
        "ground": ground,
        "roof": {
            "level": ROOF,
            "title": roof_title,
            "subtitle": roof_subtitle,
            "status": roof_status,
            "lit": roof_lit,
        },
        "lift_from": lift_from,
    }
    result = _BUILDING(data=payload, key=key, on_pick_change=_trigger(key, "pick", on_pick))
    return None if result.pick is None else int(result.pick)


def _beat(beat: Beat | str) -> dict[str, str | None]:
    """A beat as the component draws it, with the usual name and role filled in."""
    if isinstance(beat, str):
        return {"text": beat, "who": None, "name": None, "role": None}
    if beat.who is None:
        return asdict(beat)
    known_person(beat.who)
    name, role = NAMES[beat.who]
    return {
        "text": beat.text,
        "who": beat.who,
        "name": name if beat.name is None else beat.name,
        "role": role if beat.role is None else beat.role,
    }


def scene(
    art: Art | None = None,
    *,
    alt: str = "",
    small: bool = False,
    title: str | None = None,
    beats: Sequence[Beat | str] = (),
    bubbles: Sequence[str] = (),
    mood: Mood | None = None,
    robot_at: RobotPlace | None = None,
    signs: Sequence[tuple[str, str]] = SIGNS,
    key: str,
) -> None:
    """A picture with its title and the story below it; each part may be left out.

    art: the drawing, none if None. alt: what happens in it. small: only its heart, without the sign
    texts, for a narrow column. beats: paragraphs (plain strings) and speakers. bubbles: words that
    float about Pip, at most six, each from a reply of the run. mood: Pip's face; idle at the desk
    and overloaded in the queue if None. robot_at: where the robot stands in the corridor and on the
    ward; on the pad, and not on the ward yet, if None. signs: rows of the direction sign, at most
    three, which must be true in the world.

    Raises ValueError if a drawing, face, place or person is unknown.
    """
    for name, value, known in (
        ("drawing", art, ARTS),
        ("face", mood, MOODS),
        ("place of the robot", robot_at, ROBOT_PLACES),
    ):
        if value is not None and value not in known:
            raise ValueError(f"There is no {name} {value!r}. Use one of {', '.join(known)}.")
    payload = {
        "art": art,
        "alt": alt,
        "small": small,
        "title": title,
        "beats": [_beat(beat) for beat in beats],
        "bubbles": list(bubbles)[:6],
        "mood": mood,
        "robot_at": robot_at,
        "signs": [list(sign) for sign in signs],
        "names": PLACE_NAMES,
    }
    _SCENE(data=payload, key=key)


def voice(who: Who, text: str, *, key: str) -> None:
    """A small portrait and one sentence about or by that person, as on a decision."""
    known_person(who)
    _VOICE(data={"who": who, "text": text}, key=key)


def prose(text: str, *, lead: str = "", key: str) -> None:
    """A paragraph in the app's own voice, with `[[61 %]]` figures; `lead` stands bold before it."""
    _PROSE(data={"text": text, "lead": lead}, key=key)
