"""Advantage actor-critic. Source: Mnih et al. 2016, arXiv:1602.01783; all episodes in one step.

(1) delta = r + gamma V(s') - V(s)             V(s') = 0 behind the end of an episode
(2) A     = delta + gamma lam A'               A' = 0 behind the end of an episode or of the n steps
(3) R     = A + V(s)                           the n-step return, if lam is 1
(4) l     = -log pi(a) A
(5) v     = (V(s) - R)^2
(6) loss  = mean of l + value_coef v - entropy_coef H(pi)    over n steps of every episode

Every n steps the policy and the critic make one gradient step, with what they have just been
through, and go on. An update is as many of these as fit, so that it can be watched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from engine.advantages import explained_variance
from engine.choice import (
    choice_entropy,
    choice_entropy_slope,
    choice_kl,
    choice_score,
    times,
)
from engine.control.batches import Batch, batch_of, joined_batch
from engine.control.gradient_noise import Compared, Noise, noise_metrics
from engine.control.learner import Learner, gradient_step, new_learner
from engine.control.practice import Practice, RolloutConfig
from engine.control.quantities import COLLECTED, collected
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import of_step
from engine.spec import Algorithm, Step


class A2CConfig(RolloutConfig):
    """One run of advantage actor-critic."""

    algorithm: Literal["a2c"] = "a2c"
    steps_per_update: int = Field(
        128,
        ge=16,
        le=512,
        title="Steps in an update",
        description="How many steps every episode takes from one measurement to the next; the "
        "policy is changed on the way.",
    )
    n_steps: int = Field(
        5,
        ge=1,
        le=512,
        title="Steps in a gradient step",
        description="How many steps every episode takes before the policy is changed; the critic "
        "says what is to come after them.",
    )
    learning_rate: float = Field(
        0.0007,
        ge=1e-5,
        le=1,
        title="Learning rate",
        description="How far one gradient step goes, at the first update.",
    )
    gae_lambda: float = Field(
        1.0,
        ge=0,
        le=1,
        title="Trust in what came",
        description="0: an advantage looks one step ahead and asks the critic; 1: it adds up the n "
        "steps that really came.",
    )
    optimizer: Literal["rmsprop", "adam"] = Field(
        "rmsprop",
        title="Optimizer",
        description="How a gradient becomes a step; both measure it by its usual size.",
    )


def step_losses(batch: Batch, config: A2CConfig) -> dict[str, torch.Tensor]:
    """The loss of each step, `step_loss`, and what it is made of: [steps] each."""
    log_probs, entropy = batch.old_log_probs, choice_entropy(batch.old_logits)
    policy_loss = -log_probs * batch.advantages  # (4)
    error = (batch.old_values - batch.returns).square()  # (5)
    loss = policy_loss + config.value_coef * error - config.entropy_coef * entropy  # (6)
    return {
        "policy_loss": policy_loss,
        "value_error": error,
        "entropy": entropy,
        "step_loss": loss,
    }


def loss_gradients(batch: Batch, config: A2CConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient of (6) by logits and by values, written out.

    Advantages and returns are taken as they are: no gradient flows through what the critic said.
    """
    by_logits = times(-batch.advantages, choice_score(batch.old_logits, batch.taken))
    if config.entropy_coef:
        by_logits -= config.entropy_coef * choice_entropy_slope(batch.old_logits)
    by_values = 2 * config.value_coef * (batch.old_values - batch.returns)
    return by_logits / len(by_logits), by_values / len(by_values)


def learn(learner: Learner, batch: Batch, config: A2CConfig, rate: float) -> float:
    """One gradient step with a batch of the present policy; the gradient's length.

    Changes the networks in place. rate: the learning rate. Raises RunEnded, and leaves the weights
    as they are, if the gradient is not finite.
    """
    passed = learner.networks.forward(batch.observations)
    gradients = loss_gradients(batch, config)
    return gradient_step(learner, passed, *gradients, rate, config.gradient_limit)


