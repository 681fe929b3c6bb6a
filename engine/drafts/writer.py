"""Pip at play with five drafts: it reads, writes a reason and a letter, and sends the letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.arms.agent import habit_history
from engine.arms.played import Played
from engine.arms.practice import BanditRunConfig, forced_pulls, luck_of, opened, orders_of
from engine.drafts.text import (
    LETTER,
    NO_WORD,
    REASON,
    REPLY_LENGTH,
    in_words,
    prompts,
    read,
    reply_of,
)
from engine.language.decoding import Decoder, draw_noise, ready_to_decode, sample
from engine.language.layout import Layout, lay_out
from engine.language.lean import Policy, log_probs
from engine.language.luck import generator
from engine.lazy import torch
from engine.worlds.drafts import DRAFTS, DraftsConfig
from engine.worlds.readers import ReadersConfig


class WritingConfig(BanditRunConfig):
    """A run in which Pip writes."""

    world: DraftsConfig | ReadersConfig = Field(default=DraftsConfig(), discriminator="world")
    reward: str = Field(
        "score - 5*unreadable",
        max_length=400,
        title="Reward",
        description="What a letter is paid, as one line.",
    )
    updates: int = Field(
        25, ge=1, le=100, title="Updates", description="How often Pip plays and is changed."
    )
    games: int = Field(
        default_factory=lambda given: 16 if isinstance(given["world"], ReadersConfig) else 40,
        ge=8,
        le=128,
        title="Games",
        description="How many games are played in an update.",
    )
    epsilon: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Random letters",
        description="How often any draft is sent, by chance, whatever Pip writes.",
    )
    second_thought: Literal["no", "yes"] = Field(
        "no",
        title="Second thought",
        description="yes: if Pip's letter is not the one that its reason names, it writes both "
        "once more, and that stands.",
    )
    votes: int = Field(
        1,
        ge=1,
        le=16,
        title="Votes",
        description="How many replies Pip writes before each letter; the letter that most of them "
        "hold is sent, and the first reply that holds it stands.",
    )
    thoughts: int = Field(
        1,
        ge=1,
        le=16,
        title="Thoughts",
        description="How many reasons Pip thinks of for each reply; the one it thinks of most "
        "stands, and the letter that follows it.",
    )

    @property
    def may_choose(self) -> bool:
        """Whether any letter of a game can be Pip's own."""
        return self.epsilon < 1 and super().may_choose


class Written(NamedTuple):
    """Games that were played to their ends, with what was read and written in them."""

    played: Played
    prompts: np.ndarray  # [pulls, games, words]
    replies: np.ndarray  # [pulls, games, REPLY_LENGTH]
    is_own: np.ndarray  # [pulls, games], whether the letter is one that Pip wrote or meant to


class Writer:
    """A policy that writes, and its luck in a run."""

    def __init__(self, policy: Policy, config: WritingConfig, purpose: str = "") -> None:
        """Nothing is written yet. purpose: whose luck this is."""
        self.policy, self.config = policy, config
        self._pays = luck_of(config, f"{purpose} games")
        self._choices = luck_of(config, f"{purpose} choices")
        self._words = generator(f"{purpose} words", config.seed)

    def games(self) -> Written:
        """New games from the first letter to the last."""
        config, world = self.config, self.config.world
        count, rows = config.games, np.arange(config.games)
        diary = opened(config, self._pays)
        orders, forced = orders_of(world, count, self._choices), forced_pulls(config)
        decoder = ready_to_decode(self.policy)
        asked, written, own = [], [], []
        for time in range(world.pulls):
            asked.append(prompts(diary.page))
            written.append(self._written(decoder, asked[-1]))
            reason, letter = read(written[-1])
            by_chance = self._choices.integers(DRAFTS, size=count)
            is_random = self._choices.random(count) < config.epsilon
            sent = np.where((letter < 0) | is_random, by_chance, letter)
            own.append(~is_random & (time >= forced))
            named = np.zeros((count, DRAFTS), dtype=bool)
            named[rows[reason >= 0], reason[reason >= 0]] = True
            diary.pulled(world, named, orders[:, time] if time < forced else sent, self._pays)
        replies = np.stack(written)
        played = diary.closed(forced)._replace(
            said=tuple(map(in_words, replies[:, 0].tolist())),
            is_unreadable=read(replies).letter < 0,
        )
        return Written(played, np.stack(asked), replies, np.stack(own))

    def _written(self, decoder: Decoder, asked: np.ndarray) -> np.ndarray:
        """What stands after all that Pip writes in each game: [games, REPLY_LENGTH]."""
        first = self._thought(decoder, asked, self.config.votes)
        standing = standing_in(first, self.config.votes, LETTER)
        if self.config.second_thought == "yes":
            reason, letter = read(standing)
            again = np.flatnonzero(reason != letter)
            if len(again):
                standing[again] = self._thought(decoder, asked[again], 1)
        return standing

    def _thought(self, decoder: Decoder, asked: np.ndarray, each: int) -> np.ndarray:
        """Replies to each prompt, so many in turn, after all thoughts that lead to each."""
        thoughts = self.config.thoughts
        return standing_in(self._replies(decoder, asked, each * thoughts), thoughts, REASON)

    def _replies(self, decoder: Decoder, asked: np.ndarray, each: int) -> np.ndarray:
        """Replies to each prompt, so many in turn: [prompts * each, REPLY_LENGTH]."""
        unique, places = np.unique(asked, axis=0, return_inverse=True)
        places = places.ravel().repeat(each)
        counts = np.bincount(places).tolist()
        noise = draw_noise(self._words, REPLY_LENGTH, len(places))
        replies = sample(decoder, unique.tolist(), counts, REPLY_LENGTH, noise, NO_WORD)
        found = np.empty((len(places), REPLY_LENGTH), dtype=np.int64)
        found[np.argsort(places, kind="stable")] = replies
        return found

    def habit(self, repeats: Sequence[int]) -> list[float]:
        """How likely a draft that was repeated so often is sent once more, exactly, for each.

        Whatever the reason: every one is weighed by its chance. Replies that cannot be read, of
        which a trained Pip has next to none, count as no such letter.
        """
        with torch.no_grad():
            logs = log_probs(self.policy, repetitions(tuple(repeats)))
        return logs.view(-1, DRAFTS, REPLY_LENGTH).sum(2).exp().sum(1).tolist()


@cache
def repetitions(repeats: tuple[int, ...]) -> Layout:
    """The same draft once more, with every reason for it, after so many repetitions of it."""
    asked = [prompts(habit_history(times, DRAFTS))[0].tolist() for times in repeats]
    replies = [reply_of(reason, 0) for reason in range(DRAFTS)] * len(repeats)
    return lay_out(asked, replies, DRAFTS)


def standing_in(replies: np.ndarray, each: int, place: int) -> np.ndarray:
    """What is elected of so many replies in turn: [replies / each, REPLY_LENGTH]."""
    if each == 1:
        return replies
    return np.stack([elected(some, place) for some in replies.reshape(-1, each, REPLY_LENGTH)])


def elected(replies: np.ndarray, place: int) -> np.ndarray:
    """The first reply that holds the word which most hold there, or the first of those that tie.

    replies: [votes, REPLY_LENGTH]; returns [REPLY_LENGTH].
    """
    words = replies[:, place].tolist()
    most = Counter(words).most_common(1)[0][0]
    return replies[words.index(most)]
