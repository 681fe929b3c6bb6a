"""What a world and an algorithm must say of themselves to take part in everything else.

Adding one is a new file with a `WORLD` or `ALGORITHM` of these shapes, and the line that names it
in `engine/worlds/__init__.py` or `engine/algorithms/__init__.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.frozen import Frozen
from engine.metrics import MetricName
from engine.numerics import Quantity


class RewardTerm(Frozen):
    """A named, exactly computed part of a reward."""

    name: str
    label: str
    meaning: str  # one sentence, with the unit
    exploit: str = ""  # the cheap way to earn it, if one is known
    least: float | None = 0  # of it in one reply, message or step; None: no bound
    most: float | None = None


class WorldConfig(Frozen):
    """Where training happens. Subclasses fix `world` with a Literal and add their settings."""

    world: str


class TrainConfig(Frozen):
    """One run, completely: the same config gives the same events.

    Subclasses fix `algorithm` with a Literal, narrow `world`, and add their settings. The bounds of
    a field are the bounds of its slider, and its description is the slider's help.
    """

    length_field: ClassVar[str] = "updates"  # the field that says how long the run is

    algorithm: str
    world: WorldConfig
    reward: str = Field(max_length=400, description="What a rollout is paid, as one line.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Chooses every random number of the run.")

    @property
    def planned_updates(self) -> int:
        """How many updates the run will make."""
        return int(getattr(self, self.length_field))

    @property
    def update_word(self) -> str:
        """What one update is called where it is told of."""
        return "update"


class Step(NamedTuple):
    """One event, and the policy as it was right then; None where there is no model."""

    event: RunStarted | UpdateCompleted | RunFinished | RunFailed
    policy: Any = None


def opened(step: Step, numbers: Mapping[str, tuple[float, ...]]) -> Step:
    """An update with what it was made of, by quantity, for those who look closely."""
    assert isinstance(step.event, UpdateCompleted)
    scene = step.event.scene.model_copy(update={"numbers": dict(numbers)})
    return step._replace(event=step.event.model_copy(update={"scene": scene}))


@dataclass(frozen=True)
class World:
    """A place to learn in."""

    name: str
    title: str
    config: type[WorldConfig]
    terms: tuple[RewardTerm, ...]
    true_reward: str  # one sentence: what the designer wanted, which the optimiser never sees
    # What is measured of rollouts, whoever learns from them; what tells most comes first.
    metrics: tuple[MetricName, ...]
    rollout: str = "reply"  # what the reward is paid for, as a word
    work_unit: str = "tokens sampled"  # what a run uses up
    text_functions: tuple[RewardTerm, ...] = ()  # called with one quoted word: count("please")


@dataclass(frozen=True)
class Algorithm:
    """A way to learn."""

    name: str
    title: str
    config: type[TrainConfig]
    run: Callable[[Any], Iterator[Step]]
    # In every UpdateCompleted, beside exactly those of the world; what tells most comes first.
    metrics: tuple[MetricName, ...]
    source: str
    objective: MetricName = MetricName.PROXY_RETURN  # what it climbs, or a loss that it brings down
    quantities: tuple[Quantity, ...] = ()  # what an update is made of, for those who look closely
