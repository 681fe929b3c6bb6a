"""Estimators of KL(policy || reference): golden values, means and gradients over exact sums."""

import pytest
import torch

from engine.kl import kl_k1, kl_k2, kl_k3


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
