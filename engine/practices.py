"""Where a language model practises: the same few moves in every world that a policy speaks in."""

from __future__ import annotations

from typing import Any, Protocol

from engine.language.checkpoint import base_policy
from engine.language.learner import Learner, Lesson
from engine.language.practice import Practice, PracticeConfig
from engine.language.rollouts import Rollouts
from engine.letters.practice import LettersPractice
from engine.letters.table import first_table
from engine.noughts.base import first_player
from engine.noughts.practice import NoughtsPractice
from engine.spec import Step
from engine.worlds.letters import LettersConfig
from engine.worlds.noughts import NoughtsConfig


class AnyPractice(Protocol):
    """A run, but for what is learnt from it."""

    def begin(self) -> Step:
        """How things stand before any update."""
        ...

    def batch(self) -> Rollouts:
        """What the policy says now, and what it is paid for it."""
        ...

    def completed(self, update: int, rollouts: Rollouts, lesson: Lesson) -> Step:
        """What an update changed."""
        ...

    def finished(self) -> Step:
        """The end of the run."""
        ...


def first_policy(config: PracticeConfig) -> Any:
    """The untrained policy of a run; never train it, a learner trains a copy."""
    if isinstance(config.world, LettersConfig):
        return first_table()
    return first_player() if isinstance(config.world, NoughtsConfig) else base_policy()


def new_practice(config: PracticeConfig, learner: Learner[Any]) -> AnyPractice:
    """The run of a learner that began with the `first_policy` of the config."""
    if isinstance(config.world, LettersConfig):
        return LettersPractice(config, learner)
    if isinstance(config.world, NoughtsConfig):
        return NoughtsPractice(config, learner)
    return Practice(config, learner)
