"""The map that a learner draws: what the browser shows, and what it reports of every stroke."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from pages.parts.components.assets import register

LONGEST_DRAWN, LONGEST_PAINT = 1_000, 20_000  # letters; a larger report is no drawing of ours

_EDITOR = register(
    "pip-grid-editor",
    ("furnishings", "amounts", "grid_drawing", "grid_editor"),
    ("grid_editor",),
)


@dataclass(frozen=True)
class Drawing:
    """A map as two texts: rows between slashes, and `cell:amount` between spaces."""

    drawn: str
    paint: str = ""


@dataclass(frozen=True)
class KnownMap:
    """A map that a drawing can start from."""

    title: str
    drawn: str
    paint: str = ""


@dataclass(frozen=True)
class Remark:
    """A sentence about the drawing; a warning says what does not work."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class EditorLimits:
    """The largest map, and the largest amount on a cell."""

    rows: int
    columns: int
    amount: float


@dataclass(frozen=True)
class Report:
    """What the browser has drawn by now, and which drawing it began with."""

    origin: str
    drawing: Drawing


def reported(value: Any) -> Report | None:
    """A report of the browser; None for anything else, since it may be forged."""
    if not isinstance(value, dict):
        return None
    origin, drawn, paint = (value.get(name) for name in ("origin", "drawn", "paint"))
    if not (isinstance(origin, str) and isinstance(drawn, str) and isinstance(paint, str)):
        return None
    if not 0 < len(drawn) <= LONGEST_DRAWN or len(paint) > LONGEST_PAINT or len(origin) > 100:
        return None
    return Report(origin, Drawing(drawn, paint))


def grid_editor(
    drawing: Drawing,
    *,
    origin: str,
    limits: EditorLimits,
    maps: Sequence[KnownMap] = (),
    says: Sequence[Remark] = (),
    on_draw: Callable[[Report], None],
    key: str,
) -> Report | None:
    """A map to draw on, by pointer or by keys; its rows must be equally long.

    drawing: where the browser begins for a new `origin`; as long as that stays the same, what was
    drawn in the browser counts, and no other drawing reaches it. on_draw: called after every
    stroke, before the page runs again. maps: what can be started from. says: sentences below it.

    Returns what the browser reported last, be it to a server that is gone by now.
    """

    def draw() -> None:
        report = reported(st.session_state[key].get("map"))
        if report is not None:
            on_draw(report)

    payload = {
        "slot": key,
        "goal": "Ward",
        "origin": origin,
        "drawn": drawing.drawn,
        "paint": drawing.paint,
        "limits": asdict(limits),
        "maps": [asdict(one) for one in maps],
        "says": [asdict(one) for one in says],
    }
    return reported(_EDITOR(data=payload, key=key, on_map_change=draw).map)
