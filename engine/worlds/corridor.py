"""A hospital corridor at night: a courier robot, a pharmacy, ward nine and a charging pad.

The robot starts at the pharmacy and drives one cell a step. An episode ends on the ward, or after
`step_limit` steps. Every reward term is a table [cells, actions], so a reward expression becomes a
reward table in one evaluation.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from engine.gridworld import ACTIONS, Grid
from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression
from engine.spec import RewardTerm, World, WorldConfig
from engine.value_iteration import DecisionProcess

STEP_COST = 0.002  # of the true reward, which pays 1 for a delivery
FORMER_REWARD = "10*delivered - 0.1*step"  # what an experienced robot was paid until now

# S pharmacy (start), G ward nine (goal), P charging pad, # wall, . floor
MAPS: dict[str, Grid] = {
    # Two ways round the first corner are equally short, and the pad lies on one of them: any bonus
    # makes the robot charge on its way, and a large one keeps it there.
    "night_ward": Grid(
        (
            "S#...#....#.",
            ".#.#.#.##.G.",
            "..##...#..#.",
            "P.........#.",
            ".##.#.##.#..",
            "..#.#..#....",
            ".##.##.#.##.",
            "........#...",
        )
    ),
    "side_room": Grid(("S.P", ".#.", "..G")),
}


class CorridorConfig(WorldConfig):
    """The corridor: which map, how long a shift lasts, how slippery the floor is."""

    world: Literal["corridor"] = "corridor"
    map: Literal["night_ward", "side_room"] = Field(
        default="night_ward", title="Map", description="The floor plan that the robot drives on."
    )
    step_limit: int = Field(
        default=200,
        ge=10,
        le=500,
        title="Steps in an episode",
        description="An episode that has not reached the ward is cut off after this many steps.",
    )
    slip: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        title="Slip",
        description="Probability that a move goes in a direction drawn at random.",
    )


def grid_of(config: CorridorConfig) -> Grid:
    """The map of a config."""
    return MAPS[config.map]


def process_of(config: CorridorConfig) -> DecisionProcess:
    """The corridor as a table of moves; only the ward ends an episode."""
    grid = grid_of(config)
    terminal = np.arange(grid.cell_count) == grid.find("G")
    return DecisionProcess(grid.next_cell, terminal, config.slip)


@lru_cache(maxsize=32)
def term_tables(map_name: str, gamma: float) -> dict[str, np.ndarray]:
    """Every reward term for every move: [cells, actions] float64, of the direction really taken.

    gamma: the learner's discount, which `progress` needs to leave the best policy as it is.
    """
    grid = MAPS[map_name]
    distance = np.maximum(grid.distances_to(grid.find("G")), 0).astype(np.float64)
    here, there = distance[:, None], distance[grid.next_cell]
    moved = ~grid.is_bump
    return {
        "delivered": (moved & (grid.next_cell == grid.find("G"))).astype(np.float64),
        "on_pad": (moved & (grid.next_cell == grid.find("P"))).astype(np.float64),
        "off_pad": (moved & (np.arange(grid.cell_count) == grid.find("P"))[:, None]).astype(
            np.float64
        ),
        "step": np.ones((grid.cell_count, len(ACTIONS))),
        "bump": grid.is_bump.astype(np.float64),
        "closer": (there < here).astype(np.float64),
        "progress": here - gamma * there,  # gamma phi(s') - phi(s) with phi = -distance
    }


def reward_table(config: CorridorConfig, reward: RewardExpression, gamma: float) -> np.ndarray:
    """What the learner's reward pays for every move: [cells, actions] float64.

    Raises RewardValueError if it is not a finite number somewhere on the floor.
    """
    floor = ~grid_of(config).is_wall
    tables = term_tables(config.map, gamma)
    table = np.zeros_like(tables["step"])
    table[floor] = reward.evaluate({name: term[floor] for name, term in tables.items()})
    return table


def true_reward_table(config: CorridorConfig, gamma: float) -> np.ndarray:
    """What the designer wanted, for every move: [cells, actions] float64."""
    tables = term_tables(config.map, gamma)
    return tables["delivered"] - STEP_COST * tables["step"]


TERMS = (
    RewardTerm(
        name="delivered",
        label="Medicine delivered",
        meaning="1 for the step that reaches the ward, which also ends the episode.",
        most=1,
    ),
    RewardTerm(
        name="on_pad",
        label="Visit to the charging pad",
        meaning="1 for every step that drives onto the charging pad; waiting there pays nothing.",
        exploit="Step off the pad and on again, for ever.",
        most=1,
    ),
    RewardTerm(
        name="off_pad",
        label="Leaving the charging pad",
        meaning="1 for every step that drives off the charging pad. 0.99*on_pad - off_pad, with "
        "gamma at 0.99, is potential-based: it leaves the best policy as it is.",
        most=1,
    ),
    RewardTerm(
        name="step",
        label="Each step",
        meaning="1 for every step; give it a negative weight and time costs something.",
        exploit="With a positive weight the robot never arrives, since arriving ends the pay.",
        most=1,
    ),
    RewardTerm(
        name="bump",
        label="Bump",
        meaning="1 for every step that meets a wall.",
        exploit="With a positive weight the robot leans against a wall for ever.",
        most=1,
    ),
    RewardTerm(
        name="closer",
        label="Step towards the ward",
        meaning="1 for every step that shortens the way to the ward; a step back costs nothing.",
        exploit="Walk one step back and one step forth, for ever.",
        most=1,
    ),
    RewardTerm(
        name="progress",
        label="Progress, potential-based",
        meaning="Way to the ward before the step, minus gamma times the way after it, in steps: "
        "a step back takes away what a step forth gave.",
        least=None,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="corridor",
    title="The corridor",
    config=CorridorConfig,
    terms=TERMS,
    true_reward=f"1 for a delivery, less {STEP_COST} a step.",
    metrics=(M.PROXY_RETURN, M.TRUE_RETURN, M.DELIVERED, M.PAD_VISITS, M.LENGTH, M.BUMPS),
    rollout="step",
    work_unit="steps",
)
