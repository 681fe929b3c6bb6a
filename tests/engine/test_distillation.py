"""Divergences between two distributions over words: exact values, TRL's, and their gradients."""

import pytest
import torch

from engine.distillation import divergence, kl_divergence, likeliest_words, with_the_rest
from tests.engine.trl_distillation import compute_divergence, over_likeliest_words

ALPHAS = (0.0, 0.01, 0.3, 0.5, 0.9, 1.0)
STUDENT = torch.tensor([2.0, 1, 0, -1], dtype=torch.float64).log_softmax(-1)
TEACHER = torch.tensor([0.0, 1, 2, -1], dtype=torch.float64).log_softmax(-1)


def logits(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of a student, with gradients, and of a teacher: [3 replies, 5 tokens, 12 words]."""
    luck = torch.Generator().manual_seed(seed)
    student, teacher = torch.randn(2, 3, 5, 12, generator=luck, dtype=torch.float64) * 2
    return student.requires_grad_(), teacher


@pytest.mark.parametrize(
    ("alpha", "whole", "of_two"), [(0, 1.113540, 0.998745), (0.5, 0.239651, 0.227412)]
)
def test_values_by_hand(alpha: float, whole: float, of_two: float) -> None:
    assert float(divergence(STUDENT, TEACHER, alpha)) == pytest.approx(whole, abs=1e-6)
    compared = likeliest_words(STUDENT, TEACHER, 2)
    assert float(divergence(*compared, alpha)) == pytest.approx(of_two, abs=1e-6)


def test_each_end_is_the_kl_of_its_own_direction() -> None:
    """On two words, written out; the two directions differ."""
    student = torch.tensor([0.9, 0.1], dtype=torch.float64).log()
    teacher = torch.tensor([0.5, 0.5], dtype=torch.float64).log()
    forward = 0.5 * torch.log(torch.tensor(0.5 / 0.9)) + 0.5 * torch.log(torch.tensor(0.5 / 0.1))
    reverse = 0.9 * torch.log(torch.tensor(0.9 / 0.5)) + 0.1 * torch.log(torch.tensor(0.1 / 0.5))
    assert float(divergence(student, teacher, 0)) == pytest.approx(float(forward), abs=1e-6)
    assert float(divergence(student, teacher, 1)) == pytest.approx(float(reverse), abs=1e-6)
    assert abs(float(forward - reverse)) > 0.1


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", [0, 1])
def test_values_and_gradients_are_those_of_trl(alpha: float, seed: int) -> None:
    student, teacher = logits(seed)
    spreads = student.log_softmax(-1), teacher.log_softmax(-1)
    ours, theirs = divergence(*spreads, alpha), compute_divergence(*spreads, alpha)
    assert torch.allclose(ours, theirs, atol=1e-7)
    gradients = [
        torch.autograd.grad(one.sum(), student, retain_graph=True)[0] for one in (ours, theirs)
    ]
    assert gradients[0].abs().max() > 1e-3
    assert torch.allclose(gradients[0], gradients[1], atol=1e-9)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("count", [1, 4, 12])
def test_the_likeliest_words_and_the_rest_are_compared_as_trl_does(
    alpha: float, count: int
) -> None:
    student, teacher = logits(2)
    spreads = student.log_softmax(-1), teacher.log_softmax(-1)
    ours = divergence(*likeliest_words(*spreads, count), alpha)
    theirs = over_likeliest_words(
        student,
        teacher,
        distillation_topk=count,
        distillation_alpha=alpha,
        distillation_add_tail=True,
    )
    assert torch.allclose(ours, theirs, atol=1e-6)
    gradients = [
        torch.autograd.grad(one.sum(), student, retain_graph=True)[0] for one in (ours, theirs)
    ]
    assert torch.allclose(gradients[0], gradients[1], atol=1e-5)


def test_some_words_and_the_rest_are_a_distribution() -> None:
    rest = with_the_rest(STUDENT[:2])
    assert float(rest.exp().sum()) == pytest.approx(1)
    assert float(rest[-1].exp()) == pytest.approx(float(STUDENT[2:].exp().sum()))
    assert torch.isfinite(with_the_rest(STUDENT)).all()


@pytest.mark.parametrize("alpha", ALPHAS)
def test_who_agrees_has_nothing_to_learn(alpha: float) -> None:
    student = logits(3)[0]
    spread = student.log_softmax(-1)
    apart = divergence(spread, spread.detach(), alpha)
    (gradient,) = torch.autograd.grad(apart.sum(), student)
    assert apart.abs().max() < 1e-12 and gradient.abs().max() < 1e-12


def test_comparing_every_word_is_the_mean_over_words_that_were_sampled() -> None:
    """KL(student || teacher) has the gradient of -A log pi, averaged over each word there is."""
    student, teacher = logits(4)
    spread, others = student.log_softmax(-1), teacher.log_softmax(-1)
    (whole,) = torch.autograd.grad(divergence(spread, others, 1).sum(), student, retain_graph=True)
    advantage = (others - spread).detach()
    sampled = -(spread.detach().exp() * advantage * spread).sum()
    (mean,) = torch.autograd.grad(sampled, student)
    assert whole.abs().max() > 0.1
    assert torch.allclose(whole, mean, atol=1e-12)


def test_a_mixture_stays_finite_where_a_word_is_impossible() -> None:
    student = torch.tensor([0.0, -60.0]).log_softmax(-1)
    teacher = torch.tensor([-60.0, 0.0]).log_softmax(-1)
    assert float(divergence(student, teacher, 0.5)) == pytest.approx(0.693147, abs=1e-5)
    assert float(kl_divergence(student, teacher)) > 50
