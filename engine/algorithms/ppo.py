"""Proximal Policy Optimization. Source: Schulman et al. 2017, arXiv:1707.06347.

(1) delta = r + gamma V(s') - V(s)             V(s') = 0 behind the end of an episode
(2) A     = delta + gamma lam A'               A' = 0 behind the end of an episode or of the batch
(3) R     = A + V(s)
(4) A     = (A - mean(A)) / (std(A) + eps)     within a minibatch
(5) rho   = pi(a) / pi_old(a)
(6) l     = -min(rho A, clip(rho, 1 - c, 1 + c) A)    surrogate clip
    l     = -rho A                                    surrogate none: the plain policy gradient
(7) l     = -rho A + beta KL(pi_old || pi)            surrogate kl_penalty, where after each update
    beta  = beta / 2 if KL < target / 1.5, 2 beta if KL > 1.5 target
(8) v     = (V(s) - R)^2, or the larger of it and (V_old + clip(V(s) - V_old, -e, e) - R)^2
(9) loss  = mean of l + value_coef v - entropy_coef H(pi)    over a minibatch
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.advantages import explained_variance
from engine.choice import (
    choice_entropy,
    choice_entropy_slope,
    choice_kl,
    choice_kl_slope,
    choice_log_probs,
    choice_score,
    times,
)
from engine.control.batches import Batch, batch_of
from engine.control.learner import Learner, gradient_step, new_learner
from engine.control.practice import Practice, RolloutConfig
from engine.control.quantities import COLLECTED, collected
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import of_step
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, clipped_value_loss, is_held_back
from engine.worlds.cart import CartConfig
from engine.worlds.cleaner import CleanerConfig

FURTHER = 1.5  # how much further than wished an update may go
COEF_RANGE = 1e-4, 1e4  # of beta; the paper has no bounds, but doubling for ever needs one


class PPOConfig(RolloutConfig):
    """One run of PPO."""

    algorithm: Literal["ppo"] = "ppo"
    learning_rate: float = Field(
        default_factory=lambda given: 0.002 if isinstance(given["world"], CleanerConfig) else 0.001,
        ge=1e-5,
        le=1,
        title="Learning rate",
        description="How far one gradient step goes, at the first update.",
    )
    minibatch_size: int = Field(
        256,
        ge=64,
        le=4096,
        title="Minibatch",
        description="Steps that one gradient step learns from; at most all of an update.",
    )
    batch_epochs: int = Field(
        default_factory=lambda given: 10 if isinstance(given["world"], CartConfig) else 5,
        ge=1,
        le=20,
        title="Passes over a batch",
        description="How often a step is learnt from.",
    )
    surrogate: Literal["clip", "kl_penalty", "none"] = Field(
        "clip",
        title="What holds an update back",
        description="clip: the probability ratio is clipped; kl_penalty: going far costs; none: "
        "the plain policy gradient.",
    )
    clip_range: float = Field(
        0.2,
        ge=0.01,
        le=10,
        title="Clip range",
        description="How far an action's probability may move on one batch before its gradient "
        "stops, as a share of what it was; 10 is as good as no clip.",
    )
    kl_coef: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Leash within an update",
        description="Weight of kl_penalty, at the first update; 0 stays 0.",
    )
    target_kl: float | None = Field(
        None,
        ge=0.0001,
        le=10,
        title="Wished step size",
        description="In nats an action. kl_penalty halves or doubles its weight to keep near it; "
        "clip and none end an update that goes 1.5 times as far. Empty: neither.",
    )
    scale_advantages: Literal["minibatch", "none"] = Field(
        "minibatch",
        title="Advantage unit",
        description="Measure advantages in deviations of their minibatch, or in reward.",
    )
    value_clip_range: float | None = Field(
        None,
        ge=0.01,
        le=1000,
        title="Clip range of the critic",
        description="How far its estimate may move on one batch, in reward; empty: anywhere.",
    )


class Lesson(NamedTuple):
    """What one update did, for those who watch."""

    metrics: dict[M, float]
    numbers: dict[str, torch.Tensor]  # one a step of the batch, by the name of a quantity


class Used(NamedTuple):
    """Steps as they stood when a gradient step used them: [steps] each."""

    logits: torch.Tensor  # of what it could have done; [steps, actions] where more than two
    values: torch.Tensor
    advantages: torch.Tensor  # scaled
    weight: torch.Tensor  # of a step in the loss of its minibatch


def scaled_advantages(advantages: torch.Tensor, config: PPOConfig) -> torch.Tensor:
    """The advantages of a minibatch as its loss takes them: [steps]."""
    if config.scale_advantages == "none":
        return advantages
    spread = advantages.std(correction=min(1, len(advantages) - 1))
    return (advantages - advantages.mean()) / (spread + 1e-8)  # (4)


def clip_bounds(config: PPOConfig) -> tuple[float, float]:
    """Between which ratios the gradient flows whatever the advantage is."""
    reach = config.clip_range if config.surrogate == "clip" else math.inf
    return 1 - reach, 1 + reach


def is_clipped(ratio: torch.Tensor, advantages: torch.Tensor, config: PPOConfig) -> torch.Tensor:
    """Whether the clip holds a step back: [steps]."""
    return is_held_back(ratio, advantages, *clip_bounds(config))  # (6)


def step_losses(
    used: Used, batch: Batch, config: PPOConfig, kl_coef: float
) -> dict[str, torch.Tensor]:
    """The loss of each step, `step_loss`, and what it is made of: [steps] each.

    kl_coef: beta of (7); 0 if there is no penalty. What has no weight in the loss is 0.
    """
    log_probs = choice_log_probs(used.logits, batch.taken)
    ratio = torch.exp(log_probs - batch.old_log_probs)  # (5)
    surrogate = clipped_surrogate(ratio, used.advantages, *clip_bounds(config))  # (6)
    nothing = torch.zeros_like(ratio)
    kl = choice_kl(batch.old_logits, used.logits) if kl_coef else nothing  # (7)
    error = clipped_value_loss(
        used.values, batch.old_values, batch.returns, config.value_clip_range
    )  # (8)
    entropy = choice_entropy(used.logits) if config.entropy_coef else nothing
    penalty = kl_coef * kl - config.entropy_coef * entropy  # (9)
    return {
        "log_prob": log_probs,
        "ratio": ratio,
        "is_clipped": is_clipped(ratio, used.advantages, config).float(),
        "surrogate": surrogate,
        "kl": kl,
        "last_value": used.values,
        "value_error": error,
        "entropy": entropy,
        "step_loss": surrogate + config.value_coef * error + penalty,  # (9)
    }


def loss_gradients(
    used: Used, batch: Batch, config: PPOConfig, kl_coef: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient of (9), the mean of the step losses, by logits and by values.

    Written out, since recording the loss to differentiate it would take a third of the run: by its
    log-probability an action adds -rho A, and nothing where the clip holds it back.
    """
    log_probs = choice_log_probs(used.logits, batch.taken)
    ratio = torch.exp(log_probs - batch.old_log_probs)
    by_log_prob = -ratio * used.advantages
    if config.surrogate == "clip":
        by_log_prob.masked_fill_(is_clipped(ratio, used.advantages, config), 0.0)
    by_logits = times(by_log_prob, choice_score(used.logits, batch.taken))
    if kl_coef:
        by_logits += kl_coef * choice_kl_slope(used.logits, batch.old_logits)
    if config.entropy_coef:
        by_logits -= choice_entropy_slope(used.logits, config.entropy_coef)
    by_values = 2 * config.value_coef * (used.values - batch.returns)
    if config.value_clip_range is not None:
        moved = used.values - batch.old_values
        kept = batch.old_values + moved.clamp(-config.value_clip_range, config.value_clip_range)
        is_held = (kept - batch.returns).abs() > (used.values - batch.returns).abs()
        by_values.masked_fill_(is_held, 0.0)
    return by_logits / len(ratio), by_values / len(ratio)


