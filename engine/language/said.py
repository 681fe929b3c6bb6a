"""Replies as they were sampled, before anybody graded or paid them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from engine.language.corpus import prompt
from engine.language.decoding import sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.questions import Question
from engine.language.vocabulary import decode, encode
from engine.lazy import torch


class Asked(NamedTuple):
    """Questions, how many replies to each, and the luck of every reply."""

    questions: Sequence[Question]
    group_size: int
    noise: torch.Tensor  # [REPLY_LIMIT, replies]


class Said(NamedTuple):
    """One batch of replies, row after row: as many in turn as a group has for each prompt."""

    questions: list[Question]  # one a reply
    prompts: list[list[int]]  # one a group
    replies: list[list[int]]  # token ids, the end token included
    words: list[list[str]]  # the same without the end token

    @property
    def texts(self) -> list[str]:
        """The replies as texts."""
        return [" ".join(words) for words in self.words]

    @property
    def group_size(self) -> int:
        """Replies to each question."""
        return len(self.replies) // len(self.prompts)


def joined(parts: Sequence[Said]) -> Said:
    """Batches with groups of one size as one batch, in their order."""
    return Said(*(list(chain.from_iterable(lists)) for lists in zip(*parts, strict=True)))


def say(policy: Policy, *asked: Asked) -> list[Said]:
    """Sample every reply to all that is asked, in one pass: that is cheaper than several."""
    prompts = [[encode(prompt(question)) for question in part.questions] for part in asked]
    sizes = [part.group_size for part in asked for _ in part.questions]
    noise = torch.cat([part.noise for part in asked], 1)
    rows = sample(policy, [one for part in prompts for one in part], sizes, REPLY_LIMIT, noise)
    found: list[Said] = []
    for part, own_prompts in zip(asked, prompts, strict=True):
        replies, rows = rows[: part.noise.shape[1]], rows[part.noise.shape[1] :]
        questions = [one for one in part.questions for _ in range(part.group_size)]
        found.append(Said(questions, own_prompts, replies, [decode(reply) for reply in replies]))
    return found
