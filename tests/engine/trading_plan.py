"""Exact worths on the energy desk: the best policy under a reward, and any policy's fresh days.

For rewards that do not name `booked`: what was paid for a block then changes nothing.
"""

from collections.abc import Callable
from functools import cache
from itertools import pairwise, product
from math import comb
from typing import NamedTuple

import numpy as np

from engine.reward_expression import parse
from engine.worlds.trading import (
    FALLS,
    FEE,
    HOURS,
    LEVELS,
    MOST_BLOCKS,
    MOVES,
    POSITIONS,
    RISES,
    TERM_NAMES,
    Trades,
    term_values,
    trade,
)

STARTS = np.array([comb(LEVELS - 1, level) for level in range(LEVELS)]) / 2 ** (LEVELS - 1)
Stance = tuple[int, int, int]  # hour, price, blocks held
Policy = Callable[[Stance], int]


class Worth(NamedTuple):
    paid: float  # by a reward, on a fresh day, without discount
    true: float
    trades: float


def chances(price: int) -> list[tuple[int, float]]:
    """Where a price goes, and how likely."""
    stays = 1 - RISES[price] - FALLS[price]
    ways = [(price + 1, RISES[price]), (price - 1, FALLS[price]), (price, stays)]
    return [(there, chance) for there, chance in ways if chance > 0]


@cache
def hour(
    reward: str, price: int, after: int, held: int, move: int
) -> tuple[float, float, float, int]:
    """What one hour pays, is worth and trades, and what is held after it."""
    assert "booked" not in reward
    now, bought = trade(*(np.array([one]) for one in (price, held, 0, move)))
    columns = price, after, held, now[0], 0, bought[0]
    values = term_values(Trades(*(np.array([one]) for one in columns)))
    terms = {name: values[name] for name in TERM_NAMES}
    pay = float(np.broadcast_to(parse(reward, TERM_NAMES).evaluate(terms), 1)[0])
    true = float(values["profit"][0] - FEE * values["trade"][0])
    return pay, true, float(values["trade"][0]), int(now[0])


def best_policy(reward: str) -> Policy:
    """The best move of every stance under a reward, by working back from the last hour."""

    @cache
    def worths(stance: Stance) -> tuple[float, ...]:
        time, price, held = stance
        found = []
        for move in range(len(MOVES)):
            worth = 0.0
            for after, chance in chances(price):
                pay, _, _, now = hour(reward, price, after, held, move)
                later = max(worths((time + 1, after, now))) if time + 1 < HOURS else 0.0
                worth += chance * (pay + later)
            found.append(worth)
        return tuple(found)

    return lambda stance: int(np.argmax(np.round(worths(stance), 9)))


def worth_of(policy: Policy, reward: str) -> Worth:
    """What a policy is paid and earns on a fresh day, over every way that prices may take."""

    @cache
    def onward(stance: Stance) -> tuple[float, float, float]:
        time, price, held = stance
        total, move = np.zeros(3), policy(stance)
        for after, chance in chances(price):
            *now, blocks = hour(reward, price, after, held, move)
            there = onward((time + 1, after, blocks)) if time + 1 < HOURS else (0.0,) * 3
            total += chance * (np.array(now) + there)
        return tuple(total.tolist())  # type: ignore[return-value]

    starts = np.array([onward((0, price, 0)) for price in range(LEVELS)])
    return Worth(*(STARTS @ starts).tolist())


def by_iteration(fee: float) -> float:
    """What the best policy earns where a trade costs so much: a second way, over arrays."""
    worth = np.zeros((LEVELS, POSITIONS))
    for _ in range(HOURS):
        moves = np.full((LEVELS, POSITIONS, len(MOVES)), -np.inf)
        for price, held, move in product(range(LEVELS), range(POSITIONS), range(len(MOVES))):
            now = min(max(held + move - 1, 0), MOST_BLOCKS)
            drift = now * (RISES[price] - FALLS[price])
            later = sum(chance * worth[there, now] for there, chance in chances(price))
            moves[price, held, move] = drift - fee * (now != held) + later
        worth = moves.max(axis=2)
    return float(STARTS @ worth[:, 0])


def with_hindsight(prices: np.ndarray) -> float:
    """The most that anybody could have earned on a day whose prices are known."""
    worth = np.zeros(POSITIONS)
    for now, after in reversed(list(pairwise(prices))):
        worth = np.array(
            [
                max(
                    there * (after - now) - FEE * (there != held) + worth[there]
                    for there in range(max(0, held - 1), min(MOST_BLOCKS, held + 1) + 1)
                )
                for held in range(POSITIONS)
            ]
        )
    return float(worth[0])
