"""A rehearsal: days that a desk has practised on, done once more as tests on fresh days are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.control.fields import Passage
from engine.control.trading_field import TradingField, day_of
from engine.scenes import TradingDay
from engine.worlds.trading import HOURS, TradingConfig

if TYPE_CHECKING:
    from engine.control.field_practice import Chooser


def rehearsed(
    config: TradingConfig, count: int, seed: int, purpose: str, chooser: Chooser
) -> tuple[float, TradingDay]:
    """What days of practice earn the chooser on average, fees paid, and the first of them.

    Where no day comes again, these are fresh days as well.
    """
    field = TradingField(config, count, seed, purpose)
    passages: list[Passage] = []
    for _ in range(HOURS):
        worth = chooser.worth(field.observations(), field.state())
        passages.append(field.step(chooser.actions(worth)))
    earned = field.values(passages, 1.0)["true"].sum(axis=0)
    return float(earned.mean()), day_of(passages)
