"""Whole episodes of a field, played by whoever picks the actions, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.control.fields import Beliefs, Field, Measures, Outlook, Passage, Probe, outlook
from engine.metrics import MetricName as M
from engine.scenes import Scene
from engine.spec import WorldConfig

Act = Callable[[Outlook], np.ndarray]  # what everybody does, seeing this: [count] int


class Play(NamedTuple):
    """One whole episode in every place; [time, count] each."""

    field: Field
    passages: Sequence[Passage]  # one a time
    on: np.ndarray  # whether an episode was still on: what comes after it is another one
    values: Mapping[str, np.ndarray]  # every reward term, and what is measured

    @property
    def steps(self) -> int:
        """How many steps all episodes took together."""
        return int(self.on.sum())

    def sums(self, name: str) -> np.ndarray:
        """What one of the values adds up to in every episode: [count]."""
        return (self.values[name] * self.on).sum(axis=0)

    def mean(self, name: str) -> float:
        """The mean of these sums."""
        return float(self.sums(name).mean())

    def film(self, beliefs: Beliefs | None) -> Scene:
        """What the first episode looked like."""
        return self.field.film(self.first, beliefs)

    @property
    def first(self) -> Sequence[Passage]:
        """The first episode's steps."""
        return self.passages[: int(self.on[:, 0].sum())]


def played(field: Field, act: Act, gamma: float) -> Play:
    """One whole episode in every place of a field on which nobody has taken a step."""
    passages: list[Passage] = []
    on: list[np.ndarray] = []
    is_on = np.ones(field.count, dtype=bool)
    while is_on.any():
        on.append(is_on)
        now = outlook(field, *passages[-1:])
        passages.append(field.step(act(now)))
        is_on = is_on & ~passages[-1].is_last
    return Play(field, passages, np.array(on), field.values(passages, gamma))


def means(measures: Measures, parts: Mapping[str, Any], episodes: int) -> dict[M, float]:
    """What is measured of so many episodes.

    parts: by name, whatever adds up to the sum over all of them, in any shape.
    """
    totals = {name: float(np.sum(parts[name])) for name in measures.names}
    found = {metric: totals[name] / episodes for metric, name in measures.an_episode.items()}
    return found | {
        metric: totals[name] / totals["step"] for metric, name in measures.a_step.items()
    }


class Probed(NamedTuple):
    """What came of probes."""

    found: dict[M, float]
    shown: dict[str, Any]  # parts of the scene
    steps: int


def probed(
    probes: Sequence[Probe],
    play: Callable[[WorldConfig | None, str], Play],
    update: int,
    here: Play | None,
) -> Probed:
    """Make the probes in their order.

    play: plays in a world, the run's own if it is None, with the random numbers of a purpose.
    here: the test of this update in the run's own world, if there was one.
    """
    found, shown, steps = dict[M, float](), dict[str, Any](), 0
    for probe in probes:
        there = play(probe.world, probe.purpose.format(update=update))
        steps += there.steps
        found[probe.metric] = there.mean(probe.name)
        if probe.ahead is not None and here is not None:
            found[probe.ahead] = there.mean(probe.name) - here.mean(probe.name)
        if probe.film:
            shown[probe.film] = getattr(there.film(None), probe.film)
    return Probed(found, shown, steps)
