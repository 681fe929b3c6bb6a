"""Group Relative Policy Optimization. Source: Shao et al. 2024, arXiv:2402.03300.

(1) A    = (r - mean(r)) / (std(r) + eps)                  over the replies to one question
(2) rho  = pi(token) / pi_old(token)
(3) l    = -min(rho A, clip(rho, 1 - c, 1 + c') A)                              per token
(4) l    = l + beta k3(pi || reference)
(5) loss = sum of w l over all tokens of all replies, where w is
        1 / (replies * tokens of its reply)       grpo: every reply counts the same
        1 / tokens of the batch                   dapo, bnpo: every token does
                                                  (Yu et al. 2025, 2503.14476)
        1 / (replies * longest reply allowed)     dr_grpo: so that length earns nothing
                                                  (Liu et al. 2025, 2503.20783)

Three variants change (2) or (3) and keep the rest:
(6) gspo    rho = (pi(reply) / pi_old(reply)) ^ (1 / tokens of the reply), weighted as grpo
            (Zheng et al. 2025, 2507.18071)
(7) cispo   l   = -[min(rho, cap)] A log pi(token), the bracket a constant, weighted as dapo
            (MiniMax 2025, 2506.13585)
(8) sapo    l   = -A 4 / t sigmoid(t (rho - 1)), weighted as grpo, where t is 1 if A > 0, else 1.05
            (Gao et al. 2025, 2511.20347)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine.advantages import AdvantageScale, group_advantages
from engine.kl import kl_k1, kl_k3
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
from engine.language.quantities import (
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    REF_LOG_PROB,
    REWARD,
    group_advantage,
    loss_of_token,
    weight_of_token,
)
from engine.language.rollouts import signal
from engine.language.said import Said
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.practices import first_policy, new_practice
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, is_held_back

LossType = Literal["grpo", "dapo", "bnpo", "dr_grpo", "gspo", "cispo", "sapo"]
RATIO_CAP = 5.0  # of cispo
TEMPERATURES = 1.0, 1.05  # of sapo, for advantages above zero and the others


class GRPOConfig(PracticeConfig):
    """One run of GRPO."""

    algorithm: Literal["grpo"] = "grpo"
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
        "stops. It only binds with more than one gradient step on a batch, and not in cispo and "
        "sapo.",
    )
    clip_range_high: float | None = Field(
        None,
        ge=0.01,
        le=1,
        title="Clip range upwards",
        description="The same for a rise alone; empty: as far as downwards.",
    )
    batch_epochs: BatchEpochs = 1
    loss_type: LossType = Field(
        "dapo",
        title="Loss",
        description="How a token's loss is formed, and how long replies weigh against short ones. "
        "With one step on a batch only the second differs; dr_grpo is published with no advantage "
        "unit, dapo with a clip range upwards of 0.28.",
    )
    scale_rewards: AdvantageScale = Field(
        "group",
        title="Advantage unit",
        description="Divide advantages by the deviation of the group, of the batch, or not at all.",
    )


def token_weights(lengths: torch.Tensor, loss_type: LossType, reply_limit: int) -> torch.Tensor:
    """The weight of each token in the loss: [tokens] float64, row after row.

    lengths: [replies], tokens; reply_limit: of the longest reply allowed.
    """
    sizes = lengths.double()
    if loss_type in ("grpo", "gspo", "sapo"):
        weights = 1 / (len(lengths) * sizes)  # (5)
    elif loss_type == "dr_grpo":
        weights = torch.full_like(sizes, 1 / (len(lengths) * reply_limit))  # (5)
    else:
        weights = torch.ones_like(sizes) / sizes.sum()  # (5)
    return weights.repeat_interleave(lengths)


def probability_ratio(
    log_probs: torch.Tensor, old_log_probs: torch.Tensor, lengths: torch.Tensor, of_replies: bool
) -> torch.Tensor:
    """How much likelier each token became, or its whole reply: [tokens], row after row."""
    log_ratio = log_probs - old_log_probs  # (2)
    if of_replies:
        rows = torch.arange(len(lengths)).repeat_interleave(lengths)
        sums = log_ratio.new_zeros(len(lengths)).index_add(0, rows, log_ratio)
        log_ratio = (sums / lengths).repeat_interleave(lengths)  # (6)
    return torch.exp(log_ratio)  # (2)


def surrogate_loss(
    ratio: torch.Tensor, log_probs: torch.Tensor, advantages: torch.Tensor, config: GRPOConfig
) -> torch.Tensor:
    """The loss of each token before the leash; ratio and log_probs have gradients: [tokens]."""
    if config.loss_type == "cispo":
        return -ratio.detach().clamp(max=RATIO_CAP) * advantages * log_probs  # (7)
    if config.loss_type == "sapo":
        above, others = TEMPERATURES
        heat = torch.full_like(advantages, others).masked_fill(advantages > 0, above)
        return -advantages * torch.sigmoid(heat * (ratio - 1)) * 4 / heat  # (8)
    return clipped_surrogate(ratio, advantages, *clip_bounds(config))  # (3)


def clip_bounds(config: GRPOConfig) -> tuple[float, float]:
    """Between which ratios the gradient flows whatever the advantage is."""
    rise = config.clip_range if config.clip_range_high is None else config.clip_range_high
    return 1 - config.clip_range, 1 + rise


def grpo_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    ref_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    lengths: torch.Tensor,
    config: GRPOConfig,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, [tokens] each, without gradients.

    log_probs has gradients; it, old_log_probs, ref_log_probs and advantages are [tokens], row after
    row of `lengths` tokens.
    """
    ratio = probability_ratio(log_probs, old_log_probs, lengths, config.loss_type == "gspo")
    surrogate = surrogate_loss(ratio, log_probs, advantages, config)
    kl = kl_k3(log_probs, ref_log_probs)  # (4)
    token_loss = surrogate + config.kl_coef * kl  # (4)
    weights = token_weights(lengths, config.loss_type, config.world.reply_limit).to(token_loss)
    is_clipped = is_held_back(ratio, advantages, *clip_bounds(config))  # (3)
    if config.loss_type == "cispo":
        is_clipped = ratio > RATIO_CAP
    elif config.loss_type == "sapo":
        is_clipped = torch.zeros_like(is_clipped)
    parts = {
        "ratio": ratio,
        "is_clipped": is_clipped.float(),
        "surrogate": surrogate,
        "kl": kl,
        "token_loss": token_loss,
        "weight": weights,
    }
    loss = (token_loss * weights).sum()  # (5)
    return loss, {name: part.detach() for name, part in parts.items()}


