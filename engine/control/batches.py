"""What a rollout has to teach: log-probabilities, values, advantages and returns of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.advantages import gae
from engine.choice import choice_log_probs
from engine.control.actor_critic import ActorCritic
from engine.control.rollouts import Rollout
from engine.lazy import torch


class Batch(NamedTuple):
    """The steps of an update, time after time, or some of them: [steps] each.

    Policy and critic are as they were when the steps were taken.
    """

    observations: torch.Tensor  # [steps, inputs]
    taken: torch.Tensor  # 1 right, -1 left; the action's number where there are more than two
    old_logits: torch.Tensor  # of right; [steps, actions] where there are more than two
    old_log_probs: torch.Tensor  # of what was taken, in nats
    old_values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor

    def rows(self, chosen: torch.Tensor) -> Batch:
        """Some of the steps, by their numbers."""
        return Batch(*(column.index_select(0, chosen) for column in self))

    def split(self, size: int) -> list[Batch]:
        """The steps in order, cut into minibatches; the last one may be smaller."""
        return [
            Batch(*parts) for parts in zip(*(column.split(size) for column in self), strict=True)
        ]


def batch_of(
    rollout: Rollout, rewards: np.ndarray, networks: ActorCritic, gamma: float, lam: float
) -> Batch:
    """The batch of a rollout by these networks; rewards: [time, count].

    Nothing is worth anything behind the end of an episode. One that is cut off by its step limit
    has not ended: the critic says what would still have come.
    """
    before, after, onward = (
        torch.from_numpy(seen)
        for seen in (rollout.seen_before, rollout.seen_after, rollout.seen_onward)
    )
    observations = before.view(rewards.size, -1)
    passed = networks.forward(observations)
    values = passed.values.view(rewards.shape)
    next_values = torch.cat((values[1:], networks.forward(onward).values[None]))
    is_cut = torch.from_numpy(rollout.is_cut)
    next_values[is_cut] = networks.forward(after[is_cut]).values
    next_values[torch.from_numpy(rollout.ends)] = 0.0
    continues = _single(~rollout.is_last)
    advantages = gae(_single(rewards), next_values, values, continues, gamma, lam)
    taken = torch.from_numpy(rollout.taken).view(-1)
    return Batch(
        observations=observations,
        taken=taken,
        old_logits=passed.logits,
        old_log_probs=choice_log_probs(passed.logits, taken),
        old_values=passed.values,
        advantages=advantages.view(-1),
        returns=(advantages + values).view(-1),
    )


def joined_batch(batches: Sequence[Batch]) -> Batch:
    """Batches, one behind the other, as one."""
    return Batch(*(torch.cat(columns) for columns in zip(*batches, strict=True)))


def _single(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
