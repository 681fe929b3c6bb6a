"""Whether a run that made all its updates has collapsed: it ended worse than it began.

A policy can be ruined while all of its numbers stay finite, by steps that are too large.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median, pstdev

from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.metrics import METRICS, MetricName

LEAST_UPDATES = 12  # fewer are no course that could be judged
TAIL = 4  # the last of so many parts is where a run ended
SPREADS = 4.0  # so many below where it began are no luck: of 1,000 runs of noise 3 at most
NEIGHBOURS = 0.954  # the median difference of two normal figures, in their standard deviations


def has_collapsed(begun: Sequence[float], course: Sequence[float]) -> bool:
    """Whether the last quarter of a course is below where it began, by far more than it varies.

    begun: what the policy reached before it had learnt anything, one figure a measurement.
    course: what it reached at every update; higher is better in both.
    """
    if len(course) < LEAST_UPDATES:
        return False
    tail = course[-(len(course) // TAIL) :]
    return fmean(begun) - fmean(tail) > SPREADS * max(pstdev(tail), noise(course))


def noise(course: Sequence[float]) -> float:
    """The standard deviation of a course about its trend, from how much neighbours differ.

    The median makes nothing of the few updates in which a policy falls.
    """
    return median(abs(after - before) for before, after in pairwise(course)) / NEIGHBOURS


class Course:
    """What a run reached of its objective, from the untrained policy on."""

    def __init__(self, objective: MetricName) -> None:
        """Nothing is measured yet."""
        self._objective = objective
        self._sign = -1 if METRICS[objective].better == "lower" else 1
        self._begun: list[float] = []
        self._course: list[float] = []

    def judged(
        self, event: RunStarted | UpdateCompleted | RunFinished | RunFailed
    ) -> RunStarted | UpdateCompleted | RunFinished | RunFailed:
        """The event as it is, or the end of a run that has collapsed."""
        if isinstance(event, RunFinished):
            is_lost = event.ending == "done" and has_collapsed(self._begun, self._course)
            return event.model_copy(update={"ending": "collapsed"}) if is_lost else event
        if isinstance(event, RunStarted | UpdateCompleted) and self._objective in event.metrics:
            reached = self._sign * event.metrics[self._objective]
            if not self._course:  # an update is measured before its gradient step
                self._begun.append(reached)
            if isinstance(event, UpdateCompleted):
                self._course.append(reached)
        return event
