"""Self-Distilled Policy Optimisation. Source: Hübotter et al. 2026, arXiv:2601.20802.

(1) f       = what may be read beside a wrong reply: a right reply to the same question, or what
              the visitor says to it; without one, the reply is left out
(2) q       = teacher(word | question, f, reply so far);  pi = policy(word | question, reply so far)
(3) d       = KL(pi || q)  at alpha = 1,  KL(q || pi)  at alpha = 0,  and between
              (1 - alpha) KL(pi || m) + alpha KL(q || m),  m = (1 - alpha) pi + alpha q
(4) l       = min(pi(token) / pi_old(token), 2) d         the factor a constant
(5) loss    = mean of l over all tokens of the replies that have an f
(6) teacher = (1 - a) teacher + a policy                  after every update

The teacher is Pip itself: it began as the same weights, and knows more only because it is told
more. At alpha = 1 the gradient of (3) is a policy gradient in which every word v of the vocabulary,
at every place of the reply, has an advantage of its own: log q(v) - log pi(v).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from engine.distillation import divergence, kl_divergence, likeliest_words
from engine.endings import Ending
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
from engine.language.pair_learning import by_reply
from engine.language.practice import BatchEpochs, Practice
from engine.language.quantities import (
    APART,
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    loss_of_token,
    reward_of_reply,
    weight_of_token,
)
from engine.language.said import Said
from engine.language.second_reading import (
    Alpha,
    FeedbackRead,
    RightFrom,
    SecondReadingConfig,
    TeacherRate,
    follow,
    hints_of,
    informed_spread,
    share_right,
)
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.spec import Algorithm, Step

RATIO_CAP = 2.0


class SDPOConfig(SecondReadingConfig):
    """One run of SDPO."""

    algorithm: Literal["sdpo"] = "sdpo"
    group_size: int = Field(
        8,
        ge=1,
        le=32,
        title="Group size",
        description="Replies sampled per question. One is enough unless the feedback is a sibling.",
    )
    feedback: FeedbackRead = "fact"
    right_from: RightFrom = Field(
        0.5,
        description="What a reply must be paid to count as right. Wrong ones are corrected.",
    )
    taught: Literal["wrong", "all"] = Field(
        "wrong", title="Corrected", description="Which replies the teacher reads again."
    )
    teacher_rate: TeacherRate = 0.01
    alpha: Alpha = 0.5
    likeliest: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Words compared",
        description="How many of Pip's likeliest words are compared one by one, all others as one; "
        "empty: every word.",
    )
    batch_epochs: BatchEpochs = 1


def sdpo_loss(
    spread: torch.Tensor,
    informed: torch.Tensor,
    targets: torch.Tensor,
    old_log_probs: torch.Tensor,
    is_taught: torch.Tensor,
    config: SDPOConfig,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, [tokens] each, without gradients.

    spread: [tokens, words] log-probabilities with gradients; informed: the teacher's. targets:
    [tokens] what was said; old_log_probs: [tokens] its log-probability then; is_taught: [tokens].
    """
    compared = spread, informed
    if config.likeliest is not None:
        compared = likeliest_words(*compared, config.likeliest)
    apart = divergence(*compared, config.alpha)  # (3)
    current = spread.detach().gather(1, targets[:, None])[:, 0]
    ratio = torch.exp(current - old_log_probs)  # (4)
    token_loss = ratio.clamp(max=RATIO_CAP) * apart  # (4)
    weight = is_taught / is_taught.sum().clamp(min=1)  # (5)
    told = informed.gather(1, targets[:, None])[:, 0]
    parts = {
        "log_prob": current,
        "teacher_log_prob": told,
        "token_advantage": told - current,
        "apart": apart,
        "ratio": ratio,
        "token_loss": token_loss,
        "weight": weight,
    }
    loss = (token_loss * weight).sum()  # (5)
    return loss, {name: part.detach() for name, part in parts.items()}


