"""Carts side by side: what they go through while one policy drives them all.

An episode that ends begins anew at once, so that every row of a batch is a step.
"""

from collections.abc import Sequence
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
    def seen_before(self) -> np.ndarray:
        """What the driver saw: [time, carts, 4] float32."""
        return _seen(self.steps.before)

    @property
    def seen_after(self) -> np.ndarray:
        """What there was to be seen after each step, likewise."""
        return _seen(self.steps.after)

    @property
    def seen_onward(self) -> np.ndarray:
        """What there is to be seen where the next drive begins: [carts, 4] float32."""
        return _seen(self.onward)

    @property
    def taken(self) -> np.ndarray:
        """The pushes: 1 to the right, -1 to the left, float32."""
        return self.steps.push.astype(np.float32)

    @property
    def ends(self) -> np.ndarray:
        """Whether the tray fell, or the cart left the corridor."""
        return self.steps.ends

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

    def drive_episodes(self, driver: Driver) -> Drive:
        """One whole episode of every cart, laid one behind the other: [steps, 1].

        Nobody is left out for driving long, so that the mean over these episodes is that of the
        policy; the episodes that end in a given time would be the short ones.
        """
        limit, count = self.config.step_limit, self.count
        gust = gusts(self._bumps, self.config, (limit, count))
        luck = self._luck.random((limit, count))
        threshold = np.log(luck / (1.0 - luck))
        self._begin_anew(np.ones(count, dtype=bool))
        columns: list[np.ndarray] = []  # one a step of time: [14, carts]
        is_on = np.ones(count, dtype=bool)
        for now in range(limit):
            log_odds = driver.log_odds(self._state.T.astype(np.float32))
            push = np.where(log_odds > threshold[now], 1.0, -1.0)
            after = advance(self._state, PUSH * push + gust[now])
            ends = has_ended(after)
            is_cut = ~ends & (now == limit - 1)
            rows = push, self._last_push, ends, is_cut, gust[now], is_on
            columns.append(np.concatenate((self._state, after, np.array(rows))))
            is_on = is_on & ~ends
            if not is_on.any():
                break
            self._state = np.where(is_on, after, self._state)
            self._last_push = push
        whole = np.array(columns).transpose(2, 0, 1)  # [carts, time, 14]
        laid = whole[whole[..., -1] > 0].T[..., None]
        before, after, push, last_push = laid[:4], laid[4:8], laid[8], laid[9]
        steps = Steps(before, after, push, last_push, laid[10] > 0)
        return Drive(steps, laid[11] > 0, laid[12], after[:, -1])

    def _begin_anew(self, over: np.ndarray) -> None:
        self._state = np.where(over, starting_states(self._starts, self.count), self._state)
        self._last_push = np.where(over, 0.0, self._last_push)
        self._age[over] = 0


def _seen(states: np.ndarray) -> np.ndarray:
    """States [4, ...] as the networks see them: [..., 4] float32."""
    return np.ascontiguousarray(np.moveaxis(states, 0, -1)).astype(np.float32)


def joined(drives: Sequence[Drive]) -> Drive:
    """Drives of the same carts, one after the other, as one."""
    if len(drives) == 1:
        return drives[0]
    steps = [drive.steps for drive in drives]
    return Drive(
        Steps(
            before=np.concatenate([part.before for part in steps], axis=1),
            after=np.concatenate([part.after for part in steps], axis=1),
            push=np.concatenate([part.push for part in steps]),
            last_push=np.concatenate([part.last_push for part in steps]),
            ends=np.concatenate([part.ends for part in steps]),
        ),
        is_cut=np.concatenate([drive.is_cut for drive in drives]),
        gust=np.concatenate([drive.gust for drive in drives]),
        onward=drives[-1].onward,
    )


def fresh_rng(purpose: str, seed: int) -> np.random.Generator:
    """The luck of one purpose of a run, so that none disturbs another."""
    return np.random.default_rng(Random(f"{purpose} {seed}").getrandbits(63))