def learn(learner: Learner, batch: Batch, config: PPOConfig, rate: float, kl_coef: float) -> Lesson:
    """The gradient steps of one update; changes the networks in place. rate: the learning rate.

    Raises RunEnded, and leaves the weights as they are, if a gradient is not finite.
    """
    passes: list[tuple[torch.Tensor, list[tuple[Used, float]]]] = []
    with torch.inference_mode():  # nothing is differentiated, and it costs a tenth less
        for _ in range(config.batch_epochs):
            order = torch.from_numpy(learner.order.permutation(len(batch.returns)))
            steps = list(_gradient_steps(learner, batch.rows(order), config, rate, kl_coef))
            passes.append((order, steps))
            if len(steps) < -(-len(order) // config.minibatch_size):
                break
    last = _last_used(batch, passes)
    parts = step_losses(last, batch, config, kl_coef)
    moved = learner.networks.forward(batch.observations).logits
    missed = batch.returns - batch.old_values
    metrics = {
        M.STEP_KL: float(choice_kl(batch.old_logits, moved).mean()),
        M.KL_COEF: kl_coef,
        M.CLIP_FRACTION: float(parts["is_clipped"].mean()),
        M.ENTROPY: float(choice_entropy(batch.old_logits).mean()),
        M.VALUE_LOSS: float(missed.square().mean()),
        M.EXPLAINED_VARIANCE: explained_variance(missed, batch.returns),
        M.GRAD_NORM: float(np.mean([norm for _, steps in passes for _, norm in steps])),
    }
    return Lesson(metrics, parts | {"scaled_advantage": last.advantages, "weight": last.weight})


def _last_used(
    batch: Batch, passes: Sequence[tuple[torch.Tensor, list[tuple[Used, float]]]]
) -> Used:
    """Every step as it was last used; passes: the order of the steps, and what was used of each.

    One that no pass came to is as it was when it was taken, and has no weight. Every pass but the
    last has used all of them, so that those before the last two are of no account.
    """
    nothing = torch.zeros_like(batch.returns)
    last = Used(batch.old_logits.clone(), batch.old_values.clone(), nothing, nothing.clone())
    for order, steps in passes[-2:]:
        for column, *pieces in zip(last, *(used for used, _ in steps), strict=True):
            if pieces:
                column[order[: sum(map(len, pieces))]] = torch.cat(pieces)
    return last


def _gradient_steps(
    learner: Learner, batch: Batch, config: PPOConfig, rate: float, kl_coef: float
) -> Iterator[tuple[Used, float]]:
    """Gradient steps along a batch until it has gone too far; each with its gradient's length."""
    for part in batch.split(config.minibatch_size):
        passed = learner.networks.forward(part.observations)
        if _is_too_far(part.old_logits, passed.logits, config):
            return
        advantages = scaled_advantages(part.advantages, config)
        weight = torch.full_like(advantages, 1 / len(advantages))
        used = Used(passed.logits, passed.values, advantages, weight)
        gradients = loss_gradients(used, part, config, kl_coef)
        yield used, gradient_step(learner, passed, *gradients, rate, config.gradient_limit)


def _is_too_far(old_logits: torch.Tensor, logits: torch.Tensor, config: PPOConfig) -> bool:
    """Whether the update should end before it steps away any further."""
    if config.target_kl is None or config.surrogate == "kl_penalty":
        return False
    return bool(choice_kl(old_logits, logits).mean() > FURTHER * config.target_kl)


def adapted(kl_coef: float, step_kl: float, config: PPOConfig) -> float:
    """The weight of the penalty for the next update."""
    least, largest = COEF_RANGE
    if config.target_kl is None or not kl_coef:
        return kl_coef
    if step_kl < config.target_kl / FURTHER:
        return max(least, kl_coef / 2)  # (7)
    if step_kl > config.target_kl * FURTHER:
        return min(largest, kl_coef * 2)  # (7)
    return kl_coef


def run(config: PPOConfig) -> Iterator[Step]:
    """Train, one event an update."""
    practice = Practice(config)
    yield practice.begin()
    learner = new_learner(config.seed, sizes=practice.sizes)
    kl_coef = config.kl_coef if config.surrogate == "kl_penalty" else 0.0
    for update in range(1, config.updates + 1):
        rollout, rewards = practice.roll(learner.networks, config.steps_per_update)
        batch = batch_of(
            rollout, rewards, learner.networks, config.gamma, config.gae_lambda
        )  # (1), (2), (3)
        lesson = learn(learner, batch, config, config.learning_rate_at(update), kl_coef)
        kl_coef = adapted(kl_coef, lesson.metrics[M.STEP_KL], config)
        numbers = practice.seen(batch.observations, batch.taken) | collected(batch, rewards)
        yield practice.completed(update, lesson.metrics, numbers | lesson.numbers)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="ppo",
    title="PPO",
    config=PPOConfig,
    run=run,
    metrics=(
        *(M.STEP_KL, M.KL_COEF, M.CLIP_FRACTION, M.ENTROPY, M.VALUE_LOSS, M.EXPLAINED_VARIANCE),
        M.GRAD_NORM,
    ),
    source="Schulman et al. 2017, arXiv:1707.06347",
    quantities=(
        *COLLECTED,
        of_step(
            "scaled_advantage",
            "Advantage in its minibatch",
            r"\hat A",
            "The advantage in the unit chosen, when the step was last learnt from.",
            r"\frac{A - \operatorname{mean}(A)}{\operatorname{std}(A) + \varepsilon}",
            "(4)",
        ),
        of_step(
            "log_prob",
            "Log-probability when it was last learnt from",
            r"\log \pi",
            "Of this action, in nats, just before the last gradient step that used it.",
        ),
        of_step(
            "ratio",
            "Probability ratio",
            r"\rho",
            "How much likelier the action had become since it was taken.",
            r"\exp(\log \pi - \log \pi_{\mathrm{old}})",
            "(5)",
        ),
        of_step(
            "is_clipped",
            "Clipped",
            r"\mathrm{clipped}",
            "1 if the clip holds the step back: it has no gradient then; else 0.",
            tag="(6)",
        ),
        of_step(
            "surrogate",
            "Loss of the action",
            r"\ell_0",
            "What the action adds for its advantage: clipped, or -rho A.",
            r"-\min(\rho \hat A,\ \operatorname{clip}(\rho, 1-c, 1+c) \hat A)",
            "(6)",
        ),
        of_step(
            "kl",
            "Drift within the update",
            r"\mathrm{KL}",
            "KL(old policy || policy) at this step, in nats; 0 where it has no weight.",
            tag="(7)",
        ),
        of_step(
            "last_value",
            "Value when it was last learnt from",
            r"\hat V",
            "What the critic expected from there on by then, in reward.",
        ),
        of_step(
            "value_error",
            "Error of the critic",
            "v",
            "Its squared error at this step, in squared reward.",
            r"(\hat V - R)^2",
            "(8)",
        ),
        of_step(
            "entropy",
            "Entropy",
            "H",
            "Of the policy at this step, in nats; 0 where it has no weight.",
        ),
        of_step(
            "step_loss",
            "Loss of the step",
            r"\ell",
            "All together.",
            r"\ell_0 + c_v v + \beta\,\mathrm{KL} - c_e H",
            "(9)",
        ),
        of_step(
            "weight",
            "Weight in the loss",
            "w",
            "One over the steps of its minibatch; 0 if the update ended before it was used.",
        ),
    ),
)
