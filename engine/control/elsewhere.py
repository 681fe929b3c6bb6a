"""Tests of a learner in worlds in which it does not practise, for those that are compared so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.control.fields import Field, Measures, Passage
from engine.metrics import MetricName as M
from engine.spec import WorldConfig


def measured_elsewhere(
    measures: Measures,
    new_field: Callable[[WorldConfig, str], Field],
    act: Callable[[Field], np.ndarray],
    gamma: float,
) -> tuple[dict[M, float], int]:
    """What was measured of one episode in every place, and how many steps they took together.

    new_field: makes the field of a world, with the random numbers of a purpose. act: picks the
    actions.
    """
    found, work = {}, 0
    for metric, world, name in measures.elsewhere:
        field = new_field(world, metric)
        passages: list[Passage] = []
        on: list[np.ndarray] = []  # whether an episode was still on
        is_over = np.zeros(field.count, dtype=bool)
        while not is_over.all():
            on.append(~is_over)
            passages.append(field.step(act(field)))
            is_over |= passages[-1].is_last
        sums = (field.values(passages, gamma)[name] * np.array(on)).sum(axis=0)
        found[metric] = float(sums.mean())
        work += int(np.sum(on))
    return found, work
