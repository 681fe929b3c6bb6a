"""Preference pairs: two replies of the untrained Pip to one question, and which is liked better.

The first pairs may be labelled by hand; the crowd labels the rest.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from pydantic import Field

from engine.endings import RunEnded
from engine.frozen import Frozen
from engine.language.checkpoint import base_policy
from engine.language.corpus import prompt
from engine.language.crowd import Crowd, liked, prefers_first, true_reward
from engine.language.decoding import sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.luck import generator
from engine.language.questions import Question, QuestionKind, draw_question
from engine.language.said import Said
from engine.language.verifiers import grade_batch
from engine.language.vocabulary import decode, encode
from engine.lazy import torch

HELD_OUT = 400  # pairs that nobody learns from
MOST_BY_HAND = 60


class Preferences(Frozen):
    """Which pairs are collected, and who labels them."""

    pairs: int = Field(
        default=1500, ge=0, le=4000, title="Pairs", description="How many pairs are labelled."
    )
    collection: int = Field(
        default=0, ge=0, le=999, title="Collection", description="Chooses which pairs there are."
    )
    by_hand: str = Field(
        default="",
        max_length=MOST_BY_HAND,
        pattern=r"^[ab-]*$",
        title="Labels by hand",
        description="One letter for each of the first pairs: a or b is liked better, - is left to "
        "the crowd.",
    )
    hand_weight: int = Field(
        default=20,
        ge=1,
        le=100,
        title="Weight of a hand",
        description="How many labels of the crowd one label by hand counts as.",
    )
    crowd: Crowd = Crowd()


class Pair(NamedTuple):
    """Two replies to one question, the liked one first."""

    question: Question
    prompt: list[int]
    chosen: list[int]  # token ids, the end token included
    rejected: list[int]
    worth: tuple[float, float]  # what the two are really worth to the visitor
    by_hand: bool = False


class Collected(NamedTuple):
    """Pairs as they were sampled, before anybody labelled them."""

    questions: list[Question]
    prompts: list[list[int]]
    replies: list[tuple[list[int], list[int]]]
    axes: dict[str, np.ndarray]  # what the verifiers say: [pairs, 2]


def labelled_pairs(
    preferences: Preferences, shares: Mapping[QuestionKind, float]
) -> tuple[Pair, ...]:
    """The pairs to learn from, a label by hand standing as often as it weighs."""
    return _labelled(cast(Hashable, preferences), tuple(shares.items()))


def held_out_pairs(
    preferences: Preferences, shares: Mapping[QuestionKind, float]
) -> tuple[Pair, ...]:
    """Pairs of other questions and replies, labelled by the same crowd."""
    unseen = preferences.model_copy(update={"pairs": HELD_OUT, "by_hand": ""})
    return _labelled(cast(Hashable, unseen), tuple(shares.items()), "held out")


def collected(
    shares: Mapping[QuestionKind, float], count: int, collection: int, purpose: str = "pairs"
) -> Collected:
    """`count` pairs; the first ones are the same whatever the count is."""
    rng = random.Random(f"{purpose} {collection}")
    questions = [draw_question(rng, shares) for _ in range(count)]
    prompts = [encode(prompt(question)) for question in questions]
    luck = generator(f"{purpose} luck", collection)
    # Drawn pair by pair, so that asking for more pairs leaves the first ones as they are.
    noise = torch.rand(count, REPLY_LIMIT, 2, generator=luck).transpose(0, 1).flatten(1)
    said = sample(base_policy(), prompts, 2, REPLY_LIMIT, noise) if count else []
    replies = list(zip(said[::2], said[1::2], strict=True))
    asked = [question for question in questions for _ in range(2)]
    axes = grade_batch(asked, [" ".join(decode(reply)) for reply in said])
    return Collected(
        questions, prompts, replies, {name: axis.reshape(-1, 2) for name, axis in axes.items()}
    )


@lru_cache(maxsize=8)
def _labelled(
    preferences: Any,  # Preferences, which are hashable, but the type checker does not know
    shares: tuple[tuple[QuestionKind, float], ...],
    purpose: str = "pairs",
) -> tuple[Pair, ...]:
    found = collected(dict(shares), preferences.pairs, preferences.collection, purpose)
    rng = np.random.default_rng([preferences.collection, len(purpose)])
    pairs = labelled(found, preferences.crowd, rng, preferences.by_hand)
    return tuple(p for p in pairs for _ in range(preferences.hand_weight if p.by_hand else 1))


def labelled(
    found: Collected, crowd: Crowd, rng: np.random.Generator, by_hand: str = ""
) -> list[Pair]:
    """The pairs as the crowd labels them, but for those that are marked by hand."""
    utility, worth = liked(crowd, found.axes), true_reward(found.axes)
    first_liked = prefers_first(crowd, utility[:, 0], utility[:, 1], rng).tolist()
    pairs: list[Pair] = []
    for index, is_first in enumerate(first_liked):
        mark = by_hand[index : index + 1].replace("-", "")
        first, second = (0, 1) if (mark == "a" if mark else is_first) else (1, 0)
        pairs.append(
            Pair(
                found.questions[index],
                found.prompts[index],
                found.replies[index][first],
                found.replies[index][second],
                (float(worth[index, first]), float(worth[index, second])),
                bool(mark),
            )
        )
    return pairs


def require_pairs(pairs: Sequence[Pair]) -> None:
    """Raises RunEnded if there are none."""
    if not pairs:
        raise RunEnded(
            "no_pairs",
            "There are no preference pairs to learn from.",
            "Raise the number of pairs above zero, then train again.",
        )


def told_apart(pairs: Sequence[Pair]) -> torch.Tensor:
    """Whether the two replies of each pair differ: [pairs]. A pair of equal ones says nothing."""
    return torch.tensor([pair.chosen != pair.rejected for pair in pairs])


def shuffled_rows(count: int, size: int, rng: random.Random) -> Iterator[list[int]]:
    """Batches of row numbers without end: every pass takes every row once, in a new order."""
    while True:
        order = rng.sample(range(count), count)
        for start in range(0, max(1, count), size):
            yield order[start : start + size]


def split(pairs: Sequence[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    """Prompts, one a pair, and replies, chosen and rejected in turn: as `lay_out` takes them."""
    replies = [reply for pair in pairs for reply in (pair.chosen, pair.rejected)]
    return [pair.prompt for pair in pairs], replies


def as_text(pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """Pairs as other trainers take them: `prompt`, `chosen` and `rejected`, words with spaces.

    The end of a reply is left out, which they add themselves.
    """
    return [
        {
            "prompt": " ".join(decode(pair.prompt)),
            "chosen": f" {' '.join(decode(pair.chosen))}",
            "rejected": f" {' '.join(decode(pair.rejected))}",
        }
        for pair in pairs
    ]


def compared(pairs: Sequence[Pair]) -> Said:
    """The replies of pairs as if they had just been said, the liked one of each first."""
    prompts, replies = split(pairs)
    questions = [pair.question for pair in pairs for _ in range(2)]
    return Said(questions, prompts, replies, [decode(reply) for reply in replies])
