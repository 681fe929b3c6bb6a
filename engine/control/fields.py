"""Fields: worlds of observations and a few actions, with many episodes side by side.

Whoever learns from a field sees the numbers of `observations`, picks an action for every episode
and gets a `Passage`: what happened, and what was to be seen before a new episode began in the
place of one that is over. A field draws its own random numbers; the same seed gives the same luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from engine.metrics import METRICS
from engine.metrics import MetricName as M
from engine.scenes import Scene
from engine.spec import WorldConfig


class Passage(NamedTuple):
    """One step of every episode."""

    facts: Any  # arrays from which the world computes its terms
    after: np.ndarray  # [count, inputs] float32, before a new episode is begun
    state_after: np.ndarray  # [count] int: the number of the state, likewise
    ends: np.ndarray  # [count] bool: nothing comes after it
    is_cut: np.ndarray  # [count] bool: it would have gone on, but its steps are used up

    @property
    def is_last(self) -> np.ndarray:
        """Whether an episode is over with this step, whatever the reason."""
        return self.ends | self.is_cut


class Probe(NamedTuple):
    """A test beside practice: whole episodes in which a learner does what it thinks best."""

    metric: M
    name: str  # the metric is the mean of this sum over an episode
    purpose: str  # for which random numbers are drawn; `{update}` stands for the update's number
    world: WorldConfig | None = None  # None: that of the run
    ahead: M | None = None  # how much more it is than the same in a test of purpose `test {update}`
    film: str = ""  # the part of the scene that is the first episode, if it is shown


class Measures(NamedTuple):
    """Which sums over an episode a metric is read from."""

    an_episode: Mapping[M, str]  # mean of the sum
    a_step: Mapping[M, str] = {}
    probes: Sequence[Probe] = ()

    @property
    def shares(self) -> frozenset[M]:
        """What is a share of episodes: nothing is known of it before one has ended."""
        return frozenset(metric for metric in self.an_episode if METRICS[metric].percent)

    @property
    def is_compared(self) -> bool:
        """Whether everything is measured in tests, since a probe is compared with one."""
        return any(probe.ahead is not None for probe in self.probes)

    @property
    def names(self) -> tuple[str, ...]:
        """What has to be summed."""
        return tuple(dict.fromkeys((*self.an_episode.values(), *self.a_step.values(), "step")))


class Field(Protocol):
    """Episodes of one world side by side."""

    count: int
    inputs: int  # numbers in an observation
    actions: tuple[str, ...]
    states: int  # how many states there are, or boxes of states where they are without number
    step_limit: int
    terms: tuple[str, ...]
    measures: Measures

    def observations(self) -> np.ndarray:
        """What there is to be seen now: [count, inputs] float32."""
        ...

    def state(self) -> np.ndarray:
        """The numbers of the states that the episodes are in: [count] int."""
        ...

    def step(self, actions: np.ndarray) -> Passage:
        """Everybody takes an action, [count] int; an episode that is over begins anew at once."""
        ...

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, `true` and what is measured, for steps in order: [time, count]."""
        ...

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> Scene:
        """What the first episode looked like, from its first step to its last."""
        ...


class Beliefs(Protocol):
    """Whoever has an opinion on what actions are worth."""

    def worth(self, observations: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Action values: [rows, inputs] and [rows] -> [rows, actions]."""
        ...


class Outlook(NamedTuple):
    """What there is to be seen of every episode."""

    observations: np.ndarray  # [count, inputs] float32
    states: np.ndarray  # [count] int


def outlook(field: Field, passage: Passage | None = None) -> Outlook:
    """What there is to be seen now; passage: the step that led here, which may have shown it."""
    if passage is None or passage.is_last.any():
        return Outlook(field.observations(), field.state())
    return Outlook(passage.after, passage.state_after)


def stacked(passages: Sequence[Passage]) -> list[np.ndarray]:
    """The facts of steps in order, each with time before everything else: [time, ...]."""
    return [np.stack(columns) for columns in zip(*(p.facts for p in passages), strict=True)]
