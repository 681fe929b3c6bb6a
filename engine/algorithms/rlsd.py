"""RLSD, self-distilled RLVR. Source: Yang et al. 2026, arXiv:2604.03128.

(1) A    = (r - mean(r)) / (std(r) + eps)               over the replies to one question
(2) D    = log q(token) - log pi_old(token)             q: the same weights, told the answer too
(3) w    = clip(exp(sign(A) D), 1 - e, 1 + e)
(4) A'   = A ((1 - lam) + lam w)                        lam falls to 0 over the first updates
(5) rho  = pi(token) / pi_old(token)
    l    = -min(rho A', clip(rho, 1 - c, 1 + c') A')    per token
(6) loss = mean of l over all tokens of all replies
(7) q    becomes the policy as it is now, every few updates

Since e is below 1, A' has the sign of A at every token: what the teacher knows can make a step
longer or shorter, and never turn it round. With lam = 0 this is GRPO, weighted as in dapo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from engine.advantages import group_advantages
from engine.distillation import kl_divergence
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
from engine.language.luck import generator
from engine.language.practice import BatchEpochs, Practice
from engine.language.quantities import (
    EQUAL_WEIGHT,
    IS_CLIPPED,
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    REWARD,
    advantage_of_token,
    group_advantage,
    loss_of_token,
)
from engine.language.rollouts import signal
from engine.language.said import Said
from engine.language.second_reading import (
    ClipRange,
    ClipRangeHigh,
    FeedbackRead,
    RightFrom,
    SecondReadingConfig,
    hints_of,
    informed_spread,
    share_right,
)
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, is_held_back


class RLSDConfig(SecondReadingConfig):
    """One run of RLSD."""

    algorithm: Literal["rlsd"] = "rlsd"
    feedback: FeedbackRead = "fact"
    right_from: RightFrom = Field(
        0.5,
        description="What a reply must be paid to count as right, where a right sibling is read.",
    )
    teacher_share: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Teacher's share",
        description="How much of a token's weight is the teacher's at the start. At 0 this is "
        "GRPO.",
    )
    teacher_until: int = Field(
        50,
        ge=1,
        le=200,
        title="Teacher until",
        description="The update at which that share has fallen to nothing.",
    )
    weight_range: float = Field(
        0.2,
        ge=0.01,
        le=0.99,
        title="Weight range",
        description="How far from 1 the teacher's weight of a token may be.",
    )
    teacher_every: int = Field(
        10,
        ge=1,
        le=200,
        title="New teacher every",
        description="After so many updates Pip as it is then becomes the teacher.",
    )
    clip_range: ClipRange = 0.2
    clip_range_high: ClipRangeHigh = 0.28
    batch_epochs: BatchEpochs = 1

    def share_at(self, update: int) -> float:
        """The teacher's share at an update, of which the first is 1."""
        return self.teacher_share * max(0.0, 1 - (update - 1) / self.teacher_until)  # (4)


