"""Games that were played: what is kept of every pull, what is counted, and what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.arms.agent import seen
from engine.arms.games import Bandit, History, pay
from engine.scenes import ArmsMoment
from engine.worlds.readers import READERS


class Played(NamedTuple):
    """Games that were played to their end: [pulls, games, ...] each, but for the worths."""

    worths: np.ndarray  # [games * contexts, arms]
    met: np.ndarray  # the row of the worths that a pull met
    seen: np.ndarray  # [pulls, games, arms, 6]
    named: np.ndarray  # [pulls, games, arms], which arms the reason names
    is_right: np.ndarray  # whether that is what UCB says
    pulled: np.ndarray
    scores: np.ndarray
    is_first: np.ndarray  # whether the arm had not been pulled before
    is_optimal: np.ndarray  # whether UCB ranks the arm first
    is_greedy: np.ndarray  # whether it does so among those tried, and not among all
    is_unreadable: np.ndarray  # whether Pip wrote what names no arm
    is_own: np.ndarray  # [pulls], whether Pip chose
    said: tuple[str, ...] = ()  # where Pip writes: its words in the first game, one text a pull

    @property
    def agrees(self) -> np.ndarray:
        """Whether the arm is one that the reason names."""
        return np.take_along_axis(self.named, self.pulled[..., None], axis=-1)[..., 0]

    @property
    def contexts(self) -> int:
        """In how many contexts each game was played."""
        return len(self.worths) // self.met.shape[1]

    @property
    def is_repeat(self) -> np.ndarray:
        """Whether the arm is that of the pull before."""
        same = np.zeros(self.pulled.shape, dtype=bool)
        same[1:] = self.pulled[1:] == self.pulled[:-1]
        return same


class Diary:
    """What is kept of games while they are played."""

    def __init__(self, worths: np.ndarray, met: np.ndarray) -> None:
        """Nothing has been pulled."""
        self.worths, self.met = worths, met
        self._history = History(*worths.shape)
        self._moments: list[tuple[np.ndarray, ...]] = []

    @property
    def page(self) -> History:
        """What has happened in each game in the context that it meets next."""
        return self._history.at(self.met[len(self._moments)])

    def pulled(
        self, world: Bandit, named: np.ndarray, pulled: np.ndarray, luck: np.random.Generator
    ) -> None:
        """One pull in each game, which is paid. named: [games, arms], by the reasons for it."""
        history, rows = self.page, np.arange(len(pulled))
        met = self.met[len(self._moments)]
        best, best_tried = history.ucb_best, history.ucb_best_tried
        is_optimal = best[rows, pulled]
        scores = pay(world, self.worths[met, pulled], luck)
        self._moments.append(
            (
                seen(history, named),
                named,
                np.any(named, axis=1) & np.all(named <= best, axis=1),
                pulled,
                scores,
                history.counts[rows, pulled] == 0,
                is_optimal,
                best_tried[rows, pulled] & ~is_optimal,
                np.zeros(len(pulled), dtype=bool),
            )
        )
        self._history.add(pulled, scores, met)

    def closed(self, forced: int) -> Played:
        """The games, which are over. forced: how many pulls of each were made for Pip."""
        columns = [np.stack(column) for column in zip(*self._moments, strict=True)]
        is_own = np.arange(len(self._moments)) >= forced
        return Played(self.worths, self.met, *columns, is_own=is_own)


def coverage_of(played: Played) -> np.ndarray:
    """The share of the arms of all contexts pulled so far, mean over the games: [pulls]."""
    every = played.contexts * played.worths.shape[1]
    return played.is_first.cumsum(axis=0).mean(axis=1) / every


def reader_of(played: Played, row: int) -> str:
    """Who reads in the context of a row; nobody in particular where there is only one."""
    return READERS[row % played.contexts] if played.contexts > 1 else ""


def moment_of(played: Played, pull: int) -> ArmsMoment:
    """One pull of the first game: what was known before it, the reason, and what was done."""
    looks, arms, met = played.seen[pull, 0], played.worths.shape[1], played.met[:, 0]
    before = played.pulled[:pull, 0][met[:pull] == met[pull]]
    counts = np.bincount(before, minlength=arms)
    return ArmsMoment(
        pull=pull + 1,
        counts=tuple(counts.tolist()),
        means=recorded(looks[:, 0]),
        named=tuple(np.flatnonzero(played.named[pull, 0]).tolist()),
        is_right=bool(played.is_right[pull, 0]),
        pulled=int(played.pulled[pull, 0]),
        is_own=bool(played.is_own[pull]),
        said=played.said[pull] if played.said else "",
        reader=reader_of(played, met[pull]),
    )


def recorded(figures: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    """Figures as a scene keeps them."""
    return tuple(round(float(figure), 4) + 0.0 for figure in figures)
