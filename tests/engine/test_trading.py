"""The energy desk: hours by hand, the best policy exactly, exploits, and days of practice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import ConfigError, parse_config
from engine.control.fields import Passage
from engine.control.trading_field import INPUTS, TradingField
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import TradingScene
from engine.train import train
from engine.worlds.trading import (
    FALLS,
    FEE,
    HOURS,
    LEVELS,
    MOST_BLOCKS,
    RISES,
    STATES,
    TERM_NAMES,
    TERMS,
    Trades,
    TradingConfig,
    draw_days,
    term_values,
    trade,
    true_reward,
)
from tests.engine.trading_plan import STARTS, best_policy, by_iteration, with_hindsight, worth_of
from tests.seeds import ten_from

WANTED = f"profit - {FEE}*trade"
SELL, HOLD, BUY = range(3)


def hours(prices: list[int], moves: list[int]) -> Trades:
    """One desk through these prices, from nothing held."""
    held, paid, rows = np.array([0]), np.array([0.0]), []
    for price, after, move in zip(prices[:-1], prices[1:], moves, strict=True):
        now, bought = trade(np.array([price]), held, paid, np.array([move]))
        rows.append((price, after, held[0], now[0], paid[0], bought[0]))
        held, paid = now, bought
    return Trades(*np.array(rows).T)


def test_every_term_has_its_exact_value() -> None:
    # Buys at 3 and at 4 (mean 3.5), holds, sells at 6, sells at 5, and has none to sell.
    trades = hours([3, 4, 5, 6, 5, 5, 4], [BUY, BUY, HOLD, SELL, SELL, SELL])
    values = term_values(trades)
    assert tuple(values) == TERM_NAMES
    assert trades.held.tolist() == [1, 2, 2, 1, 0, 0]
    assert values["profit"].tolist() == [1, 2, 2, -1, 0, 0]
    assert values["booked"].tolist() == [0, 0, 0, 2.5, 1.5, 0]
    assert values["trade"].tolist() == [1, 1, 0, 1, 1, 0]
    assert values["risk"].tolist() == [1, 4, 4, 1, 0, 0]
    assert true_reward(trades).tolist() == pytest.approx([0.6, 1.6, 2, -1.4, -0.4, 0])


def test_a_third_block_is_not_bought() -> None:
    trades = hours([4, 4, 4, 4], [BUY, BUY, BUY])
    assert trades.held.tolist() == [1, 2, 2]
    assert term_values(trades)["trade"].tolist() == [1, 1, 0]
    assert trades.paid.tolist() == [4, 8, 8]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), moves=st.lists(st.integers(0, 2), min_size=1, max_size=HOURS))
def test_what_is_booked_and_what_is_open_is_what_was_marked_to_market(
    seed: int, moves: list[int]
) -> None:
    prices = draw_days(np.random.default_rng(seed), 1)[0, : len(moves) + 1].tolist()
    trades = hours(prices, moves)
    values = term_values(trades)
    still_open = trades.held[-1] * prices[-1] - trades.paid[-1]
    assert values["booked"].sum() + still_open == pytest.approx(values["profit"].sum())
    assert (trades.held >= 0).all() and (trades.held <= MOST_BLOCKS).all()
    for term in TERMS:
        assert term.least is None or values[term.name].min() >= term.least
        assert term.most is None or values[term.name].max() <= term.most


def test_a_loss_that_is_never_sold_is_never_booked() -> None:
    sold, kept = (hours([5, 4, 3, 3], [BUY, HOLD, last]) for last in (SELL, HOLD))
    assert term_values(sold)["profit"].sum() == term_values(kept)["profit"].sum() == -2
    assert (term_values(sold)["booked"].sum(), term_values(kept)["booked"].sum()) == (-2, 0)


def test_prices_move_by_one_level_as_likely_as_said_and_never_leave_their_range() -> None:
    drawn = draw_days(np.random.default_rng(0), 20_000)
    now, moves = drawn[:, :-1].ravel(), np.diff(drawn, axis=1).ravel()
    assert set(moves) == {-1, 0, 1} and drawn.min() == 0 and drawn.max() == LEVELS - 1
    for level in range(LEVELS):
        here = moves[now == level]
        for way, chance in ((1, RISES[level]), (-1, FALLS[level])):
            error = 4.5 * np.sqrt(chance * (1 - chance) / len(here))
            assert abs((here == way).mean() - chance) <= error
    for hour in (0, 7, HOURS):  # days begin where prices mostly are, and stay so
        assert np.bincount(drawn[:, hour], minlength=LEVELS) / 20_000 == pytest.approx(
            STARTS, abs=0.015
        )


def test_the_best_policy_is_known_exactly() -> None:
    found = worth_of(best_policy(WANTED), WANTED)
    assert found.true == pytest.approx(found.paid) == pytest.approx(2.9353, abs=1e-4)
    assert by_iteration(FEE) == pytest.approx(found.true)


def test_the_field_gives_the_best_policy_what_it_is_worth() -> None:
    best, count = best_policy(WANTED), 4000
    field, passages = TradingField(TradingConfig(), count, 3), list[Passage]()
    for hour in range(HOURS):
        moves = [
            best((hour, int(price), int(held)))
            for price, held in zip(field._prices[:, hour], field._held, strict=True)
        ]
        passages.append(field.step(np.array(moves)))
    earned = field.values(passages, 0.9)["true"].sum(axis=0)
    error = 4 * earned.std() / np.sqrt(count)
    assert earned.mean() == pytest.approx(by_iteration(FEE), abs=error)


@pytest.mark.parametrize(
    ("reward", "paid", "true", "trades"),
    [
        ("profit", 5.1406, 0.825, 10.789),  # fees eat it
        ("trade", 24, -9.6, 24),
        ("risk", 93, -0.8, 2),
        ("-risk", 0, 0, 0),
        (f"{WANTED} - 0.5*risk", 0.0003, 0.0093, 0.007),
    ],
)
def test_exploits_pay_under_their_reward_and_not_under_the_true_one(
    reward: str, paid: float, true: float, trades: float
) -> None:
    found = worth_of(best_policy(reward), reward)
    assert found == pytest.approx((paid, true, trades), abs=1e-3)
    wanted = worth_of(best_policy(WANTED), reward)
    assert wanted.paid < found.paid and wanted.true > found.true


def test_nobody_earns_more_than_with_hindsight() -> None:
    rng = np.random.default_rng(0)
    for prices in draw_days(rng, 20):
        most = with_hindsight(prices)
        for _ in range(5):
            trades = hours(prices.tolist(), rng.integers(3, size=HOURS).tolist())
            assert true_reward(trades).sum() <= most + 1e-9


def prices_of(field: TradingField, whole_days: int) -> set[bytes]:
    found = set()
    for _ in range(whole_days):
        found |= {day.tobytes() for day in field._prices}
        for _ in range(HOURS):
            field.step(np.ones(field.count, dtype=np.int64))
    return found


def test_recorded_days_come_again_in_practice_and_rehearsal_and_never_in_a_test() -> None:
    config = TradingConfig(recorded_days=5)
    practised = prices_of(TradingField(config, 8, 1), 6)
    assert len(practised) == 5
    assert prices_of(TradingField(config, 8, 1, "rehearsal 3"), 4) <= practised
    assert not prices_of(TradingField(config, 8, 1, "test 3"), 6) & practised
    assert not prices_of(TradingField(config, 8, 2), 6) & practised  # another seed, other days
    assert len(prices_of(TradingField(TradingConfig(), 8, 1), 6)) == 48


def test_a_new_day_does_not_change_what_was_seen_at_the_end_of_the_old_one() -> None:
    field = TradingField(TradingConfig(), 3, 0)
    passage = field.step(np.full(3, BUY))
    for hour in range(HOURS):
        if hour:
            passage = field.step(np.full(3, BUY))
        assert passage.ends.tolist() == [hour == HOURS - 1] * 3 and not passage.is_cut.any()
    assert passage.after[:, HOURS].tolist() == [1, 1, 1]  # the day is over
    seen = field.observations()
    assert seen.shape == (3, INPUTS) and seen[:, 0].tolist() == [1, 1, 1]
    assert field._held.tolist() == [0, 0, 0] and field._paid.tolist() == [0, 0, 0]


def test_states_are_numbered_one_by_one_and_a_hidden_clock_is_in_no_number() -> None:
    for clock, wanted in (("seen", STATES - LEVELS * (MOST_BLOCKS + 1)), ("hidden", 27)):
        field = TradingField(TradingConfig.model_validate({"clock": clock}), 1, 0)
        numbers, views = set(), set()
        for hour in range(HOURS):
            for price in range(LEVELS):
                for held in range(MOST_BLOCKS + 1):
                    field._hour, field._prices[0, hour] = hour, price
                    field._held, field._paid = np.array([held]), np.array([held * price * 1.0])
                    numbers.add(int(field.state()[0]))
                    views.add(field.observations().tobytes())
        assert len(numbers) == len(views) == wanted and max(numbers) < STATES


def test_only_a_loss_that_is_still_open_in_the_evening_is_unbooked() -> None:
    field = TradingField(TradingConfig(), 2, 0)
    falls, recovers = [6] * 2 + [3] * (HOURS - 1), [6] * 2 + [3] * (HOURS - 2) + [7]
    field._prices = np.array([falls, recovers])
    passages = [field.step(np.full(2, HOLD if hour else BUY)) for hour in range(HOURS)]
    unbooked = field.values(passages, 0.9)["unbooked"]
    assert unbooked[-1].tolist() == [3, 0] and not unbooked[:-1].any()


def run(**change: object) -> list[UpdateCompleted]:
    data = {"algorithm": "dqn", "updates": 2, "steps_per_update": 48, "tests": 8, **change}
    data.setdefault("world", {"world": "trading", "recorded_days": 2})
    return [event for event in train(parse_config(data)) if isinstance(event, UpdateCompleted)]


def test_the_scene_is_the_days_that_were_measured() -> None:
    update = run(tests=1)[-1]
    scene = update.scene
    assert isinstance(scene, TradingScene)
    for day, name in ((scene.fresh, M.TRUE_RETURN), (scene.practised, M.REHEARSED)):
        assert len(day.prices) == HOURS + 1 and len(day.held) == len(day.earned) == HOURS
        traded = np.abs(np.diff((0, *day.held)))
        gained = np.array(day.held) * np.diff(day.prices) - FEE * traded
        assert day.earned == pytest.approx(np.cumsum(gained), abs=2e-3)
        assert day.earned[-1] == pytest.approx(update.metrics[name], abs=2e-3)
    gap = update.metrics[M.REHEARSED] - update.metrics[M.TRUE_RETURN]
    assert update.metrics[M.HINDSIGHT] == pytest.approx(gap, abs=1e-3)


def test_bad_settings_are_answered_in_a_sentence() -> None:
    for world, said in (
        ({"recorded_days": -1}, "between 0 and 1000"),
        ({"clock": "late"}, '"seen" or "hidden"'),
    ):
        with pytest.raises(ConfigError, match=said):
            parse_config({"algorithm": "dqn", "world": {"world": "trading", **world}})


@pytest.mark.slow
@pytest.mark.parametrize("seed", ten_from(11))
def test_dqn_learns_on_fresh_days_and_learns_three_days_by_heart(seed: int) -> None:
    def late(**world: object) -> dict[str, float]:
        place = {"world": "trading", **world}
        updates = run(updates=12, steps_per_update=128, tests=64, seed=seed, world=place)[-4:]
        names = (M.TRUE_RETURN, M.REHEARSED)
        return {name: float(np.mean([u.metrics[name] for u in updates])) for name in names}

    fresh, three = late(recorded_days=0), late(recorded_days=3)
    assert fresh["true_return"] > 0.7 * by_iteration(FEE)
    assert abs(fresh["true_return"] - fresh["rehearsed"]) < 1
    assert three["rehearsed"] - three["true_return"] > 2.5
    assert three["true_return"] < 0.5 * fresh["true_return"]


@pytest.mark.parametrize("name", ["ppo", "a2c", "reinforce"])
def test_a_policy_is_tested_as_values_are_once_it_has_been_changed(name: str) -> None:
    world = {"world": "trading", "recorded_days": 2}
    still = {"algorithm": name, "world": world, "updates": 2, "learning_rate": 1e-5}
    changed = still | {"learning_rate": 0.5}
    slow, fast = (list(train(parse_config(data)))[1] for data in (still, changed))
    assert isinstance(slow, UpdateCompleted) and isinstance(fast, UpdateCompleted)
    scene = slow.scene
    assert isinstance(scene, TradingScene) and isinstance(fast.scene, TradingScene)
    assert len(scene.fresh.held) == len(scene.practised.held) == HOURS
    assert slow.metrics[M.LENGTH] == HOURS
    gap = slow.metrics[M.REHEARSED] - slow.metrics[M.TRUE_RETURN]
    assert slow.metrics[M.HINDSIGHT] == pytest.approx(gap, abs=1e-3)
    assert scene.fresh.prices == fast.scene.fresh.prices  # the same days for both
    assert slow.metrics[M.TRUE_RETURN] != fast.metrics[M.TRUE_RETURN]
