"""A map in a link, and back: short, and checked letter by letter, since a link may say anything.

`map` is the rows with "-" between them; a sign stands for itself, a wall for `x`, floor for `o`,
an arrow tile for `u`, `d`, `l` or `r`, and a number before a sign repeats it: `Sx3o-5o`. `paint`
is `cell:amount` with "_" between them.
"""

import re
from itertools import groupby

from engine.drawn_maps import LONGEST_DRAWN, MOST_COLUMNS, drawn_grid, paint_text, painted_amounts
from engine.gridworld import ACTIONS, ARROWS
from pages.parts.components import Drawing

LETTERS = {
    "#": "x",
    ".": "o",
    **dict(zip("SGPC", "SGPC", strict=True)),
    **dict(zip(ARROWS, ACTIONS, strict=True)),
}
SIGNS = {letter: sign for sign, letter in LETTERS.items()}
LONGEST = 6_000  # letters of a parameter
_RUNS = re.compile(r"([0-9]{0,2})([xoSGPCudlr])")
_PAINT = re.compile(r"[0-9:_.e-]*")
_ROW = re.compile(r"(?:[0-9]{0,2}[xoSGPCudlr])+")


class MapLinkError(ValueError):
    """A link that holds no map: a sentence that says what to do."""


def link_of(drawing: Drawing) -> dict[str, str]:
    """The parameters of an address that open the Lab on this map."""
    rows = drawing.drawn.split("/")
    found = {"map": "-".join(_packed(row) for row in rows)}
    return found | ({"paint": drawing.paint.replace(" ", "_")} if drawing.paint else {})


def _packed(row: str) -> str:
    lengths = ((sign, len(list(same))) for sign, same in groupby(row))
    return "".join(f"{count if count > 1 else ''}{LETTERS[sign]}" for sign, count in lengths)


def drawing_of(map_text: str, paint: str = "") -> Drawing:
    """The map that the parameters of an address describe. Raises MapLinkError."""
    try:
        if max(len(map_text), len(paint)) > LONGEST:
            raise ValueError("it is far too long")
        if not _PAINT.fullmatch(paint):
            raise ValueError("its amounts are written in letters that no amount has")
        drawn = "/".join(_unpacked(row) for row in map_text.split("-"))
        grid = drawn_grid(drawn)
        amounts = painted_amounts(paint.replace("_", " "), grid.cell_count)
    except ValueError as error:
        raise MapLinkError(
            f"The link holds no map that can be used: {error}. Ask for the link again, or draw "
            "the map below."
        ) from None
    return Drawing(drawn, paint_text(amounts))


def _unpacked(row: str) -> str:
    if len(row) > LONGEST_DRAWN or not _ROW.fullmatch(row):
        raise ValueError("a row is written in letters that no map has")
    runs = [(int(count or 1), letter) for count, letter in _RUNS.findall(row)]
    if not 0 < sum(count for count, _ in runs) <= MOST_COLUMNS:
        raise ValueError(f"a row has 1 to {MOST_COLUMNS} cells")
    return "".join(SIGNS[letter] * count for count, letter in runs)
