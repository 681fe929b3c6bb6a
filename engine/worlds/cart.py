"""A tray cart in the hospital, which must keep a tall tray upright.

The dynamics are those of CartPole-v1 (Barto, Sutton & Anderson 1983; Gymnasium's constants and its
Euler step). The cart pushes left or right at every step. An episode ends when the tray has fallen,
when the cart has run against the end of the corridor, or after `step_limit` steps.

States are [4, ...]: position of the cart in m, its speed in m/s, tilt of the tray in rad, its rate
in rad/s; right is positive. Every reward term is an array with one value a step, so that a reward
expression is evaluated on a whole batch of steps at once.
"""

import math
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.metrics import MetricName as M
from engine.spec import RewardTerm, World, WorldConfig

STEP_SECONDS = 0.02
PUSH = 10.0  # N
GRAVITY = 9.8  # m/s^2
CART_MASS, TRAY_MASS = 1.0, 0.1  # kg
HALF_HEIGHT = 0.5  # m, from the cart to the middle of the pole that carries the tray
LARGEST_TILT = 12 * 2 * math.pi / 360  # Gymnasium's: a tray that leans further has fallen
CORRIDOR_END = 2.4  # m from the middle, either way
LANE = 1.0  # m from the middle, either way: where the ward wants the cart
LEVEL = math.radians(4)  # a tray that leans further still stands, but things slide on it
LARGEST_START = 0.05  # each part of a state begins between minus this and this


class CartConfig(WorldConfig):
    """The cart: how long a shift lasts, and how often somebody bumps into it."""

    usual_reward: ClassVar[str] = "upright"

    world: Literal["cart"] = "cart"
    step_limit: int = Field(
        default=500,
        ge=50,
        le=1000,
        title="Steps in a shift",
        description="A tray that still stands after this many steps of 0.02 s has made its shift.",
    )
    gust: float = Field(
        default=0.0,
        ge=0,
        le=40,
        title="Bump",
        description="Force of a bump in newtons, left or right; the cart's own push has 10.",
    )
    gust_chance: float = Field(
        default=0.05,
        ge=0,
        le=0.5,
        title="How often",
        description="Probability that somebody bumps into the cart at a step.",
    )


class Steps(NamedTuple):
    """Steps of carts, in any common shape [...]; the states are [4, ...]."""

    before: np.ndarray
    after: np.ndarray  # before a new episode is begun
    push: np.ndarray  # 1 right, -1 left
    last_push: np.ndarray  # the push before it, 0 at the first step of an episode
    ends: np.ndarray  # whether the tray fell or the cart ran against the end of the corridor


def advance(state: np.ndarray, force: np.ndarray) -> np.ndarray:
    """The states one step later; force: [...], in newtons. Equal to Gymnasium's, bit for bit."""
    _, speed, tilt, rate = state
    cosine, sine = np.cos(tilt), np.sin(tilt)
    mass, lever = CART_MASS + TRAY_MASS, TRAY_MASS * HALF_HEIGHT
    pull = (force + lever * np.square(rate) * sine) / mass
    inertia = HALF_HEIGHT * (4.0 / 3.0 - TRAY_MASS * np.square(cosine) / mass)
    turn = (GRAVITY * sine - cosine * pull) / inertia
    thrust = pull - lever * turn * cosine / mass
    return state + STEP_SECONDS * np.array((speed, thrust, rate, turn))


def has_ended(state: np.ndarray) -> np.ndarray:
    """Whether the tray has fallen or the cart has run against the end of the corridor: [...]."""
    return (np.abs(state[0]) > CORRIDOR_END) | (np.abs(state[2]) > LARGEST_TILT)


def starting_states(rng: np.random.Generator, count: int) -> np.ndarray:
    """States in which episodes begin: [4, count], nearly upright and nearly in the middle."""
    return rng.uniform(-LARGEST_START, LARGEST_START, (4, count))


