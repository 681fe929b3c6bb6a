"""What algorithms that learn from preference pairs share around their loss.

Pairs come in batches, pass after pass, and the policy is watched on pairs that nobody learns from.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from engine.kl import kl_k1
from engine.language.layout import Layout, lay_out
from engine.language.lean import Policy, log_probs, next_token_logits
from engine.language.learner import Learner, mean_entropy
from engine.language.practice import DeskRunConfig
from engine.language.preferences import (
    Pair,
    held_out_pairs,
    require_pairs,
    shuffled_rows,
    split,
)
from engine.language.said import Said
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.worlds.desk import DeskConfig

SCORED_PAIRS = 100  # held-out pairs that are scored at every update: more would cost more than it


class PairsConfig(DeskRunConfig):
    """What every run has in which Pip learns from preference pairs."""

    reward: str = Field(
        "liked",
        max_length=400,
        title="Reward",
        description="What replies are measured by, as one line. It is not what Pip learns from: "
        "that is which reply of a pair was liked better.",
    )
    updates: int = Field(
        47,
        ge=1,
        le=400,
        title="Updates",
        description="How often Pip is changed. The pairs are gone through again and again.",
    )
    pairs_per_update: int = Field(
        32, ge=1, le=128, title="Pairs in an update", description="Pairs learnt from per update."
    )
    learning_rate: float = Field(
        0.0005, ge=1e-5, le=0.01, title="Learning rate", description="How far one update goes."
    )
    schedule: Literal["linear", "constant"] = Field(
        "linear",
        title="Schedule",
        description="Whether the learning rate falls in a line towards zero, or stays as it is.",
    )

    def learning_rate_at(self, update: int) -> float:
        """The learning rate of an update, counted from 1."""
        left = 1 - (update - 1) / self.updates
        return self.learning_rate * (left if self.schedule == "linear" else 1)


class PairBatch(NamedTuple):
    """Pairs that one update learns from; rows are their replies, the liked one before the other."""

    pairs: Sequence[Pair]
    layout: Layout
    lengths: torch.Tensor  # [replies] tokens
    ref_log_probs: torch.Tensor  # [tokens] of each token at the start, row after row


def pair_batch(
    pairs: Sequence[Pair], reference: Policy, known: torch.Tensor | None = None
) -> PairBatch:
    """These pairs as one batch; `known`: what the reference makes of their tokens, if it is.

    Raises RunEnded if there are none.
    """
    require_pairs(pairs)
    prompts, replies = split(pairs)
    layout = lay_out(prompts, replies, 2)
    if known is None:
        with torch.no_grad():
            known = log_probs(reference, layout)
    return PairBatch(pairs, layout, torch.tensor([len(reply) for reply in replies]), known)


def pair_batches(
    pairs: Sequence[Pair], reference: Policy, size: int, seed: int
) -> Iterator[PairBatch]:
    """Batches without end: every pass takes every pair once, each in an order of its own.

    What the reference makes of a pair never changes and is computed in the first pass only. Raises
    RunEnded if there are no pairs.
    """
    known: dict[int, torch.Tensor] = {}
    for rows in shuffled_rows(len(pairs), size, random.Random(f"pairs {seed}")):
        found = [known[row] for row in rows if row in known]
        batch = pair_batch([pairs[r] for r in rows], reference, torch.cat(found) if found else None)
        lengths = batch.lengths.view(-1, 2).sum(1).tolist()
        known |= zip(rows, batch.ref_log_probs.split(lengths), strict=True)
        yield batch


def by_reply(numbers: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Sums over the tokens of each reply: [replies]. numbers: [tokens], row after row."""
    rows = torch.arange(len(lengths)).repeat_interleave(lengths)
    return numbers.new_zeros(len(lengths)).index_add(0, rows, numbers)


class HeldOut:
    """Pairs that nobody learns from, and how likely their replies were at the start."""

    def __init__(self, world: DeskConfig, reference: Policy) -> None:
        """Samples the pairs, unless they are known from an earlier run."""
        self.pairs = held_out_pairs(world.preferences, world.questions.shares)[:SCORED_PAIRS]
        self._batch = pair_batch(self.pairs, reference)

    def log_ratios(self, policy: Policy) -> torch.Tensor:
        """Log-probability of each reply minus that at the start: [pairs, 2], liked one first."""
        with torch.no_grad():
            change = log_probs(policy, self._batch.layout) - self._batch.ref_log_probs
        return by_reply(change, self._batch.lengths).view(-1, 2)


def agreement(pairs: Sequence[Pair], scores: torch.Tensor) -> dict[M, torch.Tensor]:
    """How often scores, [pairs, 2], side with the label, and with what is really better."""
    worth = torch.tensor([pair.worth for pair in pairs])
    better = (worth[:, 0] - worth[:, 1]).sign()
    half, margin = torch.tensor(0.5), scores[:, 0] - scores[:, 1]
    agrees = torch.heaviside(margin * better, half)[better != 0]
    return {
        M.PAIR_ACCURACY: torch.heaviside(margin, half).mean(),
        M.TRUTH_ACCURACY: agrees.mean() if len(agrees) else half,
    }


def drift(learner: Learner, said: Said) -> dict[M, torch.Tensor]:
    """How far the policy is from its start, and how sure of itself, on replies of its own."""
    layout = lay_out(said.prompts, said.replies, said.group_size)
    with torch.no_grad():
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        now = spread.gather(1, layout.targets[:, None])[:, 0]
        kl = kl_k1(now, log_probs(learner.reference, layout)).sum() / len(said.replies)
    return {M.KL: kl, M.ENTROPY: mean_entropy(spread)}
