"""What a robot could do in the corridor, and what each plan is worth under the learner's reward.

The arithmetic behind a loophole: if a loop is worth more than a delivery, the best policy loops.
"""

from typing import NamedTuple

import numpy as np

from engine.gridworld import NOWHERE, Grid
from engine.reward_expression import parse
from engine.tabular.practice import TabularConfig
from engine.value_iteration import optimal_action_values
from engine.worlds.corridor import TERM_NAMES, floor_of, process_of, reward_table

Moves = list[tuple[int, int]]  # (cell, action) pairs, in order


class Plan(NamedTuple):
    """One plan from the pharmacy on. `worth` is its discounted return, in reward units."""

    label: str
    pays: str  # in words: what is paid in all, or again and again
    worth: float


def plans(config: TabularConfig, updates: int = 0) -> list[Plan]:
    """The plans people think of, and last the best plan there is, for a floor without slips.

    Only those that the map has, and none without a discount: a loop that pays would be worth an
    infinite amount. updates: of a run whose map changes, how many are made. Raises
    RewardValueError if the reward is not a finite number somewhere.
    """
    floor = floor_of(config.world, updates)
    grid = floor.grid
    named = [*_ways(grid), *_loops(grid)]
    if config.gamma == 1 or not named:
        return []
    reward = reward_table(floor, parse(config.reward, TERM_NAMES), config.gamma)
    worths = [
        Plan(label, _pays(reward, way, loop), _worth(reward, way, loop, config.gamma))
        for label, way, loop in named
    ]
    exact = optimal_action_values(process_of(config.world, updates), reward, config.gamma)
    best = float(exact[grid.find("S")].max())
    return [*worths, Plan("The best plan there is", "", best)]


def _ways(grid: Grid) -> list[tuple[str, Moves, Moves]]:
    """Plans that end on the ward: label, moves, and no loop after them."""
    start, pad, goal = (grid.find(sign) for sign in "SPG")
    to_goal = grid.distances_to(goal)
    if to_goal[start] < 0:
        return []
    straight = _way_past_the_pad(grid)
    found = [(f"Deliver to the ward, {len(straight)} steps", straight, [])]
    if pad != NOWHERE and to_goal[pad] >= 0:
        by_the_pad = grid.shortest_way(start, pad) + grid.shortest_way(pad, goal)
        found.append((f"Charge once, then deliver, {len(by_the_pad)} steps", by_the_pad, []))
    return found


def _loops(grid: Grid) -> list[tuple[str, Moves, Moves]]:
    """Plans that never end: label, the way there, and what is repeated for ever."""
    start, pad, goal = (grid.find(sign) for sign in "SPG")
    found: list[tuple[str, Moves, Moves]] = []
    if grid.distances_to(pad)[start] >= 0 and (loop := _shuttle(grid, pad)):
        found.append(("Step on the pad and off, for ever", grid.shortest_way(start, pad), loop))
    if grid.distances_to(goal)[start] >= 2:
        straight = _way_past_the_pad(grid)
        if loop := _shuttle(grid, straight[-1][0]):
            found.append(("Pace before the ward, for ever", straight[:-1], loop))
    return found


def _way_past_the_pad(grid: Grid) -> Moves:
    """A shortest way to the ward that keeps off the pads, or over them if there is no other."""
    start, goal = grid.find("S"), grid.find("G")
    closed = Grid(tuple(row.replace("P", "#") for row in grid.rows))
    chosen = closed if closed.distances_to(goal)[start] >= 0 else grid
    return chosen.shortest_way(start, goal)


def _shuttle(grid: Grid, cell: int) -> Moves:
    """One step off the cell and one back onto it, past ward and spills; empty if there is none."""
    is_closed = grid.having("C") | grid.having("G")
    for action, neighbour in enumerate(grid.entered[cell].tolist()):
        if neighbour != cell and not is_closed[neighbour]:
            back = grid.entered[neighbour].tolist().index(cell)
            return [(cell, action), (neighbour, back)]
    return []


def _worth(reward: np.ndarray, way: Moves, loop: Moves, gamma: float) -> float:
    """Discounted return of a way, and of a loop repeated for ever after it."""
    worth = sum(gamma**step * reward[move] for step, move in enumerate(way))
    once = sum(gamma**step * reward[move] for step, move in enumerate(loop))
    again = once / (1 - gamma ** len(loop)) if loop else 0.0
    return float(worth + gamma ** len(way) * again)


def _pays(reward: np.ndarray, way: Moves, loop: Moves) -> str:
    paid = sum(reward[move] for move in loop or way) + 0.0
    return f"{paid:.4g} every {len(loop)} steps" if loop else f"{paid:.4g} in all"
