"""The energy desk: blocks of next month's power, bought ahead and sold again through a day.

Every hour the desk sells one block, holds, or buys one, at the price of the hour; then the price
moves by one level at most. It is pulled back to its middle level: far above it falls more often
than it rises, far below it rises more often. All prices are in levels, a hundred euros each. At
the end of the day what is still held counts at the price that it would fetch.

On recorded days the same prices come again and again; a fresh day is drawn anew. There are few
enough states to work everything out exactly: what the best policy earns on a fresh day is known.
"""

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.metrics import MetricName as M
from engine.spec import RewardTerm, World, WorldConfig

HOURS = 24
LEVELS = 9  # of the price
MOST_BLOCKS = 2  # that may be held
FEE = 0.4  # of a trade, in levels
MOVES = ("sell", "hold", "buy")
POSITIONS = MOST_BLOCKS + 1
STATES = (HOURS + 1) * LEVELS * POSITIONS
RESTLESS = 0.8  # how likely a price moves at all
# How likely the price rises or falls from a level: [LEVELS] each.
RISES = RESTLESS * (LEVELS - 1 - np.arange(LEVELS)) / (LEVELS - 1)
FALLS = RESTLESS * np.arange(LEVELS) / (LEVELS - 1)


class TradingConfig(WorldConfig):
    """The energy desk: on which days it practises, and whether it sees the time."""

    usual_reward: ClassVar[str] = f"profit - {FEE}*trade"

    world: Literal["trading"] = "trading"
    recorded_days: int = Field(
        default=0,
        ge=0,
        le=1000,
        title="Recorded days",
        description="How many days it practises on, over and over; 0: every day is a fresh one.",
    )
    clock: Literal["seen", "hidden"] = Field(
        default="seen",
        title="Clock",
        description="seen: it sees which hour of the day it is; hidden: it does not.",
    )


class Trades(NamedTuple):
    """Hours on the desk, in any common shape [...]."""

    price: np.ndarray  # at which the hour's trade is done
    price_after: np.ndarray
    held_before: np.ndarray  # blocks
    held: np.ndarray  # after the trade, while the price moves
    paid_before: np.ndarray  # for the blocks held before, together
    paid: np.ndarray  # for those held after the trade


def draw_days(luck: np.random.Generator, count: int) -> np.ndarray:
    """The prices of whole days: [count, HOURS + 1] int; a day begins where prices mostly are."""
    days = np.empty((count, HOURS + 1), dtype=np.int64)
    days[:, 0] = luck.binomial(LEVELS - 1, 0.5, size=count)
    moves = luck.random((count, HOURS))
    for hour in range(HOURS):
        price, move = days[:, hour], moves[:, hour]
        fell = (move >= RISES[price]) & (move < RESTLESS)
        days[:, hour + 1] = price + (move < RISES[price]) - fell
    return days


def trade(
    price: np.ndarray, held: np.ndarray, paid: np.ndarray, moves: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Blocks held after a trade, and what was paid for them; moves: numbers in MOVES.

    Who has none to sell or may not buy another holds. A sale gives away a block at the mean price.
    """
    after = np.clip(held + moves - 1, 0, MOST_BLOCKS)
    left = paid * (held - 1) / np.maximum(held, 1)
    return after, np.where(after > held, paid + price, np.where(after < held, left, paid))


def term_values(trades: Trades) -> dict[str, np.ndarray]:
    """Every reward term for every hour: name -> [...] float64."""
    sold = trades.held_before - trades.held == 1
    gain = trades.price - (trades.paid_before - trades.paid)
    return {
        "profit": trades.held * (trades.price_after - trades.price) * 1.0,
        "booked": np.where(sold, gain, 0.0),
        "trade": (trades.held != trades.held_before).astype(np.float64),
        "risk": trades.held.astype(np.float64) ** 2,
    }


def true_reward(trades: Trades) -> np.ndarray:
    """What was wanted, for every hour: [...] float64."""
    values = term_values(trades)
    return values["profit"] - FEE * values["trade"]


TERMS = (
    RewardTerm(
        name="profit",
        label="Profit, marked to market",
        meaning="By how many levels the blocks held through the hour gained in price, together.",
        exploit="Without a price for trades, fees eat what is gained.",
        least=-MOST_BLOCKS,
        most=MOST_BLOCKS,
    ),
    RewardTerm(
        name="booked",
        label="Profit, booked at a sale",
        meaning="For a sale: the price less the mean price paid for the blocks, in levels; else 0.",
        exploit="A block that has lost is never sold, and its loss never appears.",
        least=1 - LEVELS,
        most=LEVELS - 1,
    ),
    RewardTerm(
        name="trade",
        label="Each trade",
        meaning="1 for every block bought or sold.",
        exploit="With a positive weight a block is bought and sold all day.",
        most=1,
    ),
    RewardTerm(
        name="risk",
        label="Risk",
        meaning="Blocks held through the hour, squared.",
        exploit="With a high price nothing is ever bought; with a positive weight all is kept.",
        most=MOST_BLOCKS**2,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="trading",
    title="The energy desk",
    config=TradingConfig,
    terms=TERMS,
    true_reward=f"Levels gained by the blocks on a fresh day, less {FEE} a trade.",
    metrics=(
        *(M.PROXY_RETURN, M.TRUE_RETURN, M.REHEARSED, M.HINDSIGHT, M.TRADES, M.BLOCKS_HELD),
        *(M.UNBOOKED, M.LENGTH),
    ),
    rollout="step",
    work_unit="steps",
)
