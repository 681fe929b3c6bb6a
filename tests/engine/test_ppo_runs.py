"""Runs of PPO: what an update shows and measures, and how a run ends."""

import math
from collections.abc import Collection
from typing import Any

import pytest
import torch

from engine.algorithms import ppo
from engine.algorithms.ppo import (
    ALGORITHM,
    PPOConfig,
)
from engine.control.learner import new_learner
from engine.control.practice import Practice
from engine.events import RunFailed, RunFinished, UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import CartScene
from engine.train import train


def config(**settings: Any) -> PPOConfig:
    return PPOConfig.model_validate(settings)


def updates(settings: PPOConfig) -> list[UpdateCompleted]:
    return [event for event in train(settings) if isinstance(event, UpdateCompleted)]


TINY = {"updates": 4, "carts": 2, "steps_per_update": 40, "batch_epochs": 2}


def test_the_penalty_adapts_from_update_to_update() -> None:
    run = updates(config(**TINY, surrogate="kl_penalty", target_kl=1, kl_coef=8))
    assert [event.metrics[M.KL_COEF] for event in run] == [8, 4, 2, 1]
    fixed = updates(config(**TINY, surrogate="kl_penalty", kl_coef=8))
    assert {event.metrics[M.KL_COEF] for event in fixed} == {8}
    assert {event.metrics[M.KL_COEF] for event in updates(config(**TINY, target_kl=1))} == {0}


def test_the_learning_rate_goes_in_a_straight_line_to_its_end() -> None:
    settings = config(updates=5, learning_rate=0.01, learning_rate_end=0)
    rates = [settings.learning_rate_at(update) for update in range(1, 6)]
    assert rates == pytest.approx([0.01, 0.0075, 0.005, 0.0025, 0])
    assert config(learning_rate=0.01).learning_rate_at(40) == 0.01
    still = updates(config(**TINY | {"updates": 2}, learning_rate=1e-5, learning_rate_end=0))
    assert still[1].metrics[M.STEP_KL] < 1e-9 < still[0].metrics[M.STEP_KL]


def test_an_update_shows_the_first_steps_of_the_first_cart() -> None:
    settings = config(**TINY, reward="upright - 0.5*switched", seed=4)
    practice, learner = Practice(settings), new_learner(4)
    drive, rewards = practice.roll(learner.networks, settings.steps_per_update)
    event = updates(settings)[0]
    assert isinstance(event.scene, CartScene)
    numbers = event.scene.numbers
    of_carts = {quantity.name for quantity in ALGORITHM.quantities} - {"action"}
    assert set(numbers) == of_carts
    assert all(len(column) == 32 for column in numbers.values())
    assert numbers["push"] == tuple(drive.taken[:32, 0])
    assert numbers["reward"] == pytest.approx(rewards[:32, 0], rel=1e-4)
    assert numbers["position"] == pytest.approx(drive.seen_before[:32, 0, 0], rel=1e-4)
    assert numbers["tilt_rate"] == pytest.approx(drive.seen_before[:32, 0, 3], rel=1e-4)
    assert event.work == 80 and event.scene.steps > 0


def test_metrics_measure_what_the_policy_did() -> None:
    event = updates(config(updates=1, reward="2*step", seed=2))[0]
    found = event.metrics
    assert found[M.PROXY_RETURN] == pytest.approx(2 * found[M.LENGTH], rel=1e-4)
    assert found[M.FELL] == 1
    assert 9 < found[M.LENGTH] < 40
    assert 0 < found[M.TRUE_RETURN] < 0.1
    assert found[M.SWITCHES] == pytest.approx(0.5, abs=0.06)
    assert found[M.ENTROPY] == pytest.approx(math.log(2), abs=0.01)
    assert found[M.EXPLAINED_VARIANCE] < 0.1


def test_a_reward_that_is_not_a_number_ends_the_run_with_a_reason() -> None:
    failed = list(train(config(**TINY, reward="1/fell")))[-1]
    assert isinstance(failed, RunFailed)
    assert (failed.ending, failed.update) == ("bad_reward", 1)
    assert failed.problem == "`1/fell` divided by zero where `fell` was 0."
    assert "every step pays" in failed.remedy
    late = list(train(config(**TINY, reward="1000000*1000*tilt")))[-1]
    assert isinstance(late, RunFailed) and late.ending == "bad_reward"


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["clip", "kl_penalty", "none"])
@pytest.mark.parametrize(
    ("reward", "seeds", "collapsed"),
    [
        ("upright", 5, range(1, 6)),  # what one seed does differs between processors
        ("10000*1000*(upright - tilt)", 2, [0]),  # a fall is the best that there is
    ],
)
def test_a_huge_learning_rate_lets_the_tray_fall_and_is_told_by_what_was_wanted(
    surrogate: str, reward: str, seeds: int, collapsed: Collection[int]
) -> None:
    ended: list[str] = []
    for seed in range(1, 1 + seeds):
        settings = config(
            updates=12, steps_per_update=64, learning_rate=1, surrogate=surrogate, reward=reward,
            batch_epochs=20, gradient_limit=1000, seed=seed,
        )  # fmt: skip
        *_, before, last = train(settings)
        assert isinstance(before, UpdateCompleted) and isinstance(last, RunFinished)
        assert last.ending != "collapsed" or before.metrics[M.LENGTH] < 15
        ended.append(last.ending)
    assert ended.count("collapsed") in collapsed


def test_a_gradient_that_is_not_finite_ends_the_run_as_diverged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ppo.loss_gradients

    def broken(*arguments: Any) -> tuple[torch.Tensor, torch.Tensor]:
        by_log_odds, by_values = whole(*arguments)
        return by_log_odds, by_values * math.inf

    monkeypatch.setattr(ppo, "loss_gradients", broken)
    failed = list(train(config(**TINY)))[-1]
    assert isinstance(failed, RunFailed) and (failed.ending, failed.update) == ("diverged", 1)


def test_nothing_paid_ends_without_a_signal() -> None:
    last = list(train(config(**TINY, reward="0")))[-1]
    assert isinstance(last, RunFinished) and last.ending == "no_signal"
