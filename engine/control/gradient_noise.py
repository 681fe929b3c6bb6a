"""How much of a policy gradient is luck, from how much its independent parts differ.

The parts are episodes, or stretches that are lived through side by side. The gradient of an update
is their mean, and what they differ by tells how far it would have been another with other luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.choice import choice_score, times
from engine.control.actor_critic import ActorCritic, Passed
from engine.lazy import torch

MEMORY = 0.9  # what an update's variances count for one update later
MOST_HARM = 100.0  # where without a baseline next to nothing would vary


class Noise(NamedTuple):
    """How noisy a gradient is, in two ways."""

    variance: float  # of a part
    without: float  # of the same part, had its returns not been compared with anything
    share: float  # of the mean gradient's squared length that luck alone accounts for, at most 1


class Compared:
    """The variance of a run's gradients over what it would have been without a baseline.

    The ratio of two sums over the updates so far, in which an update counts for MEMORY of what the
    next one does. A ratio of its own for each update would say most where a policy is certain and
    hardly anything varies. An update whose parts do not differ at all compares nothing and does
    not count.
    """

    def __init__(self) -> None:
        """Nothing has been compared yet."""
        self._variance = self._without = 0.0

    def add(self, noise: Noise) -> float:
        """The ratio with this update, at most MOST_HARM; 1 before anything has varied."""
        if noise.variance:
            self._variance = MEMORY * self._variance + noise.variance
            self._without = MEMORY * self._without + noise.without
        if not self._variance:
            return 1.0
        if self._variance >= MOST_HARM * self._without:
            return MOST_HARM
        return self._variance / self._without


def gradient_variance(gradients: torch.Tensor) -> float:
    """The trace of the covariance of independent gradients: [parts, weights], at least two.

    Summed squared deviations from their mean over one less than their number, which is unbiased.
    """
    deviations = gradients - gradients.mean(0)
    return float(deviations.square().sum()) / (len(gradients) - 1)


def luck_share(gradients: torch.Tensor) -> float:
    """The variance of the mean of gradients in its squared length, at most 1; 0 if both are 0.

    The squared length is on average that of the true gradient and this variance together. It is the
    gradient noise scale over the batch, estimated without its correction. Source: McCandlish et al.
    2018, arXiv:1812.06162.
    """
    of_mean = gradient_variance(gradients) / len(gradients)
    length = float(gradients.mean(0).square().sum())
    return of_mean / max(of_mean, length) if of_mean else 0.0


def noise_metrics(
    networks: ActorCritic,
    passed: Passed,
    taken: torch.Tensor,
    advantages: torch.Tensor,
    returns: torch.Tensor,
    groups: Sequence[slice],
) -> Noise:
    """The noise of the policy gradient of `groups` of rows; none if there is only one.

    taken, advantages, returns: [rows]. The same rows without a baseline have their returns for
    advantages.
    """
    if len(groups) < 2:
        return Noise(0.0, 0.0, 0.0)
    score = choice_score(passed.logits, taken)
    found, plain = (
        networks.actor_gradients(passed, times(-weight, score), groups)
        for weight in (advantages, returns)
    )
    return Noise(gradient_variance(found), gradient_variance(plain), luck_share(found))
