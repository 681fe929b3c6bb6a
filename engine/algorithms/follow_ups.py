"""Learning from follow-ups. Source: Kleine Buening et al. 2026, arXiv:2603.12273.

(1) o    = what the visitor says next; a reply to which nothing is said is left out
(2) A    = log pi(token | question, o, reply so far) - log pi(token | question, reply so far)
(3) A'   = A - mean(A)            over the tokens of the reply, in the online form only
(4) l    = -A log pi(token)                                          offline
         = -min(rho A', clip(rho, 1 - c, 1 + c) A'),  rho = pi / pi_old      online
(5) loss = mean over the replies of the mean of l over their tokens

Nobody is asked for a verdict: a reply is read once more by the one who knows what was said to it.
The advantages are constants, so that the gradient is that of a policy gradient. If the same o
followed whatever is replied, the uncentred mean of A's gradient over all that Pip may say at a
place would be that of KL(pi || pi with o) there (our own algebra, and tested). Visitors answer what
was said, so a real batch is not quite that. The reader is Pip itself, told more, or a slower copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from engine.distillation import kl_divergence
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.follow_ups import Answers, FollowedUpConfig, answered
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
from engine.language.pair_learning import by_reply
from engine.language.practice import BatchEpochs, Practice
from engine.language.quantities import (
    IS_CLIPPED,
    LOG_PROB,
    OLD_LOG_PROB,
    RATIO,
    advantage_of_token,
    loss_of_token,
    reward_of_reply,
    weight_of_token,
)
from engine.language.said import Said
from engine.language.second_reading import ClipRange, follow, informed_spread
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, is_held_back


class FollowUpsConfig(FollowedUpConfig):
    """One run of learning from what visitors say next."""

    algorithm: Literal["follow_ups"] = "follow_ups"
    form: Literal["online", "offline"] = Field(
        "online",
        title="Form",
        description="Online, advantages are centred within a reply and a step is clipped; offline, "
        "neither is done.",
    )
    clip_range: ClipRange = Field(
        0.2,
        description="How far a token's probability may move on one batch before its gradient "
        "stops. It only binds online, with more than one gradient step on a batch.",
    )
    batch_epochs: BatchEpochs = 1


def centred(numbers: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """[tokens], row after row: each minus the mean of its own reply, whose length is given."""
    return numbers - (by_reply(numbers, lengths) / lengths).repeat_interleave(lengths)  # (3)


def follow_ups_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    weight: torch.Tensor,
    config: FollowUpsConfig,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, without gradients; all others are [tokens].

    log_probs has gradients; weight: what each token counts in the mean of replies' means.
    """
    ratio = torch.exp(log_probs - old_log_probs)
    low, high = 1 - config.clip_range, 1 + config.clip_range
    if config.form == "online":
        token_loss = clipped_surrogate(ratio, advantages, low, high)  # (4)
        held_back = is_held_back(ratio, advantages, low, high).float()
    else:
        token_loss = -advantages * log_probs  # (4)
        held_back = torch.zeros_like(advantages)
    parts = {
        "ratio": ratio.detach(),
        "is_clipped": held_back,
        "token_loss": token_loss.detach(),
        "weight": weight,
    }
    return (token_loss * weight).sum(), parts  # (5)


def learn(
    learner: Learner[Policy],
    teacher: Policy,
    said: Said,
    texts: Sequence[str],
    config: FollowUpsConfig,
) -> Lesson:
    """The gradient steps of one update; changes the policy in place. texts: [replies] follow-ups.

    Where nobody said anything, nothing moves. Raises RunEnded, and leaves the policy as it is, if a
    gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    is_said = torch.tensor([float(bool(text)) for text in texts])
    by_token = is_said.repeat_interleave(lengths)
    weight = by_token / lengths.repeat_interleave(lengths) / is_said.sum().clamp(min=1)  # (5)
    informed = informed_spread(teacher, said, [text or None for text in texts])  # (1)
    told = informed.gather(1, layout.targets[:, None])[:, 0]
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    advantages = told
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]
        if old is None:  # Nothing has changed since the replies were sampled.
            old = current.detach()
            told = torch.where(by_token > 0, told, old)
            advantages = told - old  # (2)
            if config.form == "online":
                advantages = centred(advantages, lengths)
            seen = {
                M.DISAGREEMENT: (kl_divergence(spread.detach(), informed) * by_token).sum()
                / by_token.sum().clamp(min=1),
                M.ENTROPY: mean_entropy(spread.detach()),
                M.KL: kl_k1(old, reference).sum() / len(lengths),
            }
        loss, parts = follow_ups_loss(current, old, advantages, weight, config)
        parts["log_prob"] = current.detach()
        norms.append(gradient_step(learner, loss) if is_said.any() else torch.zeros(()))
    assert old is not None
    seen |= {M.CLIP_FRACTION: parts["is_clipped"].mean(), M.GRAD_NORM: torch.stack(norms).mean()}
    verdicts = by_reply(told - old, lengths)
    parts |= {"old_log_prob": old, "told_log_prob": told, "token_advantage": advantages}
    return Lesson(plain(seen), verdicts.tolist(), parts)


def run(config: FollowUpsConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    teacher = copy_policy(learner.policy)
    practice = Practice(config, learner)
    answers = Answers(config.crowd, config.heard, config.seed)
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        texts = answers.to(rollouts.said)
        lesson = learn(learner, teacher, rollouts.said, texts, config)
        lesson.metrics.update(answered(texts, rollouts))
        follow(teacher, learner.policy, config.teacher_rate)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished("nobody_heard")


ALGORITHM = Algorithm(
    name="follow_ups",
    title="Learning from follow-ups",
    config=FollowUpsConfig,
    run=run,
    metrics=(
        *(M.FOLLOWED_UP, M.THANKED, M.OBJECTED, M.MISLED, M.DISAGREEMENT),
        *(M.KL, M.ENTROPY, M.CLIP_FRACTION, M.GRAD_NORM),
    ),
    source="Kleine Buening et al. 2026, Aligning Language Models from User Interactions, "
    "arXiv:2603.12273",
    quantities=(
        reward_of_reply(
            "What the whole reply is measured by; nothing is learnt from it.",
        ),
        OLD_LOG_PROB,
        Quantity(
            name="told_log_prob",
            label="Log-probability with the follow-up",
            symbol=r"\log q",
            meaning="Of this token, in nats, by the reader who knows what was said next; Pip's own "
            "if nothing was.",
        ),
        Quantity(
            name="advantage",
            label="What the reader thinks of the reply",
            symbol=r"\textstyle\sum A",
            meaning="By how many nats the reply is likelier to who knows the follow-up; 0 without.",
            of="rollout",
        ),
        advantage_of_token(
            "A",
            "By how many nats the reader would rather say it than Pip; online, minus the "
            "mean over the reply.",
            r"\log q - \log \pi_{\mathrm{old}}",
            "(2)",
        ),
        LOG_PROB,
        RATIO.tagged("(4)"),
        IS_CLIPPED.tagged("(4)"),
        loss_of_token(
            "What the token adds to the mean of its reply.",
            r"-\min(\rho A,\ \operatorname{clip}(\rho, 1-c, 1+c)\, A)",
            "(4)",
        ),
        weight_of_token(
            "w",
            "One over the tokens of the reply and over the replies with a follow-up; zero "
            "in a reply without.",
            tag="(5)",
        ),
    ),
)
