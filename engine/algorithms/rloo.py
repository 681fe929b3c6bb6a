"""REINFORCE Leave-One-Out. Source: Ahmadian et al. 2024, arXiv:2402.14740.

(1) R_i  = r_i - beta * sum over its tokens of (log pi_old - log pi_ref)       the leash, as a toll
(2) A_i  = R_i - mean of the other R of its group
(3) rho  = pi(reply) / pi_old(reply)
(4) loss = -mean over replies of min(rho A, clip(rho, 1 - c, 1 + c) A)

A whole reply is one action. With one gradient step on a batch rho is 1, nothing is clipped, and the
gradient of (4) is that of REINFORCE with a baseline: on average it is the gradient of
E[r] - beta KL(pi || pi_ref), whose best policy is pi_ref exp(r / beta), up to a constant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine.advantages import leave_one_out_advantages
from engine.kl import kl_k1
from engine.language.layout import lay_out
from engine.language.lean import log_probs, next_token_logits
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    mean_entropy,
    new_learner,
    plain,
)
from engine.language.practice import BatchEpochs, PracticeConfig
from engine.language.quantities import DRIFT, LOG_PROB, OLD_LOG_PROB, REF_LOG_PROB, REWARD
from engine.language.rollouts import Rollouts, signal
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.practices import first_policy, new_practice
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, is_held_back


class RLOOConfig(PracticeConfig):
    """One run of RLOO."""

    algorithm: Literal["rloo"] = "rloo"
    kl_coef: float = Field(
        0.05,
        ge=0,
        le=2,
        title="Leash",
        description="What each nat of drift from Pip as it was takes off a reply's reward.",
    )
    clip_range: float = Field(
        0.2,
        ge=0.01,
        le=1,
        title="Clip range",
        description="How far a reply's probability may move on one batch before its gradient "
        "stops. It only binds with more than one gradient step on a batch.",
    )
    batch_epochs: BatchEpochs = 1


def rloo_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    lengths: torch.Tensor,
    clip_range: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss, a scalar; then each reply's ratio and loss, [replies], without gradients.

    log_probs has gradients; it and old_log_probs are [tokens], row after row of `lengths` tokens;
    advantages: [replies].
    """
    rows = torch.arange(len(lengths)).repeat_interleave(lengths)
    nothing = log_probs.new_zeros(len(lengths))
    log_ratio = nothing.index_add(0, rows, log_probs - old_log_probs)  # (3)
    ratio = torch.exp(log_ratio)  # (3)
    reply_loss = clipped_surrogate(ratio, advantages, 1 - clip_range, 1 + clip_range)  # (4)
    return reply_loss.mean(), ratio.detach(), reply_loss.detach()  # (4)


def learn(learner: Learner, rollouts: Rollouts, config: RLOOConfig) -> Lesson:
    """The gradient steps of one update; changes the policy in place.

    Raises RunEnded, and leaves the policy as it is, if a gradient is not finite.
    """
    said = rollouts.said
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    rows = torch.arange(len(lengths)).repeat_interleave(lengths)
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    toll, advantages = torch.empty(0), torch.empty(0)
    seen: dict[M, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    ratio, reply_loss, current = advantages, advantages, advantages
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]
        if old is None:  # Nothing has changed since the replies were sampled.
            old = current.detach()
            drift = old.new_zeros(len(lengths)).index_add(0, rows, kl_k1(old, reference))
            toll = config.kl_coef * drift  # (1)
            rewards = torch.tensor(rollouts.rewards) - toll.view(rollouts.rewards.shape)  # (1)
            advantages = leave_one_out_advantages(rewards).to(old).view(-1)  # (2)
            seen = {M.KL: drift.mean(), M.ENTROPY: mean_entropy(spread.detach())}
        loss, ratio, reply_loss = rloo_loss(current, old, advantages, lengths, config.clip_range)
        norms.append(gradient_step(learner, loss))
    assert old is not None
    low, high = 1 - config.clip_range, 1 + config.clip_range
    is_clipped = is_held_back(ratio, advantages, low, high)
    seen[M.CLIP_FRACTION] = (is_clipped.float() * lengths).sum() / lengths.sum()
    seen[M.GRAD_NORM] = torch.stack(norms).mean()
    numbers = {
        "old_log_prob": old,
        "log_prob": current.detach(),
        "ref_log_prob": reference,
        "drift": kl_k1(old, reference),
    }
    totals = {"toll": toll, "ratio": ratio, "reply_loss": reply_loss}
    return Lesson(plain(seen), advantages.tolist(), numbers, totals)


def run(config: RLOOConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(first_policy(config), config.learning_rate)
    practice = new_practice(config, learner)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        lesson = learn(learner, rollouts, config)
        lesson.metrics.update(signal(rollouts))
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="rloo",
    title="RLOO",
    config=RLOOConfig,
    run=run,
    metrics=(*(M.KL, M.ENTROPY, M.REWARD_SPREAD, M.SILENT_GROUPS, M.CLIP_FRACTION, M.GRAD_NORM),),
    source="Ahmadian et al. 2024, arXiv:2402.14740",
    quantities=(
        REWARD,
        OLD_LOG_PROB,
        REF_LOG_PROB,
        DRIFT,
        Quantity(
            name="toll",
            label="Toll",
            symbol="T",
            meaning="What the drift of the whole reply takes off its reward.",
            equation=r"\beta \sum k_1",
            tag="(1)",
            of="rollout",
        ),
        Quantity(
            name="advantage",
            label="Advantage",
            symbol="A",
            meaning="How far the reward after the toll lies above the mean of the others.",
            equation=r"(r - T) - \operatorname{mean}(\text{the others})",
            tag="(2)",
            of="rollout",
        ),
        LOG_PROB,
        Quantity(
            name="ratio",
            label="Probability ratio of the reply",
            symbol=r"\rho",
            meaning="How much likelier the whole reply became since it was sampled.",
            equation=r"\exp \sum (\log \pi - \log \pi_{\mathrm{old}})",
            tag="(3)",
            of="rollout",
        ),
        Quantity(
            name="reply_loss",
            label="Loss of the reply",
            symbol=r"\ell",
            meaning="What the reply adds to the mean, in units of reward.",
            equation=r"-\min(\rho A,\ \operatorname{clip}(\rho, 1-c, 1+c) A)",
            tag="(4)",
            of="rollout",
        ),
    ),
)
