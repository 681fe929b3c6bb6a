"""Games of many arms played side by side: what was pulled, what UCB says of it, and who plays so.

An arm that has never been pulled ranks first, and several of them rank alike. Every array has the
games in front: [games, arms]. Where a game has contexts, in each of which its arms have worths of
their own, a row is a game and a context, [games * contexts, arms], and each pull meets one of them.
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
    def contexts(self) -> int:
        """In how many contexts arms are pulled; in each they have worths of their own."""
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

    def add(self, pulled: np.ndarray, paid: np.ndarray, rows: np.ndarray | None = None) -> None:
        """One pull in each game; pulled, paid: [games]. rows: where it counts, if not in all."""
        rows = np.arange(len(pulled)) if rows is None else rows
        self.counts[rows, pulled] += 1
        self.sums[rows, pulled] += paid
        self.last[rows] = 0
        self.last[rows, pulled] = 1

    def at(self, rows: np.ndarray) -> History:
        """What has happened in some of the rows."""
        found = History(0, self.counts.shape[1])
        found.counts, found.sums, found.last = self.counts[rows], self.sums[rows], self.last[rows]
        return found

    @property
    def pulls(self) -> np.ndarray:
        """How often arms were pulled: [games, 1]."""
        return self.counts.sum(axis=1, keepdims=True)

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
    """What each arm pays on average in new games: [games * contexts, arms]."""
    return luck.random((games * world.contexts, world.arms))


def met_in(world: Bandit, games: int, luck: np.random.Generator, in_turn: int = 0) -> np.ndarray:
    """The row that each pull meets: [pulls, games]; the first so many contexts come in turn."""
    count = world.contexts
    if count == 1:
        return np.tile(np.arange(games), (world.pulls, 1))
    met = luck.integers(count, size=(world.pulls, games))
    met[:in_turn] = np.arange(in_turn)[:, None] % count
    return met + count * np.arange(games)


def pay(world: Bandit, worths: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    """What one pull pays in each game; worths: of the arms that are pulled, [games]."""
    if world.pays == "bernoulli":
        return (luck.random(len(worths)) < worths).astype(np.float64)
    return worths + world.noise * luck.standard_normal(len(worths))


def regret_of(worths: np.ndarray, pulled: np.ndarray, met: np.ndarray) -> np.ndarray:
    """What the best arm of each context would have paid more, added up over a game: [games].

    pulled: [pulls, games]. met: the rows of the worths in which that was, [pulls, games].
    """
    return (worths.max(axis=1)[met] - worths[met, pulled]).sum(axis=0)


def ucb(history: History) -> np.ndarray:
    """How likely UCB pulls each arm: the highest bound, and any of them if several are."""
    best = history.ucb_best
    return best / best.sum(axis=1, keepdims=True)


def epsilon_greedy(history: History) -> np.ndarray:
    """The best mean among the arms tried, and now and then any arm."""
    arms = history.counts.shape[1]
    best = history.best_tried
    chances = (1 - RANDOM_SHARE) * best / np.maximum(1, best.sum(axis=1, keepdims=True))
    return np.where(history.pulls, chances + RANDOM_SHARE / arms, 1 / arms)


def mean_regret(
    player: Callable[[History], np.ndarray],
    world: Bandit,
    games: int,
    luck: np.random.Generator,
    *,
    is_blind: bool = False,
) -> float:
    """What a player loses in a game on average, over new games.

    is_blind: it takes all contexts for one.
    """
    worths, met = worths_of(world, games, luck), met_in(world, games, luck)
    history = History(len(worths), world.arms)
    pulled = np.empty((world.pulls, games), dtype=int)
    for time in range(world.pulls):
        rows = np.arange(games) if is_blind else met[time]
        pulled[time] = drawn(player(history.at(rows)), luck.random(games))
        history.add(pulled[time], pay(world, worths[met[time], pulled[time]], luck), rows)
    return float(regret_of(worths, pulled, met).mean())


def random_regret(world: Bandit) -> float:
    """What pulling by chance loses in a game on average, exactly: worths are drawn evenly."""
    return world.pulls * (world.arms / (world.arms + 1) - 0.5)
