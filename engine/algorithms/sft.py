"""Supervised fine-tuning on the liked replies of preference pairs.

(1) l    = -log pi(token)                                        for each token of a liked reply
(2) loss = mean of l over all tokens of all liked replies in the batch

The other replies are looked at, and nothing is learnt from them: this says what to imitate, never
what to leave, and the best it can do is to reply as the liked replies do, faults included.

Source: Ouyang et al. 2022, arXiv:2203.02155, whose first step imitates written demonstrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from engine.language.checkpoint import base_policy
from engine.language.lean import log_probs
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    new_learner,
    plain,
    set_learning_rate,
)
from engine.language.pair_learning import (
    HeldOut,
    PairBatch,
    PairsConfig,
    agreement,
    by_reply,
    drift,
    pair_batches,
)
from engine.language.practice import Practice
from engine.language.preferences import labelled_pairs
from engine.language.quantities import (
    LOG_PROB_BEFORE,
    REF_LOG_PROB,
    loss_of_token,
    weight_of_token,
)
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.spec import Algorithm, Step


class SFTConfig(PairsConfig):
    """One run of supervised fine-tuning at Pip's desk."""

    algorithm: Literal["sft"] = "sft"


def sft_loss(
    log_probs: torch.Tensor, lengths: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, [tokens] each, without gradients.

    log_probs: [tokens] with gradients, row after row of `lengths` tokens, [replies]: the liked
    reply of each pair before the other.
    """
    is_liked = (torch.arange(len(lengths)) % 2 == 0).repeat_interleave(lengths)
    weight = is_liked / lengths[::2].sum()
    token_loss = -log_probs  # (1)
    parts = {"token_loss": token_loss.detach(), "weight": weight}
    return (token_loss * weight).sum(), parts  # (2)


def learn(learner: Learner, batch: PairBatch) -> Lesson:
    """The gradient step of one update; changes the policy in place.

    Raises RunEnded, and leaves the policy as it is, if the gradient is not finite.
    """
    current = log_probs(learner.policy, batch.layout)
    loss, parts = sft_loss(current, batch.lengths)
    norm = gradient_step(learner, loss)
    current = current.detach()
    change = by_reply(current - batch.ref_log_probs, batch.lengths).view(-1, 2).mean(0)
    seen = {M.LOSS: loss.detach(), M.GRAD_NORM: norm}
    seen |= {M.CHOSEN_LOG_PROB: change[0], M.REJECTED_LOG_PROB: change[1]}
    numbers = {"log_prob": current, "ref_log_prob": batch.ref_log_probs, **parts}
    return Lesson(plain(seen), [1.0, 0.0] * len(batch.pairs), numbers)


def run(config: SFTConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    practice, world = Practice(config, learner), config.world
    yield practice.begin()
    held_out = HeldOut(world, learner.reference)
    pairs = labelled_pairs(world.preferences, world.questions.shares)
    batches = pair_batches(pairs, learner.reference, config.pairs_per_update, config.seed)
    for update in range(1, config.updates + 1):
        rollouts, batch = practice.batch(), next(batches)
        seen = agreement(held_out.pairs, held_out.log_ratios(learner.policy))
        seen |= drift(learner, rollouts.said)
        set_learning_rate(learner, config.learning_rate_at(update))
        lesson = learn(learner, batch)
        lesson.metrics.update(plain(seen))
        yield practice.completed(update, rollouts, lesson, batch.pairs)
    yield practice.finished(pairs=pairs)


ALGORITHM = Algorithm(
    name="sft",
    title="Supervised fine-tuning",
    config=SFTConfig,
    run=run,
    metrics=(
        *(M.LOSS, M.PAIR_ACCURACY, M.TRUTH_ACCURACY, M.CHOSEN_LOG_PROB, M.REJECTED_LOG_PROB),
        *(M.KL, M.ENTROPY, M.GRAD_NORM),
    ),
    objective=M.LOSS,
    source="Ouyang et al. 2022, arXiv:2203.02155",
    quantities=(
        REF_LOG_PROB,
        LOG_PROB_BEFORE,
        loss_of_token(
            "How much of a surprise the token is to Pip, in nats.",
            r"-\log \pi",
            "(1)",
        ),
        weight_of_token(
            "w",
            "One over all tokens of liked replies in the batch; zero in the other replies.",
            tag="(2)",
        ),
    ),
)
