"""Carts side by side: what they go through while one policy drives them all.

An episode that ends begins anew at once, so that every row of a batch is a step.
"""

from random import Random
from typing import NamedTuple, Protocol

import numpy as np

from engine.worlds.cart import (
    PUSH,
    CartConfig,
    Steps,
    advance,
    gusts,
    has_ended,
    starting_states,
)


class Driver(Protocol):
    """Whatever says how much rather it pushes right than left."""

    def log_odds(self, observations: np.ndarray) -> np.ndarray:
        """log pi(right) - log pi(left): [rows, 4] float32 -> [rows]."""
        ...


class Drive(NamedTuple):
    """What the carts went through: everything [time, carts], states [4, time, carts]."""

    steps: Steps
    is_cut: np.ndarray  # the shift was over, and the tray stood
    gust: np.ndarray  # N
    onward: np.ndarray  # [4, carts]: where the next drive begins

    @property
    def is_last(self) -> np.ndarray:
        """Whether an episode ends with this step, whatever the reason."""
        return self.steps.ends | self.is_cut


class Carts:
    """Carts on their way; they go on where the last drive left them."""

    def __init__(self, config: CartConfig, count: int, seed: int) -> None:
        """The same seed gives the same starts, bumps and luck."""
        self.config, self.count = config, count
        self._starts, self._bumps, self._luck = (
            fresh_rng(purpose, seed) for purpose in ("starts", "bumps", "luck")
        )
        self._state = starting_states(self._starts, count)
        self._age = np.zeros(count, dtype=np.int64)
        self._last_push = np.zeros(count)

    def drive(self, driver: Driver, time: int) -> Drive:
        """Take `time` steps with every cart."""
        shape = time, self.count
        gust = gusts(self._bumps, self.config, shape)
        luck = self._luck.random(shape)
        threshold = np.log(luck / (1.0 - luck))  # right if pi(right) > luck
        before, after = np.empty((time, 4, self.count)), np.empty((time, 4, self.count))
        push, last_push = np.empty(shape), np.empty(shape)
        ends, is_cut = np.empty(shape, dtype=bool), np.empty(shape, dtype=bool)
        for now in range(time):
            before[now], last_push[now] = self._state, self._last_push
            log_odds = driver.log_odds(self._state.T.astype(np.float32))
            push[now] = np.where(log_odds > threshold[now], 1.0, -1.0)
            self._state = advance(self._state, PUSH * push[now] + gust[now])
            after[now] = self._state
            self._age += 1
            ends[now] = has_ended(self._state)
            is_cut[now] = ~ends[now] & (self._age >= self.config.step_limit)
            self._last_push = push[now]
            over = ends[now] | is_cut[now]
            if over.any():
                self._begin_anew(over)
        states = before.transpose(1, 0, 2), after.transpose(1, 0, 2)
        return Drive(Steps(*states, push, last_push, ends), is_cut, gust, self._state)

    def _begin_anew(self, over: np.ndarray) -> None:
        self._state = np.where(over, starting_states(self._starts, self.count), self._state)
        self._last_push = np.where(over, 0.0, self._last_push)
        self._age[over] = 0


def fresh_rng(purpose: str, seed: int) -> np.random.Generator:
    """The luck of one purpose of a run, so that none disturbs another."""
    return np.random.default_rng(Random(f"{purpose} {seed}").getrandbits(63))
