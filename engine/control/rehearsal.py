"""A rehearsal: days that a desk has practised on, done once more as tests on fresh days are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from engine.control.fields import Passage
from engine.control.trading_field import TradingField, day_of
from engine.control.walks import Walker
from engine.metrics import MetricName as M
from engine.scenes import TradingDay, TradingScene
from engine.worlds.trading import HOURS, TradingConfig

TESTS = 64  # days of each kind, for a learner whose config does not say how many


class Played(NamedTuple):
    """Whole days of a field."""

    values: Mapping[str, np.ndarray]  # every reward term, and what is measured: [HOURS, count]
    day: TradingDay  # the first desk's

    @property
    def earned(self) -> float:
        """What a day earned on average, fees paid."""
        return float(self.values["true"].sum(axis=0).mean())


def played(field: TradingField, pick: Callable[[TradingField], np.ndarray]) -> Played:
    """One whole day of every desk. pick: what everybody does now, [count] int."""
    passages: list[Passage] = []
    for _ in range(HOURS):
        passages.append(field.step(pick(field)))
    return Played(field.values(passages, 1.0), day_of(passages))


def beside(earned: float, fresh: float) -> dict[M, float]:
    """What is measured of a rehearsal beside a test; both are what a day earned."""
    return {M.REHEARSED: earned, M.HINDSIGHT: earned - fresh}


def tests_of(
    walker: Walker,
    world: TradingConfig,
    seed: int,
    update: int,
    paid: Callable[[Mapping[str, np.ndarray]], np.ndarray],
) -> tuple[dict[M, float], TradingScene]:
    """A policy's likeliest actions on fresh days and on days of practice: everything measured.

    paid: what steps pay, from their values. Tests take 2 * TESTS * HOURS steps.
    """

    def likeliest(field: TradingField) -> np.ndarray:
        return walker.outputs(field.observations()).argmax(axis=0)

    fresh, rehearsal = (
        played(TradingField(world, TESTS, seed, f"{purpose} {update}"), likeliest)
        for purpose in ("test", "rehearsal")
    )
    means = {name: float(column.mean()) for name, column in fresh.values.items()}
    means["proxy"] = float(np.broadcast_to(paid(fresh.values), (HOURS, TESTS)).mean())
    measures = TradingField.measures
    found = {metric: means[name] * HOURS for metric, name in measures.an_episode.items()}
    found |= {metric: means[name] for metric, name in measures.a_step.items()}
    scene = TradingScene(fresh=fresh.day, practised=rehearsal.day)
    return found | beside(rehearsal.earned, fresh.earned), scene
