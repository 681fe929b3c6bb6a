"""What exploring is good for, over seeds: regret that levels off, beside regret that never does."""

from functools import cache
from math import log, pi, sqrt
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest

from engine.config import parse_config
from engine.events import RunFinished, UpdateCompleted
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.scenes import KioskScene
from engine.train import train
from engine.worlds.kiosk import TERM_NAMES, expected, pay_table

USUAL = "settled - 0.02*wait"
WITHIN_ONE = "settled*(wait < 10)"  # between 0 and 1, as UCB1's theorem asks, and with wide gaps
LONG = {"updates": 400}  # 8000 visitors


class Run:
    """What one run came to."""

    def __init__(self, algorithm: str, seed: int, **settings: Any) -> None:
        events = list(train(parse_config({"algorithm": algorithm, "seed": seed, **settings})))
        updates = [event for event in events if isinstance(event, UpdateCompleted)]
        scene = updates[-1].scene
        assert isinstance(scene, KioskScene) and isinstance(events[-1], RunFinished)
        self.ending = events[-1].ending
        self.regret = [event.metrics[M.REGRET] for event in updates]
        self.best = [event.metrics[M.BEST_BUTTON] for event in updates]
        self.true = fmean(event.metrics[M.TRUE_RETURN] for event in updates[-10:])
        self.counts = np.array(scene.counts)


@cache
def runs(algorithm: str, seeds: range, **settings: Any) -> list[Run]:
    return [Run(algorithm, seed, **settings) for seed in seeds]


def gaps_of(reward: str) -> np.ndarray:
    worths = expected("usual", pay_table("usual", parse(reward, TERM_NAMES)))
    return worths.max() - worths


def mean_regret(algorithm: str, seeds: range, **settings: Any) -> float:
    return fmean(run.regret[-1] for run in runs(algorithm, seeds, **settings))


@pytest.mark.slow
def test_ucb1_keeps_its_bound_on_regret() -> None:
    """Auer et al. 2002, Theorem 1: 8 sum of ln n / gap + (1 + pi^2 / 3) sum of gaps."""
    found = runs("ucb", range(20, 26), confidence=sqrt(2), reward=WITHIN_ONE, **LONG)
    gaps = gaps_of(WITHIN_ONE)
    worse, visitors = gaps > 0, 8000
    bound = 8 * (log(visitors) / gaps[worse]).sum() + (1 + pi**2 / 3) * gaps.sum()
    at_random = visitors * gaps.mean()
    assert bound < at_random / 5  # it does say something here
    assert fmean(run.regret[-1] for run in found) < bound
    for button in np.flatnonzero(worse):  # and so does its proof, of every worse button
        presses = fmean(run.counts[button] for run in found)
        assert presses <= 8 * log(visitors) / gaps[button] ** 2 + 1 + pi**2 / 3


@pytest.mark.parametrize(
    ("algorithm", "settings"),
    [
        pytest.param("ucb", {}, marks=pytest.mark.slow),
        pytest.param("ucb", {"confidence": 1.0}, marks=pytest.mark.slow),
        ("thompson", {}),
    ],
)
def test_regret_grows_like_a_logarithm(algorithm: str, settings: dict[str, Any]) -> None:
    """Lai & Robbins 1985: no slower for whoever is good everywhere, and these are no faster.

    From 4000 to 8000 visitors a logarithm adds a twelfth of itself, a straight line as much again.
    """
    found = runs(algorithm, range(30, 36), **LONG, **settings)
    half, whole = (fmean(run.regret[at] for run in found) for at in (199, 399))
    assert (whole - half) / half < 0.25
    tenth = fmean(run.regret[39] for run in found)
    assert whole < 2.5 * tenth  # of a straight line it would be ten times


@pytest.mark.parametrize("epsilon", [0.1, 0.3])
def test_a_fixed_curiosity_costs_epsilon_times_the_mean_gap_for_ever(epsilon: float) -> None:
    found = runs("epsilon_greedy", range(40, 44), epsilon=epsilon, initial_value=1, **LONG)
    gaps, visitors = gaps_of(USUAL), 4000
    slopes = [(run.regret[399] - run.regret[199]) / visitors for run in found]
    # The best button has long been found, so every loss is a random press.
    spread = sqrt(epsilon * np.square(gaps).mean() - (epsilon * gaps.mean()) ** 2)
    assert abs(fmean(slopes) - epsilon * gaps.mean()) < 4 * spread / sqrt(visitors * len(found))


