"""The best plan before six, worked out over all of its states."""

from itertools import product
from typing import NamedTuple

import numpy as np

from engine.control.cleaner_field import numbers
from engine.reward_expression import parse
from engine.value_iteration import DecisionProcess, optimal_action_values
from engine.worlds.cleaner import (
    BIN,
    DOCK,
    MOVES,
    OPEN,
    PIECES,
    PLACES,
    STATES,
    TERM_NAMES,
    Sweeps,
    advance,
    term_values,
    true_reward,
)

STATE_LIST = np.array(list(product(OPEN, range(2**PLACES), range(BIN + 1))))
CELLS, FLOORS, LOADS = STATE_LIST.T


def all_sweeps() -> Sweeps:
    """What every move does in every state: [states, moves] each."""
    shape = STATES, len(MOVES)
    cell, floor, load = (np.broadcast_to(part[:, None], shape) for part in (CELLS, FLOORS, LOADS))
    return advance(cell, floor, load, np.broadcast_to(np.arange(len(MOVES)), shape))


SWEEPS = all_sweeps()
PROCESS = DecisionProcess(
    numbers(SWEEPS.cell, SWEEPS.floor, SWEEPS.load), np.zeros(STATES, dtype=bool)
)


def evenings(dirty: int) -> np.ndarray:
    """The states in which a night begins."""
    floors = np.flatnonzero(PIECES == dirty)
    return numbers(np.full(len(floors), DOCK), floors, np.zeros(len(floors), dtype=int))


def best_values(reward: str, gamma: float, horizon: int | None = None) -> np.ndarray:
    """Exact action values of the best plan: [states, moves]."""
    paid = parse(reward, TERM_NAMES).evaluate(term_values(SWEEPS))
    return optimal_action_values(PROCESS, np.asarray(paid, dtype=float), gamma, horizon)


class Nights(NamedTuple):
    """Sums over a night, mean over all evenings with so many dirty places."""

    sums: dict[str, float]
    clean_at_bell: float


def nights_of(values: np.ndarray, steps: int, dirty: int) -> Nights:
    """What comes of doing, in every state, the first of the best moves."""
    terms = term_values(SWEEPS) | {"true": true_reward(SWEEPS)}
    state, sums = evenings(dirty), dict.fromkeys(terms, 0.0)
    choice = (values >= values.max(axis=1, keepdims=True) - 1e-9).argmax(axis=1)
    for _ in range(steps):
        made = state, choice[state]
        for name, table in terms.items():
            sums[name] += float(table[made].mean())
        state = PROCESS.next_cell[made]
    return Nights(sums, float(1 - (PIECES[FLOORS[state]] / PLACES).mean()))
