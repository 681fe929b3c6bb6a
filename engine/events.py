"""What happens in a run, as facts that already happened."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from engine.endings import Ending
from engine.frozen import Frozen
from engine.metrics import MetricName
from engine.scenes import Scene


class RunStarted(Frozen):
    """The run exists; nothing is learnt yet. Scene and metrics are of the untrained policy."""

    kind: Literal["run_started"] = "run_started"
    planned_updates: int = Field(ge=1)
    metrics: dict[MetricName, float] = Field(default_factory=dict)
    scene: Scene


class UpdateCompleted(Frozen):
    """One update. Metrics are means over its rollouts, sampled before the gradient step.

    What is not known yet, such as a share of episodes before one has ended, is not among them.
    """

    kind: Literal["update_completed"] = "update_completed"
    update: int = Field(ge=1)
    metrics: dict[MetricName, float]
    scene: Scene
    work: int = Field(ge=0)  # tokens sampled or steps taken since the run began


class RunFinished(Frozen):
    """All planned updates are done."""

    kind: Literal["run_finished"] = "run_finished"
    updates: int = Field(ge=0)
    work: int = Field(ge=0)
    ending: Ending = "done"


class RunFailed(Frozen):
    """The run could not go on; the updates before it stand."""

    kind: Literal["run_failed"] = "run_failed"
    update: int = Field(ge=1)  # the update that could not be made
    problem: str  # one sentence: what happened, naming the term
    remedy: str  # one sentence: what to do
    ending: Ending = "bad_reward"


TrainEvent = Annotated[
    RunStarted | UpdateCompleted | RunFinished | RunFailed, Field(discriminator="kind")
]
EVENT: TypeAdapter[RunStarted | UpdateCompleted | RunFinished | RunFailed] = TypeAdapter(TrainEvent)
