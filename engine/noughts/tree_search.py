"""Monte Carlo tree search for the guest, from all boards side by side.

Source: UCT, Kocsis and Szepesvari 2006, "Bandit based Monte-Carlo Planning".

(1) score(c) = mean of what came of c for who moves + explore sqrt(ln n / n_c)    unless n_c is 0
(2) a node is added below the first move that has not been tried; from there on both play by chance
(3) what comes of it is added to every move on the way

A step of every search is a few operations on arrays.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from engine.noughts.rules import (
    BOARDS,
    CELLS,
    GUEST,
    PIP,
    PLACES,
    has_line,
    is_free,
    is_over,
    signs_of_boards,
    turns,
)

EXPLORE = 1.4
UNTRIED = 1e6  # what beats every score that a tried move can have
SEED = 20_060  # the guest always searches with the same luck


@lru_cache(maxsize=8)
def searched(playouts: int) -> np.ndarray:
    """The chances of the guest's moves after so many playouts on each board: [BOARDS, CELLS].

    It makes the move that was tried most; among equals, any. Boards that are turned or mirrored are
    one board: that is searched eight times, and the guest makes the move of any of those searches.
    """
    turned, cells = views()
    boards = turns(GUEST)
    least = turned[boards].min(axis=1)
    roots = np.unique(least)
    rng = np.random.default_rng(SEED)
    visits = visits_of(roots.repeat(len(cells)), GUEST, playouts, rng)
    most = visits == visits.max(axis=1, keepdims=True)
    of_roots = (most / most.sum(axis=1, keepdims=True)).reshape(len(roots), -1, CELLS).mean(axis=1)
    chances = np.zeros((BOARDS, CELLS))
    seen_as = cells[turned[boards].argmin(axis=1)]
    rows = np.searchsorted(roots, least)
    chances[boards] = of_roots[rows[:, None], seen_as]
    return chances


@cache
def views() -> tuple[np.ndarray, np.ndarray]:
    """Every board turned and mirrored, [BOARDS, 8], and where each cell comes to be, [8, CELLS]."""
    square = np.arange(CELLS).reshape(3, 3)
    # The picture has at each place the cell that came there; its inverse says where a cell went.
    pictures = [np.rot90(side, times) for side in (square, square.T) for times in range(4)]
    cells = np.array([picture.ravel().argsort() for picture in pictures])
    return signs_of_boards().astype(np.int64) @ PLACES[cells].T, cells


def visits_of(roots: np.ndarray, who: int, playouts: int, rng: np.random.Generator) -> np.ndarray:
    """How often each move was tried from boards on which somebody is to move: [roots, CELLS]."""
    rows = np.arange(len(roots))
    shape = len(roots), playouts + 1, CELLS  # a node for the root, and one for each playout
    tries, sums = np.zeros(shape), np.zeros(shape)
    children = np.zeros(shape, dtype=np.int32)  # 0: there is none yet
    for playout in range(1, playouts + 1):
        boards, mover = roots.copy(), who
        next_to_move = np.full(len(roots), who)
        node = np.zeros(len(roots), dtype=np.int64)
        in_tree = np.ones(len(roots), dtype=bool)
        way: list[tuple[np.ndarray, np.ndarray, np.ndarray, int]] = []
        for _ in range(CELLS):
            on = rows[in_tree & ~is_over()[boards]]
            if not len(on):
                break
            at = node[on]
            cells = _preferred(tries[on, at], sums[on, at], boards[on], rng)  # (1)
            way.append((on, at, cells, mover))
            boards[on] += mover * PLACES[cells]
            next_to_move[on] = 3 - mover
            node[on] = children[on, at, cells]
            is_new = node[on] == 0
            children[on[is_new], at[is_new], cells[is_new]] = playout  # (2)
            in_tree[on[is_new]] = False
            mover = 3 - mover
        result = _played_out(boards, next_to_move, rng)
        for on, at, cells, moved in way:
            tries[on, at, cells] += 1  # (3)
            sums[on, at, cells] += np.where(
                result[on] == 0, 0, np.where(result[on] == moved, 1, -1)
            )
    return tries[:, 0]


def _preferred(
    tries: np.ndarray, sums: np.ndarray, boards: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The move with the best score on each board, [boards, CELLS] each; among equals, any."""
    count = np.maximum(tries, 1)
    bonus = EXPLORE * np.sqrt(np.log(np.maximum(tries.sum(axis=1, keepdims=True), 1)) / count)
    score = np.where(tries == 0, UNTRIED, sums / count + bonus) + 1e-6 * rng.random(tries.shape)
    return np.where(is_free()[boards], score, -np.inf).argmax(axis=1)


def _played_out(boards: np.ndarray, mover: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Who has a line once both have played on by chance, 0: nobody; changes what it is given.

    mover: [boards] who is to move.
    """
    while len(on := np.flatnonzero(~is_over()[boards])):
        free = is_free()[boards[on]]
        cells = (free * (1 + rng.random(free.shape))).argmax(axis=1)
        boards[on] += mover[on] * PLACES[cells]
        mover[on] = 3 - mover[on]
    return np.where(has_line(PIP)[boards], PIP, np.where(has_line(GUEST)[boards], GUEST, 0))
