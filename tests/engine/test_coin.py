"""A choice between two, against torch's own categorical distribution."""

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from engine.coin import coin_entropy, coin_kl, coin_log_probs

LOG_ODDS = torch.tensor([-3.0, -0.2, 0.0, 1.0, 4.0], dtype=torch.float64)


def choice(log_odds: torch.Tensor) -> Categorical:
    return Categorical(logits=torch.stack((torch.zeros_like(log_odds), log_odds), -1))


def test_log_probabilities_of_both_actions() -> None:
    taken = coin_log_probs(LOG_ODDS, torch.ones(5))
    other = coin_log_probs(LOG_ODDS, -torch.ones(5))
    assert torch.allclose(taken, choice(LOG_ODDS).log_prob(torch.ones(5)))
    assert torch.allclose(other, choice(LOG_ODDS).log_prob(torch.zeros(5)))


def test_entropy_and_kl_are_exact() -> None:
    reference = LOG_ODDS.flip(0) + 0.3
    assert torch.allclose(coin_entropy(LOG_ODDS), choice(LOG_ODDS).entropy())
    exact = kl_divergence(choice(LOG_ODDS), choice(reference))
    assert torch.allclose(coin_kl(LOG_ODDS, reference), exact)
    assert coin_kl(LOG_ODDS, LOG_ODDS).abs().max() == 0


def test_hopeless_odds_stay_finite() -> None:
    far = torch.tensor([1000.0, -1000.0])
    assert coin_entropy(far).tolist() == [0, 0]
    assert coin_kl(far, -far).tolist() == pytest.approx([1000, 1000])
