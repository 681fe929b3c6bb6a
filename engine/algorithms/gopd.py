"""G-OPD, on-policy distillation with reward extrapolation. Source: Yang et al. 2026, 2602.12125.

(1) a    = log teacher(token) - log reference(token)       what the teacher learnt, at this token
(2) b    = log pi_old(token) - log reference(token)        what Pip has learnt there
(3) A    = lam a - b
(4) rho  = pi(token) / pi_old(token)
(5) l    = -min(rho, 5) A                                  per token; A is a constant
(6) loss = mean of l over all tokens of all replies

The reference is Pip as it began. On average over the tokens that Pip says at a place, the gradient
of (6) is that of KL(pi || pi*) there, with pi* proportional to teacher^lam reference^(1 - lam), at
the first step on a batch (our own algebra, and tested). So lam = 0 leads back to the reference,
lam = 1 to the teacher (plain on-policy distillation, in which the reference cancels), and above 1
beyond it: further along the way that the teacher went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine.distillation import kl_divergence
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy
from engine.language.layout import lay_out
from engine.language.lean import Policy, next_token_logits
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    mean_entropy,
    new_learner,
    plain,
)
from engine.language.pair_learning import by_reply
from engine.language.practice import BatchEpochs, Practice
from engine.language.quantities import (
    EQUAL_WEIGHT,
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    REF_LOG_PROB,
    advantage_of_token,
    loss_of_token,
    reward_of_reply,
)
from engine.language.said import Said
from engine.language.teachers import TEACHER_LOG_PROB, TaughtConfig, rates_of, teacher_policy
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import of_rollout, of_token
from engine.spec import Algorithm, Step

RATIO_CAP = 5.0


class GOPDConfig(TaughtConfig):
    """One run of G-OPD."""

    algorithm: Literal["gopd"] = "gopd"
    extrapolation: float = Field(
        1.25,
        ge=0,
        le=8,
        title="Extrapolation",
        description="How far along the teacher's way Pip is to go: 0 stays where it began, 1 "
        "copies the teacher, and above 1 goes beyond it.",
    )
    batch_epochs: BatchEpochs = 1


def extrapolated(
    teacher: torch.Tensor, reference: torch.Tensor, old: torch.Tensor, extrapolation: float
) -> torch.Tensor:
    """The advantage of each token, from its log-probabilities by all three: [tokens]."""
    learnt = teacher - reference  # (1)
    moved = old - reference  # (2)
    return extrapolation * learnt - moved  # (3)


def gopd_loss(
    log_probs: torch.Tensor, old_log_probs: torch.Tensor, advantages: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, without gradients; all others are [tokens].

    log_probs has gradients.
    """
    ratio = torch.exp(log_probs - old_log_probs)  # (4)
    token_loss = -ratio.clamp(max=RATIO_CAP) * advantages  # (5)
    weight = torch.full_like(advantages, 1 / len(advantages))  # (6)
    parts = {"ratio": ratio, "token_loss": token_loss, "weight": weight}
    return (token_loss * weight).sum(), {name: part.detach() for name, part in parts.items()}  # (6)


def learn(learner: Learner[Policy], teacher: Policy, said: Said, config: GOPDConfig) -> Lesson:
    """The gradient steps of one update; changes the policy in place.

    Raises RunEnded, and leaves the policy as it is, if a gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    with torch.no_grad():
        judged, began = (
            F.log_softmax(next_token_logits(one, layout), -1)
            for one in (teacher, learner.reference)
        )
    said_words = layout.targets[:, None]
    liked, reference = (one.gather(1, said_words)[:, 0] for one in (judged, began))
    old, advantages = reference, reference
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, said_words)[:, 0]
        if not norms:  # Nothing has changed since the replies were sampled.
            old = current.detach()
            advantages = extrapolated(liked, reference, old, config.extrapolation)
            seen = {
                M.TEACHER_KL: kl_divergence(spread.detach(), judged).mean(),
                M.ENTROPY: mean_entropy(spread.detach()),
                M.KL: kl_k1(old, reference).sum() / len(lengths),
            }
        loss, parts = gopd_loss(current, old, advantages)
        parts["log_prob"] = current.detach()
        norms.append(gradient_step(learner, loss))
    seen[M.GRAD_NORM] = torch.stack(norms).mean()
    parts |= {"old_log_prob": old, "teacher_log_prob": liked, "ref_log_prob": reference}
    parts |= {"learnt": liked - reference, "moved": old - reference, "token_advantage": advantages}
    return Lesson(plain(seen), by_reply(advantages, lengths).tolist(), parts)


def run(config: GOPDConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    teacher = teacher_policy(config.teacher)
    practice = Practice(config, learner)
    known = rates_of(teacher, practice.shares, config.seed)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        lesson = learn(learner, teacher, rollouts.said, config)
        lesson.metrics.update(known)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished("agreed")


ALGORITHM = Algorithm(
    name="gopd",
    title="G-OPD",
    config=GOPDConfig,
    run=run,
    metrics=(
        *(M.TEACHER_RIGHT, M.TEACHER_FLATTERY, M.TEACHER_KL, M.KL, M.ENTROPY),
        M.GRAD_NORM,
    ),
    source="Yang et al. 2026, Learning beyond Teacher, arXiv:2602.12125",
    quantities=(
        reward_of_reply(
            "What the learner's reward pays the whole reply. It is measured, and nothing is learnt "
            "from it.",
        ),
        OLD_LOG_PROB,
        LOG_PROB,
        TEACHER_LOG_PROB,
        REF_LOG_PROB,
        of_token(
            "learnt",
            "What the teacher learnt here",
            "a",
            "By how many nats the teacher likes this token better than Pip did at the start.",
            r"\log q - \log \pi_{\mathrm{ref}}",
            "(1)",
        ),
        of_token(
            "moved",
            "What Pip has learnt here",
            "b",
            "By how many nats Pip likes this token better than it did at the start.",
            r"\log \pi_{\mathrm{old}} - \log \pi_{\mathrm{ref}}",
            "(2)",
        ),
        advantage_of_token(
            "A",
            "Above zero while Pip has not gone as far as it is to go.",
            r"\lambda a - b",
            "(3)",
        ),
        of_rollout(
            "advantage",
            "Advantage of the reply",
            r"\textstyle\sum A",
            "The sum over its tokens.",
        ),
        RATIO.tagged("(4)"),
        loss_of_token(
            "What the token adds to the mean, in nats.",
            r"-\min(\rho, 5)\, A",
            "(5)",
        ),
        EQUAL_WEIGHT.tagged("(6)"),
    ),
)
