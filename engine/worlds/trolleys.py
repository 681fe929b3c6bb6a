"""A corridor by day: a courier robot, and trolleys that cross its way and never stand for long.

The robot goes up, down, left, right or waits, one cell a step; each trolley goes up and down its
lane, one cell a step, and sometimes pauses. They move at the same time. Where the robot and a
trolley end on one cell, or change places, they collide, and the trip is over. So is a trip that
reaches the ward; after `step_limit` steps one is cut off.

Every reward term is an array with one value a step, so that a reward expression is evaluated on a
whole batch of steps at once.
"""

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.gridworld import ACTIONS, Grid
from engine.metrics import MetricName as M
from engine.spec import RewardTerm, World, WorldConfig

STEP_COST = 0.002  # of the true reward
MAP = Grid(
    (
        "##.#.#.##",
        ".........",
        "S.......G",
        ".........",
        "##.#.#.##",
    )
)
LANES = (2, 4, 6)  # the columns in which trolleys go up and down
START, GOAL = MAP.find("S"), MAP.find("G")
MOVES = (*ACTIONS, "w")  # w: the robot waits
# Where a move ends: [cells, moves]. Waiting ends where it began.
NEXT_CELL = np.column_stack((MAP.next_cell, np.arange(MAP.cell_count)))
WAY = MAP.distances_to(GOAL)  # [cells]: steps to the ward if no trolley were there
# A trolley's phase says where it is and which way it goes: down the lane, then up again.
PHASES = 2 * (len(MAP.rows) - 1)
ROW_AT = np.array([min(phase, PHASES - phase) for phase in range(PHASES)])
GOES_DOWN = np.arange(PHASES) < PHASES // 2
LANE_CELLS = ROW_AT[:, None] * MAP.columns + np.array(LANES)  # [phases, trolleys]
OPEN_CELLS = int((~MAP.is_wall).sum())
STATES = OPEN_CELLS * PHASES ** len(LANES)  # 33 * 8 ** 3 = 16 896


class TrolleysConfig(WorldConfig):
    """The corridor by day: how long a trip may take, and how often a trolley pauses."""

    usual_reward: ClassVar[str] = "10*delivered - 0.1*step"

    world: Literal["trolleys"] = "trolleys"
    step_limit: int = Field(
        default=60,
        ge=20,
        le=200,
        title="Steps in a trip",
        description="A trip that has reached nothing is cut off after this many steps.",
    )
    pause: float = Field(
        default=0.1,
        ge=0,
        le=0.9,
        title="Pauses",
        description="Probability that a trolley stands still for a step.",
    )


class Ways(NamedTuple):
    """Steps of robots, in any common shape [...]; what trolleys do is [..., trolleys]."""

    before: np.ndarray  # the robot's cell
    after: np.ndarray  # before a new trip is begun
    phases: np.ndarray  # of the trolleys, after the step
    collides: np.ndarray
    arrives: np.ndarray


def trolley_cells(phases: np.ndarray) -> np.ndarray:
    """Where trolleys are: [..., trolleys] -> the same."""
    return LANE_CELLS[phases, np.arange(len(LANES))]


def advance(cells: np.ndarray, phases: np.ndarray, moves: np.ndarray, goes: np.ndarray) -> Ways:
    """One step of everybody; moves: [...], numbers in MOVES. goes: whether a trolley moves."""
    after, on = NEXT_CELL[cells, moves], (phases + goes) % PHASES
    meets = trolley_cells(on) == after[..., None]
    passes = (trolley_cells(on) == cells[..., None]) & (trolley_cells(phases) == after[..., None])
    collides = (meets | passes).any(axis=-1)
    return Ways(cells, after, on, collides, (after == GOAL) & ~collides)


def term_values(ways: Ways, gamma: float) -> dict[str, np.ndarray]:
    """Every reward term for every step: name -> [...] float64. gamma: the learner's discount."""
    stands = ways.before == ways.after
    rows, columns = np.divmod(trolley_cells(ways.phases), MAP.columns)
    row, column = np.divmod(ways.after[..., None], MAP.columns)
    is_near = (np.abs(rows - row) + np.abs(columns - column) == 1).any(axis=-1)
    return {
        "delivered": ways.arrives.astype(np.float64),
        "collision": ways.collides.astype(np.float64),
        "step": np.ones(ways.after.shape),
        "waited": stands.astype(np.float64),
        "gave_way": (stands & is_near & ~ways.collides).astype(np.float64),
        "progress": WAY[ways.before] - gamma * WAY[ways.after],
    }


def true_reward(ways: Ways) -> np.ndarray:
    """What the ward wanted, for every step: [...] float64."""
    return ways.arrives - 1.0 * ways.collides - STEP_COST


TERMS = (
    RewardTerm(
        name="delivered",
        label="Medicine delivered",
        meaning="1 for the step that reaches the ward, which also ends the trip.",
        most=1,
    ),
    RewardTerm(
        name="collision",
        label="Collision",
        meaning="1 for the step in which robot and trolley collide, which also ends the trip.",
        exploit="With a high price alone the robot never sets out, since who waits hits nobody.",
        most=1,
    ),
    RewardTerm(
        name="step",
        label="Each step",
        meaning="1 for every step; give it a negative weight and time costs something.",
        exploit="With a high price the robot drives into the nearest trolley: that ends the cost.",
        most=1,
    ),
    RewardTerm(
        name="waited",
        label="Waiting",
        meaning="1 for every step in which the robot stays where it is.",
        exploit="With a positive weight it waits until the trip is cut off.",
        most=1,
    ),
    RewardTerm(
        name="gave_way",
        label="Giving way",
        meaning="1 for every step in which the robot stays where it is, with a trolley on the next "
        "cell up, down, left or right.",
        exploit="Stand beside a lane and give way to the same trolley for ever.",
        most=1,
    ),
    RewardTerm(
        name="progress",
        label="Progress",
        meaning="Way to the ward before the step, minus gamma times the way after it, in steps.",
        exploit="A trip that ends in a collision keeps what its way has earned.",
        least=None,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="trolleys",
    title="The corridor by day",
    config=TrolleysConfig,
    terms=TERMS,
    true_reward=f"1 for a delivery, less 1 for a collision, less {STEP_COST} a step.",
    metrics=(
        *(M.PROXY_RETURN, M.TRUE_RETURN, M.DELIVERED, M.COLLISIONS, M.LENGTH, M.WAITED),
        M.GAVE_WAY,
    ),
    rollout="step",
    work_unit="steps",
)
