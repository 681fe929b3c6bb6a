"""Runs against the tokens that they used: cut where a budget ends, averaged over seeds.

The budget is cut into equal parts, none shorter than the longest update there could be. So every
part that a run went through has an update in it, and no value is made up between two updates.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

from engine.spread import Trace

MOST_PARTS = 20


@dataclass(frozen=True)
class BudgetCurve:
    """The mean of several runs after each part of a budget, and the least and greatest of them."""

    tokens: list[float]  # used by the end of each part
    mean: list[float]
    low: list[float]
    high: list[float]
    seeds: int  # that it is about


def parts_of(budget: int, longest_update: int) -> list[float]:
    """Where the parts of a budget end; longest_update: the tokens that an update may take."""
    count = max(1, min(MOST_PARTS, budget // longest_update))
    return [budget * (part + 1) / count for part in range(count)]


def updates_within(work: Sequence[float], budget: int) -> int:
    """How many updates a budget pays for. work: tokens used by the end of each update."""
    return sum(used <= budget for used in work)


def by_part(work: Sequence[float], values: Sequence[float], ends: Sequence[float]) -> list[float]:
    """The mean of the updates that ended in each part, as far as the run has left parts behind.

    work: tokens used by the end of each update; values: measured in the last of them, one each.
    """
    measured = list(zip(work[len(work) - len(values) :], values, strict=True))
    means: list[float] = []
    begin = 0.0
    for end in ends:
        inside = [value for used, value in measured if begin < used <= end]
        if not work or work[-1] < end or not inside:
            break
        means.append(fmean(inside))
        begin = end
    return means


def curve_of(
    traces: Sequence[Trace], metric: str, ends: Sequence[float], over: Collection[int]
) -> BudgetCurve | None:
    """A metric over the runs of one method; None while there is nothing to draw.

    over: seeds of the runs that will make no more updates; these count, as far as all of them went.
    Until there is one it is the run that has come farthest, so that a curve does not jump back.
    """
    rows = {
        trace.seed: by_part(trace.axes["work"], trace.metrics.get(metric, ()), ends)
        for trace in traces
    }
    kept = [row for seed, row in rows.items() if seed in over]
    kept = kept or sorted(rows.values(), key=len)[-1:]
    columns = list(zip(*kept, strict=False))  # as far as the shortest
    if not columns:
        return None
    return BudgetCurve(
        tokens=list(ends[: len(columns)]),
        mean=[fmean(column) for column in columns],
        low=[min(column) for column in columns],
        high=[max(column) for column in columns],
        seeds=len(kept),
    )
