"""The one door: a config goes in, events come out."""

from collections.abc import Iterator

from engine.algorithms import ALGORITHMS
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.spec import Step, TrainConfig

TrainEvents = Iterator[RunStarted | UpdateCompleted | RunFinished | RunFailed]


def steps(config: TrainConfig) -> Iterator[Step]:
    """Train as `config` says; yield each event together with the policy at that moment.

    Reads no clock, prints nothing, touches no global random state. A reward that turns out not to
    be a finite number ends the run with RunFailed.
    """
    return ALGORITHMS[config.algorithm].run(config)


def train(config: TrainConfig) -> TrainEvents:
    """Train as `config` says, and yield its events: RunStarted, UpdateCompleted..., then an end."""
    return (step.event for step in steps(config))
