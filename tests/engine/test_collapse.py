"""Collapse: the rule by hand, and that runs whose steps are too large end by its name."""

from typing import Any

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


@pytest.mark.parametrize(
    ("begun", "course", "verdict"),
    [
        ([1.0], [1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.9, 0.9], True),  # its last two, which do not vary
        ([1.0], [1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0], False),  # where it began
        ([1.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], False),  # too short to be judged
        ([1.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.3], False),  # .35 below and very unsteady
        ([1.0, 0.6], [0.6, 2.0, 2.0, 2.0, 2.0, 2.0, 0.8, 0.8], False),  # it began at .8
        ([1.0, 0.6], [0.6, 2.0, 2.0, 2.0, 2.0, 2.0, 0.7, 0.74], True),  # .08 below, spread .02
        ([1.0, 0.6], [0.6, 2.0, 2.0, 2.0, 2.0, 2.0, 0.7, 0.8], False),  # .05 below, spread .05
    ],
)  # fmt: skip
def test_the_rule_by_hand(begun: list[float], course: list[float], verdict: bool) -> None:
    assert has_collapsed(begun, course) is verdict


def followed(objective: M, before: float, course: list[float], ending: Ending) -> Ending:
    """The ending of a run that measured so much of its objective."""
    watch = Course(objective)
    watch.judged(RunStarted(planned_updates=8, metrics={objective: before}, scene=CartScene()))
    for update, reached in enumerate(course, 1):
        metrics = {objective: reached, M.LENGTH: 0.0}
        watch.judged(UpdateCompleted(update=update, metrics=metrics, scene=CartScene(), work=0))
    end = watch.judged(RunFinished(updates=8, work=0, ending=ending))
    assert isinstance(end, RunFinished)
    return end.ending


def test_a_loss_collapses_upwards_and_pay_downwards() -> None:
    up, down = [1.0] * 6 + [2.0] * 2, [1.0] * 6 + [0.0] * 2
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
