"""The rules of noughts and crosses, as tables over every board there could be.

A board is a number in base 3: cell k adds 3^k times 0 for a free cell, 1 for a cross of Pip's, 2
for a nought of the guest's. Either side may begin. Cells are numbered from 0 row by row; people
read them as 1 to 9.
"""

from __future__ import annotations

from functools import cache

import numpy as np

CELLS = 9
FREE, PIP, GUEST = range(3)
SIGNS = ".xo"
BOARDS = 3**CELLS
EMPTY_BOARD = 0
PLACES = 3 ** np.arange(CELLS)  # what a sign of 1 adds to a board's number
LINES = np.array(
    [
        *((0, 1, 2), (3, 4, 5), (6, 7, 8)),
        *((0, 3, 6), (1, 4, 7), (2, 5, 8)),
        *((0, 4, 8), (2, 4, 6)),
    ]
)


@cache
def signs_of_boards() -> np.ndarray:
    """What stands on each cell of every board: [BOARDS, CELLS]."""
    return (np.arange(BOARDS)[:, None] // PLACES % 3).astype(np.int8)


@cache
def is_free() -> np.ndarray:
    """Whether a cell of a board is free: [BOARDS, CELLS]."""
    return signs_of_boards() == FREE


@cache
def has_line(who: int) -> np.ndarray:
    """Whether somebody has three in a line: [BOARDS]."""
    return (signs_of_boards()[:, LINES] == who).all(axis=2).any(axis=1)


@cache
def is_over() -> np.ndarray:
    """Whether nobody moves any more: [BOARDS]."""
    return has_line(PIP) | has_line(GUEST) | ~is_free().any(axis=1)


@cache
def boards_after(who: int) -> np.ndarray:
    """The board once somebody has marked a cell; -1 where it is taken: [BOARDS, CELLS]."""
    return np.where(is_free(), np.arange(BOARDS)[:, None] + who * PLACES, -1)


@cache
def completes(who: int) -> np.ndarray:
    """Whether a mark on a cell makes a line: [BOARDS, CELLS]."""
    return is_free() & has_line(who)[boards_after(who)]


@cache
def turns(who: int) -> np.ndarray:
    """The boards on which somebody may be to move, whoever began, in order: [boards].

    Not every one of them comes up in a game: lines of both sides, for one, are over already.
    """
    lead = (signs_of_boards() == who).sum(axis=1) - (signs_of_boards() == 3 - who).sum(axis=1)
    return np.flatnonzero(~is_over() & ((lead == 0) | (lead == -1)))


def written(board: int) -> str:
    """A board as nine signs, row by row."""
    return "".join(SIGNS[sign] for sign in signs_of_boards()[board])
