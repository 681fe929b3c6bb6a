"""What a robot could do in the corridor, and what each plan is worth under the learner's reward.

The arithmetic behind a loophole: if a loop is worth more than a delivery, the best policy loops.
"""

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


def plans(config: QLearningConfig) -> list[Plan]:
    """The plans people think of, and last the best plan there is, for a floor without slips.

    Raises RewardValueError if the reward is not a finite number somewhere.
    """
    floor = floor_of(config.world)
    grid = floor.grid
    start, pad, goal = (grid.find(sign) for sign in "SPG")
    reward = reward_table(floor, parse(config.reward, TERM_NAMES), config.gamma)
    straight = _way_past_the_pad(grid)
    by_the_pad = grid.shortest_way(start, pad) + grid.shortest_way(pad, goal)
    door = straight[-1][0]
    named: list[tuple[str, Moves, Moves]] = [
        (f"Deliver to the ward, {len(straight)} steps", straight, []),
        (f"Charge once, then deliver, {len(by_the_pad)} steps", by_the_pad, []),
        ("Step on the pad and off, for ever", grid.shortest_way(start, pad), _shuttle(grid, pad)),
        ("Pace before the ward, for ever", straight[:-1], _shuttle(grid, door)),
    ]
    worths = [
        Plan(label, _pays(reward, way, loop), _worth(reward, way, loop, config.gamma))
        for label, way, loop in named
    ]
    exact = optimal_action_values(process_of(config.world), reward, config.gamma)
    return [*worths, Plan("The best plan there is", "", float(exact[start].max()))]


def _way_past_the_pad(grid: Grid) -> Moves:
    """A shortest way to the ward that keeps off the pad, or over it if there is no other."""
    start, goal = grid.find("S"), grid.find("G")
    closed = Grid(tuple(row.replace("P", "#") for row in grid.rows))
    chosen = closed if closed.distances_to(goal)[start] >= 0 else grid
    return chosen.shortest_way(start, goal)


def _shuttle(grid: Grid, cell: int) -> Moves:
    """One step off the cell and one back onto it, not by way of the ward."""
    for action, neighbour in enumerate(grid.next_cell[cell].tolist()):
        if neighbour not in (cell, grid.find("G")):
            back = grid.next_cell[neighbour].tolist().index(cell)
            return [(cell, action), (neighbour, back)]
    raise ValueError(f"cell {cell} has no neighbour to step to")


def _worth(reward: np.ndarray, way: Moves, loop: Moves, gamma: float) -> float:
    """Discounted return of a way, and of a loop repeated for ever after it."""
    worth = sum(gamma**step * reward[move] for step, move in enumerate(way))
    once = sum(gamma**step * reward[move] for step, move in enumerate(loop))
    again = once / (1 - gamma ** len(loop)) if loop else 0.0
    return float(worth + gamma ** len(way) * again)


def _pays(reward: np.ndarray, way: Moves, loop: Moves) -> str:
    paid = sum(reward[move] for move in loop or way) + 0.0
    return f"{paid:.4g} every {len(loop)} steps" if loop else f"{paid:.4g} in all"