def gusts(rng: np.random.Generator, config: CartConfig, shape: tuple[int, ...]) -> np.ndarray:
    """Bumps in newtons, one for each step of `shape`; 0 where nobody bumps into the cart."""
    drawn = rng.random(shape)
    return config.gust * (
        np.where(drawn < config.gust_chance / 2, 1.0, 0.0)
        - np.where(drawn > 1 - config.gust_chance / 2, 1.0, 0.0)
    )


def term_values(steps: Steps) -> dict[str, np.ndarray]:
    """Every reward term for every step: name -> [...] float64."""
    tilt_before, tilt = (np.degrees(np.abs(state[2])) for state in (steps.before, steps.after))
    offset = np.abs(steps.after[0])
    return {
        "upright": 1.0 - steps.ends,
        "centred": np.maximum(0.0, 1.0 - offset / CORRIDOR_END),
        "tilt": tilt,
        "offset": offset,
        "speed": np.abs(steps.after[1]),
        "straightened": np.maximum(0.0, tilt_before - tilt),
        "switched": (steps.push * steps.last_push < 0).astype(np.float64),
        "step": np.ones(tilt.shape),
        "fell": steps.ends.astype(np.float64),
    }


def true_reward(steps: Steps, config: CartConfig) -> np.ndarray:
    """What the ward wanted, for every step: [...]; over a perfect shift it adds up to 1."""
    is_near, is_level = np.abs(steps.after[0]) <= LANE, np.abs(steps.after[2]) <= LEVEL
    return (is_near & is_level) / config.step_limit


TERMS = (
    RewardTerm(
        name="upright",
        label="Tray stands",
        meaning="1 for every step after which the tray stands and the cart is in the corridor.",
        exploit="Nothing says where: a cart that stands far off its lane is paid as well.",
        most=1,
    ),
    RewardTerm(
        name="centred",
        label="Near the middle",
        meaning="1 in the middle of the lane, less the further away the cart is, 0 at the end of "
        "the corridor; for every step.",
        most=1,
    ),
    RewardTerm(
        name="tilt",
        label="Tilt",
        meaning="By how many degrees the tray leans after the step, either way.",
        exploit="With a negative weight alone an early fall ends the cost.",
    ),
    RewardTerm(
        name="offset",
        label="Off the middle",
        meaning="How many metres the cart is from the middle of its lane after the step, either "
        "way.",
        exploit="With a negative weight alone an early fall ends the cost.",
    ),
    RewardTerm(
        name="speed",
        label="Speed",
        meaning="How fast the cart rolls after the step, either way, in metres a second.",
        exploit="With a negative weight alone an early fall ends the cost.",
    ),
    RewardTerm(
        name="straightened",
        label="Straightened",
        meaning="By how many degrees the step brought the tray back towards upright; a step that "
        "lets it lean further costs nothing.",
        exploit="Rock the tray: let it lean, straighten it, let it lean again.",
    ),
    RewardTerm(
        name="switched",
        label="Change of push",
        meaning="1 for every step that pushes the other way than the step before.",
        exploit="With a positive weight the cart trembles.",
        most=1,
    ),
    RewardTerm(
        name="step",
        label="Each step",
        meaning="1 for every step, the one in which the tray falls included.",
        exploit="With a negative weight the tray is thrown down at once: falling ends the cost.",
        most=1,
    ),
    RewardTerm(
        name="fell",
        label="Fall",
        meaning="1 for the step in which the tray falls or the cart runs against the end of the "
        "corridor.",
        exploit="With a positive weight the tray is thrown down.",
        most=1,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="cart",
    title="The tray cart",
    config=CartConfig,
    terms=TERMS,
    true_reward="The share of the shift in which the tray leans by at most "
    f"{math.degrees(LEVEL):g} degrees, within {LANE:g} m of the middle of the lane.",
    metrics=(
        *(M.PROXY_RETURN, M.TRUE_RETURN, M.LENGTH, M.FELL, M.TILT, M.OFFSET, M.SWITCHES),
        M.STRAIGHTENED,
    ),
    rollout="step",
    work_unit="steps",
)