def noise_of(learner: Learner, batch: Batch, places: int) -> Noise:
    """How noisy the gradient of a batch is, from how much those of its places differ."""
    passed = learner.networks.forward(batch.observations)
    groups = [slice(place, None, places) for place in range(places)]
    return noise_metrics(
        learner.networks, passed, batch.taken, batch.advantages, batch.returns, groups
    )


def measured(learner: Learner, batch: Batch) -> dict[M, float]:
    """What an update did, as figures; batch: all of its steps, as they were learnt from."""
    missed = batch.returns - batch.old_values
    moved = learner.networks.forward(batch.observations).logits
    return {
        M.EXPLAINED_VARIANCE: explained_variance(missed, batch.returns),
        M.VALUE_LOSS: float(missed.square().mean()),
        M.STEP_KL: float(choice_kl(batch.old_logits, moved).mean()),
        M.ENTROPY: float(choice_entropy(batch.old_logits).mean()),
    }


def run(config: A2CConfig) -> Iterator[Step]:
    """Train, one event an update."""
    practice = Practice(config)
    yield practice.begin()
    learner = new_learner(config.seed, config.optimizer, practice.sizes)
    compared = Compared()
    for update in range(1, config.updates + 1):
        batches: list[Batch] = []
        paid: list[np.ndarray] = []
        norms: list[float] = []
        noise = Noise(0.0, 0.0, 0.0)
        for begun in range(0, config.steps_per_update, config.n_steps):
            steps = min(config.n_steps, config.steps_per_update - begun)
            rollout, rewards = practice.roll(learner.networks, steps)
            batch = batch_of(
                rollout, rewards, learner.networks, config.gamma, config.gae_lambda
            )  # (1), (2), (3)
            if not begun:
                noise = noise_of(learner, batch, config.carts)
            norms.append(learn(learner, batch, config, config.learning_rate_at(update)))
            batches.append(batch)
            paid.append(rewards)
        whole = joined_batch(batches)
        sizes = torch.tensor([len(batch.returns) for batch in batches])
        metrics = measured(learner, whole) | {
            M.GRADIENT_VARIANCE: compared.add(noise),
            M.GRADIENT_NOISE: noise.share,
            M.GRAD_NORM: float(np.mean(norms)),
        }
        seen = practice.seen(whole.observations, whole.taken)
        numbers = seen | collected(whole, np.concatenate(paid)) | step_losses(whole, config)
        numbers["weight"] = (1 / sizes).repeat_interleave(sizes)
        yield practice.completed(update, metrics, numbers)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="a2c",
    title="A2C",
    config=A2CConfig,
    run=run,
    metrics=(
        *(M.GRADIENT_VARIANCE, M.GRADIENT_NOISE, M.ENTROPY, M.EXPLAINED_VARIANCE, M.VALUE_LOSS),
        *(M.STEP_KL, M.GRAD_NORM),
    ),
    source="Mnih et al. 2016, arXiv:1602.01783",
    quantities=(
        *COLLECTED,
        of_step(
            "policy_loss",
            "Loss of the policy",
            r"\ell_0",
            "Falls as the action becomes likelier, if it went better than the critic had expected.",
            r"-A \log \pi_{\mathrm{old}}",
            "(4)",
        ),
        of_step(
            "value_error",
            "Error of the critic",
            "v",
            "In squared reward.",
            "(V - R)^2",
            "(5)",
        ),
        of_step("entropy", "Entropy", "H", "Of the policy at this step, in nats."),
        of_step(
            "step_loss",
            "Loss of the step",
            r"\ell",
            "All together.",
            r"\ell_0 + c_v v - c_e H",
            "(6)",
        ),
        of_step(
            "weight",
            "Weight in the loss",
            "w",
            "One over the steps of its gradient step.",
        ),
    ),
)
