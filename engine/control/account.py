"""The account of a run: what its reward pays, how many steps were taken, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.endings import Ending
from engine.events import RunFinished
from engine.reward_expression import parse, within_bounds
from engine.spec import Step


class Account:
    """What steps are paid, and whether any of practice ever was."""

    def __init__(self, reward: str, terms: Sequence[str]) -> None:
        """Nobody has taken a step yet. reward: one line over the terms."""
        self._reward, self._terms = parse(reward, terms), terms
        self.work = 0  # steps so far
        self._is_silent = True

    def pay(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """What steps pay, from their terms. Raises RewardValueError if one cannot be paid."""
        terms = {name: values[name] for name in self._terms}
        return within_bounds(self._reward.evaluate(terms), "step")

    def practised(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """What steps of practice pay, which are counted. Raises RewardValueError likewise."""
        rewards = self.pay(values)
        self.work += rewards.size
        self._is_silent &= not rewards.any()
        return rewards

    def finished(self, updates: int, *, is_out_of_reach: bool) -> Step:
        """The end; it says so if nothing was ever paid, or far too much."""
        ending: Ending = "out_of_reach" if is_out_of_reach else "done"
        ending = "no_signal" if self._is_silent else ending
        return Step(RunFinished(updates=updates, work=self.work, ending=ending))
