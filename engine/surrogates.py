"""Losses of a step away from the policy that sampled: pure functions, one value an element."""

from __future__ import annotations

from engine.lazy import torch


def clipped_surrogate(
    ratio: torch.Tensor, advantages: torch.Tensor, low: float, high: float
) -> torch.Tensor:
    """PPO's clipped objective as a loss; no gradient once the ratio is beyond what pays.

    ratio: pi / pi_old, which has gradients; advantages; both of one shape, which is returned.
    Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7, with low = 1 - c and high = 1 + c.
    """
    return -torch.minimum(ratio * advantages, ratio.clamp(low, high) * advantages)


def is_held_back(
    ratio: torch.Tensor, advantages: torch.Tensor, low: float, high: float
) -> torch.Tensor:
    """Whether that clip leaves an element without a gradient; of the same shape."""
    is_far_below = (ratio < low) & (advantages < 0)
    is_far_above = (ratio > high) & (advantages > 0)
    return is_far_below | is_far_above


def clipped_value_loss(
    values: torch.Tensor, old_values: torch.Tensor, returns: torch.Tensor, clip_range: float | None
) -> torch.Tensor:
    """The critic's squared error, in squared reward units; all of one shape, which is returned.

    With a clip_range it is the larger of two: that of the estimate, and that of the estimate kept
    within clip_range of the old one, so that a step beyond the range earns nothing.
    Source: the value loss of OpenAI Baselines' PPO, without its factor of a half.
    """
    error = (values - returns).square()
    if clip_range is None:
        return error
    kept = old_values + (values - old_values).clamp(-clip_range, clip_range)
    return torch.maximum(error, (kept - returns).square())
