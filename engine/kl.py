"""Estimators of KL(policy || reference) from tokens that the policy sampled.

All three take log-probabilities of the same tokens, in nats, of any one shape, and return that
shape. Their gradients differ from their values: as a loss k1 has mean gradient zero, k2 has that of
KL(policy || reference), and k3 has that of KL(reference || policy).
Source: Schulman 2020, "Approximating KL Divergence"; the gradients are our own algebra, and tested.
"""

from __future__ import annotations

from engine.lazy import torch


def kl_k1(log_probs: torch.Tensor, ref_log_probs: torch.Tensor) -> torch.Tensor:
    """The plain log ratio: unbiased, may be negative. Use it inside a reward, never as a loss."""
    return log_probs - ref_log_probs


def kl_k2(log_probs: torch.Tensor, ref_log_probs: torch.Tensor) -> torch.Tensor:
    """Half the squared log ratio: biased, never negative."""
    return (log_probs - ref_log_probs).square() / 2


def kl_k3(log_probs: torch.Tensor, ref_log_probs: torch.Tensor) -> torch.Tensor:
    """exp(d) - d - 1 with d = log reference - log policy: unbiased, never negative."""
    gap = ref_log_probs - log_probs
    return gap.exp() - gap - 1
