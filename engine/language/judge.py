"""A judge: what people like, learnt from preference pairs, as a score for any reply.

It is Pip's own layers with a single number for a head, read at the visitor's turn that follows the
reply, where Pip itself had to foresee the reaction. The numbers in brackets are the equations of
engine/algorithms/reward_model.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from engine.language.checkpoint import base_policy, copy_policy
from engine.language.layout import Layout, at_ends, lay_out
from engine.language.lean import Policy, next_token_logits
from engine.language.learner import Learner, gradient_step, new_learner, set_learning_rate
from engine.language.preferences import (
    Pair,
    Preferences,
    compared,
    labelled_pairs,
    require_pairs,
    shuffled_rows,
    split,
    told_apart,
)
from engine.language.questions import QuestionKind
from engine.language.said import Said
from engine.language.vocabulary import PAD, VISITOR
from engine.lazy import F, torch

PASSES, PAIRS_AT_ONCE = 1, 64
LEARNING_RATE = 0.001
CENTRING = 0.01
# Adam moves every weight equally far, and a head that begins at zero must move further than layers
# that have learnt before: its scores count this many times.
HEAD_PACE = 20.0
CENTRED_ON = 200  # pairs whose replies together score 0


@dataclass(frozen=True)
class Judge:
    """The weights of a judge; to a learner it is a language model with a vocabulary of one."""

    reader: Policy
    head: torch.Tensor  # [1, model]
    centre: float = 0.0  # what the untrained Pip's replies score on average, in raw points

    pace: ClassVar[float] = 1.0

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Every weight tensor once, in a fixed order."""
        return [*self.reader.parameters, self.head]

    def mapped(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Judge:
        """A judge whose weights are what `change` makes of these."""
        return Judge(self.reader.mapped(change), change(self.head), self.centre)

    def predicting_states(self, layout: Layout) -> torch.Tensor:
        """The hidden states that a layout asks for: [asked for, model]."""
        return self.reader.predicting_states(layout)

    def scores(self, said: Said) -> np.ndarray:
        """The score of each reply, in points: [replies]."""
        layout = judged(said.prompts, said.replies, said.group_size)
        with torch.no_grad():
            raw = raw_scores(self, layout)
        return raw.double().numpy() - self.centre  # (5)


class Study(NamedTuple):
    """What one gradient step of a judge was made of; tensors have no gradients."""

    loss: torch.Tensor  # []
    norm: torch.Tensor  # [] of the gradient
    scores: torch.Tensor  # [pairs, 2] raw, the liked one first
    margins: torch.Tensor  # [pairs]
    losses: torch.Tensor  # [pairs]


def new_judge() -> Judge:
    """A judge to whom all replies are equal; never train it, a learner trains a copy."""
    reader = base_policy()
    return Judge(reader, torch.zeros(1, reader.embedding.shape[1]))


def judged(
    prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]], group_size: int
) -> Layout:
    """The layout that asks for one state a reply: that of the visitor's turn behind it."""
    # The last token of a row is never computed, so that one must follow the turn that is read.
    layout = lay_out(prompts, [[*reply, VISITOR, PAD] for reply in replies], group_size)
    return at_ends(layout, PAD)


def raw_scores(judge: Judge, layout: Layout) -> torch.Tensor:
    """Scores before they are centred: [replies], in points."""
    return HEAD_PACE * next_token_logits(judge, layout)[:, 0]  # (1)


def preference_loss(
    scores: torch.Tensor, is_told_apart: torch.Tensor, centring: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss, a scalar; then each pair's margin and loss, [pairs], without gradients.

    scores: [pairs, 2], the liked reply first, with gradients. is_told_apart: [pairs] whether the
    two replies differ; a pair of equal ones has no gradient.
    """
    kept = torch.where(is_told_apart[:, None], scores, 0.0)
    margins = kept[:, 0] - kept[:, 1]  # (2)
    losses = -F.logsigmoid(margins)  # (3)
    loss = losses.mean() + centring * kept.sum(1).square().mean()  # (4)
    return loss, margins.detach(), losses.detach()


def study(learner: Learner[Judge], pairs: Sequence[Pair], rate: float, centring: float) -> Study:
    """One gradient step; changes the judge in place. rate: the learning rate.

    Raises RunEnded, and leaves the judge as it is, if the gradient is not finite.
    """
    set_learning_rate(learner, rate)
    scores = raw_scores(learner.policy, judged(*split(pairs), 2)).view(-1, 2)
    loss, margins, losses = preference_loss(scores, told_apart(pairs), centring)
    norm = gradient_step(learner, loss)
    return Study(loss.detach(), norm, scores.detach(), margins, losses)


def batches_of(pairs: Sequence[Pair], size: int, seed: int) -> Iterator[list[Pair]]:
    """Batches without end, each pass in an order of its own. Raises RunEnded without pairs."""
    require_pairs(pairs)
    for rows in shuffled_rows(len(pairs), size, random.Random(f"judge {seed}")):
        yield [pairs[row] for row in rows]


def centred(judge: Judge, said: Said) -> Judge:
    """The same judge, who scores these replies 0 on average."""
    return replace(judge, centre=float(replace(judge, centre=0.0).scores(said).mean()))


def trained_judge(
    preferences: Preferences, shares: Mapping[QuestionKind, float], seed: int
) -> Judge:
    """The judge that these preferences make, after one pass over the pairs.

    Trained once and remembered; never train it further. Raises RunEnded if there are no pairs.
    """
    known: Any = preferences  # It is hashable, but the type checker does not know.
    return _trained(known, tuple(shares.items()), seed)


@lru_cache(maxsize=4)
def _trained(preferences: Any, shares: tuple[tuple[QuestionKind, float], ...], seed: int) -> Judge:
    pairs = labelled_pairs(preferences, dict(shares))
    require_pairs(pairs)
    learner = new_learner(new_judge(), LEARNING_RATE)
    updates = -(-PASSES * len(pairs) // PAIRS_AT_ONCE)
    batches = batches_of(pairs, PAIRS_AT_ONCE, seed)
    for update, batch in zip(range(updates), batches, strict=False):
        study(learner, batch, LEARNING_RATE * (1 - update / updates), CENTRING)
    # The last pairs: of those that are labelled by hand, which are the first, each stands often.
    return centred(copy_policy(learner.policy), compared(pairs[-CENTRED_ON:]))
