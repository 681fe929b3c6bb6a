"""A policy of words and its critic: one more number read off the states that predict the words."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.language.layout import Layout
from engine.language.learner import Learner, new_learner
from engine.lazy import F, torch

# The head of the critic begins at zero and has further to go than layers that have learnt before:
# what it says counts this many times, for a model of pace 1.
VALUE_PACE = 20.0


class ActorCritic(NamedTuple):
    """A policy that learns, and the head by which its states foretell a reply's reward."""

    learner: Learner[Any]
    value_head: torch.Tensor  # [1, state]

    def passed(self, layout: Layout) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities of what may come, [tokens, vocabulary], and the values before it."""
        policy = self.learner.policy
        states = policy.predicting_states(layout)
        values = F.linear(states, self.value_head)[:, 0] * (VALUE_PACE / policy.pace)
        return F.log_softmax(F.linear(states, policy.head), -1), values


def new_actor_critic(start: Any, learning_rate: float) -> ActorCritic:
    """A copy of `start` that learns, and a critic that expects nothing."""
    value_head = start.head.new_zeros(1, start.head.shape[1]).requires_grad_()
    return ActorCritic(new_learner(start, learning_rate, [value_head]), value_head)
