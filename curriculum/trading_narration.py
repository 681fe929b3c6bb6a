"""One update at the energy desk, as a plain sentence or two: the two days that are shown."""

from collections.abc import Mapping

from curriculum.figures import number
from engine.metrics import MetricName
from engine.scenes import TradingDay, TradingScene


def trading_in_words(scene: TradingScene, metrics: Mapping[MetricName, float]) -> str:
    """What the desk did on both days, and what such days earned on average."""
    practised, fresh = (
        metrics.get(name) for name in (MetricName.REHEARSED, MetricName.TRUE_RETURN)
    )
    if practised is None or fresh is None:
        return days_in_words(scene)
    return (
        f"{days_in_words(scene)} Over all days of the two tests it was "
        f"{number(practised, 'one_decimal')} and {number(fresh, 'one_decimal')} on average."
    )


def days_in_words(scene: TradingScene) -> str:
    """What the desk did on the day of practice and on the fresh one that are shown."""
    if not scene.fresh.held:
        return "The desk has not traded yet."
    return (
        f"On the day of practice it {_traded(scene.practised)}; on the fresh day it "
        f"{_traded(scene.fresh)}."
    )


def _traded(day: TradingDay) -> str:
    trades = sum(now != before for before, now in zip((0, *day.held), day.held, strict=False))
    count = {0: "made no trade", 1: "made 1 trade"}.get(trades, f"made {trades} trades")
    earned = day.earned[-1] if day.earned else 0.0
    end = f"earned {number(earned, 'one_decimal')} levels"
    if earned < 0:
        end = f"lost {number(-earned, 'one_decimal')} levels"
    return f"{count} and {end}"
