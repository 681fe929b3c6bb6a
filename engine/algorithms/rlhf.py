"""RLHF with PPO. Source: Ziegler et al. 2019, arXiv:1909.08593; Ouyang et al. 2022, 2203.02155.

(1) r     = -beta (log pi_old - log pi_ref) for each token; the reply's reward on top at its last
(2) A     = r + V' - V + lam A'              V' and A': of the next token, 0 behind the last
(3) R     = A + V
(4) A     = (A - mean(A)) / sqrt(var(A) + eps)             over the tokens of the batch: whitened
(5) rho   = pi(token) / pi_old(token)
(6) l     = -min(rho A, clip(rho, 1 - c, 1 + c) A)
(7) v     = (V - R)^2, or the larger of it and (V_old + clip(V - V_old, -e, e) - R)^2
(8) loss  = mean of l + value_coef v over the tokens of the batch
(9) beta  = beta (1 + gain clip(KL / target - 1, -0.2, 0.2))    after each update, if it adapts

If the reward names the judge's score, the judge is trained first, in the same run, on its pairs.
The best policy for a fixed beta is pi_ref exp(reward / beta), up to a constant. V is one more
number read off the policy's own states; without a discount it has to foresee the reward of the
whole reply and the toll still to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.advantages import explained_variance, token_advantages, whitened
from engine.kl import kl_k1
from engine.language.critic import ActorCritic, new_actor_critic
from engine.language.layout import lay_out
from engine.language.learner import Lesson, gradient_step, mean_entropy, plain
from engine.language.pair_learning import by_reply
from engine.language.practice import BatchEpochs, PracticeConfig
from engine.language.quantities import DRIFT, LOG_PROB, OLD_LOG_PROB, RATIO, REF_LOG_PROB
from engine.language.rollouts import Rollouts
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity, of_token
from engine.practices import first_policy, new_practice
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, clipped_value_loss, is_held_back
from engine.worlds.desk import DeskConfig

MOST_OFF = 0.2  # how far off the wished drift counts, as a share of it
KL_COEF_RANGE = 1e-4, 100.0  # of an adaptive leash


class RLHFConfig(PracticeConfig):
    """One run of PPO on replies."""

    algorithm: Literal["rlhf"] = "rlhf"
    updates: int = Field(
        default_factory=lambda given: 45 if isinstance(given["world"], DeskConfig) else 60,
        ge=1,
        le=200,
        title="Updates",
        description="How often Pip is changed.",
    )
    reward: str = Field(
        default_factory=lambda given: given["world"].judged_reward,
        max_length=400,
        title="Reward",
        description="What a reply is paid, as one line. `score` is that of a judge, trained first.",
    )
    learning_rate: float = Field(
        0.0004, ge=1e-5, le=0.01, title="Learning rate", description="How far one update goes."
    )
    kl_coef: float = Field(
        0.05,
        ge=0,
        le=2,
        title="Leash",
        description="What each nat of drift from Pip as it was takes off a token's reward.",
    )
    kl_control: Literal["fixed", "adaptive"] = Field(
        "fixed",
        title="Leash during the run",
        description="fixed: stays as it is; adaptive: tightens where the drift is more than wished "
        "and slackens where it is less.",
    )
    target_kl: float = Field(
        3.0,
        ge=0.1,
        le=50,
        title="Wished drift",
        description="In nats a reply; only an adaptive leash goes by it.",
    )
    kl_gain: float = Field(
        0.1,
        ge=0,
        le=1,
        title="Gain of the leash",
        description="How fast an adaptive leash changes; at 0.1 by at most 2 % an update.",
    )
    clip_range: float = Field(
        0.2,
        ge=0.01,
        le=1,
        title="Clip range",
        description="How far a token's probability may move on one batch before its gradient "
        "stops, as a share of what it was.",
    )
    batch_epochs: BatchEpochs = 2
    gae_lambda: float = Field(
        0.95,
        ge=0,
        le=1,
        title="Trace",
        description="How far back a surprise reaches: 1 to the first token, 0 to the last one.",
    )
    value_coef: float = Field(
        0.1,
        ge=0,
        le=2,
        title="Weight of the critic",
        description="Weight of the critic's squared error in the loss.",
    )
    value_clip_range: float | None = Field(
        None,
        ge=0.01,
        le=1000,
        title="Clip range of the critic",
        description="How far its estimate may move on one batch, in reward; empty: anywhere.",
    )


class Collected(NamedTuple):
    """What a batch has to teach, [tokens] each, row after row."""

    old_log_probs: torch.Tensor
    old_values: torch.Tensor
    token_rewards: torch.Tensor
    raw_advantages: torch.Tensor
    returns: torch.Tensor
    advantages: torch.Tensor  # whitened


def token_rewards(
    drift: torch.Tensor, rewards: torch.Tensor, lengths: torch.Tensor, beta: float
) -> torch.Tensor:
    """The toll of each token, and the reward of its reply at the last one: [tokens].

    drift: [tokens] log pi_old - log pi_ref; rewards: [replies].
    """
    paid = -beta * drift
    return paid.index_add(0, lengths.cumsum(0) - 1, rewards.to(paid))  # (1)


def clip_bounds(config: RLHFConfig) -> tuple[float, float]:
    """Between which ratios the gradient flows whatever the advantage is."""
    return 1 - config.clip_range, 1 + config.clip_range


def token_losses(
    log_probs: torch.Tensor, values: torch.Tensor, batch: Collected, config: RLHFConfig
) -> dict[str, torch.Tensor]:
    """What each token adds to the loss, `token_loss`, and what that is made of: [tokens] each."""
    ratio = torch.exp(log_probs - batch.old_log_probs)  # (5)
    surrogate = clipped_surrogate(ratio, batch.advantages, *clip_bounds(config))  # (6)
    error = clipped_value_loss(
        values, batch.old_values, batch.returns, config.value_clip_range
    )  # (7)
    return {
        "ratio": ratio,
        "surrogate": surrogate,
        "value_error": error,
        "token_loss": surrogate + config.value_coef * error,  # (8)
    }


def adapted(kl_coef: float, kl: float, config: RLHFConfig) -> float:
    """The leash of the next update; kl: the drift at this one, in nats a reply."""
    if config.kl_control == "fixed" or not kl_coef:
        return kl_coef
    off = min(MOST_OFF, max(-MOST_OFF, kl / config.target_kl - 1))
    least, largest = KL_COEF_RANGE
    return min(largest, max(least, kl_coef * (1 + config.kl_gain * off)))  # (9)


def learn(actor: ActorCritic, rollouts: Rollouts, config: RLHFConfig, kl_coef: float) -> Lesson:
    """The gradient steps of one update; changes the policy and its critic in place.

    Raises RunEnded, and leaves the weights as they are, if a gradient is not finite.
    """
    said, learner = rollouts.said, actor.learner
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    targets = layout.targets[:, None]
    with torch.no_grad():
        reference = F.linear(learner.reference.predicting_states(layout), learner.reference.head)
        ref_log_probs = F.log_softmax(reference, -1).gather(1, targets)[:, 0]
    batch: Collected | None = None
    seen: dict[M, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    drift, current, values, parts = *(torch.empty(0) for _ in range(3)), {}
    for _ in range(config.batch_epochs):
        spread, values = actor.passed(layout)
        current = spread.gather(1, targets)[:, 0]
        if batch is None:  # Nothing has changed since the replies were sampled.
            drift = kl_k1(current.detach(), ref_log_probs)
            paid = torch.from_numpy(np.asarray(rollouts.rewards, dtype=np.float32)).view(-1)
            batch = collect(
                current,
                values,
                token_rewards(drift, paid, lengths, kl_coef),
                lengths,
                config.gae_lambda,
            )
            seen = {
                M.KL: by_reply(drift, lengths).mean(),
                M.ENTROPY: mean_entropy(spread.detach()),
                M.VALUE_LOSS: (batch.returns - batch.old_values).square().mean(),
            }
        parts = token_losses(current, values, batch, config)
        norms.append(gradient_step(learner, parts["token_loss"].mean()))
    assert batch is not None
    ratio = parts["ratio"].detach()
    is_clipped = is_held_back(ratio, batch.advantages, *clip_bounds(config))
    seen |= {M.CLIP_FRACTION: is_clipped.float().mean(), M.GRAD_NORM: torch.stack(norms).mean()}
    metrics = plain(seen) | {
        M.KL_COEF: kl_coef,
        M.EXPLAINED_VARIANCE: explained_variance(batch.returns - batch.old_values, batch.returns),
    }
    numbers = {
        "old_log_prob": batch.old_log_probs,
        "ref_log_prob": ref_log_probs,
        "drift": drift,
        "token_reward": batch.token_rewards,
        "value": batch.old_values,
        "token_advantage": batch.raw_advantages,
        "return": batch.returns,
        "whitened": batch.advantages,
        "log_prob": current.detach(),
        "is_clipped": is_clipped.float(),
        "last_value": values.detach(),
        **{name: part.detach() for name, part in parts.items()},
    }
    mean = by_reply(batch.advantages, lengths) / lengths
    is_paid_alike = not np.ptp(rollouts.rewards)
    return Lesson(metrics, mean.tolist(), numbers, is_paid_alike=is_paid_alike)


def collect(
    log_probs: torch.Tensor,
    values: torch.Tensor,
    rewards: torch.Tensor,
    lengths: torch.Tensor,
    lam: float,
) -> Collected:
    """What a batch has to teach, before any step on it; all [tokens] but lengths, [replies]."""
    values = values.detach()
    advantages = token_advantages(rewards, values, lengths, lam)  # (2)
    returns = advantages + values  # (3)
    white = whitened(advantages)  # (4)
    return Collected(log_probs.detach(), values, rewards, advantages, returns, white)


def run(config: RLHFConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    actor = new_actor_critic(first_policy(config), config.learning_rate)
    practice = new_practice(config, actor.learner)
    yield practice.begin()
    kl_coef = config.kl_coef
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        lesson = learn(actor, rollouts, config, kl_coef)
        kl_coef = adapted(kl_coef, lesson.metrics[M.KL], config)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="rlhf",
    title="RLHF with PPO",
    config=RLHFConfig,
    run=run,
    metrics=(
        *(M.KL, M.KL_COEF, M.ENTROPY, M.CLIP_FRACTION, M.VALUE_LOSS, M.EXPLAINED_VARIANCE),
        M.GRAD_NORM,
    ),
    source="Ziegler et al. 2019, arXiv:1909.08593; Ouyang et al. 2022, arXiv:2203.02155",
    quantities=(
        Quantity(
            name="reward",
            label="Reward",
            symbol="r_y",
            meaning="What the whole reply is paid, by the reward or by the judge.",
            of="rollout",
        ),
        OLD_LOG_PROB,
        REF_LOG_PROB,
        DRIFT,
        of_token(
            "token_reward",
            "Reward of the token",
            "r",
            "Its toll; at the last token the reward of the whole reply on top.",
            r"-\beta k_1 \; (+\, r_y)",
            "(1)",
        ),
        of_token(
            "value",
            "Value",
            "V",
            "What the critic expected to come from here on, in reward.",
        ),
        of_token(
            "token_advantage",
            "Advantage",
            "A",
            "How much better it went from this token on than the critic expected.",
            r"r + V' - V + \lambda A'",
            "(2)",
        ),
        of_token(
            "return", "Return", "R", "What the critic is taught to expect here.", "A + V", "(3)"
        ),
        of_token(
            "whitened",
            "Whitened advantage",
            r"\hat A",
            "The advantage in deviations of the batch, from its mean.",
            r"\frac{A - \operatorname{mean}(A)}{\sqrt{\operatorname{var}(A) + \varepsilon}}",
            "(4)",
        ),
        Quantity(
            name="advantage",
            label="Advantage of the reply",
            symbol=r"\bar A",
            meaning="Mean of the whitened advantages of its tokens.",
            equation=r"\operatorname{mean}(\hat A)",
            of="rollout",
        ),
        LOG_PROB,
        RATIO.tagged("(5)"),
        of_token(
            "is_clipped",
            "Clipped",
            r"\mathrm{clipped}",
            "1 if the clip holds the token back: it has no gradient then; else 0.",
            "",
            "(6)",
        ),
        of_token(
            "surrogate",
            "Loss of the choice",
            r"\ell_0",
            "What the token adds for its advantage.",
            r"-\min(\rho \hat A,\ \operatorname{clip}(\rho, 1-c, 1+c) \hat A)",
            "(6)",
        ),
        of_token(
            "last_value",
            "Value when it was last learnt from",
            r"\hat V",
            "What the critic expected from here on by the last gradient step, in reward.",
        ),
        of_token(
            "value_error",
            "Error of the critic",
            "v",
            "Its squared error at this token, at the last gradient step.",
            r"(\hat V - R)^2",
            "(7)",
        ),
        of_token(
            "token_loss", "Loss of the token", r"\ell", "Both together.", r"\ell_0 + c_v v", "(8)"
        ),
    ),
)
