"""Whether a run that made all its updates has collapsed: far from its start, and worse than it.

A policy can be ruined while all of its numbers stay finite, by steps that are too large. Neither
half alone would tell: who goes far may be paid for it, and who is paid less may have had bad luck.
Of a Pip that went far and hardly says a whole sentence any more, less is asked. A loss over
preferences may fall all the while; then it counts what the replies are worth.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, median, pstdev

from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.metrics import METRICS
from engine.metrics import MetricName as M

LEAST_UPDATES = 12  # fewer are no course that could be judged
TAIL = 4  # the last of so many parts is where a run ended
FAR = 5.0  # nats of drift from the start
STILL = 0.05  # of the entropy that a policy began with: nothing is tried any more
SPREADS = 4.0  # so many below where it began are no luck;
WORDLESS_SPREADS = 1.0  # so many are none where sentences are lost, too
WORDLESS = 0.5  # of the whole sentences that it began with
NEIGHBOURS = 0.954  # the median difference of two normal figures, in their standard deviations


def is_worse(begun: Sequence[float], course: Sequence[float], spreads: float = SPREADS) -> bool:
    """Whether the last quarter of a course is below where it began, by that many spreads.

    begun: what the policy reached before it had learnt anything, one figure a measurement.
    course: what it reached at every update; higher is better in both.
    """
    tail = _tail(course)
    return fmean(begun) - fmean(tail) > spreads * max(pstdev(tail), _noise(course))


def is_far(courses: Mapping[M, Sequence[float]]) -> bool:
    """Whether a policy ended far from its start, by its measurements at every update.

    By its drift, where that is measured. Else it is far if it always does the same, and its
    episodes are no longer than they were: a cart that falls later may be charged for longer.
    """
    if M.KL in courses:
        return fmean(_tail(courses[M.KL])) >= FAR
    if M.ENTROPY not in courses:
        return False
    lengths, entropies = courses.get(M.LENGTH, [0.0]), courses[M.ENTROPY]
    is_longer = fmean(_tail(lengths)) > lengths[0]
    return fmean(_tail(entropies)) <= STILL * entropies[0] and not is_longer


def is_wordless(begun: Sequence[float], course: Sequence[float]) -> bool:
    """Whether Pip lost at least half of its whole sentences; never, where none are measured.

    begun, course: as in `is_worse`.
    """
    return bool(course) and fmean(_tail(course)) <= WORDLESS * fmean(begun)


def _tail(course: Sequence[float]) -> Sequence[float]:
    """The last quarter of a course, at least one figure of it."""
    return course[-max(1, len(course) // TAIL) :]


def _noise(course: Sequence[float]) -> float:
    """The standard deviation of a course about its trend, from how much neighbours differ.

    The median makes nothing of the few updates in which a policy falls.
    """
    return median(abs(after - before) for before, after in pairwise(course)) / NEIGHBOURS


class Course:
    """What a run measured, from the untrained policy on."""

    def __init__(self, objective: M) -> None:
        """Nothing is measured yet. objective: what is trained on."""
        self._objective = objective
        self._begun: dict[M, list[float]] = {}
        self._courses: dict[M, list[float]] = {}

    def judged(
        self, event: RunStarted | UpdateCompleted | RunFinished | RunFailed
    ) -> RunStarted | UpdateCompleted | RunFinished | RunFailed:
        """The event as it is, or the end of a run that has collapsed."""
        if isinstance(event, RunFinished):
            is_ruined = event.ending == "done" and self._has_collapsed()
            return event.model_copy(update={"ending": "collapsed"}) if is_ruined else event
        if isinstance(event, RunStarted | UpdateCompleted):
            if not self._courses:  # the first update is measured before its gradient step, too
                _append(self._begun, event.metrics)
            if isinstance(event, UpdateCompleted):
                _append(self._courses, event.metrics)
        return event

    def _has_collapsed(self) -> bool:
        begun, course = self._of(self._objective)
        if len(course) < LEAST_UPDATES or not is_far(self._courses):
            return False
        if is_worse(begun, course):
            return True
        # Nobody is paid who learns from preferences: there it counts what was wanted.
        is_paid = self._objective is M.PROXY_RETURN
        good = self._of(M.PROXY_RETURN if is_paid else M.TRUE_RETURN)
        return is_wordless(*self._of(M.FLUENT)) and is_worse(*good, WORDLESS_SPREADS)

    def _of(self, name: M) -> tuple[list[float], list[float]]:
        """Where a metric began and its course, higher being better."""
        sign = -1 if METRICS[name].better == "lower" else 1
        begun, course = (values.get(name, []) for values in (self._begun, self._courses))
        return [sign * value for value in begun], [sign * value for value in course]


def _append(courses: dict[M, list[float]], metrics: Mapping[M, float]) -> None:
    for name, value in metrics.items():
        courses.setdefault(name, []).append(value)
