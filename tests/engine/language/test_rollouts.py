"""Graded replies: their signal, parts of a batch, and means in which some count more."""

import random

import numpy as np
import pytest
import torch

from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.questions import QuestionKind, draw_question
from engine.language.rollouts import Rollouts, first_group, graded, measured, picked, signal
from engine.language.said import Asked, Said, joined, say
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.worlds.desk import DeskConfig

SHARES: dict[QuestionKind, float] = {"floor": 0.4, "belief": 0.4, "sum": 0.2}


def replies(groups: int = 12, size: int = 4) -> Rollouts:
    rng = random.Random(0)
    questions = [draw_question(rng, SHARES) for _ in range(groups)]
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, groups * size)
    (said,) = say(base_policy(), Asked(questions, size, noise))
    return graded(said, DeskConfig(), parse("length", ["length"]))


def test_a_part_of_a_batch_is_what_it_would_be_alone() -> None:
    whole = replies()
    part = picked(whole, [8, 9, 20, 21], group_size=2)
    assert part.said.prompts == [whole.said.prompts[2], whole.said.prompts[5]]
    assert part.said.replies == [whole.said.replies[row] for row in (8, 9, 20, 21)]
    assert part.said.questions[2] == whole.said.questions[20]
    assert part.rewards.tolist() == [whole.rewards[2, :2].tolist(), whole.rewards[5, :2].tolist()]
    assert part.values["correct"].tolist() == whole.values["correct"][[8, 9, 20, 21]].tolist()
    singles = picked(whole, [3, 44])
    assert singles.said.prompts == [whole.said.prompts[0], whole.said.prompts[11]]
    assert singles.rewards.shape == (2, 1)


def test_the_first_group_is_cut_to_what_is_shown() -> None:
    whole = replies()
    assert first_group(whole, 8).said.replies == whole.said.replies[:4]
    assert first_group(whole, 3).said.replies == whole.said.replies[:3]
    assert first_group(whole, 3).said.group_size == 3


def test_batches_joined_are_one_batch() -> None:
    whole = replies()
    half = [picked(whole, range(a, a + 24), 4).said for a in (0, 24)]
    assert joined(half) == whole.said


def test_weights_say_how_often_a_reply_counts() -> None:
    """A weight of three is the reply three times, in every mean, and none leaves it out."""
    whole = replies()
    weights = np.random.default_rng(0).integers(0, 4, 48)
    rows = [row for row, weight in enumerate(weights) for _ in range(weight)]
    said = whole.said
    repeated = Rollouts(
        said._replace(questions=[said.questions[row] for row in rows]),
        {name: axis[rows] for name, axis in whole.values.items()},
        whole.rewards.ravel()[rows],
    )
    expected, found = measured(repeated), measured(whole, weights.astype(float))
    assert set(found) == set(expected) and len(found) == 13
    for metric, value in expected.items():
        assert found[metric] == pytest.approx(value), metric
    assert found[M.PROXY_RETURN] == pytest.approx(found[M.LENGTH])
    assert found[M.SYCOPHANTIC] > 0 and found[M.WORK] > 0


def of_rewards(rewards: np.ndarray) -> dict[M, float]:
    return signal(Rollouts(Said([], [], [], []), {}, rewards))


@pytest.mark.parametrize("chance", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("size", [2, 8])
def test_silent_groups_are_as_many_as_theory_says(chance: float, size: int) -> None:
    """A group of right and wrong replies teaches something unless all are right or all wrong."""
    rng = np.random.default_rng(0)
    rewards = (rng.random((40_000, size)) < chance).astype(float)
    expected = chance**size + (1 - chance) ** size
    assert of_rewards(rewards)[M.SILENT_GROUPS] == pytest.approx(expected, abs=0.01)


def test_spread_is_the_mean_deviation_of_the_groups() -> None:
    found = of_rewards(np.array([[1.0, 3.0], [5.0, 5.0]]))
    assert found[M.REWARD_SPREAD] == pytest.approx(2**0.5 / 2)
    assert found[M.SILENT_GROUPS] == 0.5
