"""Group Relative Policy Optimization. Source: Shao et al. 2024, arXiv:2402.03300.

(1) A_i  = (r_i - mean(r)) / (std(r) + eps)                over the replies to one question
(2) rho  = pi(token) / pi_old(token)
(3) l    = -min(rho A, clip(rho, 1 - c, 1 + c) A) + beta k3(pi || reference)        per token
(4) loss = sum of w l over all tokens of all replies, where w is
        1 / (replies * tokens of its reply)       grpo: every reply counts the same
        1 / tokens of the batch                   dapo: every token does
                                                  (Yu et al. 2025, 2503.14476)
        1 / (replies * longest reply allowed)     dr_grpo: so that length earns nothing
                                                  (Liu et al. 2025, 2503.20783)
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from engine.advantages import AdvantageScale, group_advantages
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.kl import kl_k1, kl_k3
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy, lay_out, log_probs, next_token_logits
from engine.language.probes import Probes, new_probes
from engine.language.questions import draw_question
from engine.language.rollouts import MEASURED, measured, roll_out
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression, RewardValueError, parse, within_bounds
from engine.spec import Algorithm, Step, TrainConfig
from engine.worlds.desk import COUNT, TERMS, DeskConfig

LossType = Literal["grpo", "dapo", "dr_grpo"]
GRADIENT_LIMIT = 0.5  # norm at which gradients are clipped
BASE_REPLIES = 128  # replies on which the untrained policy is measured


class GRPOConfig(TrainConfig):
    """One run of GRPO at Pip's desk."""

    algorithm: Literal["grpo"] = "grpo"
    world: DeskConfig = DeskConfig()
    reward: str = Field(
        "correct", max_length=400, title="Reward", description="What a reply is paid, as one line."
    )
    updates: int = Field(60, ge=1, le=200, title="Updates", description="How often Pip is changed.")
    prompts_per_update: int = Field(
        8, ge=1, le=32, title="Questions in an update", description="Questions asked per update."
    )
    group_size: int = Field(
        8, ge=2, le=32, title="Group size", description="Replies sampled per question."
    )
    learning_rate: float = Field(
        0.001, ge=1e-5, le=0.01, title="Learning rate", description="How far one update goes."
    )
    kl_coef: float = Field(
        0.02,
        ge=0,
        le=2,
        title="Leash",
        description="Weight of the penalty for drifting away from Pip as it was.",
    )
    clip_range: float = Field(
        0.2,
        ge=0.01,
        le=1,
        title="Clip range",
        description="How far a token's probability may move on one batch before its gradient "
        "stops. It only binds with more than one gradient step on a batch.",
    )
    batch_epochs: int = Field(
        1, ge=1, le=8, title="Steps on a batch", description="Gradient steps on the same replies."
    )
    loss_type: LossType = Field(
        "dapo", title="Loss", description="How the loss is averaged over tokens of long replies."
    )
    scale_rewards: AdvantageScale = Field(
        "group",
        title="Advantage unit",
        description="Divide advantages by the deviation of the group, of the batch, or not at all.",
    )


@dataclass(frozen=True)
class Learner:
    """What a run changes, and what it holds on to."""

    policy: Policy
    reference: Policy
    optimizer: Any
    config: GRPOConfig


def token_weights(lengths: torch.Tensor, loss_type: LossType) -> torch.Tensor:
    """The weight of each token in the loss: [tokens], row after row; lengths: [replies], tokens."""
    if loss_type == "grpo":
        weights = 1 / (len(lengths) * lengths.float())  # (4)
    elif loss_type == "dapo":
        weights = torch.ones(len(lengths)) / lengths.sum()  # (4)
    else:
        weights = torch.full((len(lengths),), 1 / (len(lengths) * REPLY_LIMIT))  # (4)
    return weights.repeat_interleave(lengths)


