"""OpenClaw-RL, first version. Source: Wang et al. 2026, arXiv:2603.10165.

(1) r    = majority of m votes, +1, 0 or -1, on what the visitor says next; a tie is 0, silence too
(2) h    = the longest sentence of the follow-up that says how to reply, if there is one
(3) D    = log pi(token | question, h, reply so far) - log pi_old(token);  0 without an h
(4) A    = w_r r + w_h D                   as it is: no mean is taken off, nothing is divided by
(5) rho  = pi(token) / pi_old(token)
    l    = -min(rho A, clip(rho, 1 - c, 1 + c') A)
(6) loss = mean of l over all tokens of the replies with a verdict or a hint

With w_h = 0 this is a clipped policy gradient without a baseline, with w_r = 0 it is on-policy
distillation from Pip itself, told more, or from a slower copy of it. This is the method as it was
first published; its second version chooses among several hints by overlap, cuts D at 1 and compares
the likeliest words. Here the votes read the follow-up without the reply, and a hint of ten letters
or fewer, which that version drops, counts too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from engine.distillation import kl_divergence
from engine.endings import Ending
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.follow_ups import (
    Answers,
    FollowedUpConfig,
    answered,
    directive_of,
    judged,
)
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
from engine.language.second_reading import ClipRange, ClipRangeHigh, follow, informed_spread
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.spec import Algorithm, Step
from engine.surrogates import clipped_surrogate, is_held_back


class OpenClawConfig(FollowedUpConfig):
    """One run of OpenClaw-RL."""

    algorithm: Literal["openclaw"] = "openclaw"
    verdict_weight: float = Field(
        1.0,
        ge=0,
        le=4,
        title="Weight of verdicts",
        description="How much it counts whether the visitor was pleased.",
    )
    hint_weight: float = Field(
        1.0,
        ge=0,
        le=4,
        title="Weight of hints",
        description="How much it counts what Pip would have said, had it been told the hint.",
    )
    votes: int = Field(
        3, ge=1, le=9, title="Votes", description="How often the judge votes on each reply."
    )
    vote_noise: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Noise of votes",
        description="How often a vote is another one than the follow-up says.",
    )
    clip_range: ClipRange = 0.2
    clip_range_high: ClipRangeHigh = 0.28
    batch_epochs: BatchEpochs = 1


def openclaw_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    is_sample: torch.Tensor,
    config: OpenClawConfig,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, without gradients; all others are [tokens].

    log_probs has gradients; is_sample: 1 for tokens of replies that teach, else 0.
    """
    low, high = 1 - config.clip_range, 1 + config.clip_range_high
    ratio = torch.exp(log_probs - old_log_probs)  # (5)
    token_loss = clipped_surrogate(ratio, advantages, low, high)  # (5)
    weight = is_sample / is_sample.sum().clamp(min=1)  # (6)
    parts = {
        "ratio": ratio.detach(),
        "is_clipped": is_held_back(ratio, advantages, low, high).float(),
        "token_loss": token_loss.detach(),
        "weight": weight,
    }
    return (token_loss * weight).sum(), parts  # (6)


def learn(
    learner: Learner[Policy],
    teacher: Policy,
    said: Said,
    verdicts: Sequence[float],
    hints: Sequence[str | None],
    config: OpenClawConfig,
) -> Lesson:
    """The gradient steps of one update; changes the policy in place. verdicts, hints: [replies].

    Where there is neither, nothing moves. Raises RunEnded, and leaves the policy as it is, if a
    gradient is not finite.
    """
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    verdict = torch.tensor(verdicts, dtype=torch.float32)
    has_hint = torch.tensor([float(hint is not None) for hint in hints])
    teaches = ((verdict != 0) | (has_hint > 0)).float()
    is_sample, is_told = (row.repeat_interleave(lengths) for row in (teaches, has_hint))
    informed = informed_spread(teacher, said, hints)
    told = informed.gather(1, layout.targets[:, None])[:, 0]
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old: torch.Tensor | None = None
    evidence, advantages = told, told
    seen: dict[M, torch.Tensor] = {}
    parts: dict[str, torch.Tensor] = {}
    norms: list[torch.Tensor] = []
    for _ in range(config.batch_epochs):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]
        if old is None:  # Nothing has changed since the replies were sampled.
            old = current.detach()
            told = torch.where(is_told > 0, told, old)
            evidence = told - old  # (3)
            paid = config.verdict_weight * verdict.repeat_interleave(lengths)  # (4)
            advantages = paid + config.hint_weight * evidence  # (4)
            apart = (kl_divergence(spread.detach(), informed) * is_told).sum()
            seen = {
                M.DISAGREEMENT: apart / is_told.sum().clamp(min=1),
                M.ENTROPY: mean_entropy(spread.detach()),
                M.KL: kl_k1(old, reference).sum() / len(lengths),
            }
        loss, parts = openclaw_loss(current, old, advantages, is_sample, config)
        parts["log_prob"] = current.detach()
        norms.append(gradient_step(learner, loss) if advantages.any() else torch.zeros(()))
    assert old is not None
    seen |= {M.CLIP_FRACTION: parts["is_clipped"].mean(), M.GRAD_NORM: torch.stack(norms).mean()}
    seen |= {M.TAUGHT: has_hint.mean()}
    parts |= {"old_log_prob": old, "told_log_prob": told, "evidence": evidence}
    parts["token_advantage"] = advantages
    means = [part.mean() for part in advantages.split(lengths.tolist())]
    return Lesson(plain(seen), torch.stack(means).tolist(), parts, {"verdict": verdict})


