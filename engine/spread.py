"""What several seeds of one experiment say together: a centre, and how far to trust it.

Source: Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice",
arXiv:2108.13264.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

import numpy as np

from engine.metrics import MetricName

Axis = Literal["update", "work", "seconds", "drift"]
RESAMPLES = 1000
POINTS = 80  # of a curve that is read off at common places


@dataclass(frozen=True)
class Trace:
    """One run as curves: what it had made, used and measured after each update.

    A metric that was not measured from the first update on is that much shorter than the axes.
    No axis ever falls: `drift` is the farthest from the start that the policy had been by then.
    """

    seed: int
    axes: Mapping[Axis, Sequence[float]]
    metrics: Mapping[str, Sequence[float]]

    def places(self, metric: str, axis: Axis) -> Sequence[float]:
        """Where along an axis the values of a metric lie, one each."""
        return self.axes[axis][-len(self.metrics[metric]) :]


def traced(seed: int, updates: Iterable[tuple[int, int, Mapping[Any, float]]]) -> Trace:
    """The curves of a run from its updates: the number of each, the work so far, its metrics.

    `drift` is no axis of a run that does not measure it, nor `seconds` of any: events know no time.
    """
    made = list(updates)
    metrics: dict[str, list[float]] = {}
    for _, _, measured in made:
        for name, value in measured.items():
            metrics.setdefault(str(name), []).append(value)
    axes: dict[Axis, Sequence[float]] = {
        "update": [float(update) for update, _, _ in made],
        "work": [float(work) for _, work, _ in made],
    }
    if MetricName.KL in metrics:
        axes["drift"] = list(accumulate(metrics[MetricName.KL], max))
    return Trace(seed, axes, metrics)


@dataclass(frozen=True)
class Band:
    """A curve over several runs: interquartile mean, and the interval that holds it."""

    x: list[float]
    centre: list[float]
    low: list[float]
    high: list[float]
    runs: dict[int, list[float]]  # by seed: every run read off at the same places


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """The mean of the middle half: [runs, ...] -> [...]; a quarter is cut off at either end.

    A quarter that is not whole is rounded down, so that up to three runs are simply averaged.
    """
    cut = len(values) // 4
    return np.sort(values, axis=0)[cut : len(values) - cut].mean(axis=0)


def bootstrap_interval(
    strata: Sequence[np.ndarray], confidence: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval of the interquartile mean over all runs of all strata: two of [...].

    strata: one array [runs, ...] for each task; runs are drawn anew within each task, so that
    every task keeps its share. Raises ValueError if there is no run.
    """
    if not strata or not all(map(len, strata)):
        raise ValueError("Each stratum needs at least one run.")
    rng = np.random.default_rng(seed)
    centres = []
    for _ in range(RESAMPLES):
        drawn = [runs[rng.integers(len(runs), size=len(runs))] for runs in strata]
        centres.append(interquartile_mean(np.concatenate(drawn)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.array(centres), [tail, 1 - tail], axis=0)
    return low, high


def band_of(traces: Sequence[Trace], metric: str, axis: Axis) -> Band | None:
    """The band of a metric over the runs that report it, along an axis; None if none does.

    It begins where the last of the runs begins and ends where the first of them ends: beyond, it
    would be about other runs. None, too, if that is nowhere.
    """
    kept = [trace for trace in traces if trace.metrics.get(metric) and axis in trace.axes]
    if not kept:
        return None
    places = [trace.places(metric, axis) for trace in kept]
    starts, ends = max(where[0] for where in places), min(where[-1] for where in places)
    if axis == "update":
        grid = np.arange(starts, ends + 1)
    else:
        grid = np.linspace(starts, max(starts, ends), POINTS)
    if not len(grid):
        return None
    values = [trace.metrics[metric] for trace in kept]
    runs = np.array([np.interp(grid, *pair) for pair in zip(places, values, strict=True)])
    low, high = bootstrap_interval([runs])
    centre = interquartile_mean(runs)
    by_seed = {one.seed: run for one, run in zip(kept, runs.tolist(), strict=True)}
    return Band(grid.tolist(), centre.tolist(), low.tolist(), high.tolist(), by_seed)
