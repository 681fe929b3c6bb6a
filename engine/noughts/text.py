"""What Pip reads and writes at noughts and crosses: a board, a reason, and a move.

A prompt is nine words, one a cell (`1.` free, `1x` Pip's, `1o` the guest's), and `pip:`. A reply is
three: what is to be done and where, `win 7`, `block 7` or `take 7`, then the cross, `x7`. Nothing
holds the move to the reason, and nothing holds either to the board.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from engine.noughts.plans import perfect_play
from engine.noughts.rules import (
    BOARDS,
    CELLS,
    GUEST,
    PIP,
    SIGNS,
    completes,
    is_over,
    signs_of_boards,
)

VERBS = ("win", "block", "take")
REPLY_LENGTH = 3
FIRST_VERB = len(SIGNS) * CELLS
FIRST_PLACE = FIRST_VERB + len(VERBS)
FIRST_MOVE = FIRST_PLACE + CELLS
TURN = FIRST_MOVE + CELLS  # the word after which Pip writes
WORDS = (
    *(f"{cell}{sign}" for cell in range(1, CELLS + 1) for sign in SIGNS),
    *VERBS,
    *(str(cell) for cell in range(1, CELLS + 1)),
    *(f"x{cell}" for cell in range(1, CELLS + 1)),
    "pip:",
)
NO_WORD = -1  # an end token that no reply has: all are of one length


class Read(NamedTuple):
    """What replies say, [replies] each; -1 where it cannot be read."""

    verb: np.ndarray  # place in VERBS
    place: np.ndarray  # the cell of the reason; -1 with every verb that is none
    move: np.ndarray  # the cell of the cross


@cache
def prompts() -> np.ndarray:
    """The prompt of every board: [BOARDS, CELLS + 1] tokens."""
    cells = signs_of_boards() + len(SIGNS) * np.arange(CELLS)
    return np.hstack((cells, np.full((BOARDS, 1), TURN)))


def read(replies: np.ndarray) -> Read:
    """What replies of three tokens say: [replies, REPLY_LENGTH]."""
    verb, place, move = replies.T - np.array([[FIRST_VERB], [FIRST_PLACE], [FIRST_MOVE]])
    is_reason = (verb >= 0) & (verb < len(VERBS)) & (place >= 0) & (place < CELLS)
    is_move = (move >= 0) & (move < CELLS)
    return Read(
        np.where(is_reason, verb, -1), np.where(is_reason, place, -1), np.where(is_move, move, -1)
    )


def reply_of(verb: int, place: int, move: int) -> list[int]:
    """The tokens of a reason and a move."""
    return [FIRST_VERB + verb, FIRST_PLACE + place, FIRST_MOVE + move]


@cache
def right_reasons() -> np.ndarray:
    """Which reasons are right on a board where Pip is to move: [BOARDS, VERBS, CELLS].

    To win where a cross makes a line; else to block where a nought would; else to take a cell that
    costs nothing against perfect play.
    """
    wins, blocks = completes(PIP), completes(GUEST)
    of_moves = perfect_play().of_moves
    keeps = (of_moves == of_moves.max(axis=1, keepdims=True)) & np.isfinite(of_moves)
    has_win = wins.any(axis=1, keepdims=True)
    has_block = blocks.any(axis=1, keepdims=True)
    right = np.stack((wins, blocks & ~has_win, keeps & ~has_win & ~has_block), axis=1)
    return right & ~is_over()[:, None, None]
