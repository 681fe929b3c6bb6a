"""Games of many arms played side by side: what was pulled, what UCB says of it, and who plays so.

An arm that has never been pulled ranks first, and several of them rank alike. Every array has the
games in front: [games, arms].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

RANDOM_SHARE = 0.1  # of the epsilon-greedy player that Pip is compared with


class Bandit(Protocol):
    """What games are like."""

    @property
    def arms(self) -> int:
        """How many there are to pull."""
        ...

    @property
    def pulls(self) -> int:
        """How long a game is."""
        ...

    @property
    def pays(self) -> str:
        """gaussian or bernoulli."""
        ...

    @property
    def noise(self) -> float:
        """The standard deviation of what an arm pays, if that is gaussian."""
        ...


class History:
    """What has happened in each game so far."""

    def __init__(self, games: int, arms: int) -> None:
        """Nothing has been pulled."""
        self.counts = np.zeros((games, arms))
        self.sums = np.zeros((games, arms))
        self.last = np.zeros((games, arms))  # 1 at the arm of the last pull
        self.pulls = 0

    def add(self, pulled: np.ndarray, paid: np.ndarray) -> None:
        """One pull in each game; pulled, paid: [games]."""
        rows = np.arange(len(pulled))
        self.counts[rows, pulled] += 1
        self.sums[rows, pulled] += paid
        self.last[:] = 0
        self.last[rows, pulled] = 1
        self.pulls += 1

    @property
    def is_tried(self) -> np.ndarray:
        """Which arms were pulled at all."""
        return self.counts > 0

    @property
    def means(self) -> np.ndarray:
        """What each arm paid on average; 0 for one that was never pulled."""
        return self.sums / np.maximum(self.counts, 1)

    @property
    def bounds(self) -> np.ndarray:
        """Mean plus sqrt(1 / pulls), which UCB goes by; infinite for what was never pulled."""
        doubts = np.sqrt(1 / np.maximum(self.counts, 1))
        return np.where(self.is_tried, self.means + doubts, np.inf)

    @property
    def ucb_best(self) -> np.ndarray:
        """Which arms UCB ranks first: all that were never pulled, if there are any."""
        return highest(self.bounds)

    @property
    def ucb_best_tried(self) -> np.ndarray:
        """Which arms UCB ranks first among those that were pulled."""
        return highest(np.where(self.is_tried, self.bounds, -np.inf)) & self.is_tried

    @property
    def best_tried(self) -> np.ndarray:
        """Which arms have the best mean among those that were pulled."""
        return highest(np.where(self.is_tried, self.means, -np.inf)) & self.is_tried


def highest(figures: np.ndarray) -> np.ndarray:
    """Which figures are as high as the highest of their row."""
    return figures == figures.max(axis=-1, keepdims=True)


def drawn(chances: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """One column of each row, as likely as its chance; luck: [rows], between 0 and 1."""
    cumulative = chances.cumsum(axis=-1)
    return (cumulative < luck[:, None] * cumulative[:, -1:]).sum(axis=-1)


def worths_of(world: Bandit, games: int, luck: np.random.Generator) -> np.ndarray:
    """What each arm pays on average in new games."""
    return luck.random((games, world.arms))


def pay(world: Bandit, worths: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    """What one pull pays in each game; worths: of the arms that are pulled, [games]."""
    if world.pays == "bernoulli":
        return (luck.random(len(worths)) < worths).astype(np.float64)
    return worths + world.noise * luck.standard_normal(len(worths))


def regret_of(worths: np.ndarray, pulled: np.ndarray) -> np.ndarray:
    """What the best arm would have paid more, added up over each game: [games].

    pulled: [pulls, games].
    """
    taken = worths[np.arange(len(worths)), pulled]
    return (worths.max(axis=1) - taken).sum(axis=0)


def ucb(history: History) -> np.ndarray:
    """How likely UCB pulls each arm: the highest bound, and any of them if several are."""
    best = history.ucb_best
    return best / best.sum(axis=1, keepdims=True)


def epsilon_greedy(history: History) -> np.ndarray:
    """The best mean among the arms tried, and now and then any arm."""
    arms = history.counts.shape[1]
    if not history.pulls:
        return np.full(history.counts.shape, 1 / arms)
    best = history.best_tried
    return (1 - RANDOM_SHARE) * best / best.sum(axis=1, keepdims=True) + RANDOM_SHARE / arms


def mean_regret(
    player: Callable[[History], np.ndarray],
    world: Bandit,
    games: int,
    luck: np.random.Generator,
) -> float:
    """What a player loses in a game on average, over new games."""
    worths, history = worths_of(world, games, luck), History(games, world.arms)
    pulled = np.empty((world.pulls, games), dtype=int)
    for time in range(world.pulls):
        pulled[time] = drawn(player(history), luck.random(games))
        history.add(pulled[time], pay(world, worths[np.arange(games), pulled[time]], luck))
    return float(regret_of(worths, pulled).mean())


def random_regret(world: Bandit) -> float:
    """What pulling by chance loses in a game on average, exactly: worths are drawn evenly."""
    return world.pulls * (world.arms / (world.arms + 1) - 0.5)
