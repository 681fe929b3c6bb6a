"""SRPO: who is sent where, and its two limits: nothing routed is GRPO, all routed is SDPO."""

from typing import Any

import pytest
import torch

from engine.algorithms import grpo, sdpo, srpo
from engine.algorithms.srpo import SRPOConfig, learn, run, srpo_loss, trust_in
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.learner import Learner, Lesson, new_learner
from engine.language.questions import fact_question
from engine.language.said import Asked, Said, say
from engine.metrics import MetricName as M
from engine.worlds.desk import DeskConfig, QuestionMix
from tests.engine.courses import Course, followed, late
from tests.engine.trl_distillation import over_every_word, with_capped_ratio

DUTY = DeskConfig(questions=QuestionMix(duty=1.0))
QUESTIONS = [fact_question("duty", room) for room in ("lab", "cafe", "xray", "garden")]
TOLD: list[str | None] = [question.true_sentence for question in QUESTIONS for _ in range(2)]
ADVANTAGES = torch.tensor([1.0, -1.0] * 4)


def configured(**settings: Any) -> SRPOConfig:
    return SRPOConfig.model_validate({"world": DUTY} | settings)


def said() -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    return say(base_policy(), Asked(QUESTIONS, 2, noise))[0]


def taught(hints: list[str | None], **settings: Any) -> tuple[Learner, Lesson]:
    learner = new_learner(base_policy(), 1e-3)
    config = configured(**settings)
    return learner, learn(learner, base_policy(), said(), ADVANTAGES, hints, config)


def distance(first: Any, second: Any) -> float:
    pairs = zip(first.parameters, second.parameters, strict=True)
    return max(float((one.detach() - other.detach()).abs().max()) for one, other in pairs)


@pytest.mark.parametrize("epochs", [1, 4])
def test_if_nothing_is_routed_this_is_grpo(epochs: int) -> None:
    settings = {"batch_epochs": epochs, "clip_range": 0.02, "clip_range_high": 0.03}
    learner, lesson = taught([None] * 8, **settings)
    config = grpo.GRPOConfig.model_validate({"kl_coef": 0, "loss_type": "dapo"} | settings)
    other = new_learner(base_policy(), 1e-3)
    expected = grpo.learn(other, said(), ADVANTAGES, config)
    assert distance(learner.policy, base_policy()) > 5e-4
    assert distance(learner.policy, other.policy) < 1e-5
    assert lesson.metrics[M.CLIP_FRACTION] == pytest.approx(expected.metrics[M.CLIP_FRACTION])
    assert (lesson.metrics[M.CLIP_FRACTION] > 0) is (epochs > 1)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_if_all_is_routed_and_equally_trusted_this_is_sdpo(alpha: float) -> None:
    learner, lesson = taught(TOLD, doubt_discount=0, alpha=alpha, batch_epochs=3)
    other = new_learner(base_policy(), 1e-3)
    config = sdpo.SDPOConfig.model_validate({"alpha": alpha, "batch_epochs": 3})
    expected = sdpo.learn(other, base_policy(), said(), TOLD, config)
    assert distance(learner.policy, base_policy()) > 5e-4
    assert distance(learner.policy, other.policy) < 1e-5
    for metric in (M.TAUGHT, M.DISAGREEMENT, M.KL, M.ENTROPY, M.GRAD_NORM):
        assert lesson.metrics[metric] == pytest.approx(expected.metrics[metric], rel=1e-3)
    doubting, _ = taught(TOLD, doubt_discount=5, alpha=alpha, batch_epochs=3)
    assert distance(doubting.policy, other.policy) > 1e-4


def test_trust_is_one_on_average_and_less_where_the_teacher_doubts() -> None:
    sure, torn = [0.98, 0.01, 0.01], [1 / 3, 1 / 3, 1 / 3]
    informed = torch.tensor([sure, torn, torn, sure], dtype=torch.float64).log()
    is_routed = torch.tensor([1.0, 1, 0, 1], dtype=torch.float64)
    trust = trust_in(informed, is_routed, 1.0)
    assert float(trust.sum() / 3) == pytest.approx(1)
    entropy = -float((informed[0].exp() * informed[0]).sum())
    ratio = torch.tensor([-entropy]).exp() / (1 / 3)
    assert float(trust[0] / trust[1]) == pytest.approx(float(ratio))
    assert trust[2] == 0
    assert trust_in(informed, is_routed, 0.0).tolist() == [1, 1, 0, 1]
    assert trust_in(informed, torch.zeros(4, dtype=torch.float64), 1.0).tolist() == [0] * 4


def test_both_halves_stand_under_one_mean() -> None:
    """The teacher's half is TRL's loss, the other the clipped one, written out."""
    luck = torch.Generator().manual_seed(3)
    student, teacher = torch.randn(2, 8, 12, generator=luck, dtype=torch.float64) * 2
    student.requires_grad_()
    targets = torch.randint(12, (8,), generator=luck)
    spreads = student.log_softmax(-1), teacher.log_softmax(-1)
    current = spreads[0].gather(1, targets[:, None])[:, 0]
    old = current.detach() + torch.randn(8, generator=luck, dtype=torch.float64)
    advantages = torch.tensor([1.0, 1, -1, -1, 1, 1, -1, -1], dtype=torch.float64)
    is_routed = torch.tensor([0.0, 0, 0, 0, 0, 0, 1, 1], dtype=torch.float64)
    config = configured(doubt_discount=2, alpha=0.5)
    loss, parts = srpo_loss(*spreads, targets, old, advantages, is_routed, config)
    by_token = over_every_word(student, teacher, distillation_alpha=0.5)
    by_token = with_capped_ratio(by_token, current.detach(), old, 2.0)
    ratio = (current - old).exp()
    clipped = -torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.28) * advantages)
    doubt = torch.exp(2 * (spreads[1].exp() * spreads[1]).sum(-1))
    trust = doubt / doubt[6:].mean()
    expected = (clipped[:6].sum() + (trust * by_token)[6:].sum()) / 8
    assert torch.allclose(loss, expected, atol=1e-6)
    found = [torch.autograd.grad(one, student, retain_graph=True)[0] for one in (loss, expected)]
    assert torch.allclose(found[0], found[1], atol=1e-6)
    assert parts["is_clipped"][6:].sum() == 0 and parts["is_clipped"][:6].sum() > 0


def test_wrong_replies_with_a_right_sibling_are_routed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long replies count as right here, which is true of some in most groups."""
    seen: list[tuple[Said, list[str | None]]] = []

    def remembered(
        learner: Any, teacher: Any, said: Said, advantages: Any, hints: Any, config: Any
    ) -> Lesson:
        seen.append((said, list(hints)))
        return learn(learner, teacher, said, advantages, hints, config)

    monkeypatch.setattr(srpo, "learn", remembered)
    list(run(configured(reward="length", right_from=13, updates=2, group_size=4)))
    routed = 0
    for batch, hints in seen:
        is_right = [len(words) >= 13 for words in batch.words]
        for row, hint in enumerate(hints):
            group = range(row - row % 4, row - row % 4 + 4)
            right = [batch.texts[other] for other in group if is_right[other]]
            assert hint == (right[0] if right and not is_right[row] else None)
            routed += hint is not None
    assert 0 < routed < 64


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns_what_is_paid(seed: int) -> None:
    def is_right(course: Course) -> bool:
        return late(course, M.CORRECT) >= 0.8 and any(metrics[M.TAUGHT] > 0 for metrics in course)

    course = followed(configured(seed=seed), is_right)
    assert course[0][M.CORRECT] <= 0.1
    assert is_right(course)
