"""REOPOLD, relaxed on-policy distillation. Source: Ko et al. 2026, arXiv:2603.11137.

(1) R    = log teacher(token) - log pi_old(token)
(2) f    = ln(lam) / (1 - lam)                             no floor at lam = 0
(3) R'   = max(R, f)
(4) m    = 1 if R >= f, else 0                             in the first updates: explore
(5) m    = 1 if H >= the (1 - b) quantile of H, else 0     then: refine
           H: the entropy of pi_old at the token's place
(6) rho  = pi(token) / pi_old(token)
(7) l    = -rho R' m                                       per token; R' and m are constants
(8) loss = sum of l / sum of m, over all tokens of all replies

A word that the teacher never says has a reward of minus many nats, and one such word can drown a
batch. The floor bounds what a word can cost, so the gradient varies less from batch to batch, and
it no longer is, on average, that of KL(pi || teacher). With lam = 0 and b = 1 nothing is floored or
left out, and this is plain on-policy distillation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine.distillation import kl_divergence
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy
from engine.language.layout import lay_out
from engine.language.lean import Policy, log_probs, next_token_logits
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    new_learner,
    plain,
)
from engine.language.pair_learning import by_reply
from engine.language.practice import BatchEpochs, Practice
from engine.language.quantities import (
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    loss_of_token,
    reward_of_reply,
    weight_of_token,
)
from engine.language.said import Said
from engine.language.teachers import TEACHER_LOG_PROB, TaughtConfig, rates_of, teacher_policy
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import of_rollout, of_token
from engine.spec import Algorithm, Step


class REOPOLDConfig(TaughtConfig):
    """One run of REOPOLD."""

    algorithm: Literal["reopold"] = "reopold"
    mixture: float = Field(
        0.3,
        ge=0,
        le=0.9,
        title="Floor",
        description="How high the floor lies under what a word can cost: none at 0, 1.7 nats below "
        "zero at 0.3, 1.2 at 0.7.",
    )
    explore_share: float = Field(
        1 / 3,
        ge=0,
        le=1,
        title="Explore",
        description="Which part of the updates leaves out words below the floor. After it, words "
        "count where Pip is undecided.",
    )
    undecided_share: float = Field(
        0.2,
        ge=0.01,
        le=1,
        title="Undecided",
        description="Which part of the words counts after that: those where Pip was least sure.",
    )
    batch_epochs: BatchEpochs = 1

    def explores_at(self, update: int) -> bool:
        """Whether an update, of which the first is 1, is one of the first phase."""
        return update <= round(self.explore_share * self.updates)


def floor_of(mixture: float) -> float:
    """The least that a word can earn, in nats: minus infinity at 0."""
    return math.log(mixture) / (1 - mixture) if mixture > 0 else -math.inf  # (2)


def counted(
    rewards: torch.Tensor, entropy: torch.Tensor, explores: bool, config: REOPOLDConfig
) -> torch.Tensor:
    """Which tokens are learnt from, 1 or 0: [tokens], as rewards and entropy are."""
    if explores:
        return (rewards >= floor_of(config.mixture)).to(rewards)  # (4)
    bound = torch.quantile(entropy, 1 - config.undecided_share)
    return (entropy >= bound).to(rewards)  # (5)


def reopold_loss(
    log_probs: torch.Tensor, old_log_probs: torch.Tensor, rewards: torch.Tensor, mask: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, without gradients; all others are [tokens].

    log_probs has gradients; rewards have their floor.
    """
    ratio = torch.exp(log_probs - old_log_probs)  # (6)
    token_loss = -ratio * rewards * mask  # (7)
    weight = torch.ones_like(mask) / mask.sum().clamp(min=1)  # (8)
    parts = {"ratio": ratio, "token_loss": token_loss, "weight": weight}
    return (token_loss * weight).sum(), {name: part.detach() for name, part in parts.items()}  # (8)


