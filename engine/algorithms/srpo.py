"""SRPO, sample routing between GRPO and SDPO. Source: Li et al. 2026, arXiv:2604.02288.

(1) A       = (r - mean(r)) / (std(r) + eps)             over the replies to one question
(2) z       = 1 for a wrong reply with a right one, f, to the same question; else 0
(3) q       = teacher(word | question, f, reply so far);  pi = policy(word | question, reply so far)
(4) w       = exp(-beta H(q)), divided by its mean over all tokens with z = 1
(5) rho     = pi(token) / pi_old(token)
(6) l       = -min(rho A, clip(rho, 1 - c, 1 + c') A)    per token, where z = 0: GRPO
(7) l       = w min(rho, 2) d                            where z = 1: SDPO, the factors constants
              d = KL(pi || q) at alpha = 1, KL(q || pi) at alpha = 0, and between
              (1 - alpha) KL(pi || m) + alpha KL(q || m),  m = (1 - alpha) pi + alpha q
(8) loss    = mean of l over all tokens of all replies
(9) teacher = (1 - a) teacher + a policy                 after every update

Right replies need nobody to tell what is right, and groups without one have nobody who could.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from engine.advantages import group_advantages
from engine.distillation import divergence, kl_divergence
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.layout import lay_out
from engine.language.lean import Policy, log_probs, next_token_logits
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    mean_entropy,
    new_learner,
    plain,
)
from engine.language.practice import BatchEpochs, Practice
from engine.language.quantities import (
    APART,
    EQUAL_WEIGHT,
    IS_CLIPPED,
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    REWARD,
    group_advantage,
    loss_of_token,
)
from engine.language.rollouts import signal
from engine.language.said import Said
from engine.language.second_reading import (
    Alpha,
    ClipRange,
    ClipRangeHigh,
    RightFrom,
    SecondReadingConfig,
    TeacherRate,
    follow,
    hints_of,
    informed_spread,
)
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, is_held_back

RATIO_CAP = 2.0  # of (7)


class SRPOConfig(SecondReadingConfig):
    """One run of SRPO."""

    algorithm: Literal["srpo"] = "srpo"
    right_from: RightFrom = 0.5
    teacher_rate: TeacherRate = 0.05
    alpha: Alpha = 0.5
    doubt_discount: float = Field(
        1.0,
        ge=0,
        le=10,
        title="Discount on doubt",
        description="How much less a place counts at which the teacher is undecided; at 0 all "
        "count the same.",
    )
    clip_range: ClipRange = 0.2
    clip_range_high: ClipRangeHigh = 0.28
    batch_epochs: BatchEpochs = 1


def trust_in(informed: torch.Tensor, is_routed: torch.Tensor, discount: float) -> torch.Tensor:
    """How much each place of the routed replies counts, 1 on average: [tokens], elsewhere 0.

    informed: [tokens, words] the teacher's log-probabilities; is_routed: [tokens], 0 or 1.
    """
    doubt = -(informed.exp() * informed).sum(-1)
    trust = torch.exp(-discount * doubt) * is_routed  # (4)
    return trust * is_routed.sum() / trust.sum().clamp(min=1e-30)  # (4)


def srpo_loss(
    spread: torch.Tensor,
    informed: torch.Tensor,
    targets: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    is_routed: torch.Tensor,
    config: SRPOConfig,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, [tokens] each, without gradients.

    spread: [tokens, words] log-probabilities with gradients; informed: the teacher's. targets:
    what was said; old_log_probs: its log-probability then; advantages; is_routed: [tokens] each.
    """
    current = spread.gather(1, targets[:, None])[:, 0]
    ratio = torch.exp(current - old_log_probs)  # (5)
    low, high = 1 - config.clip_range, 1 + config.clip_range_high
    rewarded = clipped_surrogate(ratio, advantages, low, high)  # (6)
    trust = trust_in(informed, is_routed, config.doubt_discount)
    apart = divergence(spread, informed, config.alpha)  # (7)
    corrected = trust * ratio.detach().clamp(max=RATIO_CAP) * apart  # (7)
    token_loss = torch.where(is_routed > 0, corrected, rewarded)
    weight = torch.full_like(token_loss, 1 / len(token_loss))  # (8)
    parts = {
        "log_prob": current,
        "ratio": ratio,
        "is_clipped": is_held_back(ratio, advantages, low, high) * (1 - is_routed),
        "is_routed": is_routed,
        "teacher_log_prob": informed.gather(1, targets[:, None])[:, 0],
        "trust": trust,
        "apart": apart,
        "token_loss": token_loss,
        "weight": weight,
    }
    return (token_loss * weight).sum(), {name: part.detach() for name, part in parts.items()}  # (8)


