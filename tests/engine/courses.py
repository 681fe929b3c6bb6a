"""Runs that a test follows only until what it claims is there, but for one seed: does it last?"""

from collections.abc import Callable

from engine.events import UpdateCompleted
from engine.metrics import MetricName
from engine.spec import TrainConfig
from engine.train import train

Course = list[dict[MetricName, float]]
FEWEST = 5  # updates that a claim is about
WHOLE_SEED = 0  # its runs are followed to their end


def followed(config: TrainConfig, until: Callable[[Course], bool]) -> Course:
    """What every update measured, up to the first at which the claim holds, or to the end.

    Of one seed always to the end: what was learned must still be there.
    """
    course: Course = []
    may_leave = config.seed != WHOLE_SEED
    for event in train(config):
        if isinstance(event, UpdateCompleted):
            course.append(event.metrics)
            if may_leave and len(course) >= FEWEST and until(course):
                break
    return course


def late(course: Course, metric: MetricName) -> float:
    """The mean over the last five updates."""
    return mean(course[-FEWEST:], metric)


def mean(course: Course, metric: MetricName) -> float:
    return sum(metrics[metric] for metrics in course) / len(course)
