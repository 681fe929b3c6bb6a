"""What a robot could do in the corridor, and what each plan is worth under the learner's reward.

The arithmetic behind a loophole: if a loop is worth more than a delivery, the best policy loops.
"""

from contextlib import suppress
from itertools import chain, cycle, islice
from typing import NamedTuple

import numpy as np

from engine.algorithms.q_learning import QLearningConfig
from engine.gridworld import Grid
from engine.reward_expression import parse
from engine.value_iteration import optimal_action_values
from engine.worlds.corridor import TERM_NAMES, floor_of, process_of, reward_table

Moves = list[tuple[int, int]]  # (cell, action) pairs, in order


class Plan(NamedTuple):
    """One plan from the pharmacy on. `worth` is its discounted return, in reward units."""

    label: str
    pays: str  # in words: what is paid in all, or again and again
    worth: float


def plans(config: QLearningConfig, updates: int = 0) -> list[Plan]:
    """The plans people think of, and last the best plan there is, for a floor without slips.

    What the map does not allow is left out: it may have no pad, or no way to the ward. updates: of
    a run whose map changes, how many are made. Raises RewardValueError if the reward is not a
    finite number somewhere.
    """
    floor = floor_of(config.world, updates)
    reward = reward_table(floor, parse(config.reward, TERM_NAMES), config.gamma)
    found = []
    for named in (_deliver, _charge_first, _circle, _pace):
        with suppress(ValueError):  # there is no such way
            label, way, loop = named(floor.grid)
            worth = _worth(reward, way, loop, config.gamma, config.world.step_limit)
            found.append(Plan(label, _pays(reward, way, loop), worth))
    process = process_of(config.world, updates)
    horizon = config.world.step_limit if config.gamma == 1 else None
    exact = optimal_action_values(process, reward, config.gamma, horizon)
    best = float(exact[floor.grid.find("S")].max())
    return [*found, Plan("The best plan there is", "", best)]


def _deliver(grid: Grid) -> tuple[str, Moves, Moves]:
    way = _way_past_the_pad(grid)
    return f"Deliver to the ward, {len(way)} steps", way, []


def _charge_first(grid: Grid) -> tuple[str, Moves, Moves]:
    start, pad, goal = (grid.find(sign) for sign in "SPG")
    way = grid.shortest_way(start, pad) + grid.shortest_way(pad, goal)
    return f"Charge once, then deliver, {len(way)} steps", way, []


def _circle(grid: Grid) -> tuple[str, Moves, Moves]:
    pad = grid.find("P")
    way = grid.shortest_way(grid.find("S"), pad)
    return "Step on the pad and off, for ever", way, _shuttle(grid, pad)


def _pace(grid: Grid) -> tuple[str, Moves, Moves]:
    way = _way_past_the_pad(grid)
    return "Pace before the ward, for ever", way[:-1], _shuttle(grid, way[-1][0])


def _way_past_the_pad(grid: Grid) -> Moves:
    """A shortest way to the ward that keeps off the pad, or over it if there is no other.

    Raises ValueError if there is none at all.
    """
    start, goal = grid.find("S"), grid.find("G")
    closed = Grid(tuple(row.replace("P", "#") for row in grid.rows))
    chosen = closed if closed.distances_to(goal)[start] >= 0 else grid
    return chosen.shortest_way(start, goal)


def _shuttle(grid: Grid, cell: int) -> Moves:
    """One step off the cell and one back onto it, not by way of the ward."""
    for action, neighbour in enumerate(grid.next_cell[cell].tolist()):
        ways_on = grid.next_cell[neighbour].tolist()
        if neighbour not in (cell, grid.find("G")) and cell in ways_on:
            return [(cell, action), (neighbour, ways_on.index(cell))]
    raise ValueError(f"cell {cell} has no neighbour to step to")


def _worth(reward: np.ndarray, way: Moves, loop: Moves, gamma: float, limit: int) -> float:
    """Discounted return of a way, and of a loop repeated for ever after it.

    Without a discount a loop may be worth an infinite amount: then it is of one episode.
    """
    if gamma == 1:
        moves = islice(chain(way, cycle(loop)), limit)
        return float(sum(reward[move] for move in moves))
    worth = sum(gamma**step * reward[move] for step, move in enumerate(way))
    once = sum(gamma**step * reward[move] for step, move in enumerate(loop))
    again = once / (1 - gamma ** len(loop)) if loop else 0.0
    return float(worth + gamma ** len(way) * again)


def _pays(reward: np.ndarray, way: Moves, loop: Moves) -> str:
    paid = sum(reward[move] for move in loop or way) + 0.0
    return f"{paid:.4g} every {len(loop)} steps" if loop else f"{paid:.4g} in all"