def grpo_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    ref_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    weights: torch.Tensor,
    config: GRPOConfig,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss, and the share of tokens that the clip held back; all inputs [tokens].

    log_probs has gradients; the rest are constants. Both results are scalars.
    """
    ratio = torch.exp(log_probs - old_log_probs)  # (2)
    low, high = 1 - config.clip_range, 1 + config.clip_range
    surrogate = torch.minimum(ratio * advantages, ratio.clamp(low, high) * advantages)
    loss = config.kl_coef * kl_k3(log_probs, ref_log_probs) - surrogate  # (3)
    is_clipped = (ratio < low) & (advantages < 0) | (ratio > high) & (advantages > 0)
    return (loss * weights).sum(), is_clipped.float().mean()  # (4)


def learn(
    learner: Learner,
    prompts: Sequence[Sequence[int]],
    replies: Sequence[Sequence[int]],
    advantages: torch.Tensor,
) -> dict[M, float]:
    """The gradient steps of one update, and what they showed; changes the policy in place.

    prompts: one a group; replies: token ids, group after group; advantages: [replies]. Leaves the
    policy as it is if a gradient is not finite.
    """
    config, parameters = learner.config, learner.policy.parameters
    layout = lay_out(prompts, replies, len(replies) // len(prompts))
    lengths = torch.tensor([len(reply) for reply in replies])
    token_advantages = advantages.repeat_interleave(lengths)
    weights = token_weights(lengths, config.loss_type)
    with torch.no_grad():
        ref_log_probs = log_probs(learner.reference, layout)
    old_log_probs: torch.Tensor | None = None
    seen: dict[M, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]
        if old_log_probs is None:  # Nothing has changed since the replies were sampled.
            old_log_probs = current.detach()
            drift = kl_k1(old_log_probs, ref_log_probs).sum() / len(lengths)
            seen = {M.KL: drift, M.ENTROPY: _mean_entropy(spread.detach())}
        loss, seen[M.CLIP_FRACTION] = grpo_loss(
            current, old_log_probs, ref_log_probs, token_advantages, weights, config
        )
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_LIMIT))
        if torch.isfinite(norms[-1]):
            learner.optimizer.step()
        learner.optimizer.zero_grad()
    seen[M.GRAD_NORM] = torch.stack(norms).mean()
    return dict(zip(seen, torch.stack(list(seen.values())).tolist(), strict=True))


def _mean_entropy(spread: torch.Tensor) -> torch.Tensor:
    """Mean entropy of distributions given as log-probabilities: [tokens, vocabulary] -> []."""
    return -(spread.exp() * spread).sum() / len(spread)


def run(config: GRPOConfig) -> Iterator[Step]:
    """Train Pip, one event an update.

    The policy of a step is the live one, and the next update changes it: `snapshot` it at once.
    """
    learner = new_learner(base_policy(), config)
    expression = parse(config.reward, [term.name for term in TERMS], [COUNT.name])
    shares = config.world.questions.shares
    probes = new_probes(shares, expression, config.seed)
    visitors, luck = random.Random(f"visitors {config.seed}"), _generator("luck", config.seed)
    yield Step(_started(learner, expression, probes), learner.policy)
    work = 0
    for update in range(1, config.updates + 1):
        questions = [draw_question(visitors, shares) for _ in range(config.prompts_per_update)]
        noise = draw_noise(luck, REPLY_LIMIT, len(questions) * config.group_size)
        before = copy_policy(learner.policy)
        try:
            rollouts = roll_out(before, questions, config.group_size, noise, expression)
            rewards = within_bounds(expression.evaluate(rollouts.values), "reply")
            rewards = rewards.reshape(-1, config.group_size)
            advantages = group_advantages(torch.tensor(rewards), config.scale_rewards)  # (1)
            seen = learn(learner, rollouts.prompts, rollouts.replies, advantages.float().view(-1))
            if not all(map(math.isfinite, seen.values())) or not is_finite(learner.policy):
                yield Step(_diverged(update), before)
                return
            payment = rewards.ravel().tolist(), advantages.view(-1).tolist()
            scene = probes.scene(before, learner.policy, rollouts, *payment)
        except RewardValueError as error:
            yield Step(_unpayable(update, error), before)
            return
        work += sum(map(len, rollouts.replies))
        metrics = _rounded(measured(rollouts) | paid(rewards) | seen)
        yield Step(
            UpdateCompleted(update=update, metrics=metrics, scene=scene, work=work), learner.policy
        )
    yield Step(RunFinished(updates=config.updates, work=work), learner.policy)


def new_learner(start: Policy, config: GRPOConfig) -> Learner:
    """A learner whose reference is `start`, and whose policy is a copy of it."""
    policy = copy_policy(start, trains=True)
    optimizer = torch.optim.AdamW(
        policy.parameters, config.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True
    )
    return Learner(policy, start, optimizer, config)


def is_finite(policy: Policy) -> bool:
    """Whether every weight is a finite number."""
    return all(bool(torch.isfinite(tensor.detach().sum())) for tensor in policy.parameters)


def paid(rewards: np.ndarray) -> dict[M, float]:
    """What a batch was paid, and how much of a signal that is; rewards: [groups, group size]."""
    is_silent = np.ptp(rewards, axis=1) == 0
    return {
        M.PROXY_RETURN: float(rewards.mean()),
        M.REWARD_SPREAD: float(rewards.std(axis=1, ddof=1).mean()),
        M.SILENT_GROUPS: float(is_silent.mean()),
    }


def _started(learner: Learner, expression: RewardExpression, probes: Probes) -> RunStarted:
    """Pip as it is, measured on visitors of its own so that the run's luck is untouched."""
    config = learner.config
    visitors = random.Random(f"base {config.seed}")
    shares = config.world.questions.shares
    questions = [draw_question(visitors, shares) for _ in range(BASE_REPLIES)]
    noise = draw_noise(_generator("base", config.seed), REPLY_LIMIT, BASE_REPLIES)
    rollouts = roll_out(learner.reference, questions, 1, noise, expression)
    metrics = measured(rollouts) | {M.KL: 0.0}
    with suppress(RewardValueError):  # The first update will end the run and say why.
        rewards = within_bounds(expression.evaluate(rollouts.values), "reply")
        metrics[M.PROXY_RETURN] = float(rewards.mean())
    return RunStarted(
        planned_updates=config.updates,
        metrics=_rounded(metrics),
        scene=probes.starting_scene(learner.reference),
    )


def _generator(purpose: str, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(random.Random(f"{purpose} {seed}").getrandbits(63))


def _rounded(metrics: Mapping[M, float]) -> dict[M, float]:
    return {metric: round(value, 5) for metric, value in metrics.items()}


def _unpayable(update: int, error: RewardValueError) -> RunFailed:
    return RunFailed(
        update=update,
        problem=str(error),
        remedy="Change the reward so that every reply pays a number below a thousand million.",
    )


def _diverged(update: int) -> RunFailed:
    return RunFailed(
        update=update,
        problem="The weights ran away: a gradient or a weight is no longer a finite number.",
        remedy="Lower the learning rate or make the reward smaller, then train again.",
    )


ALGORITHM = Algorithm(
    name="grpo",
    title="GRPO",
    config=GRPOConfig,
    run=run,
    metrics=(
        *(M.PROXY_RETURN, *MEASURED, M.KL, M.ENTROPY, M.REWARD_SPREAD),
        *(M.SILENT_GROUPS, M.CLIP_FRACTION, M.GRAD_NORM),
    ),
    source="Shao et al. 2024, DeepSeekMath, arXiv:2402.03300",
)