def weighed(
    advantages: torch.Tensor, evidence: torch.Tensor, share: float, weight_range: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages as the teacher weighs them, and its weights: [tokens] each.

    advantages: [tokens]; evidence: [tokens] by how many nats the teacher likes each better.
    """
    weight = torch.exp(advantages.sign() * evidence)  # (3)
    weight = weight.clamp(1 - weight_range, 1 + weight_range)  # (3)
    return advantages * ((1 - share) + share * weight), weight  # (4)


def overruled_share(
    weight: torch.Tensor, is_moved: torch.Tensor, weight_range: float
) -> torch.Tensor:
    """How many of the moved tokens the teacher clearly speaks against: a scalar.

    weight: [tokens] the teacher's; is_moved: [tokens] whether the reward moves what it was told of.
    """
    is_lowest = weight <= (1 - weight_range) * (1 + 1e-6)
    return (is_lowest & is_moved).sum() / is_moved.sum().clamp(min=1)


def rlsd_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    low: float,
    high: float,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, without gradients; all others are [tokens].

    log_probs has gradients; advantages are those that the teacher has weighed.
    """
    ratio = torch.exp(log_probs - old_log_probs)  # (5)
    token_loss = clipped_surrogate(ratio, advantages, low, high)  # (5)
    weight = torch.full_like(advantages, 1 / len(advantages))  # (6)
    parts = {
        "weight": weight,
        "ratio": ratio.detach(),
        "is_clipped": is_held_back(ratio, advantages, low, high).float(),
        "token_loss": token_loss.detach(),
    }
    return (token_loss * weight).sum(), parts  # (6)


def learn(
    learner: Learner[Policy],
    teacher: Policy,
    said: Said,
    advantages: torch.Tensor,
    hints: Sequence[str | None],
    share: float,
    config: RLSDConfig,
) -> Lesson:
    """The gradient steps of one update; changes the policy in place. advantages, hints: [replies].

    Raises RunEnded, and leaves the policy as it is, if a gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    by_token = advantages.repeat_interleave(lengths)
    is_told = torch.tensor([float(hint is not None) for hint in hints]).repeat_interleave(lengths)
    informed = informed_spread(teacher, said, hints)
    told = informed.gather(1, layout.targets[:, None])[:, 0]
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    evidence, weight, final = told, told, told
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]
        if old is None:  # Nothing has changed since the replies were sampled.
            old = current.detach()
            told = torch.where(is_told > 0, told, old)
            evidence = told - old  # (2)
            final, weight = weighed(by_token, evidence, share, config.weight_range)
            apart = (kl_divergence(spread.detach(), informed) * is_told).sum()
            seen = {
                M.DISAGREEMENT: apart / is_told.sum().clamp(min=1),
                M.ENTROPY: mean_entropy(spread.detach()),
                M.KL: kl_k1(old, reference).sum() / len(lengths),
            }
        low, high = 1 - config.clip_range, 1 + config.clip_range_high
        loss, parts = rlsd_loss(current, old, final, low, high)
        parts["log_prob"] = current.detach()
        norms.append(gradient_step(learner, loss))
    assert old is not None
    overruled = overruled_share(weight, (by_token != 0) & (is_told > 0), config.weight_range)
    is_bound = ((weight - 1).abs() >= config.weight_range * (1 - 1e-6)).float()
    seen |= {M.CLIP_FRACTION: parts["is_clipped"].mean(), M.WEIGHT_CLIPPED: is_bound.mean()}
    seen |= {M.OVERRULED: overruled, M.GRAD_NORM: torch.stack(norms).mean()}
    parts |= {"old_log_prob": old, "teacher_log_prob": told, "evidence": evidence}
    parts |= {"teacher_weight": weight, "token_advantage": final}
    return Lesson(plain(seen), advantages.tolist(), parts)


def run(config: RLSDConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    teacher = copy_policy(learner.policy)
    practice, luck = Practice(config, learner), generator("teacher", config.seed)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        said, is_right = rollouts.said, rollouts.rewards.ravel() >= config.right_from
        hints = hints_of(said, is_right.tolist(), config.feedback)
        advantages = group_advantages(torch.tensor(rollouts.rewards)).float().view(-1)  # (1)
        share, right = config.share_at(update), share_right(teacher, said, hints, luck)
        lesson = learn(learner, teacher, said, advantages, hints, share, config)
        lesson.metrics.update(signal(rollouts) | {M.TEACHER_CORRECT: right})
        if update % config.teacher_every == 0:
            teacher = copy_policy(learner.policy)  # (7)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="rlsd",
    title="RLSD",
    config=RLSDConfig,
    run=run,
    metrics=(
        *(M.TEACHER_CORRECT, M.DISAGREEMENT, M.WEIGHT_CLIPPED, M.OVERRULED, M.KL, M.ENTROPY),
        *(M.REWARD_SPREAD, M.SILENT_GROUPS, M.CLIP_FRACTION, M.GRAD_NORM),
    ),
    source="Yang et al. 2026, Self-Distilled RLVR, arXiv:2604.03128",
    quantities=(
        REWARD,
        group_advantage("its deviations").tagged("(1)"),
        OLD_LOG_PROB,
        Quantity(
            name="teacher_log_prob",
            label="Log-probability by the teacher",
            symbol=r"\log q",
            meaning="Of this token, in nats, by the teacher, who reads the feedback; Pip's own "
            "where there is none.",
        ),
        Quantity(
            name="evidence",
            label="What the teacher thinks of this token",
            symbol="D",
            meaning="By how many nats it would rather say it than Pip; 0 without feedback.",
            equation=r"\log q - \log \pi_{\mathrm{old}}",
            tag="(2)",
        ),
        Quantity(
            name="teacher_weight",
            label="The teacher's weight",
            symbol="w",
            meaning="Above 1 where it speaks for the reward's verdict, below where against.",
            equation=r"\operatorname{clip}(\exp(\operatorname{sign}(A)\, D),\ 1-e,\ 1+e)",
            tag="(3)",
        ),
        advantage_of_token(
            r"A^\prime",
            "The reply's advantage, weighed; it always has the same sign.",
            r"A\,((1 - \lambda) + \lambda w)",
            "(4)",
        ),
        LOG_PROB,
        RATIO.tagged("(5)"),
        IS_CLIPPED.tagged("(5)"),
        loss_of_token(
            "What the token adds to the mean, in units of advantage.",
            r"-\min(\rho A^\prime,\ \operatorname{clip}(\rho, 1-c, 1+c^\prime) A^\prime)",
            "(5)",
        ),
        EQUAL_WEIGHT.tagged("(6)"),
    ),
)
