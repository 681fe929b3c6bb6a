"""The shuttle from the car park to the hospital: it keeps its lane on a winding road.

A vehicle on a road that is given by its curvature: offset from the middle of the lane and heading
against it. The wheel follows the bend by itself; left and right turn it a little further than that
for a step. The faster it goes, the less it turns for the same wheel (understeer), and wind pushes
it aside. Positions are half metres along the middle of the lane, so that where it is and how fast
it goes is a matter of whole numbers. A trip ends at the hospital, beside the lane, or is cut off.

(1) path    = (bend + correction steer) / (1 + (speed / 17)^2)          what it really turns, in 1/m
(2) heading <- heading + way (path - bend),   way = speed / 2           a step has half a second
(3) offset  <- offset + way (sin heading + wind)
(4) pull    = speed^2 |path|                                            what passengers feel
"""

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.metrics import MetricName as M
from engine.spec import RewardTerm, World, WorldConfig

STEP_SECONDS = 0.5
MOVES = ("l", "h", "r", "s", "f")  # left, hold the bend, right, slower, faster
TOP_SPEED, FIRST_SPEED = 6, 3  # m/s
CORRECTION = 0.015  # 1/m, by which left and right differ from the bend
SLIP_SPEED = 17.0  # m/s at which half of a turn is lost
HALF_LANE = 1.4  # m: how far its middle may be from that of the lane
GENTLE = 1.5  # m/s^2: a pull that is stronger is a jolt
WIND_STAYS = 0.9  # how much of the wind is left a step later
LARGEST_START = 0.2  # m from the middle, where a trip begins
JOLT_COST, LATE_COST = 0.05, 0.01  # of the true reward
# The way to the hospital: how long each part is, in m, and its bend in 1/m, left above zero.
ROAD = (
    *((22, 0.0), (16, 0.08), (14, 0.0), (14, -0.05), (16, 0.0), (16, -0.08), (10, 0.0)),
    *((4, 0.05), (8, 0.0)),
)
LENGTH = 2 * sum(metres for metres, _ in ROAD)  # in half metres
AHEAD = (0, 6, 12, 18)  # half metres ahead at which the bend is seen


class ShuttleConfig(WorldConfig):
    """The road to the hospital: how long a trip may take, its timetable and its wind."""

    usual_reward: ClassVar[str] = "0.5*metres - 0.5*step - 10*left_lane - 3*jolt"

    world: Literal["shuttle"] = "shuttle"
    step_limit: int = Field(
        default=100,
        ge=50,
        le=200,
        title="Steps in a trip",
        description="A trip is cut off after this many steps of half a second.",
    )
    due: int = Field(
        default=60,
        ge=30,
        le=200,
        title="Timetable",
        description="After how many steps the shuttle should have arrived.",
    )
    wind: float = Field(
        default=0.02,
        ge=0,
        le=0.2,
        title="Wind",
        description="How many metres the usual wind pushes it aside on each metre of its way.",
    )


class Drive(NamedTuple):
    """Steps of shuttles, in any common shape [...]."""

    place: np.ndarray  # half metres from the car park, after the step
    speed: np.ndarray  # m/s in this step
    offset: np.ndarray  # m to the left of the middle, after it
    heading: np.ndarray  # rad to the left of the lane, after it
    pull: np.ndarray  # m/s^2
    steer: np.ndarray  # 1 left, 0 as the bend goes, -1 right
    last_steer: np.ndarray  # that of the step before, 0 at the first
    age: np.ndarray  # steps since the trip began, this one included


def _bends() -> np.ndarray:
    """The bend at every half metre; beyond the hospital the road is straight."""
    parts = [np.full(2 * metres, bend) for metres, bend in ROAD]
    return np.concatenate((*parts, np.zeros(2 * TOP_SPEED + max(AHEAD) + 1)))


BENDS = _bends()


def turns(speed: np.ndarray, bend: np.ndarray, steer: np.ndarray) -> np.ndarray:
    """How sharply it turns, in 1/m: [...]."""
    return (bend + CORRECTION * steer) / (1 + np.square(speed / SLIP_SPEED))  # (1)


def advance(before: Drive, moves: np.ndarray, wind: np.ndarray) -> Drive:
    """One step; moves: [...], numbers in MOVES. wind: m to the left on each metre."""
    steer = np.where(moves == 0, 1, np.where(moves == 2, -1, 0))
    faster = np.where(moves == 4, 1, np.where(moves == 3, -1, 0))
    speed = np.clip(before.speed + faster, 0, TOP_SPEED)
    bend, way = BENDS[before.place], speed * STEP_SECONDS
    path = turns(speed, bend, steer)
    heading = before.heading + way * (path - bend)  # (2)
    offset = before.offset + way * (np.sin(heading) + wind)  # (3)
    pull = np.square(speed) * np.abs(path)  # (4)
    place = np.minimum(before.place + speed, LENGTH)  # half a second makes half metres of metres
    return Drive(place, speed, offset, heading, pull, steer, before.steer, before.age + 1)