def test_greedy_grows_in_a_straight_line_where_it_has_locked_in() -> None:
    found = [run for run in runs("epsilon_greedy", range(50, 80), epsilon=0) if run.best[-1] == 0]
    assert len(found) >= 10
    for run in found:
        steps = np.diff(run.regret)[-20:]
        assert steps.max() == pytest.approx(steps.min(), abs=1e-6) and steps[0] > 0


def test_greedy_locks_in_on_two_seeds_of_three() -> None:
    """66 in a hundred of 300 other seeds; the bounds are four standard errors away."""
    found = runs("epsilon_greedy", range(1000, 1200), epsilon=0, updates=10)
    locked = fmean(set(run.best[-4:]) == {0.0} for run in found)
    assert abs(locked - 0.66) < 4 * sqrt(0.66 * 0.34 / 200)


def test_with_a_first_guess_below_every_pay_the_first_press_decides() -> None:
    """It is drawn from five, and one of them is the best."""
    found = runs("epsilon_greedy", range(2000, 2200), epsilon=0, initial_value=-20, updates=2)
    assert all(sorted(run.counts) == [0, 0, 0, 0, 40] for run in found)
    locked = fmean(run.best[-1] == 0 for run in found)
    assert abs(locked - 0.8) < 4 * sqrt(0.8 * 0.2 / 200)


def groups(count: int) -> list[range]:
    return [range(100 * number, 100 * number + 10) for number in range(31, 31 + count)]


def exploration_wins(seeds: range) -> None:
    """Mean regret of ten seeds."""
    greedy = mean_regret("epsilon_greedy", seeds, epsilon=0)
    curious = mean_regret("epsilon_greedy", seeds, epsilon=0.1)
    assert curious < greedy / 2
    for algorithm in ("ucb", "thompson"):
        assert mean_regret(algorithm, seeds) < curious
    for algorithm in ("imitation", "clustering"):
        assert mean_regret(algorithm, seeds) > greedy


@pytest.mark.slow
@pytest.mark.parametrize("seeds", groups(1))
def test_exploration_wins(seeds: range) -> None:
    exploration_wins(seeds)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", groups(10))
def test_exploration_wins_in_ten_groups_of_seeds_out_of_ten(seeds: range) -> None:
    exploration_wins(seeds)


@pytest.mark.parametrize(
    ("algorithm", "settings"),
    [
        ("epsilon_greedy", {"epsilon": 0.1, "initial_value": 1}),
        ("ucb", {}),
        ("thompson", {}),
        ("gradient_bandit", {}),
    ],
)
def test_whoever_explores_finds_the_best_button(algorithm: str, settings: dict[str, Any]) -> None:
    for run in runs(algorithm, range(60, 70), **settings):
        assert fmean(run.best[-10:]) > 0.8
        assert run.true > 0.55


def test_a_better_learner_finds_the_leaflet_sooner() -> None:
    """Paid for short waits, exploration is no help to the visitors."""
    for run in runs("thompson", range(60, 66), reward="-0.1*wait"):
        assert fmean(run.best[-10:]) > 0.8
        assert run.true < 0.25


def test_a_log_twenty_times_as_long_helps_nobody() -> None:
    """The whole log is read before the first visitor."""
    short, long = (
        fmean(
            Run(
                "imitation", seed, rows_per_update=2000, world={"world": "kiosk", "log_rows": rows}
            ).regret[-1]
            for seed in range(70, 76)
        )
        for rows in (100, 2000)
    )
    assert long > 0.95 * short


def test_without_a_baseline_pay_for_everybody_locks_the_gradient_bandit_in() -> None:
    reward, seeds = f"{USUAL} + 4*visitor", range(80, 90)
    without = mean_regret("gradient_bandit", seeds, reward=reward, baseline="none")
    with_one = [run.regret[-1] for run in runs("gradient_bandit", seeds, reward=reward)]
    assert without > 3 * (fmean(with_one) + stdev(with_one))


@pytest.mark.parametrize("algorithm", ["epsilon_greedy", "ucb", "thompson", "gradient_bandit"])
@pytest.mark.parametrize("reward", [USUAL, "-wait", "100*smile", "-5*settled"])
def test_no_run_is_called_collapsed(algorithm: str, reward: str) -> None:
    assert {run.ending for run in runs(algorithm, range(90, 94), reward=reward)} == {"done"}
