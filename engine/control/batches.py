"""What a drive has to teach: log-probabilities, values, advantages and returns of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.advantages import gae
from engine.coin import coin_log_probs
from engine.control.actor_critic import ActorCritic
from engine.control.carts import Drive
from engine.lazy import torch


class Batch(NamedTuple):
    """The steps of an update, time after time, or some of them: [steps] each.

    Policy and critic are as they were when the steps were taken.
    """

    observations: torch.Tensor  # [steps, 4]
    pushes: torch.Tensor  # 1 right, -1 left
    old_log_odds: torch.Tensor  # of right
    old_log_probs: torch.Tensor  # of the push that was made, in nats
    old_values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor

    def rows(self, chosen: torch.Tensor) -> Batch:
        """Some of the steps, by their numbers."""
        return Batch(*(column[chosen] for column in self))

    def split(self, size: int) -> list[Batch]:
        """The steps in order, cut into minibatches; the last one may be smaller."""
        return [
            Batch(*parts) for parts in zip(*(column.split(size) for column in self), strict=True)
        ]


def batch_of(
    drive: Drive, rewards: np.ndarray, networks: ActorCritic, gamma: float, lam: float
) -> Batch:
    """The batch of a drive by these networks; rewards: [time, carts].

    A fall ends an episode, and nothing is worth anything behind it. A shift that is cut off by the
    step limit has not ended: the critic says what would still have come.
    """
    before, after, onward = (
        observed(states) for states in (drive.steps.before, drive.steps.after, drive.onward)
    )
    passed = networks.forward(before.view(-1, 4))
    values = passed.values.view(rewards.shape)
    next_values = torch.cat((values[1:], networks.forward(onward).values[None]))
    is_cut = torch.from_numpy(drive.is_cut)
    next_values[is_cut] = networks.forward(after[is_cut]).values
    next_values[torch.from_numpy(drive.steps.ends)] = 0.0
    continues = _single(~drive.is_last)
    advantages = gae(_single(rewards), next_values, values, continues, gamma, lam)
    pushes = _single(drive.steps.push).view(-1)
    return Batch(
        observations=before.view(-1, 4),
        pushes=pushes,
        old_log_odds=passed.log_odds,
        old_log_probs=coin_log_probs(passed.log_odds, pushes),
        old_values=passed.values,
        advantages=advantages.view(-1),
        returns=(advantages + values).view(-1),
    )


def joined_batch(batches: Sequence[Batch]) -> Batch:
    """Batches, one behind the other, as one."""
    return Batch(*(torch.cat(columns) for columns in zip(*batches, strict=True)))


def _single(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


def observed(states: np.ndarray) -> torch.Tensor:
    """States [4, ...] as the networks see them: [..., 4]."""
    return _single(np.ascontiguousarray(np.moveaxis(states, 0, -1)))
