"""What needs no sampling where every outcome can be counted: means, drift, and the best policy.

(1) J(pi)  = E_pi[r] - beta KL(pi || reference)              what a leashed optimiser pursues
(2) pi*    = reference exp(r / beta) / Z                     the best policy under the leash
(3) J(pi*) - J(pi) = beta KL(pi || pi*)                      what is left to gain

Source: Korbak et al. 2022, arXiv:2205.11275, for (2) and (3). Without a leash, at beta = 0, the
best policy is the reference among the best paid outcomes alone. All tensors here are [outcomes];
chances are log-probabilities, in nats.
"""

from __future__ import annotations

from engine.lazy import torch


def mean_of(values: torch.Tensor, log_chances: torch.Tensor) -> float:
    """The expected value of an outcome."""
    return float((log_chances.exp() * values).sum())


def exact_kl(log_chances: torch.Tensor, log_reference: torch.Tensor) -> float:
    """KL(policy || reference), in nats; infinite if the reference rules out what may happen."""
    chances = log_chances.exp()
    gaps = torch.where(chances > 0, log_chances - log_reference, 0.0)
    return float((chances * gaps).sum())


def best_policy(log_reference: torch.Tensor, rewards: torch.Tensor, beta: float) -> torch.Tensor:
    """The log-chances of the best policy under a leash of `beta`, reward units a nat."""
    return _tilted(log_reference, rewards, beta).log_softmax(0)  # (2)


def left_to_gain(
    log_chances: torch.Tensor, log_reference: torch.Tensor, rewards: torch.Tensor, beta: float
) -> float:
    """How far a policy's reward less its toll lies below the most there is, in reward units."""
    most = rewards.max() + beta * _tilted(log_reference, rewards, beta).logsumexp(0)
    own = mean_of(rewards, log_chances) - beta * exact_kl(log_chances, log_reference)  # (1)
    return float(most) - own  # (3)


def _tilted(log_reference: torch.Tensor, rewards: torch.Tensor, beta: float) -> torch.Tensor:
    """The logits of (2), measured from the best reward, so that a beta of 0 is no exception."""
    gaps = rewards - rewards.max()
    return log_reference + torch.where(gaps < 0, gaps / beta, 0.0)
