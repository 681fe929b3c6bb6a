"""A language model that learns: its weights, what it started from, and its optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, NamedTuple

from engine.endings import diverged
from engine.language.adam import Adam
from engine.language.checkpoint import copy_policy
from engine.language.lean import LanguageModel, Model
from engine.lazy import torch
from engine.metrics import MetricName as M

GRADIENT_LIMIT = 0.5  # norm at which gradients are clipped


@dataclass(frozen=True)
class Learner(Generic[Model]):
    """What a run changes, and what it holds on to."""

    policy: Model
    reference: Model
    optimizer: Adam


class Lesson(NamedTuple):
    """What one update did, for those who watch."""

    metrics: dict[M, float]
    advantages: Sequence[float]  # one a reply
    # One a token of the batch, row after row, by the name of an algorithm's quantity. One of
    # `old_log_prob` and `log_prob` is always there.
    numbers: dict[str, torch.Tensor]
    totals: Mapping[str, torch.Tensor] = MappingProxyType({})  # the same, one a reply
    # Whether every reply earned the same, so that its advantages are nothing but a critic's errors.
    is_paid_alike: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether there was nothing to learn from."""
        return self.is_paid_alike or not any(self.advantages)

    @property
    def before(self) -> torch.Tensor:
        """Log-probabilities before the update: `old_log_prob`, or `log_prob` if it is one step."""
        return self.numbers.get("old_log_prob", self.numbers.get("log_prob", torch.empty(0)))


def new_learner(
    start: Model, learning_rate: float, others: Sequence[torch.Tensor] = ()
) -> Learner[Model]:
    """A learner whose reference is `start`, and whose policy is a copy of it.

    others: weights beside the policy's, such as those of a value head, that learn with it.
    All move at the pace of the model.
    """
    policy = copy_policy(start, trains=True)
    optimizer = Adam([*policy.parameters, *others], learning_rate * start.pace)
    return Learner(policy, start, optimizer)


def gradient_step(learner: Learner, loss: torch.Tensor) -> torch.Tensor:
    """One step down the gradient of a scalar loss; its norm before it was clipped: [].

    Raises RunEnded, and leaves the weights as they are, if the gradient is not finite.
    """
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(learner.optimizer.weights, GRADIENT_LIMIT)
    if torch.isfinite(norm):
        learner.optimizer.step()
    learner.optimizer.forget_gradients()
    if not torch.isfinite(norm):
        raise diverged()
    return norm


def set_learning_rate(learner: Learner[Any], learning_rate: float) -> None:
    """How far the next gradient steps go."""
    learner.optimizer.learning_rate = learning_rate


def require_finite(policy: LanguageModel) -> None:
    """Raises RunEnded unless every weight is a finite number."""
    if not all(bool(torch.isfinite(tensor.detach().sum())) for tensor in policy.parameters):
        raise diverged()


def mean_entropy(log_spread: torch.Tensor) -> torch.Tensor:
    """Mean entropy of next-token distributions, [tokens, vocabulary] log-probabilities -> []."""
    return -(log_spread.exp() * log_spread).sum() / len(log_spread)


def plain(numbers: dict[M, torch.Tensor]) -> dict[M, float]:
    """Scalars as floats, in one transfer."""
    return dict(zip(numbers, torch.stack(list(numbers.values())).tolist(), strict=True))
