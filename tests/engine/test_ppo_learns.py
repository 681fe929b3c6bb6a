"""What PPO has to show on the tray cart, over ten seeds: it learns, it is ruined, it is misled."""

import statistics
from functools import cache
from typing import Any

import pytest

from engine.algorithms.ppo import PPOConfig
from engine.events import RunFinished, UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SEEDS = range(10)
# The step grows until it is sixty times the usual one.
GROWING = {"learning_rate": 0.0002, "learning_rate_end": 0.015, "updates": 80}


@cache
def curves(**settings: Any) -> list[dict[M, list[float]]]:
    """Every measurement of every update, seed after seed."""
    runs = []
    for seed in SEEDS:
        events = list(train(PPOConfig.model_validate(settings | {"seed": seed})))
        assert isinstance(events[-1], RunFinished)
        updates = [event.metrics for event in events if isinstance(event, UpdateCompleted)]
        runs.append({name: [metrics[name] for metrics in updates] for name in updates[0]})
    return runs


def last(run: dict[M, list[float]], name: M) -> float:
    """The mean over the last five updates."""
    return statistics.fmean(run[name][-5:])


def test_the_default_run_is_solved_on_every_seed() -> None:
    for run in curves():
        assert last(run, M.LENGTH) >= 475
        assert last(run, M.TRUE_RETURN) >= 0.95


def test_the_plain_policy_gradient_is_good_and_then_ruined_by_a_step_that_grows() -> None:
    runs = curves(surrogate="none", **GROWING)
    good = [max(run[M.LENGTH]) >= 350 for run in runs]
    ruined = [last(run, M.LENGTH) <= 0.3 * max(run[M.LENGTH]) for run in runs]
    assert sum(g and r for g, r in zip(good, ruined, strict=True)) >= 9
    assert all(max(run[M.STEP_KL]) > 1 for run in runs)


def test_the_clip_survives_the_same_steps() -> None:
    runs = curves(surrogate="clip", **GROWING)
    assert all(last(run, M.LENGTH) >= 475 for run in runs)
    assert statistics.median(max(run[M.STEP_KL]) for run in runs) < 0.2


def test_a_penalty_for_going_far_learns_too() -> None:
    runs = curves(surrogate="kl_penalty", target_kl=0.01)
    assert sum(last(run, M.LENGTH) >= 475 for run in runs) >= 9


def test_a_small_price_for_tilt_steadies_the_tray_and_a_large_one_throws_it_down() -> None:
    for run in curves(reward="upright - 0.2*tilt"):
        assert last(run, M.TRUE_RETURN) >= 0.95
        assert last(run, M.TILT) < 0.4
    thrown = [last(run, M.LENGTH) < 15 for run in curves(reward="upright - 2*tilt")]
    assert sum(thrown) >= 9


def test_paid_for_straightening_the_cart_rocks_the_tray() -> None:
    for honest, misled in zip(curves(), curves(reward="straightened"), strict=True):
        assert last(misled, M.STRAIGHTENED) > 2.5 * last(honest, M.STRAIGHTENED)
        assert last(misled, M.TRUE_RETURN) < 0.7 < last(honest, M.TRUE_RETURN)
