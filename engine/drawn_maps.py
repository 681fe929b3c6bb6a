"""Maps that somebody has drawn, as one line of text each: read, checked, and written canonically.

A map is its rows with "/" between them: "S.#/..G". Painted amounts are "cell:amount" with spaces
between them, cells numbered row by row from 0: "1:0.5 4:-2". Every refusal is a ValueError whose
sentence says what to do.
"""

import re
from collections import Counter

from engine.gridworld import ARROWS, Grid

SIGNS = f"#.SGPC{ARROWS}"  # wall, floor, start, goal, pad, spill, and an arrow for each action
MOST_ROWS, MOST_COLUMNS = 16, 24
LARGEST_PAINT = 1e9
LONGEST_DRAWN = MOST_ROWS * (MOST_COLUMNS + 1)
LONGEST_PAINT = 10_000
_PAINTED = re.compile(r"([0-9]{1,3}):([+-]?[0-9]{1,10}(?:\.[0-9]{0,12})?(?:e[+-]?[0-9]{1,2})?)")


def drawn_grid(drawn: str) -> Grid:
    """The map that a text describes."""
    return grid_of_rows(tuple(drawn.split("/")))


def grid_of_rows(rows: tuple[str, ...]) -> Grid:
    """The map that its rows describe."""
    _check_size(rows)
    _check_signs(rows)
    return Grid(rows)


def _check_size(rows: tuple[str, ...]) -> None:
    if len(rows) > MOST_ROWS or len(rows[0]) > MOST_COLUMNS:
        raise ValueError(
            f"a map has at most {MOST_ROWS} rows of {MOST_COLUMNS} cells and this one has "
            f"{len(rows)} of {len(rows[0])}; make it smaller"
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"row {number} has {len(row)} cells and row 1 has {len(rows[0])}; make all rows "
                "equally long"
            )


def _check_signs(rows: tuple[str, ...]) -> None:
    for number, row in enumerate(rows, start=1):
        for column, sign in enumerate(row, start=1):
            if sign not in SIGNS:
                raise ValueError(
                    f"`{sign}` in row {number}, column {column} is no sign of a map; use # wall, "
                    ". floor, S start, G ward, P pad, C spill or an arrow tile, ^ v < >"
                )
    count = Counter("".join(rows))
    if count["S"] != 1:
        found = "no start" if not count["S"] else f"{count['S']} starts"
        raise ValueError(f"the map has {found}; put S on exactly one cell")
    if count["G"] > 1:
        raise ValueError(f"the map has {count['G']} wards; put G on one cell, or on none")


def painted_amounts(paint: str, cell_count: int) -> dict[int, float]:
    """The amount on every painted cell, in the order of the cells; 0 is not painted at all."""
    amounts: dict[int, float] = {}
    for part in paint.split():
        found = _PAINTED.fullmatch(part.lower())
        if not found:
            raise ValueError(
                f"`{part[:30]}` is no painted cell; write the number of a cell and an amount, as "
                "in 12:0.5"
            )
        cell, amount = int(found[1]), float(found[2])
        if cell >= cell_count:
            raise ValueError(
                f"cell {cell} is not on the map; its cells are numbered 0 to {cell_count - 1}, "
                "row by row"
            )
        if abs(amount) > LARGEST_PAINT:
            raise ValueError(
                f"{found[2]} on cell {cell} is too much; amounts go from -1000000000 to 1000000000"
            )
        if cell in amounts:
            raise ValueError(f"cell {cell} is painted twice; paint it once")
        amounts[cell] = amount
    return {cell: amounts[cell] for cell in sorted(amounts) if amounts[cell]}


def paint_text(amounts: dict[int, float]) -> str:
    """The canonical text of painted amounts."""
    return " ".join(f"{cell}:{_written(amount)}" for cell, amount in amounts.items())


def _written(amount: float) -> str:
    return str(int(amount)) if amount.is_integer() else repr(amount)
