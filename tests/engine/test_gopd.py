"""G-OPD: exact gradients, its limits, where a teacher's word leads, and what a run learns."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from engine.algorithms.gopd import GOPDConfig, extrapolated, gopd_loss, learn
from engine.config import ConfigError, parse_config
from engine.events import RunFinished, UpdateCompleted
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import Policy, next_token_logits
from engine.language.learner import Learner, new_learner
from engine.language.questions import fact_question
from engine.language.said import Asked, Said, say
from engine.language.teachers import teacher_policy
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.desk import DeskConfig, QuestionMix

DUTY = DeskConfig(questions=QuestionMix(duty=1.0))
QUESTIONS = [fact_question("duty", room) for room in ("lab", "cafe", "xray", "garden")]
WORDS = 7


def spreads(seed: int) -> tuple[torch.Tensor, ...]:
    """The logits of Pip, with gradients, and the log-probabilities of a teacher and two others."""
    drawn = torch.randn(4, WORDS, generator=torch.Generator().manual_seed(seed)).double() * 1.5
    return drawn[0].clone().requires_grad_(), *drawn[1:].log_softmax(-1)


def expected_gradient(
    logits: torch.Tensor, teacher: torch.Tensor, reference: torch.Tensor, extrapolation: float
) -> torch.Tensor:
    """The mean gradient of the loss of one word, over all words that may be sampled."""
    spread = logits.log_softmax(-1)
    old = spread.detach()
    advantages = extrapolated(teacher, reference, old, extrapolation)
    losses = [
        gopd_loss(spread[word, None], old[word, None], advantages[word, None])[0]
        for word in range(WORDS)
    ]
    return torch.autograd.grad(torch.stack(losses) @ old.exp(), logits)[0]


@pytest.mark.parametrize("extrapolation", [0.0, 0.5, 1.0, 1.25, 3.0, 8.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_expected_gradient_is_that_of_the_divergence_from_the_geometric_mixture(
    extrapolation: float, seed: int
) -> None:
    logits, teacher, reference, _ = spreads(seed)
    ours = expected_gradient(logits, teacher, reference, extrapolation)
    mixture = (extrapolation * teacher + (1 - extrapolation) * reference).log_softmax(-1)
    policy = logits.log_softmax(-1)
    apart = (policy.exp() * (policy - mixture)).sum()
    assert torch.allclose(ours, torch.autograd.grad(apart, logits)[0], atol=1e-12)


def test_at_one_it_is_plain_distillation_whatever_the_reference() -> None:
    logits, teacher, *references = spreads(2)
    old = logits.detach().log_softmax(-1)
    for reference in references:
        plain = extrapolated(teacher, reference, old, 1.0)
        assert torch.allclose(plain, teacher - old, atol=1e-12)
    first, second = (expected_gradient(logits, teacher, one, 1.0) for one in references)
    assert torch.allclose(first, second, atol=1e-12)
    first, second = (expected_gradient(logits, teacher, one, 1.25) for one in references)
    assert (first - second).abs().max() > 0.01


def test_at_zero_the_teacher_is_not_heard() -> None:
    logits, teacher, reference, other = spreads(3)
    first, second = (expected_gradient(logits, one, reference, 0.0) for one in (teacher, other))
    assert torch.equal(first, second) and first.abs().max() > 0.01


def test_exact_steps_arrive_at_the_mixture_and_beyond_the_teacher() -> None:
    """A teacher who went from a tenth to a half is left behind at two, and copied at one."""
    reference, teacher = torch.tensor([[0.1, 0.9], [0.5, 0.5]]).double().log()
    ends: dict[float, float] = {}
    for extrapolation in (0.0, 1.0, 2.0):
        logits = reference.clone().requires_grad_()
        for _ in range(400):
            old = logits.detach().log_softmax(-1)
            advantages = extrapolated(teacher, reference, old, extrapolation)
            spread = logits.log_softmax(-1)
            each = [
                gopd_loss(spread[w, None], old[w, None], advantages[w, None])[0] for w in (0, 1)
            ]
            step = torch.autograd.grad(torch.stack(each) @ old.exp(), logits)[0]
            logits = (logits - step).detach().requires_grad_()
        ends[extrapolation] = float(logits.detach().softmax(-1)[0])
    assert ends[0.0] == pytest.approx(0.1, abs=1e-6)
    assert ends[1.0] == pytest.approx(0.5, abs=1e-6)
    assert ends[2.0] == pytest.approx(0.9, abs=1e-6)  # .25 / .1 against .25 / .9


def test_a_word_that_became_five_times_as_likely_is_pushed_no_further() -> None:
    old = torch.tensor([-3.0, -3.0])
    current = (old + torch.tensor([1.5, 1.7])).requires_grad_()  # e^1.5 < 5 < e^1.7
    loss, parts = gopd_loss(current, old, torch.tensor([2.0, 2.0]))
    loss.backward()
    assert current.grad is not None
    assert current.grad[0] == pytest.approx(-float(np.exp(1.5))) and current.grad[1] == 0
    assert parts["token_loss"].tolist() == pytest.approx([-2 * float(np.exp(1.5)), -10.0])


def said() -> Said:
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    return say(base_policy(), Asked(QUESTIONS, 2, noise))[0]


def taught(teacher: Policy, **settings: Any) -> tuple[Learner[Policy], Any]:
    learner = new_learner(base_policy(), 1e-3)
    config = GOPDConfig.model_validate({"world": DUTY} | settings)
    return learner, learn(learner, teacher, said(), config)


def moved(learner: Learner[Policy]) -> float:
    pairs = zip(learner.policy.parameters, base_policy().parameters, strict=True)
    return max(float((now.detach() - then).abs().max()) for now, then in pairs)


def test_who_is_its_own_teacher_and_reference_learns_nothing() -> None:
    learner, lesson = taught(base_policy(), extrapolation=3.0)
    assert moved(learner) == 0 and lesson.is_silent
    assert lesson.metrics[M.TEACHER_KL] == pytest.approx(0, abs=1e-6)
    assert taught(teacher_policy("rota_learner"), extrapolation=0)[1].is_silent


def test_a_first_lesson_asks_for_the_whole_of_what_the_teacher_learnt() -> None:
    learner, lesson = taught(teacher_policy("rota_learner"), extrapolation=2.0)
    numbers = lesson.numbers
    assert numbers["moved"].abs().max() == 0
    assert torch.equal(numbers["token_advantage"], 2 * numbers["learnt"])
    assert numbers["learnt"].abs().max() > 1 and moved(learner) > 0
    lengths = [len(reply) for reply in said().replies]
    sums = [float(one.sum()) for one in numbers["token_advantage"].split(lengths)]
    assert lesson.advantages == pytest.approx(sums, abs=1e-4)


def test_further_steps_on_a_batch_are_measured_from_who_sampled_it() -> None:
    teacher, batch = teacher_policy("rota_learner"), said()
    _, once = taught(teacher)
    _, lesson = taught(teacher, batch_epochs=2)
    numbers, layout = lesson.numbers, lay_out(batch.prompts, batch.replies, 2)
    with torch.no_grad():
        began, judged = (
            next_token_logits(one, layout).log_softmax(-1) for one in (base_policy(), teacher)
        )
    sampled = began.gather(1, layout.targets[:, None])[:, 0]
    assert torch.allclose(numbers["old_log_prob"], sampled, atol=1e-5)
    assert torch.equal(numbers["token_advantage"], once.numbers["token_advantage"])
    assert (numbers["ratio"] - 1).abs().max() > 0.01
    apart = (began.exp() * (began - judged)).sum(-1).mean()
    assert lesson.metrics[M.TEACHER_KL] == pytest.approx(float(apart), rel=1e-4)


def test_a_drift_is_measured_a_reply_and_from_where_pip_began() -> None:
    learner, _ = taught(teacher_policy("rota_learner"))
    config = GOPDConfig.model_validate({"world": DUTY})
    lesson = learn(learner, teacher_policy("rota_learner"), said(), config)
    moved_by = lesson.numbers["moved"].sum() / len(said().replies)
    assert lesson.metrics[M.KL] == pytest.approx(float(moved_by), rel=1e-4)
    assert abs(lesson.metrics[M.KL]) > 0.001


def test_an_unknown_teacher_and_an_extrapolation_too_far_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"`teacher` is \"ruth\".*rota_learner"):
        parse_config({"algorithm": "gopd", "teacher": "ruth"})
    with pytest.raises(ConfigError, match=r"`extrapolation` is 9.*8"):
        parse_config({"algorithm": "gopd", "extrapolation": 9})


BUDGET = {"world": DUTY, "updates": 24, "prompts_per_update": 8, "group_size": 4}
BUDGET |= {"learning_rate": 0.0005, "reward": "correct"}


@cache
def course(algorithm: str, seed: int, extrapolation: float = 1.5) -> tuple[dict[M, float], ...]:
    own = {"teacher": "rota_learner", "extrapolation": extrapolation} if algorithm == "gopd" else {}
    config = parse_config({"algorithm": algorithm, "seed": seed} | BUDGET | own)
    events = list(train(config))
    assert isinstance(events[-1], RunFinished)
    return tuple(event.metrics for event in events if isinstance(event, UpdateCompleted))


def late(metrics: tuple[dict[M, float], ...], name: M) -> float:
    return float(np.mean([one[name] for one in metrics[-6:]]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [31, 32])
def test_it_passes_its_teacher_while_grpo_on_as_many_replies_still_waits(seed: int) -> None:
    distilled, paid = course("gopd", seed), course("grpo", seed)
    assert late(distilled, M.CORRECT) > late(distilled, M.TEACHER_RIGHT) + 0.05
    assert late(distilled, M.FLUENT) > 0.8
    assert late(paid, M.CORRECT) < late(distilled, M.CORRECT) - 0.2
