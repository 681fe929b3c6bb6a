"""What plans are worth at noughts and crosses, exactly, by looking ahead to the end of every game.

(1) Q(b, c) = 1 if a cross on c makes a line, 0 if it fills the board, else U(b with c)
(2) V(b)    = max over c of Q(b, c), or the mean of Q(b, c) over a plan's chances   Pip is to move
(3) U(b)    = min over c, or the mean over a guest's chances, of -1 if a nought on c makes a line,
              0 if it fills the board, else V(b with c)                        the guest is to move
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from engine.noughts.rules import (
    BOARDS,
    CELLS,
    EMPTY_BOARD,
    GUEST,
    PIP,
    boards_after,
    completes,
    is_free,
    is_over,
    signs_of_boards,
)


class Worths(NamedTuple):
    """Games won less games lost from each board on; 0 where the game is over already."""

    pip: np.ndarray  # [BOARDS] if Pip is to move
    guest: np.ndarray  # [BOARDS] if the guest is
    of_moves: np.ndarray  # [BOARDS, CELLS] of each of Pip's moves; -inf where there is none

    @property
    def first(self) -> float:
        """Of a game that Pip begins."""
        return float(self.pip[EMPTY_BOARD])

    @property
    def second(self) -> float:
        """Of a game that the guest begins."""
        return float(self.guest[EMPTY_BOARD])


def worths(plan: np.ndarray | None, guest: np.ndarray | None) -> Worths:
    """The worth of every board; of each side the chances of its moves, [BOARDS, CELLS].

    None: it plays the best there is against the other one.
    """
    found = Worths(np.zeros(BOARDS), np.zeros(BOARDS), np.full((BOARDS, CELLS), -np.inf))
    marks = (signs_of_boards() > 0).sum(axis=1)
    for count in reversed(range(CELLS)):
        on = np.flatnonzero((marks == count) & ~is_over())
        own = np.where(completes(PIP), 1.0, found.guest[boards_after(PIP)])[on]  # (1)
        found.of_moves[on] = np.where(is_free()[on], own, -np.inf)
        found.pip[on] = _chosen(own, on, plan, 1)  # (2)
        replies = np.where(completes(GUEST), -1.0, found.pip[boards_after(GUEST)])[on]
        found.guest[on] = _chosen(replies, on, guest, -1)  # (3)
    return found


def _chosen(
    worth: np.ndarray, boards: np.ndarray, plan: np.ndarray | None, side: int
) -> np.ndarray:
    """The worth of boards whose moves have these, [boards, CELLS], to who wants it times `side`."""
    if plan is not None:
        return (worth * plan[boards]).sum(axis=1)
    return side * np.where(is_free()[boards], side * worth, -np.inf).max(axis=1)


@cache
def by_chance() -> np.ndarray:
    """The chances of who marks any free cell: [BOARDS, CELLS]."""
    free = is_free()
    return free / np.maximum(free.sum(axis=1, keepdims=True), 1)


@cache
def perfect_play() -> Worths:
    """What boards are worth when both sides play perfectly: 1, 0 or -1."""
    return worths(None, None)