def has_left(drive: Drive) -> np.ndarray:
    """Whether a step ended beside the lane: [...] bool."""
    return np.abs(drive.offset) > HALF_LANE


def has_arrived(drive: Drive) -> np.ndarray:
    """Whether a step ended at the hospital, in the lane: [...] bool."""
    return (drive.place >= LENGTH) & ~has_left(drive)


def setting_out(rng: np.random.Generator, count: int) -> Drive:
    """Shuttles that have just left the stop at the car park: [count]."""
    nothing, zero = np.zeros(count), np.zeros(count, dtype=np.int64)
    offset = rng.uniform(-LARGEST_START, LARGEST_START, count)
    return Drive(zero, zero + FIRST_SPEED, offset, nothing, nothing, zero, zero, zero)


def term_values(drive: Drive, config: ShuttleConfig) -> dict[str, np.ndarray]:
    """Every reward term for every step: name -> [...] float64."""
    return {
        "arrived": has_arrived(drive).astype(np.float64),
        "metres": drive.speed * STEP_SECONDS,
        "speed": drive.speed.astype(np.float64),
        "centred": np.maximum(0.0, 1.0 - np.abs(drive.offset) / HALF_LANE),
        "jolt": (drive.pull > GENTLE).astype(np.float64),
        "pull": drive.pull.astype(np.float64),
        "steered": (drive.steer != drive.last_steer).astype(np.float64),
        "left_lane": has_left(drive).astype(np.float64),
        "late": (drive.age > config.due).astype(np.float64),
        "step": np.ones(drive.offset.shape),
    }


def true_reward(drive: Drive, config: ShuttleConfig) -> np.ndarray:
    """What the hospital wanted, for every step: [...] float64."""
    values = term_values(drive, config)
    wanted = values["arrived"] - values["left_lane"]
    return wanted - JOLT_COST * values["jolt"] - LATE_COST * values["late"]


TERMS = (
    RewardTerm(
        name="arrived",
        label="Arrived",
        meaning="1 for the step that reaches the hospital, which ends the trip.",
        most=1,
    ),
    RewardTerm(
        name="metres",
        label="Metres",
        meaning="How many metres of the road the step covers: half its speed.",
        exploit="Nothing says how: bends are taken as fast as straights, and a trip that ends "
        "beside the lane keeps what its way has earned.",
        most=TOP_SPEED * STEP_SECONDS,
    ),
    RewardTerm(
        name="speed",
        label="Speed",
        meaning="Its speed in this step, in metres a second.",
        exploit="The same speed in a bend throws people about, and is paid as well.",
    ),
    RewardTerm(
        name="centred",
        label="In the middle",
        meaning="1 in the middle of the lane, less the further it is aside, 0 at the edge; for "
        "every step.",
        exploit="Stand still in the middle until the trip is cut off.",
        most=1,
    ),
    RewardTerm(
        name="jolt",
        label="Jolt",
        meaning=f"1 for every step whose sideways pull is above {GENTLE:g} m/s².",
        exploit="A price that is lower than the time it buys is paid like a toll; and a bend that "
        "is taken faster has fewer steps to pay for.",
        most=1,
    ),
    RewardTerm(
        name="pull",
        label="Sideways pull",
        meaning="The sideways pull of the step in m/s², whether or not anybody minds it.",
        exploit="With a high price it crawls, or stands.",
    ),
    RewardTerm(
        name="steered",
        label="Wheel moved",
        meaning="1 for every step that steers otherwise than the step before.",
        exploit="With a high price alone the wheel is left as it is, and the wind does the rest.",
        most=1,
    ),
    RewardTerm(
        name="left_lane",
        label="Left the lane",
        meaning="1 for the step that ends beside the lane, which also ends the trip.",
        exploit="With a high price alone it does not set out: who stands leaves no lane.",
        most=1,
    ),
    RewardTerm(
        name="late",
        label="Late",
        meaning="1 for every step after the one in which it should have arrived.",
        exploit="With a high price alone it leaves the lane in time: that ends the trip, too.",
        most=1,
    ),
    RewardTerm(
        name="step",
        label="Each step",
        meaning="1 for every step; give it a negative weight and time costs something.",
        exploit="With a high price it leaves the lane at once: that ends the cost.",
        most=1,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="shuttle",
    title="The shuttle",
    config=ShuttleConfig,
    terms=TERMS,
    true_reward=f"1 for an arrival, less 1 for leaving the lane, {JOLT_COST} for each jolt and "
    f"{LATE_COST} for each step after the timetable.",
    metrics=(
        *(M.PROXY_RETURN, M.TRUE_RETURN, M.ARRIVED, M.JOLTS, M.LATE_STEPS, M.LEFT_LANE, M.LENGTH),
        *(M.PULL, M.SPEED, M.OFFSET),
    ),
    rollout="step",
    work_unit="steps",
)
