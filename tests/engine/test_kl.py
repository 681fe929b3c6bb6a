"""Estimators of KL(policy || reference): golden values, means and gradients over exact sums."""

from collections.abc import Callable

import pytest
import torch

from engine.kl import kl_k1, kl_k2, kl_k3
from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.letters.alphabet import START, every_message
from engine.letters.table import Table

Estimator = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@pytest.mark.parametrize(
    ("log_prob", "ref_log_prob", "expected"),
    [(-1.0, -1.5, (0.5, 0.125, 0.106531)), (-1.5, -1.0, (-0.5, 0.125, 0.148721))],
)
def test_golden_values(
    log_prob: float, ref_log_prob: float, expected: tuple[float, float, float]
) -> None:
    pair = torch.tensor(log_prob), torch.tensor(ref_log_prob)
    found = [estimator(*pair).item() for estimator in (kl_k1, kl_k2, kl_k3)]
    assert found == pytest.approx(expected, abs=1e-6)


def distributions() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of a policy and a reference over 64 words, float64."""
    rng = torch.Generator().manual_seed(0)
    logits, ref_logits = torch.randn(2, 64, generator=rng, dtype=torch.float64)
    return logits.requires_grad_(), ref_logits.log_softmax(-1)


def exact_kl(log_p: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    return (log_p.exp() * (log_p - log_q)).sum()


def gradient(value: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(value, logits, retain_graph=True)[0]


def test_k1_and_k3_have_the_right_mean_and_k2_does_not() -> None:
    logits, reference = distributions()
    log_p = logits.log_softmax(-1).detach()
    kl = exact_kl(log_p, reference)
    means = [(log_p.exp() * k(log_p, reference)).sum() for k in (kl_k1, kl_k2, kl_k3)]
    assert means[0].item() == pytest.approx(kl.item(), abs=1e-14)
    assert means[2].item() == pytest.approx(kl.item(), abs=1e-14)
    assert abs(means[1].item() - kl.item()) > 0.01


def test_gradients_as_a_loss_on_the_policys_own_samples() -> None:
    """k1: zero. k2: of KL(policy || reference). k3: of KL(reference || policy)."""
    logits, reference = distributions()
    log_p = logits.log_softmax(-1)
    sampled = log_p.detach().exp()  # the weights of sampling, through which no gradient flows
    reverse = gradient(exact_kl(log_p, reference), logits)
    forward = gradient(exact_kl(reference, log_p), logits)
    found = [gradient((sampled * k(log_p, reference)).sum(), logits) for k in (kl_k1, kl_k2, kl_k3)]
    for estimate, exact in zip(found, (torch.zeros(64), reverse, forward), strict=True):
        assert (estimate - exact).abs().max() < 1e-15
    assert (reverse - forward).abs().max() > 0.01


def test_importance_weighted_k3_has_the_gradient_of_the_reverse_kl() -> None:
    logits, reference = distributions()
    log_p = logits.log_softmax(-1)
    ratio = (log_p - log_p.detach()).exp()
    weighted = (log_p.detach().exp() * ratio * kl_k3(log_p, reference)).sum()
    reverse = gradient(exact_kl(log_p, reference), logits)
    assert (gradient(weighted, logits) - reverse).abs().max() < 1e-15


def language() -> tuple[Table, Table]:
    """Two policies over messages of three letters out of four, float64."""
    rng = torch.Generator().manual_seed(1)
    head, ref_head = torch.randn(2, 4, 1 + 4 + 16, generator=rng, dtype=torch.float64)
    return Table(head.requires_grad_()), Table(ref_head)


def over_all_messages(policy: Table, reference: Table, estimator: Estimator) -> torch.Tensor:
    """What a loss makes of an estimator, summed over the letters of a message, at sampling odds."""
    letters, _ = every_message(4, 3)
    layout = lay_out([[START]], letters.tolist(), len(letters))
    of_letters = estimator(log_probs(policy, layout), log_probs(reference, layout)).view(-1, 3)
    return (policy.log_chances().detach().exp() * of_letters.sum(1)).sum()


def next_letter_kl(policy: Table, reference: Table, is_forward: bool) -> torch.Tensor:
    """KL after each beginning, as often as the policy gets there; no gradient through how often."""
    _, before = every_message(4, 3)
    chances = policy.log_chances().detach().exp()
    visits = torch.zeros(21, dtype=torch.float64)
    for place in range(3):
        visits = visits.index_add(0, before[:, place], chances)
    log_p, log_q = policy.head.log_softmax(0), reference.head.log_softmax(0)
    if is_forward:
        log_p, log_q = log_q, log_p
    return (visits * (log_p.exp() * (log_p - log_q)).sum(0)).sum()


def test_token_estimates_of_a_language_sum_to_the_kl_of_its_messages() -> None:
    policy, reference = language()
    kl = exact_kl(policy.log_chances(), reference.log_chances())
    for estimator, is_unbiased in ((kl_k1, True), (kl_k2, False), (kl_k3, True)):
        gap = over_all_messages(policy, reference, estimator) - kl
        assert (abs(gap.item()) < 1e-12) is is_unbiased


def test_token_gradients_in_a_language_point_as_they_do_in_one_step() -> None:
    """k1: nowhere. k2: to KL(policy || reference), k3: to KL(reference || policy), of next letters.

    Neither is the gradient of the KL of whole messages, which also counts where a letter leads.
    """
    policy, reference = language()
    head = policy.head
    found = [
        gradient(over_all_messages(policy, reference, estimator), head)
        for estimator in (kl_k1, kl_k2, kl_k3)
    ]
    reverse = gradient(next_letter_kl(policy, reference, is_forward=False), head)
    forward = gradient(next_letter_kl(policy, reference, is_forward=True), head)
    for estimate, exact in zip(found, (torch.zeros(4, 21), reverse, forward), strict=True):
        assert (estimate - exact).abs().max() < 1e-14
    whole = gradient(exact_kl(policy.log_chances(), reference.log_chances()), head)
    assert (reverse - forward).abs().max() > 0.01
    assert (reverse - whole).abs().max() > 0.01


def test_a_toll_on_the_reward_has_the_gradient_of_the_kl_of_messages() -> None:
    policy, reference = language()
    log_chances = policy.log_chances()
    toll = kl_k1(log_chances, reference.log_chances()).detach()
    as_reward = (log_chances.detach().exp() * toll * log_chances).sum()
    whole = gradient(exact_kl(log_chances, reference.log_chances()), policy.head)
    assert (gradient(as_reward, policy.head) - whole).abs().max() < 1e-14