def learn(
    learner: Learner[Policy], teacher: Policy, said: Said, explores: bool, config: REOPOLDConfig
) -> Lesson:
    """The gradient steps of one update; changes the policy in place.

    Where no token counts, nothing moves. Raises RunEnded, and leaves the policy as it is, if a
    gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    said_words = layout.targets[:, None]
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
        judged = F.log_softmax(next_token_logits(teacher, layout), -1)
    liked = judged.gather(1, said_words)[:, 0]
    old, raw, floored, entropy, mask = liked, liked, liked, liked, liked
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, said_words)[:, 0]
        if not norms:  # Nothing has changed since the replies were sampled.
            old, before = current.detach(), spread.detach()
            entropy = -(before.exp() * before).sum(-1)
            raw = liked - old  # (1)
            floored = raw.clamp(min=floor_of(config.mixture))  # (3)
            mask = counted(raw, entropy, explores, config)
            seen = {
                M.TEACHER_KL: kl_divergence(before, judged).mean(),
                M.FLOORED: (floored > raw).float().mean(),
                M.COUNTED: mask.mean(),
                M.ENTROPY: entropy.mean(),
                M.KL: kl_k1(old, reference).sum() / len(lengths),
            }
        loss, parts = reopold_loss(current, old, floored, mask)
        parts["log_prob"] = current.detach()
        norms.append(gradient_step(learner, loss) if mask.any() else torch.zeros(()))
    seen[M.GRAD_NORM] = torch.stack(norms).mean()
    parts |= {"old_log_prob": old, "teacher_log_prob": liked, "verdict": raw}
    parts |= {"token_advantage": floored, "entropy": entropy, "is_counted": mask}
    return Lesson(plain(seen), by_reply(floored * mask, lengths).tolist(), parts)


def run(config: REOPOLDConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    teacher = teacher_policy(config.teacher)
    practice = Practice(config, learner)
    known = rates_of(teacher, practice.shares, config.seed)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        lesson = learn(learner, teacher, rollouts.said, config.explores_at(update), config)
        lesson.metrics.update(known)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="reopold",
    title="REOPOLD",
    config=REOPOLDConfig,
    run=run,
    metrics=(
        *(M.TEACHER_RIGHT, M.TEACHER_FLATTERY, M.TEACHER_KL, M.FLOORED, M.COUNTED, M.KL),
        *(M.ENTROPY, M.GRAD_NORM),
    ),
    source="Ko et al. 2026, arXiv:2603.11137",
    quantities=(
        reward_of_reply(
            "What the learner's reward pays the whole reply. Nothing is learnt from it.",
        ),
        OLD_LOG_PROB,
        LOG_PROB,
        TEACHER_LOG_PROB,
        of_token(
            "verdict",
            "What the teacher pays for this token",
            "R",
            "Above zero if the teacher would rather say it than Pip, below if less, in nats.",
            r"\log q - \log \pi_{\mathrm{old}}",
            "(1)",
        ),
        of_token(
            "token_advantage",
            "The same with a floor",
            r"R^\prime",
            "What the token earns, and never less than the floor, in nats.",
            r"\max(R, f)",
            "(3)",
        ),
        of_token(
            "entropy",
            "Indecision here",
            "H",
            "The entropy of Pip's next word at this place, in nats.",
        ),
        of_token(
            "is_counted",
            "Counts",
            "m",
            "1 if the token is learnt from, else 0: first those above the floor, later those "
            "where Pip was undecided.",
            tag="(4)",
        ),
        of_rollout(
            "advantage",
            "What the teacher pays for the reply",
            r"\textstyle\sum m R^\prime",
            "The sum over its tokens that count.",
        ),
        RATIO.tagged("(6)"),
        loss_of_token(
            "What the token adds before it is divided, in nats.",
            r"-\rho\, R^\prime\, m",
            "(7)",
        ),
        weight_of_token(
            "w",
            "One over the tokens that count.",
            tag="(8)",
        ),
    ),
)