def learn(learner: Learner, said: Said, advantages: torch.Tensor, config: GRPOConfig) -> Lesson:
    """The gradient steps of one update; changes the policy in place. advantages: [replies].

    Raises RunEnded, and leaves the policy as it is, if a gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    by_token = advantages.repeat_interleave(lengths)
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]
        if old is None:  # Nothing has changed since the replies were sampled.
            old = current.detach()
            drift = kl_k1(old, reference).sum() / len(lengths)
            seen = {M.KL: drift, M.ENTROPY: mean_entropy(spread.detach())}
        loss, parts = grpo_loss(current, old, reference, by_token, lengths, config)
        parts["log_prob"] = current.detach()
        norms.append(gradient_step(learner, loss))
    assert old is not None
    seen |= {M.GRAD_NORM: torch.stack(norms).mean(), M.CLIP_FRACTION: parts["is_clipped"].mean()}
    parts |= {"old_log_prob": old, "ref_log_prob": reference}
    return Lesson(plain(seen), advantages.tolist(), parts)


def run(config: GRPOConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(first_policy(config), config.learning_rate)
    practice = new_practice(config, learner)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        advantages = group_advantages(torch.tensor(rollouts.rewards), config.scale_rewards)  # (1)
        lesson = learn(learner, rollouts.said, advantages.float().view(-1), config)
        lesson.metrics.update(signal(rollouts))
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="grpo",
    title="GRPO",
    config=GRPOConfig,
    run=run,
    metrics=(*(M.KL, M.ENTROPY, M.REWARD_SPREAD, M.SILENT_GROUPS, M.CLIP_FRACTION, M.GRAD_NORM),),
    source="Shao et al. 2024, DeepSeekMath, arXiv:2402.03300",
    quantities=(
        REWARD,
        group_advantage("the unit chosen").tagged("(1)"),
        OLD_LOG_PROB,
        LOG_PROB,
        RATIO.tagged("(2)"),
        Quantity(
            name="is_clipped",
            label="Clipped",
            symbol=r"\mathrm{clipped}",
            meaning="1 if the clip holds the token back: it has no gradient then, or in cispo one "
            "that grows no more; else 0.",
            tag="(3)",
        ),
        Quantity(
            name="surrogate",
            label="Loss before the leash",
            symbol=r"\ell_0",
            meaning="What the token adds for its advantage, in units of advantage.",
            equation=r"-\min(\rho A,\ \operatorname{clip}(\rho, 1-c, 1+c') A)",
            tag="(3)",
        ),
        REF_LOG_PROB,
        Quantity(
            name="kl",
            label="Drift of this token",
            symbol=r"k_3",
            meaning="The estimate of KL(policy || reference) from this token, in nats.",
            equation=r"e^{d} - d - 1,\quad d = \log \pi_{\mathrm{ref}} - \log \pi",
            tag="(4)",
        ),
        loss_of_token(
            "Both together.",
            r"\ell_0 + \beta k_3",
            "(4)",
        ),
        weight_of_token(
            "w",
            "How much this token counts among all tokens of the batch.",
            tag="(5)",
        ),
    ),
)
