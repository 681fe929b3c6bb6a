"""REINFORCE. Source: Williams 1992, Machine Learning 8, 229-256.

(1) G    = r + gamma G'       G' = 0 behind the end of an episode, and where it is cut off
(2) b    = 0                                         baseline none
    b    = mean of G over the steps of the update    baseline mean
    b    = mean of the other episodes' G at the      baseline leave_one_out
           same step, 0 where they have ended
    b    = V(s)                                      baseline critic
(3) A    = G - b
(4) l    = -log pi(a) A - entropy_coef H(pi)
(5) loss = sum of l over the steps / episodes
(6) v    = mean of (V(s) - G)^2                      brought down after (5), in steps of its own

An update learns from whole episodes, one in every place, so that none is left out for being long.
What is climbed is what an episode pays: one that is over pays no more, and nothing is guessed of
what a longer one would have brought. With a discount, later steps weigh as much as earlier ones,
as is usual. All baselines but `mean` leave the gradient's expectation as it is. A mean that a
return is part of itself is biased: with episodes of one step by 1 / episodes of the gradient, which
it takes off; with longer ones some coordinates may even grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.advantages import explained_variance
from engine.choice import (
    choice_entropy,
    choice_entropy_slope,
    choice_kl,
    choice_log_probs,
    choice_score,
    times,
)
from engine.control.gradient_noise import Compared, noise_metrics
from engine.control.learner import Learner, gradient_step, new_learner
from engine.control.practice import DrivingConfig, Practice
from engine.control.quantities import SEEN
from engine.control.rollouts import Rollout
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import of_step
from engine.spec import Algorithm, Step


class ReinforceConfig(DrivingConfig):
    """One run of REINFORCE."""

    algorithm: Literal["reinforce"] = "reinforce"
    carts: int = Field(
        8,
        ge=2,
        le=16,
        title="Episodes in an update",
        description="How many whole episodes are lived through before the policy is changed.",
    )
    learning_rate: float = Field(
        0.01,
        ge=1e-5,
        le=1,
        title="Learning rate",
        description="How far one gradient step goes, at the first update.",
    )
    gamma: float = Field(
        0.99,
        ge=0,
        le=1,
        title="Patience",
        description="Discount: what a reward one step later is worth today.",
    )
    gradient_limit: float = Field(
        1000.0,
        ge=0.01,
        le=1000,
        title="Gradient limit",
        description="A longer gradient is shortened to this length; Adam makes little of it.",
    )
    baseline: Literal["none", "mean", "leave_one_out", "critic"] = Field(
        "leave_one_out",
        title="Baseline",
        description="What a return is compared with: none: nothing; mean: all returns of the "
        "update; leave_one_out: what the other episodes earned from the same step on; critic: a "
        "learnt guess at the state.",
    )
    critic_steps: int = Field(
        5,
        ge=1,
        le=20,
        title="Steps of the critic",
        description="Gradient steps that the critic makes in an update; only baseline critic has "
        "one.",
    )


class Episodes(NamedTuple):
    """Whole episodes, one step behind the other: [steps] each, but for their lengths."""

    observations: torch.Tensor  # [steps, inputs]
    taken: torch.Tensor  # 1 right, -1 left; the action's number where there are more than two
    returns: torch.Tensor  # G
    baselines: torch.Tensor  # b
    lengths: np.ndarray  # [episodes]

    @property
    def advantages(self) -> torch.Tensor:
        """How much more came than the baseline says: [steps], in reward."""
        return self.returns - self.baselines  # (3)


def returns_of(rewards: np.ndarray, lengths: np.ndarray, gamma: float) -> np.ndarray:
    """What is still to come, the step's own reward included: [time, episodes].

    rewards: [steps], episode after episode of `lengths`. Behind its end an episode has 0.
    """
    paid = np.zeros((lengths.max(), len(lengths)))
    paid.T[_is_on(lengths)] = rewards
    returns = np.empty_like(paid)
    following = np.zeros(len(lengths))
    for time in reversed(range(len(paid))):
        following = paid[time] + gamma * following  # (1)
        returns[time] = following
    return returns


def baselines_of(
    returns: np.ndarray, lengths: np.ndarray, baseline: str, values: np.ndarray
) -> np.ndarray:
    """What each step's return is compared with: [steps], episode after episode.

    returns: [time, episodes], at least two. values: [steps], of the critic; only `critic` reads it.
    """
    if baseline == "critic":
        return values  # (2)
    if baseline == "leave_one_out":
        others = (returns.sum(axis=1, keepdims=True) - returns) / (len(lengths) - 1)  # (2)
        is_equal = np.ptp(returns, axis=1, keepdims=True) == 0
        others = np.where(is_equal, returns, others)  # no rounding, which Adam would make steps of
        return others.T[_is_on(lengths)]
    mean = returns.sum() / lengths.sum() if baseline == "mean" else 0.0  # (2)
    return np.full(lengths.sum(), mean)


def _is_on(lengths: np.ndarray) -> np.ndarray:
    """Whether an episode is still on: [episodes, time]."""
    return np.arange(lengths.max()) < lengths[:, None]


def episodes_of(
    rollout: Rollout, rewards: np.ndarray, critic: Learner, config: ReinforceConfig
) -> Episodes:
    """What the episodes of a rollout have to teach; rollout, rewards: [steps, 1]."""
    lengths = np.diff(np.flatnonzero(rollout.is_last), prepend=-1)
    observations = torch.from_numpy(rollout.seen_before).view(rewards.size, -1)
    values = (
        critic.networks.forward(observations).values.numpy()
        if config.baseline == "critic"
        else np.empty(0)
    )
    returns = returns_of(rewards[:, 0], lengths, config.gamma)
    baselines = baselines_of(returns, lengths, config.baseline, values)
    taken = torch.from_numpy(rollout.taken).view(-1)
    columns = returns.T[_is_on(lengths)], baselines
    came, against = (torch.from_numpy(column.astype(np.float32)) for column in columns)
    return Episodes(observations, taken, came, against, lengths)


def step_losses(
    logits: torch.Tensor, taken: torch.Tensor, advantages: torch.Tensor, entropy_coef: float
) -> dict[str, torch.Tensor]:
    """The loss of each step, `step_loss`, and what it is made of: [steps] each."""
    log_probs, entropy = choice_log_probs(logits, taken), choice_entropy(logits)
    loss = -log_probs * advantages - entropy_coef * entropy  # (4)
    return {"log_prob": log_probs, "entropy": entropy, "step_loss": loss}


def loss_gradient(
    logits: torch.Tensor, taken: torch.Tensor, advantages: torch.Tensor, entropy_coef: float
) -> torch.Tensor:
    """The gradient of the summed step losses by the logits, written out."""
    by_logits = times(-advantages, choice_score(logits, taken))
    if entropy_coef:
        by_logits -= entropy_coef * choice_entropy_slope(logits)
    return by_logits


class Lesson(NamedTuple):
    """What one update did, for those who watch."""

    metrics: dict[M, float]
    numbers: dict[str, torch.Tensor]  # one a step, by the name of a quantity


def learn(
    learner: Learner,
    critic: Learner,
    episodes: Episodes,
    config: ReinforceConfig,
    rate: float,
    compared: Compared,
) -> Lesson:
    """One gradient step of the policy, and those of the critic; changes both in place.

    rate: the learning rate. compared: the variances of the updates before, and then of this one.
    Raises RunEnded, and leaves the weights as they are, if a gradient is not finite.
    """
    passed = learner.networks.forward(episodes.observations)
    nothing = torch.zeros_like(passed.values)
    policy = passed.logits, episodes.taken
    by_logits = loss_gradient(*policy, episodes.advantages, config.entropy_coef)
    ends = np.cumsum(episodes.lengths)
    groups = [slice(end - length, end) for end, length in zip(ends, episodes.lengths, strict=True)]
    noise = noise_metrics(
        learner.networks, passed, episodes.taken, episodes.advantages, episodes.returns, groups
    )
    count = len(episodes.lengths)
    norm = gradient_step(
        learner, passed, by_logits / count, nothing, rate, config.gradient_limit
    )  # (5)
    if config.baseline == "critic":
        teach_critic(critic, episodes, config, rate)
    moved = learner.networks.forward(episodes.observations).logits
    missed = episodes.advantages
    metrics = {
        M.GRADIENT_VARIANCE: compared.add(noise),
        M.GRADIENT_NOISE: noise.share,
        M.EXPLAINED_VARIANCE: explained_variance(missed, episodes.returns),
        M.VALUE_LOSS: float(missed.square().mean()),
        M.STEP_KL: float(choice_kl(passed.logits, moved).mean()),
        M.ENTROPY: float(choice_entropy(passed.logits).mean()),
        M.GRAD_NORM: norm,
    }
    numbers = {
        "return": episodes.returns,
        "value": episodes.baselines,
        "advantage": episodes.advantages,
        **step_losses(*policy, episodes.advantages, config.entropy_coef),
        "weight": torch.full_like(episodes.returns, 1 / count),
    }
    return Lesson(metrics, numbers)


def teach_critic(critic: Learner, episodes: Episodes, config: ReinforceConfig, rate: float) -> None:
    """Bring the critic nearer to the returns that came; the policy beside it is not touched."""
    for _ in range(config.critic_steps):
        passed = critic.networks.forward(episodes.observations)
        nothing = torch.zeros_like(passed.logits)
        by_values = 2 * (passed.values - episodes.returns) / len(passed.values)  # (6)
        gradient_step(critic, passed, nothing, by_values, rate, config.gradient_limit)


def run(config: ReinforceConfig) -> Iterator[Step]:
    """Train, one event an update."""
    practice = Practice(config, columns=1, has_critic=config.baseline == "critic")
    yield practice.begin()
    learner, critic = (new_learner(config.seed, sizes=practice.sizes) for _ in range(2))
    compared = Compared()
    for update in range(1, config.updates + 1):
        rollout, rewards = practice.roll_episodes(learner.networks)
        episodes = episodes_of(rollout, rewards, critic, config)
        rate = config.learning_rate_at(update)
        lesson = learn(learner, critic, episodes, config, rate, compared)
        seen = practice.seen(episodes.observations, episodes.taken)
        numbers = {"reward": torch.from_numpy(rewards[:, 0])} | seen | lesson.numbers
        yield practice.completed(update, lesson.metrics, numbers)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="reinforce",
    title="REINFORCE",
    config=ReinforceConfig,
    run=run,
    metrics=(
        *(M.GRADIENT_VARIANCE, M.GRADIENT_NOISE, M.ENTROPY, M.EXPLAINED_VARIANCE, M.VALUE_LOSS),
        *(M.STEP_KL, M.GRAD_NORM),
    ),
    source="Williams 1992, Machine Learning 8, 229-256",
    quantities=(
        *SEEN,
        of_step(
            "return",
            "Return",
            "G",
            "What came from this step to the end of the episode, in reward.",
            r"r + \gamma G^\prime",
            "(1)",
        ),
        of_step(
            "value", "Baseline", "b", "What the return is compared with, in reward.", "", "(2)"
        ),
        of_step("advantage", "Advantage", "A", "How much more came than that.", "G - b", "(3)"),
        of_step("log_prob", "Log-probability", r"\log \pi", "Of this action, in nats."),
        of_step("entropy", "Entropy", "H", "Of the policy at this step, in nats."),
        of_step(
            "step_loss",
            "Loss of the step",
            r"\ell",
            "What the update brings down.",
            r"-A \log \pi - c_e H",
            "(4)",
        ),
        of_step(
            "weight",
            "Weight in the loss",
            "w",
            "One over the episodes of the update: the loss adds up steps and not their mean.",
        ),
    ),
)
