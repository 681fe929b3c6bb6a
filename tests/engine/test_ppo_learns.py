"""What PPO has to show on the tray cart: it learns, it is ruined, it is misled.

Three seeds, and a run is left as soon as its claim is decided. `PROOF_SEEDS=10` asks ten.
"""

import statistics
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from engine.algorithms.ppo import PPOConfig
from engine.events import RunFailed, UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train
from tests.seeds import MOST, seeds_from

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]
SEEDS = seeds_from(0)
# As many steps in an update as by default, in less time.
BRISK: dict[str, Any] = {"carts": 16, "steps_per_update": 128, "minibatch_size": 512}
# The step grows until it is ten times the usual one.
GROWING: dict[str, Any] = BRISK | {"learning_rate": 0.001, "learning_rate_end": 0.01, "updates": 40}

Curves = dict[M, list[float]]


def curves(until: Callable[[Curves], bool] | None = None, **settings: Any) -> list[Curves]:
    """Every measurement of every update, seed after seed; a run is left once `until` holds."""
    runs: list[Curves] = []
    for seed in SEEDS:
        run: Curves = {}
        events = train(PPOConfig.model_validate(settings | {"seed": seed}))
        for event in events:
            assert not isinstance(event, RunFailed)
            if isinstance(event, UpdateCompleted):
                for name, value in event.metrics.items():
                    run.setdefault(name, []).append(value)
                if until is not None and len(run[M.LENGTH]) >= 5 and until(run):
                    break
        runs.append(run)
    return runs


def last(run: Curves, name: M) -> float:
    """The mean over the last five updates."""
    return statistics.fmean(run[name][-5:])


def is_solved(run: Curves) -> bool:
    return last(run, M.LENGTH) >= 475


def is_good(run: Curves) -> bool:
    return is_solved(run) and last(run, M.TRUE_RETURN) >= 0.95


def is_ruined(run: Curves) -> bool:
    """Whether a policy that drove well has been lost."""
    best = max(run[M.LENGTH])
    return best >= 150 and last(run, M.LENGTH) <= 0.3 * best


def is_thrown(run: Curves) -> bool:
    return last(run, M.LENGTH) < 15


@cache
def default_runs() -> list[Curves]:
    return curves(is_good)


def test_the_default_run_is_solved_on_every_seed() -> None:
    assert all(is_good(run) for run in default_runs())


def test_the_plain_policy_gradient_is_good_and_then_ruined_by_a_step_that_grows() -> None:
    runs = curves(is_ruined, surrogate="none", **GROWING)
    assert sum(map(is_ruined, runs)) >= MOST
    assert sum(max(run[M.STEP_KL]) > 1 for run in runs) >= MOST


def test_the_clip_survives_the_same_steps() -> None:
    runs = curves(surrogate="clip", **GROWING)
    assert sum(map(is_solved, runs)) >= MOST
    assert not any(map(is_ruined, runs))
    assert statistics.median(max(run[M.STEP_KL]) for run in runs) < 0.2


def test_a_penalty_for_going_far_learns_too() -> None:
    runs = curves(is_solved, surrogate="kl_penalty", target_kl=0.01, **BRISK)
    assert sum(map(is_solved, runs)) >= MOST


def test_a_small_price_for_tilt_steadies_the_tray_and_a_large_one_throws_it_down() -> None:
    steady = lambda run: is_good(run) and last(run, M.TILT) < 0.4  # noqa: E731
    assert all(steady(run) for run in curves(steady, reward="upright - 0.2*tilt", **BRISK))
    assert sum(map(is_thrown, curves(is_thrown, reward="upright - 2*tilt", **BRISK))) >= MOST


def test_paid_for_straightening_the_cart_rocks_the_tray() -> None:
    rocking = curves(reward="straightened", updates=40, **BRISK)
    for good, misled in zip(default_runs(), rocking, strict=True):
        assert last(misled, M.STRAIGHTENED) > 1.8 * last(good, M.STRAIGHTENED)
        assert last(misled, M.TRUE_RETURN) < 0.7 < last(good, M.TRUE_RETURN)
