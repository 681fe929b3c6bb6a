"""RLSD: the reward keeps the sign, the teacher weighs, and without its share this is GRPO."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.algorithms import grpo, rlsd
from engine.algorithms.rlsd import (
    RLSDConfig,
    learn,
    overruled_share,
    rlsd_loss,
    run,
    weighed,
)
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.learner import Learner, Lesson, new_learner
from engine.language.questions import fact_question
from engine.language.said import Asked, Said, say
from engine.metrics import MetricName as M
from engine.worlds.desk import DeskConfig, QuestionMix
from tests.engine.courses import Course, followed, late

DUTY = DeskConfig(questions=QuestionMix(duty=1.0))
QUESTIONS = [fact_question("duty", room) for room in ("lab", "cafe", "xray", "garden")]
TOLD: list[str | None] = [question.correction for question in QUESTIONS for _ in range(2)]
ADVANTAGES = torch.tensor([1.0, -1.0] * 4)
numbers = st.floats(-30, 30)


def configured(**settings: Any) -> RLSDConfig:
    return RLSDConfig.model_validate({"world": DUTY} | settings)


def said() -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    return say(base_policy(), Asked(QUESTIONS, 2, noise))[0]


def taught(
    advantages: torch.Tensor, hints: list[str | None], share: float, **settings: Any
) -> tuple[Learner, Lesson]:
    learner = new_learner(base_policy(), 1e-3)
    config = configured(**settings)
    return learner, learn(learner, base_policy(), said(), advantages, hints, share, config)


def distance(first: Any, second: Any) -> float:
    pairs = zip(first.parameters, second.parameters, strict=True)
    return max(float((one.detach() - other.detach()).abs().max()) for one, other in pairs)


@given(numbers, numbers, st.floats(0, 1), st.floats(0.01, 0.99))
def test_the_reward_decides_the_sign_whatever_the_teacher_thinks(
    advantage: float, evidence: float, share: float, weight_range: float
) -> None:
    paid = torch.tensor([advantage], dtype=torch.float64)
    final, weight = weighed(paid, torch.tensor([evidence]).double(), share, weight_range)
    assert float(final.sign()) == float(paid.sign())
    assert 1 - weight_range <= float(weight) <= 1 + weight_range


def test_weights_by_hand() -> None:
    advantages = torch.tensor([2.0, 2, 2, -2, -2, 0])
    evidence = torch.tensor([0.1, 5, -5, 0.1, -5, 5])
    final, weight = weighed(advantages, evidence, 0.5, 0.2)
    expected = [math.exp(0.1), 1.2, 0.8, math.exp(-0.1), 1.2, 1.0]
    assert weight.tolist() == pytest.approx(expected)
    assert final.tolist() == pytest.approx(
        [a * (0.5 + 0.5 * w) for a, w in zip(advantages.tolist(), expected, strict=True)]
    )
    assert weighed(advantages, evidence, 0.0, 0.2)[0].tolist() == advantages.tolist()


def test_the_share_falls_in_a_line_to_nothing() -> None:
    config = configured(teacher_share=0.5, teacher_until=50)
    found = [config.share_at(update) for update in (1, 26, 51, 200)]
    assert found == pytest.approx([0.5, 0.25, 0, 0])


@pytest.mark.parametrize("epochs", [1, 4])
def test_without_the_teachers_share_this_is_grpo(epochs: int) -> None:
    settings = {"batch_epochs": epochs, "clip_range": 0.02, "clip_range_high": 0.03}
    learner, lesson = taught(ADVANTAGES, TOLD, 0.0, **settings)
    config = grpo.GRPOConfig.model_validate({"kl_coef": 0, "loss_type": "dapo"} | settings)
    other = new_learner(base_policy(), 1e-3)
    expected = grpo.learn(other, said(), ADVANTAGES, config)
    assert distance(learner.policy, base_policy()) > 5e-4
    assert distance(learner.policy, other.policy) < 1e-5
    for metric in (M.KL, M.ENTROPY, M.CLIP_FRACTION, M.GRAD_NORM):
        assert lesson.metrics[metric] == pytest.approx(expected.metrics[metric], abs=1e-5)
    assert (lesson.metrics[M.CLIP_FRACTION] > 0) is (epochs > 1)
    assert distance(taught(ADVANTAGES, TOLD, 1.0, **settings)[0].policy, other.policy) > 1e-4


def test_a_rise_and_a_fall_stop_where_their_clips_say() -> None:
    ratios = torch.tensor([1.2, 1.3, 0.7, 0.9])
    current = ratios.log().requires_grad_()
    loss, parts = rlsd_loss(
        current, torch.zeros(4), torch.tensor([1.0, 1.0, -1.0, -1.0]), 0.8, 1.28
    )
    loss.backward()
    assert current.grad is not None
    assert current.grad.tolist() == pytest.approx([-0.3, 0, 0, 0.225])
    assert parts["is_clipped"].tolist() == [0, 1, 1, 0]


def test_where_rewards_are_silent_the_teacher_cannot_speak() -> None:
    learner, lesson = taught(torch.zeros(8), TOLD, 1.0)
    assert lesson.metrics[M.DISAGREEMENT] > 0.1
    assert distance(learner.policy, base_policy()) == 0
    assert lesson.is_silent


def test_a_wrong_name_is_blamed_more_than_the_words_around_it() -> None:
    batch = said()
    _, lesson = taught(-torch.ones(8), TOLD, 0.5)
    weights = lesson.numbers["teacher_weight"].split([len(reply) for reply in batch.replies])
    found = 0
    for words, weight in zip(batch.words, weights, strict=True):
        if "omar" in words:
            found += 1
            assert float(weight[words.index("omar")]) == pytest.approx(1.2)
            assert float(weight.median()) < 1.1
    assert found >= 4


def test_overruled_are_moved_words_whose_weight_is_at_the_lower_bound() -> None:
    weight = torch.tensor([0.8, 0.8, 1.2, 0.81, 1.0, 0.8])
    is_moved = torch.tensor([True, False, True, True, False, True])
    assert float(overruled_share(weight, is_moved, 0.2)) == pytest.approx(2 / 4)
    assert float(overruled_share(weight, torch.zeros(6, dtype=torch.bool), 0.2)) == 0


def test_a_teacher_who_knows_better_is_overruled_where_a_wrong_name_is_praised() -> None:
    blamed, praised = (
        taught(verdict * torch.ones(8), TOLD, 0.5)[1].metrics[M.OVERRULED] for verdict in (-1, 1)
    )
    assert praised >= 0.05 > blamed


def test_without_feedback_every_weight_is_one() -> None:
    learner = new_learner(base_policy(), 1e-3)
    other = base_policy().mapped(lambda tensor: tensor * 1.1)  # a teacher that would disagree
    lesson = learn(learner, other, said(), ADVANTAGES, [None] * 8, 1.0, configured())
    assert set(lesson.numbers["teacher_weight"].tolist()) == {1.0}
    assert lesson.metrics[M.WEIGHT_CLIPPED] == 0 and lesson.metrics[M.DISAGREEMENT] == 0


def test_pip_becomes_its_own_teacher_every_few_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, float]] = []

    def remembered(learner: Learner, teacher: Any, *rest: Any) -> Lesson:
        before = learner.policy.embedding.detach().sum().item()
        seen.append((teacher.embedding.sum().item(), before))
        return learn(learner, teacher, *rest)

    monkeypatch.setattr(rlsd, "learn", remembered)
    small = {"updates": 5, "prompts_per_update": 2, "group_size": 2, "teacher_every": 2}
    list(run(configured(reward="length", **small)))
    teachers, policies = zip(*seen, strict=True)
    assert teachers == (policies[0], policies[0], policies[2], policies[2], policies[4])
    assert len(set(policies)) == 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns_what_is_paid(seed: int) -> None:
    def is_right(course: Course) -> bool:
        return late(course, M.CORRECT) >= 0.8

    course = followed(configured(seed=seed), is_right)
    assert course[0][M.CORRECT] <= 0.1
    assert is_right(course)
