"""Collapse: the rule by hand, and that runs whose steps are too large end by its name."""

from typing import Any

import numpy as np
import pytest

from engine.algorithms import ALGORITHMS
from engine.collapse import Course, has_collapsed
from engine.config import parse_config
from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import CartScene
from engine.train import train

DESK = {"world": {"world": "desk"}, "reward": "correct", "learning_rate": 0.01}
TOO_LARGE: dict[str, dict[str, Any]] = {
    "grpo": DESK | {"updates": 24, "batch_epochs": 8},
    "rloo": DESK | {"updates": 24},
    "rlhf": DESK | {"updates": 16},
    "ppo": {"learning_rate": 1, "updates": 12, "surrogate": "none"},
}


UP = [2.0] * 8


@pytest.mark.parametrize(
    ("begun", "course", "verdict"),
    [
        ([1.0], [1.0, *UP, 0.9, 0.9, 0.9], True),  # its last three, which do not vary
        ([1.0], [1.0, *UP, 1.0, 1.0, 1.0], False),  # where it began
        ([1.0], [1.0, *UP, 0.9, 0.9], False),  # too short to be judged
        ([1.0], [1.0, *UP, 0.0, 0.0, 1.5], False),  # half a point below and very unsteady
        ([1.0, 0.6], [0.6, *UP, 0.8, 0.8, 0.8], False),  # it began at .8
        ([1.0, 0.6], [0.6, *UP, 0.7, 0.74, 0.72], True),  # .08 below, spread .016
        ([1.0, 0.6], [0.6, *UP, 0.7, 0.8, 0.72], False),  # .06 below, spread .043
        ([1.0], [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0], False),  # all noise
    ],
)
def test_the_rule_by_hand(begun: list[float], course: list[float], verdict: bool) -> None:
    assert has_collapsed(begun, course) is verdict


@pytest.mark.parametrize(("updates", "most"), [(12, 9), (20, 4), (60, 1)])
def test_a_run_that_does_nothing_is_hardly_ever_called_a_ruin(updates: int, most: int) -> None:
    """Noise alone, begun with one noisy figure, 2,000 times."""
    noise = np.random.default_rng(5).normal(size=(2000, updates)).tolist()
    assert sum(has_collapsed(course[:1], course) for course in noise) <= most


def followed(objective: M, before: float, course: list[float], ending: Ending) -> Ending:
    """The ending of a run that measured so much of its objective."""
    watch = Course(objective)
    watch.judged(RunStarted(planned_updates=12, metrics={objective: before}, scene=CartScene()))
    for update, reached in enumerate(course, 1):
        metrics = {objective: reached, M.LENGTH: 0.0}
        watch.judged(UpdateCompleted(update=update, metrics=metrics, scene=CartScene(), work=0))
    end = watch.judged(RunFinished(updates=12, work=0, ending=ending))
    assert isinstance(end, RunFinished)
    return end.ending


def test_a_loss_collapses_upwards_and_pay_downwards() -> None:
    up, down = [1.0] * 9 + [2.0] * 3, [1.0] * 9 + [0.0] * 3
    assert followed(M.LOSS, 1.0, up, "done") == "collapsed"
    assert followed(M.LOSS, 1.0, down, "done") == "done"
    assert followed(M.PROXY_RETURN, 1.0, down, "done") == "collapsed"
    assert followed(M.PROXY_RETURN, 1.0, up, "done") == "done"
    assert followed(M.PROXY_RETURN, 1.0, down, "no_signal") == "no_signal"


@pytest.mark.slow
@pytest.mark.parametrize("name", TOO_LARGE)
def test_steps_that_are_too_large_end_as_collapsed(name: str) -> None:
    """At the upper bound of the learning rate, where no number ceases to be finite.

    On one seed of five a policy may still swing, and not have come to rest at nothing.
    """
    ends = [
        list(train(parse_config({"algorithm": name, "seed": seed, **TOO_LARGE[name]})))[-1]
        for seed in range(1, 6)
    ]
    assert [end.ending for end in ends if isinstance(end, RunFinished)].count("collapsed") >= 4


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_climbed_is_measured(name: str) -> None:
    algorithm = ALGORITHMS[name]
    assert algorithm.objective in (M.PROXY_RETURN, *algorithm.metrics)
