"""The one door: a config goes in, events come out."""

from collections.abc import Iterator

from engine.algorithms import ALGORITHMS
from engine.collapse import Course
from engine.endings import RunEnded
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.reward_expression import RewardValueError
from engine.spec import Step, TrainConfig
from engine.worlds import WORLDS

TrainEvents = Iterator[RunStarted | UpdateCompleted | RunFinished | RunFailed]


def steps(config: TrainConfig) -> Iterator[Step]:
    """Train as `config` says; yield each event together with the policy at that moment.

    Reads no clock, prints nothing, touches no global random state. A run that cannot go on, such as
    one whose reward is not a finite number, ends with RunFailed.
    """
    algorithm, done = ALGORITHMS[config.algorithm], 0
    course = Course(algorithm.objective)
    try:
        for step in algorithm.run(config):
            if isinstance(step.event, UpdateCompleted):
                done = step.event.update
            yield step._replace(event=course.judged(step.event))
    except RewardValueError as error:
        rollout = WORLDS[config.world.world].rollout
        remedy = f"Change the reward so that every {rollout} {error.remedy}."
        yield Step(RunFailed(update=done + 1, problem=str(error), remedy=remedy))
    except RunEnded as end:
        yield Step(
            RunFailed(update=done + 1, problem=end.problem, remedy=end.remedy, ending=end.ending)
        )


def train(config: TrainConfig) -> TrainEvents:
    """Train as `config` says, and yield its events: RunStarted, UpdateCompleted..., then an end."""
    return (step.event for step in steps(config))
