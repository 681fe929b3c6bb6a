"""The replay buffer: the last steps of a run, to be learnt from again in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.control.fields import Passage


class Transitions(NamedTuple):
    """Steps to learn from: [rows, ...] each."""

    observations: np.ndarray
    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    next_observations: np.ndarray  # before a new episode was begun
    next_states: np.ndarray
    ends: np.ndarray  # 1 where nothing comes after the step, else 0; a cut-off is no end

    def rows(self, chosen: np.ndarray) -> Transitions:
        """Some of the steps, by their places."""
        return Transitions(*(column.take(chosen, axis=0) for column in self))


class Replay:
    """A ring of steps: when it is full, the oldest make room."""

    def __init__(self, capacity: int, inputs: int) -> None:
        """capacity: how many steps it holds."""
        self.capacity, self.size, self._next = capacity, 0, 0
        seen, number = np.float32, np.int64
        self._kept = Transitions(
            np.zeros((capacity, inputs), seen),
            np.zeros(capacity, number),
            np.zeros(capacity, number),
            np.zeros(capacity, seen),
            np.zeros((capacity, inputs), seen),
            np.zeros(capacity, number),
            np.zeros(capacity, seen),
        )

    def add(self, steps: Transitions) -> None:
        """Take in steps, oldest first; of more than fit, the newest stay."""
        count = len(steps.actions)
        places = (self._next + np.arange(count)) % self.capacity
        kept = slice(max(0, count - self.capacity), None)
        for column, new in zip(self._kept, steps, strict=True):
            column[places[kept]] = new[kept]
        self._next = (self._next + count) % self.capacity
        self.size = min(self.capacity, self.size + count)

    def sample(self, rng: np.random.Generator, count: int) -> Transitions:
        """Steps drawn from all that are kept, each as likely as any other, with repetition."""
        return self._kept.rows(rng.integers(self.size, size=count))

    def newest(self, count: int) -> Transitions:
        """The newest steps, oldest first; fewer if there are no more."""
        places = self._next - np.arange(min(count, self.size), 0, -1)
        return self._kept.rows(places % self.capacity)


def transitions_of(
    seen: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    passages: Sequence[Passage],
    rewards: np.ndarray,
) -> Transitions:
    """Steps of episodes side by side as rows, time after time.

    seen: observations, states and actions of each time; rewards: [time, count].
    """
    before = [np.concatenate(column) for column in zip(*seen, strict=True)]
    return Transitions(
        before[0],
        before[1],
        before[2],
        rewards.reshape(-1).astype(np.float32),
        np.concatenate([passage.after for passage in passages]),
        np.concatenate([passage.state_after for passage in passages]),
        np.concatenate([passage.ends for passage in passages]).astype(np.float32),
    )
