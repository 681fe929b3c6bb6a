"""The best plan on a map by value iteration and by policy iteration, step by step.

Both know the map and the reward; nothing is sampled. What they agree on is the exact reference of
the methods that learn on a map.
"""

from itertools import islice
from typing import NamedTuple

import numpy as np

from engine.policy_iteration import rounds
from engine.reward_expression import parse, within_bounds
from engine.tabular.practice import TabularConfig
from engine.value_iteration import is_settled, sweeps
from engine.worlds.corridor import TERM_NAMES, floor_of, process_of, reward_table

MOST_SWEEPS = 1_000  # that are followed; with much patience it takes more until nothing changes


class Progress(NamedTuple):
    """How far a method was after each sweep, or each round."""

    starts: tuple[float, ...]  # value of the start cell
    changes: tuple[float, ...]  # of the cell whose value changed most; before, all are 0
    is_settled: bool  # whether the last one changed nothing any more


class Planning(NamedTuple):
    """Both ways to the best plan on one map."""

    cells: int  # in which a robot can stand and choose
    by_sweeps: Progress
    by_rounds: Progress


def planning(config: TabularConfig) -> Planning:
    """How both methods find the best plan on the map that a run begins on.

    The patience must be below 1. Raises RewardValueError if a step has no value, or far too large a
    one.
    """
    floor, process = floor_of(config.world), process_of(config.world)
    paid = reward_table(floor, parse(config.reward, TERM_NAMES), config.gamma)
    reward, start = within_bounds(paid, "step"), floor.grid.find("S")
    is_meant = ~(floor.grid.is_wall | floor.grid.having("C") | process.terminal)
    swept, improved = _Followed(start, is_meant), _Followed(start, is_meant)
    before, settled = np.zeros(len(reward)), False
    for values in islice(sweeps(process, reward, config.gamma), MOST_SWEEPS):
        best = values.max(axis=1)
        swept.add(best)
        settled = is_settled(before[is_meant], best[is_meant], config.gamma)
        if settled:
            break
        before = best
    cells = np.arange(len(reward))
    for values, actions in rounds(process, reward, config.gamma):
        improved.add(values[cells, actions])
    return Planning(int(is_meant.sum()), swept.progress(settled), improved.progress(True))


class _Followed:
    """The values of a method as they come."""

    def __init__(self, start: int, is_meant: np.ndarray) -> None:
        self._start, self._is_meant = start, is_meant
        self._values = np.zeros(len(is_meant))
        self._starts: list[float] = []
        self._changes: list[float] = []

    def add(self, values: np.ndarray) -> None:
        """Values of the cells: [cells]."""
        self._starts.append(float(values[self._start]))
        self._changes.append(float(np.abs(values - self._values)[self._is_meant].max()))
        self._values = values

    def progress(self, settled: bool) -> Progress:
        """Everything so far."""
        return Progress(tuple(self._starts), tuple(self._changes), settled)
