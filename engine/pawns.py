"""The pawn game on three columns and four rows: its rules, every board, and perfect play.

Each side has three pawns in its first row. A pawn goes straight on to a free cell, or takes a pawn
of the other side on a cell diagonally ahead. Who reaches the far row has won, and who is to move
and cannot has lost, so no game is drawn. On three rows this is Hexapawn. Source: Gardner 1962,
"Mathematical Games", Scientific American 206 (3).
"""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

ROWS, COLUMNS = 4, 3
CELLS = ROWS * COLUMNS
PIP, GUEST, FREE = "p", "g", "."  # the guest is whoever plays against Pip, and begins
START = GUEST * COLUMNS + FREE * (CELLS - 2 * COLUMNS) + PIP * COLUMNS  # the guest's row first
AHEAD = {PIP: -1, GUEST: 1}  # rows down the board
OTHER = {PIP: GUEST, GUEST: PIP}
SOONEST = 100  # of an outlook: larger than any game is long


class Move(NamedTuple):
    """A move that the rules allow."""

    origin: int  # cells
    target: int
    board: str  # as it is afterwards
    is_taking: bool
    is_over: bool  # the mover has won


def cell_name(cell: int) -> str:
    """Columns are letters, and rows are counted from Pip's side: the first cell is a4."""
    row, column = divmod(cell, COLUMNS)
    return f"{'abc'[column]}{ROWS - row}"


def steps_from(cell: int, who: str) -> list[int]:
    """The cells of the next row that a pawn could ever go to: straight on and diagonally."""
    row, column = divmod(cell, COLUMNS)
    if not 0 <= row + AHEAD[who] < ROWS:
        return []
    middle = cell + AHEAD[who] * COLUMNS
    return [middle + aside for aside in (-1, 0, 1) if 0 <= column + aside < COLUMNS]


@cache
def moves(board: str, who: str) -> tuple[Move, ...]:
    """Everything that a side may do, in the order of the cells."""
    found = []
    for origin, target in _steps(board, who):
        is_straight = (target - origin) % COLUMNS == 0
        if board[target] != (FREE if is_straight else OTHER[who]):
            continue
        cells = list(board)
        cells[origin], cells[target] = FREE, who
        after = "".join(cells)
        is_over = not steps_from(target, who) or not _can_move(after, OTHER[who])
        found.append(Move(origin, target, after, not is_straight, is_over))
    return tuple(found)


def _steps(board: str, who: str) -> list[tuple[int, int]]:
    own = [cell for cell in range(CELLS) if board[cell] == who]
    return [(origin, target) for origin in own for target in steps_from(origin, who)]


def _can_move(board: str, who: str) -> bool:
    return any(
        board[target] == (FREE if (target - origin) % COLUMNS == 0 else OTHER[who])
        for origin, target in _steps(board, who)
    )


@cache
def outlook(board: str, who: str) -> int:
    """What perfect play of both brings the side to move, which can move.

    Above zero if it wins, and the higher the sooner; below zero if it loses, the lower the sooner.
    """
    return max(worth_of(move, who) for move in moves(board, who))


def worth_of(move: Move, who: str) -> int:
    """The outlook of a side that makes a move."""
    if move.is_over:
        return SOONEST
    after = -outlook(move.board, OTHER[who])
    return after - 1 if after > 0 else after + 1


# What Pip may try: every step of every pawn that is not in the far row. Most are never allowed at
# the same time.
ACTIONS = tuple(
    (origin, target)
    for origin in range(CELLS - 1, COLUMNS - 1, -1)
    for target in steps_from(origin, PIP)
)
ACTION_NAMES = tuple(cell_name(origin) + cell_name(target) for origin, target in ACTIONS)
MOST_REPLIES = 9  # no side ever has more moves than three pawns have steps


class Game(NamedTuple):
    """The whole game as tables, by the numbers of boards; -1 where there is no such move."""

    boards: tuple[str, ...]  # all that can come up, the first one is the start
    pawns: np.ndarray  # [boards, 2]: how many Pip has, and the guest
    tried: np.ndarray  # [boards, actions]: the board after a move of Pip's
    wins: np.ndarray  # [boards, actions] bool: which of these moves win
    replies: np.ndarray  # [boards, MOST_REPLIES]: the board after each move of the guest's
    loses: np.ndarray  # [boards, MOST_REPLIES] bool: which of these moves win for the guest
    states: np.ndarray  # [boards]: a number for each board on which Pip is to move, else 0
    state_count: int


@lru_cache(maxsize=1)
def game() -> Game:
    """All boards that can come up, whatever both sides do, and what leads from which to which."""
    places = {(START, GUEST): 0}
    waiting = [(START, GUEST)]
    boards = {START: 0}
    while waiting:
        board, who = waiting.pop()
        for move in moves(board, who):
            boards.setdefault(move.board, len(boards))
            place = move.board, OTHER[who]
            if not move.is_over and place not in places:
                places[place] = len(places)
                waiting.append(place)
    count = len(boards)
    tried = np.full((count, len(ACTIONS)), -1)
    replies = np.full((count, MOST_REPLIES), -1)
    wins, loses = np.zeros(tried.shape, dtype=bool), np.zeros(replies.shape, dtype=bool)
    states = np.zeros(count, dtype=np.int64)
    own_turns = [board for board, who in places if who == PIP]
    for board in own_turns:
        for move in moves(board, PIP):
            cell = boards[board], ACTIONS.index((move.origin, move.target))
            tried[cell], wins[cell] = boards[move.board], move.is_over
    for board in (board for board, who in places if who == GUEST):
        for place, move in enumerate(moves(board, GUEST)):
            cell = boards[board], place
            replies[cell], loses[cell] = boards[move.board], move.is_over
    states[[boards[board] for board in own_turns]] = np.arange(len(own_turns))
    pawns = np.array([(board.count(PIP), board.count(GUEST)) for board in boards])
    return Game(tuple(boards), pawns, tried, wins, replies, loses, states, len(own_turns))
