"""Tests and rehearsals of a policy at the energy desk, against the same days counted by hand."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine.algorithms.ppo import PPOConfig
from engine.control.practice import TESTS, Practice
from engine.control.trading_field import TradingField
from engine.events import UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.scenes import TradingScene
from engine.worlds.trading import FEE, HOURS, LEVELS, TradingConfig

WORLD = TradingConfig(recorded_days=2)
SEED, UPDATE = 5, 7
SELL, HOLD, BUY = range(3)


def move_at(price: int) -> int:
    """Runs after prices: buys what is dear, sells what is cheap."""
    return BUY if price >= 5 else SELL if price <= 3 else HOLD


class RunsAfterPrices:
    """Likeliest is its move, least likely the one after it."""

    def outputs(self, observations: np.ndarray) -> np.ndarray:
        prices = observations[:, HOURS + 1 : HOURS + 1 + LEVELS].argmax(axis=1)
        found = np.zeros((3, len(observations)), dtype=np.float32)
        for row, price in enumerate(prices):
            found[move_at(price), row] = 2.0
            found[(move_at(price) + 1) % 3, row] = -1.0
        return found


class Day(NamedTuple):
    prices: tuple[int, ...]
    held: tuple[int, ...]
    profit: float
    trades: int
    loss: float  # of the blocks that are never sold


def lived(prices: list[int]) -> Day:
    """A day by hand: a list of what was paid for each block, at the mean price once one is sold."""
    bought, held, profit, trades = list[float](), list[int](), 0.0, 0
    for price, after in pairwise(prices):
        if move_at(price) == BUY and len(bought) < 2:
            bought.append(price)
            trades += 1
        elif move_at(price) == SELL and bought:
            bought = [sum(bought) / len(bought)] * (len(bought) - 1)
            trades += 1
        held.append(len(bought))
        profit += len(bought) * (after - price)
    loss = max(0.0, sum(bought) - len(bought) * prices[-1])
    return Day(tuple(prices), tuple(held), profit, trades, loss)


def days_of(purpose: str) -> list[Day]:
    field = TradingField(WORLD, TESTS, SEED, f"{purpose} {UPDATE}")
    return [lived(prices.tolist()) for prices in field._prices]


def mean(days: list[Day], name: str) -> float:
    return float(np.mean([getattr(day, name) for day in days]))


def update_of(policy: Any, reward: str) -> UpdateCompleted:
    """An update of a run in which a policy has practised for a few hours."""
    config = PPOConfig.model_validate({"world": WORLD, "seed": SEED, "reward": reward, "carts": 1})
    practice = Practice(config)
    practice.roll(policy, 5)
    nothing = torch.zeros(5)
    event = practice.completed(UPDATE, {}, {"value": nothing, "return": nothing}).event
    assert isinstance(event, UpdateCompleted)
    return event


def test_a_policy_is_tested_on_fresh_days_and_rehearses_recorded_ones() -> None:
    event = update_of(RunsAfterPrices(), "profit + 3*trade")
    fresh, recorded = days_of("test"), days_of("rehearsal")
    assert len({day.prices for day in fresh}) == TESTS and len({d.prices for d in recorded}) == 2
    true, rehearsed = (
        mean(days, "profit") - FEE * mean(days, "trades") for days in (fresh, recorded)
    )
    found = event.metrics
    assert found == pytest.approx(
        {
            M.PROXY_RETURN: mean(fresh, "profit") + 3 * mean(fresh, "trades"),
            M.TRUE_RETURN: true,
            M.LENGTH: HOURS,
            M.TRADES: mean(fresh, "trades"),
            M.UNBOOKED: mean(fresh, "loss"),
            M.BLOCKS_HELD: float(np.mean([day.held for day in fresh])),
            M.REHEARSED: rehearsed,
            M.HINDSIGHT: rehearsed - true,
        },
        rel=1e-4,
    )
    assert found[M.UNBOOKED] > 0.2 and abs(found[M.HINDSIGHT]) > 0.2  # not nothing by chance
    scene = event.scene
    assert isinstance(scene, TradingScene)
    for shown, day in ((scene.fresh, fresh[0]), (scene.practised, recorded[0])):
        assert (shown.prices, shown.held) == (day.prices, day.held)
    assert event.work == 5 + 2 * TESTS * HOURS


def test_a_step_that_pays_the_same_whatever_happens_is_paid_for_every_hour() -> None:
    assert update_of(RunsAfterPrices(), "0.5").metrics[M.PROXY_RETURN] == 0.5 * HOURS
