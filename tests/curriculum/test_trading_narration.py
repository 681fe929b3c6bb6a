"""The energy desk's update in words says what its scene says, and no more."""

from curriculum.narration import update_in_words
from curriculum.trading_narration import days_in_words
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import TradingDay, TradingScene

SCENE = TradingScene(
    practised=TradingDay(prices=(3, 4, 5, 5), held=(1, 2, 0), earned=(0.6, 2.2, 1.8)),
    fresh=TradingDay(prices=(5, 4, 4, 4), held=(1, 1, 1), earned=(-1.4, -1.4, -1.4)),
)
SAID = (
    "On the day of practice it made 3 trades and earned 1.8 levels; on the fresh day it made 1 "
    "trade and lost 1.4 levels."
)


def test_what_was_done_on_both_days() -> None:
    assert days_in_words(SCENE) == SAID


def test_what_such_days_earned_on_average_stands_behind_it() -> None:
    metrics = {M.REHEARSED: 6.94, M.TRUE_RETURN: -1.4}
    event = UpdateCompleted(update=1, metrics=metrics, scene=SCENE, work=1)
    assert update_in_words(event) == (
        f"{SAID} Over all days of the two tests it was 6.9 and −1.4 on average."
    )


def test_before_any_day_and_on_one_without_a_trade() -> None:
    assert days_in_words(TradingScene()) == "The desk has not traded yet."
    idle = TradingDay(prices=(4, 4), held=(0,), earned=(0.0,))
    said = days_in_words(TradingScene(practised=idle, fresh=idle))
    assert said.count("made no trade and earned 0.0 levels") == 2