def learn(
    learner: Learner[Policy],
    teacher: Policy,
    said: Said,
    advantages: torch.Tensor,
    hints: Sequence[str | None],
    config: SRPOConfig,
) -> Lesson:
    """The gradient steps of one update; changes the policy in place. advantages, hints: [replies].

    Raises RunEnded, and leaves the policy as it is, if a gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    by_token = advantages.repeat_interleave(lengths)
    has_hint = torch.tensor([float(hint is not None) for hint in hints])
    is_routed = has_hint.repeat_interleave(lengths)
    informed = informed_spread(teacher, said, hints)  # (3)
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)  # (3)
        if old is None:  # Nothing has changed since the replies were sampled.
            old = spread.detach().gather(1, layout.targets[:, None])[:, 0]
            count = is_routed.sum().clamp(min=1)
            doubt = -(informed.exp() * informed).sum(-1)
            seen = {
                M.DISAGREEMENT: (kl_divergence(spread.detach(), informed) * is_routed).sum()
                / count,
                M.TEACHER_ENTROPY: (doubt * is_routed).sum() / count,
                M.ENTROPY: mean_entropy(spread.detach()),
                M.KL: kl_k1(old, reference).sum() / len(lengths),
            }
        loss, parts = srpo_loss(spread, informed, layout.targets, old, by_token, is_routed, config)
        norms.append(gradient_step(learner, loss))
    assert old is not None
    seen |= {M.TAUGHT: has_hint.mean(), M.CLIP_FRACTION: parts["is_clipped"].mean()}
    seen |= {M.GRAD_NORM: torch.stack(norms).mean()}
    return Lesson(plain(seen), advantages.tolist(), parts | {"old_log_prob": old})


def run(config: SRPOConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    teacher = copy_policy(learner.policy)
    practice = Practice(config, learner)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        said, is_right = rollouts.said, (rollouts.rewards.ravel() >= config.right_from).tolist()
        advantages = group_advantages(torch.tensor(rollouts.rewards)).float().view(-1)  # (1)
        siblings = zip(hints_of(said, is_right, "sibling"), is_right, strict=True)
        hints = [None if right else sibling for sibling, right in siblings]  # (2)
        lesson = learn(learner, teacher, said, advantages, hints, config)
        lesson.metrics.update(signal(rollouts))
        follow(teacher, learner.policy, config.teacher_rate)  # (9)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="srpo",
    title="SRPO",
    config=SRPOConfig,
    run=run,
    metrics=(
        *(M.TAUGHT, M.DISAGREEMENT, M.TEACHER_ENTROPY, M.KL, M.ENTROPY),
        *(M.REWARD_SPREAD, M.SILENT_GROUPS, M.CLIP_FRACTION, M.GRAD_NORM),
    ),
    source="Li et al. 2026, arXiv:2604.02288",
    quantities=(
        REWARD,
        group_advantage("its deviations").tagged("(1)"),
        Quantity(
            name="is_routed",
            label="Sent to the teacher",
            symbol="z",
            meaning="1 if the reply is wrong and a sibling was right, else 0.",
            tag="(2)",
        ),
        OLD_LOG_PROB,
        LOG_PROB.tagged("(3)"),
        Quantity(
            name="teacher_log_prob",
            label="Log-probability by the teacher",
            symbol=r"\log q",
            meaning="Of this token, in nats, by the teacher, who reads the right sibling if the "
            "reply is sent to it.",
            tag="(3)",
        ),
        Quantity(
            name="trust",
            label="Trust in the teacher here",
            symbol="w",
            meaning="Above 1 where it is surer of the next word than on average, 0 where it is "
            "not asked.",
            tag="(4)",
        ),
        APART.tagged("(7)"),
        RATIO.tagged("(5)"),
        IS_CLIPPED.tagged("(6)"),
        loss_of_token(
            "By the reward; by the teacher where the reply is sent to it.",
            r"z\, w \min(\rho, 2)\, d - (1 - z) \min(\rho A,\ "
            r"\operatorname{clip}(\rho, 1-c, 1+c^\prime) A)",
            "(6)",
        ),
        EQUAL_WEIGHT.tagged("(8)"),
    ),
)