def learn(
    learner: Learner[Policy],
    teacher: Policy,
    said: Said,
    hints: Sequence[str | None],
    config: SDPOConfig,
) -> Lesson:
    """The gradient steps of one update; changes the policy in place. hints: [replies].

    Where there are no hints at all, nothing moves. Raises RunEnded, and leaves the policy as it
    is, if a gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    has_hint = torch.tensor([hint is not None for hint in hints])
    is_taught = has_hint.float().repeat_interleave(lengths)
    informed = informed_spread(teacher, said, hints)  # (2)
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    seen: dict[M, torch.Tensor] = {}
    advantages = torch.empty(0)
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)  # (2)
        if old is None:  # Nothing has changed since the replies were sampled.
            old = spread.detach().gather(1, layout.targets[:, None])[:, 0]
            seen = disagreement(spread.detach(), informed, is_taught)
            seen |= {M.KL: kl_k1(old, reference).sum() / len(lengths)}
        loss, parts = sdpo_loss(spread, informed, layout.targets, old, is_taught, config)
        if not norms:
            seen[M.LOSS] = loss.detach()
            advantages = by_reply(parts["token_advantage"] * is_taught, lengths)
        norms.append(gradient_step(learner, loss) if has_hint.any() else torch.zeros(()))
    assert old is not None
    seen |= {M.GRAD_NORM: torch.stack(norms).mean(), M.TAUGHT: has_hint.float().mean()}
    return Lesson(plain(seen), advantages.tolist(), parts | {"old_log_prob": old})


def disagreement(
    spread: torch.Tensor, informed: torch.Tensor, is_taught: torch.Tensor
) -> dict[M, torch.Tensor]:
    """How far the policy is from its teacher, and how undecided it is."""
    apart = (kl_divergence(spread, informed) * is_taught).sum() / is_taught.sum().clamp(min=1)
    return {M.DISAGREEMENT: apart, M.ENTROPY: mean_entropy(spread)}


def run(config: SDPOConfig, start: Policy | None = None) -> Iterator[Step]:
    """Train Pip, one event an update. start: what to train in its place."""
    learner = new_learner(base_policy() if start is None else start, config.learning_rate)
    teacher = copy_policy(learner.policy)
    practice, luck = Practice(config, learner), generator("teacher", config.seed)
    silence: Ending = "all_right"
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        said, is_right = rollouts.said, rollouts.rewards.ravel() >= config.right_from
        readable = hints_of(said, is_right.tolist(), config.feedback)  # (1)
        is_read = [config.taught == "all" or not right for right in is_right]
        hints = [
            hint if read else None for hint, read in zip(readable, is_read, strict=True)
        ]  # (1)
        if any(is_read):
            silence = "no_feedback"
        told = share_right(teacher, said, readable, luck)
        lesson = learn(learner, teacher, said, hints, config)
        lesson.metrics[M.TEACHER_CORRECT] = told
        follow(teacher, learner.policy, config.teacher_rate)  # (6)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished(silence)


ALGORITHM = Algorithm(
    name="sdpo",
    title="SDPO",
    config=SDPOConfig,
    run=run,
    metrics=(
        *(M.TEACHER_CORRECT, M.TAUGHT, M.DISAGREEMENT, M.LOSS, M.KL, M.ENTROPY),
        M.GRAD_NORM,
    ),
    source="Hübotter et al. 2026, arXiv:2601.20802",
    quantities=(
        reward_of_reply(
            "What the learner's reward pays the whole reply; it says which are wrong.",
        ),
        OLD_LOG_PROB,
        LOG_PROB.tagged("(2)"),
        Quantity(
            name="teacher_log_prob",
            label="Log-probability by the teacher",
            symbol=r"\log q",
            meaning="Of this token, in nats, by the teacher, who reads the feedback if there is "
            "any.",
            tag="(2)",
        ),
        Quantity(
            name="token_advantage",
            label="What the teacher thinks of this token",
            symbol="A",
            meaning="Above zero if the teacher would rather say it than Pip, below if less.",
            equation=r"\log q - \log \pi",
        ),
        Quantity(
            name="advantage",
            label="What the teacher thinks of the reply",
            symbol=r"\textstyle\sum A",
            meaning="The sum over its tokens at the first step; 0 for a reply that is left out.",
            of="rollout",
        ),
        APART.tagged("(3)"),
        RATIO.tagged("(4)"),
        loss_of_token(
            "The divergence, for what is said more often now counted more, up to twice.",
            r"\min(\rho, 2)\, d",
            "(4)",
        ),
        weight_of_token(
            "w",
            "One over all tokens of replies with feedback; zero in all other replies.",
            tag="(5)",
        ),
    ),
)
