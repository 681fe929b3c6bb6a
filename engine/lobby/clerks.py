"""Last year's visitors and the clerks who pressed for them: a log of features and habits.

Three kinds of visitors come, each at its own hours and of its own age. What a button is worth to
them does not depend on that; the clerks' habits do. The log says what was pressed, and nowhere
what became of it.
"""

from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np

FIRST_HOUR, HOURS = 8, 13  # the lobby is open from 8 to 20
YOUNGEST, AGES = 18, 73  # visitors are 18 to 90 years old


class Kind(NamedTuple):
    """A kind of visitor, as somebody who watched the lobby would tell it."""

    name: str
    share: float  # of all visitors
    hour: float  # when most of them come
    age: float  # of most of them, in years
    habits: tuple[float, ...]  # how often the clerks pressed each button for them


KINDS = (
    Kind("morning patients", 0.40, 9.5, 72, (0.72, 0.14, 0.04, 0.06, 0.04)),
    Kind("people on their lunch break", 0.35, 13.0, 43, (0.38, 0.08, 0.03, 0.44, 0.07)),
    Kind("families in the evening", 0.25, 17.5, 30, (0.33, 0.47, 0.05, 0.06, 0.09)),
)
HOUR_SPREAD, AGE_SPREAD = 1.2, 7.0  # of every kind about its middle


class Log(NamedTuple):
    """What the clerks left: one entry a row in each."""

    hours: np.ndarray  # of the day, 8 to 20
    ages: np.ndarray  # years
    buttons: np.ndarray  # which one was pressed
    kinds: np.ndarray  # in KINDS; nobody wrote this down, it is for those who measure


def _around(middle: float, spread: float, first: int, count: int) -> np.ndarray:
    """How likely each of `count` whole numbers from `first` on is: a bell, cut off."""
    bell = np.exp(-0.5 * ((np.arange(first, first + count) - middle) / spread) ** 2)
    return bell / bell.sum()


@lru_cache(maxsize=1)
def visitor_chances() -> np.ndarray:
    """How likely a visitor of each kind, hour and age is: [kinds, hours, ages]."""
    return np.array(
        [
            kind.share
            * np.outer(
                _around(kind.hour, HOUR_SPREAD, FIRST_HOUR, HOURS),
                _around(kind.age, AGE_SPREAD, YOUNGEST, AGES),
            )
            for kind in KINDS
        ]
    )


@lru_cache(maxsize=8)
def log_of(lobby: str, rows: int) -> Log:
    """The log that hangs in a lobby: the same for every run. A longer one begins like a shorter."""
    luck = Random(f"the clerks' log, {lobby}")
    found = []
    for _ in range(rows):
        kind, hour, age = visitor(luck)
        habits = KINDS[kind].habits
        button = luck.choices(range(len(habits)), habits)[0]
        found.append((hour, age, button, kind))
    return Log(*np.array(found).T)


def visitor(luck: Random) -> tuple[int, int, int]:
    """Somebody comes: of which kind, at which hour, how old."""
    cumulative = _cumulative()
    place = int(np.searchsorted(cumulative, luck.random() * cumulative[-1], side="right"))
    kind, cell = divmod(place, HOURS * AGES)
    hour, age = divmod(cell, AGES)
    return kind, FIRST_HOUR + hour, YOUNGEST + age


@lru_cache(maxsize=1)
def _cumulative() -> np.ndarray:
    return np.cumsum(visitor_chances())