def run(config: OpenClawConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    teacher = copy_policy(learner.policy)
    practice = Practice(config, learner)
    answers = Answers(config.crowd, config.heard, config.seed)
    judge = random.Random(f"judge {config.seed}")
    silence: Ending = "nobody_heard"
    yield practice.begin()
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        texts = answers.to(rollouts.said)
        verdicts = judged(texts, config.votes, config.vote_noise, judge)  # (1)
        hints = [directive_of(text) if config.hint_weight else None for text in texts]  # (2)
        if any(texts):
            silence = "no_verdict"
        lesson = learn(learner, teacher, rollouts.said, verdicts, hints, config)
        lesson.metrics.update(answered(texts, rollouts))
        follow(teacher, learner.policy, config.teacher_rate)
        yield practice.completed(update, rollouts, lesson)
    yield practice.finished(silence)


ALGORITHM = Algorithm(
    name="openclaw",
    title="OpenClaw-RL",
    config=OpenClawConfig,
    run=run,
    metrics=(
        *(M.FOLLOWED_UP, M.THANKED, M.OBJECTED, M.TAUGHT, M.MISLED),
        *(M.DISAGREEMENT, M.KL, M.ENTROPY, M.CLIP_FRACTION, M.GRAD_NORM),
    ),
    source="Wang et al. 2026, OpenClaw-RL: Train Any Agent Simply by Talking, arXiv:2603.10165",
    quantities=(
        reward_of_reply(
            "What the whole reply is measured by; nothing is learnt from it.",
            symbol="R",
        ),
        Quantity(
            name="verdict",
            label="Verdict",
            symbol="r",
            meaning="What most votes say the visitor made of the whole reply: 1, 0 or -1.",
            tag="(1)",
            of="rollout",
        ),
        OLD_LOG_PROB,
        Quantity(
            name="told_log_prob",
            label="Log-probability with the hint",
            symbol=r"\log q",
            meaning="Of this token, in nats, by the reader who is told the hint; Pip's own without "
            "one.",
        ),
        Quantity(
            name="evidence",
            label="What the reader thinks of this token",
            symbol="D",
            meaning="By how many nats it would rather say it than Pip; 0 without a hint.",
            equation=r"\log q - \log \pi_{\mathrm{old}}",
            tag="(3)",
        ),
        advantage_of_token(
            "A",
            "The verdict on the reply plus what the reader thinks of the token.",
            r"w_r r + w_h D",
            "(4)",
        ),
        Quantity(
            name="advantage",
            label="Advantage of the reply",
            symbol=r"\bar A",
            meaning="The mean over its tokens.",
            equation=r"\operatorname{mean}(A)",
            of="rollout",
        ),
        LOG_PROB,
        RATIO.tagged("(5)"),
        IS_CLIPPED.tagged("(5)"),
        loss_of_token(
            "What the token adds to the mean, in units of advantage.",
            r"-\min(\rho A,\ \operatorname{clip}(\rho, 1-c, 1+c^\prime)\, A)",
            "(5)",
        ),
        weight_of_token(
            "w",
            "One over all tokens of replies with a verdict or a hint; zero in all others.",
            tag="(6)",
        ),
    ),
)
