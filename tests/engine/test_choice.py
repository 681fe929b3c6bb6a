"""A choice between a few, against torch's own distributions, its derivatives, and the coin."""

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from engine.choice import (
    choice_entropy,
    choice_entropy_slope,
    choice_kl,
    choice_kl_slope,
    choice_log_probs,
    choice_score,
    times,
)

ROWS, ACTIONS = 40, 5


def drawn(seed: int, *shape: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(*shape, generator=rng, dtype=torch.float64)


LOGITS, REFERENCE = drawn(0, ROWS, ACTIONS), drawn(1, ROWS, ACTIONS)
TAKEN = torch.arange(ROWS) % ACTIONS


def test_probabilities_entropy_and_kl_are_those_of_a_categorical() -> None:
    policy, reference = Categorical(logits=LOGITS), Categorical(logits=REFERENCE)
    assert torch.allclose(choice_log_probs(LOGITS, TAKEN), policy.log_prob(TAKEN))
    assert torch.allclose(choice_entropy(LOGITS), policy.entropy())
    assert torch.allclose(choice_kl(LOGITS, REFERENCE), kl_divergence(policy, reference))
    assert choice_kl(LOGITS, LOGITS).abs().max() == 0


def test_slopes_are_the_derivatives() -> None:
    logits = LOGITS.clone().requires_grad_()
    weights = drawn(2, ROWS)
    for value, slope in (
        (weights @ choice_log_probs(logits, TAKEN), times(weights, choice_score(LOGITS, TAKEN))),
        (0.3 * choice_entropy(logits).sum(), choice_entropy_slope(LOGITS, 0.3)),
        (choice_kl(REFERENCE, logits).sum(), choice_kl_slope(LOGITS, REFERENCE)),
    ):
        (wanted,) = torch.autograd.grad(value, logits)
        assert torch.allclose(slope, wanted, atol=1e-12)


def test_the_mean_score_is_nothing() -> None:
    """On average over what a policy does itself."""
    each = [choice_score(LOGITS, torch.full((ROWS,), action)) for action in range(ACTIONS)]
    shares = LOGITS.softmax(1)
    mean = sum(shares[:, action, None] * score for action, score in enumerate(each))
    assert isinstance(mean, torch.Tensor) and mean.abs().max() < 1e-15


def test_of_two_actions_it_is_the_coin() -> None:
    logits, reference = LOGITS[:, :2], REFERENCE[:, :2]
    odds, reference_odds = logits[:, 1] - logits[:, 0], reference[:, 1] - reference[:, 0]
    taken = TAKEN % 2
    side = 2.0 * taken - 1
    for softmax, coin in (
        (choice_log_probs(logits, taken), choice_log_probs(odds, side)),
        (choice_entropy(logits), choice_entropy(odds)),
        (choice_kl(logits, reference), choice_kl(odds, reference_odds)),
        (choice_score(logits, taken)[:, 1], choice_score(odds, side)),
        (choice_entropy_slope(logits, 0.7)[:, 1], choice_entropy_slope(odds, 0.7)),
        (choice_kl_slope(logits, reference)[:, 1], choice_kl_slope(odds, reference_odds)),
        (times(odds, choice_score(logits, taken))[:, 1], times(odds, choice_score(odds, side))),
    ):
        assert torch.allclose(softmax, coin, atol=1e-12)


def test_hopeless_logits_stay_finite() -> None:
    far = torch.tensor([[1000.0, 0.0, -1000.0]])
    assert choice_entropy(far).tolist() == [0]
    assert choice_entropy_slope(far).tolist() == [[0, 0, 0]]
    assert choice_kl(far, far.flip(1)).tolist() == pytest.approx([2000])
