"""Exact action values of a small decision process whose model is known.

Source: Bellman 1957; Sutton & Barto 2018, section 4.4.

(1) V(s)    = max_a Q(s, a), and 0 where the episode ends
(2) B(s, a) = r(s, a) + gamma V(next(s, a))
(3) Q(s, a) = (1 - slip) B(s, a) + slip mean_b B(s, b)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

_PRECISION = 1e-12  # of the largest value


@dataclass(frozen=True)
class DecisionProcess:
    """A deterministic table of moves, of which each may slip into a random direction.

    next_cell: [cells, actions] int. terminal: [cells] bool. slip: probability in 0..1 that a move
    goes in a direction drawn uniformly from all.
    """

    next_cell: np.ndarray
    terminal: np.ndarray
    slip: float = 0.0


def optimal_action_values(
    process: DecisionProcess, reward: np.ndarray, gamma: float, horizon: int | None = None
) -> np.ndarray:
    """Q* of the best policy: [cells, actions], 0 in terminal cells.

    reward: [cells, actions], of the direction really taken. gamma: below 1, so that no loop is
    worth an infinite amount; 1 only with a horizon. horizon: how many steps are left, for ever if
    None; then the values are of the first of them.
    """
    if gamma == 1 and horizon is None:
        raise ValueError("without a discount, values are finite only over a horizon")
    values = np.zeros_like(reward)
    most = _sweeps_needed(gamma) if horizon is None else horizon
    for improved in islice(sweeps(process, reward, gamma), most):
        before, values = values, improved
        if is_settled(before, values, gamma):
            break
    return values


def sweeps(process: DecisionProcess, reward: np.ndarray, gamma: float) -> Iterator[np.ndarray]:
    """Q after one sweep over all cells, after two, and so on for ever; before the first it is 0."""
    values = np.zeros_like(reward)
    while True:
        best = np.where(process.terminal, 0.0, values.max(axis=1))  # (1)
        backup = reward + gamma * best[process.next_cell]  # (2)
        mean = backup.mean(axis=1, keepdims=True)
        values = (1 - process.slip) * backup + process.slip * mean  # (3)
        values[process.terminal] = 0.0
        yield values


def is_settled(before: np.ndarray, after: np.ndarray, gamma: float) -> bool:
    """Whether a sweep changed so little that later ones cannot add up to anything."""
    change = np.abs(after - before).max()
    return bool(not change or change <= _PRECISION * (1 - gamma) * np.abs(after).max())


def _sweeps_needed(gamma: float) -> int:
    """Sweeps after which the first guess has lost its weight: gamma ** sweeps < precision."""
    return 1 if gamma == 0 else int(np.ceil(np.log(_PRECISION * (1 - gamma)) / np.log(gamma)))
