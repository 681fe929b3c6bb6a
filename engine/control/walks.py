"""Episodes of a field side by side: what they go through while one policy picks every action.

The cart has a way of its own, `carts.py`, which is several times as fast and has the same luck.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Field, Outlook, Passage, outlook
from engine.control.plays import played
from engine.lazy import torch


class Walker(Protocol):
    """Whatever says how likely every action is."""

    def outputs(self, observations: np.ndarray) -> np.ndarray:
        """Log-probabilities but for a constant: [rows, inputs] float32 -> [actions, rows]."""
        ...


class Walk(NamedTuple):
    """What the episodes went through: [time, count, ...] each. A `Rollout`."""

    seen_before: np.ndarray
    seen_after: np.ndarray
    seen_onward: np.ndarray  # [count, inputs]
    taken: np.ndarray
    ends: np.ndarray
    is_cut: np.ndarray
    values: Mapping[str, np.ndarray]  # every reward term, and what is measured: [time, count]
    first: tuple[Passage, ...]  # steps of the first place, for those who watch

    @property
    def is_last(self) -> np.ndarray:
        """Whether an episode is over with this step, whatever the reason."""
        return self.ends | self.is_cut


class Walks:
    """Episodes on their way; they go on where the last walk left them."""

    def __init__(self, new_field: Callable[[str], Field], seed: int, gamma: float) -> None:
        """new_field: makes a field whose random numbers are those of a purpose."""
        self._new_field, self._gamma = new_field, gamma
        self.field = new_field("")
        self._luck = fresh_rng("luck", seed)
        self._batches = 0  # of whole episodes so far

    def walk(self, walker: Walker, time: int) -> Walk:
        """Take `time` steps in every episode."""
        field, seen, taken, passages = self.field, [], [], []
        luck = self._luck.random((time, field.count))
        for now in range(time):
            seen.append(outlook(field, *passages[-1:]).observations)
            taken.append(picked(walker.outputs(seen[-1]), luck[now]))
            passages.append(field.step(taken[-1]))
        return Walk(
            *(np.stack(seen), np.stack([passage.after for passage in passages])),
            field.observations(),
            as_taken(np.stack(taken), len(field.actions)),
            *(np.stack([passage.ends for passage in passages]),),
            *(np.stack([passage.is_cut for passage in passages]),),
            field.values(passages, self._gamma),
            tuple(passages),
        )

    def walk_episodes(self, walker: Walker) -> Walk:
        """One whole episode in every place, laid one behind the other: [steps, 1].

        Nobody is left out for being long, so that the mean over them is that of the policy.
        """
        self._batches += 1
        field = self._new_field(f"episodes {self._batches}")
        seen, taken = [], []

        def act(now: Outlook) -> np.ndarray:
            seen.append(now.observations)
            taken.append(picked(walker.outputs(seen[-1]), self._luck.random(field.count)))
            return taken[-1]

        play = played(field, act, self._gamma)
        passages = play.passages

        def laid(column: np.ndarray) -> np.ndarray:
            return column.swapaxes(0, 1)[play.on.T][:, None]

        after = laid(np.stack([passage.after for passage in passages]))
        return Walk(
            *(laid(np.stack(seen)), after, after[-1]),
            as_taken(laid(np.stack(taken)), len(field.actions)),
            laid(np.stack([passage.ends for passage in passages])),
            laid(np.stack([passage.is_cut for passage in passages])),
            {name: laid(column) for name, column in play.values.items()},
            tuple(play.first),
        )


def picked(outputs: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """The action that chance falls on: [actions, rows] and [rows], even in [0, 1) -> [rows] int.

    The last action has the lowest luck, as a push to the right has with the carts.
    """
    shares = np.exp(outputs.astype(np.float64) - outputs.max(axis=0))
    at_least = np.cumsum(shares[::-1], axis=0)[::-1]  # of this action and all after it
    return (luck * at_least[0] < at_least[1:]).sum(axis=0)


def as_taken(actions: np.ndarray, count: int) -> np.ndarray:
    """Numbers of actions as a choice between so many takes them: of two, 1 or -1 for the first."""
    return (2 * actions - 1).astype(np.float32) if count == 2 else actions.astype(np.int64)


def numbered(taken: torch.Tensor, count: int) -> torch.Tensor:
    """The same actions counted from 1: [steps]."""
    return (taken + 3) / 2 if count == 2 else taken + 1
