"""The chapter format: one TOML file, closed to unknown keys."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from curriculum.epilogue import Recollection, StoryEnding
from curriculum.experiment import Chart, Experiment, Labelling, Recorded, Setting, Slider
from curriculum.findings import Path, walk
from curriculum.outcomes import Decide, Equation, Hint, Outcome
from curriculum.parts import Art, Beat, Fact, Id, Measured, RobotPlace, Text
from curriculum.questions import Check, Predict, Question
from engine.frozen import Frozen

SCHEMA_VERSION = 1


class Evidence(Frozen):
    """A small table measured on a recorded run, or on the untrained policy of the starting one."""

    title: Text
    note: Text
    metrics: tuple[Measured, ...] = ()
    probes: int = Field(0, ge=0, le=6)  # how many replies to fixed visitors to show
    axes: tuple[str, ...] = ()  # what the verifiers say of each reply
    recorded: Id | None = None  # whose last updates to show; else the start before any update
    seed: int | None = Field(None, ge=0)  # of the run behind it; else that of the first run

    @property
    def is_first_look(self) -> bool:
        """Whether it shows how things stand before any update, and not how a run went."""
        return self.recorded is None


class Brief(Frozen):
    """Something has just gone wrong, or is about to.

    remembered: what colleagues say of earlier chapters, newest first, each where its fact was set.
    Two of them are shown, so that the screen stays short for those who have seen everything.
    """

    art: Art
    alt: Text
    robot_at: RobotPlace | None = None  # on the corridor's pad if None
    title: Text
    beats: tuple[Beat, ...] = Field(min_length=2, max_length=8)
    remembered: tuple[Beat, ...] = Field((), max_length=12)
    evidence: Evidence


class Lab(Frozen):
    """The same experiment without the story."""

    title: Text
    question: Text
    text: Text
    decide: Text  # the decision's question in plain words


class Chapter(Frozen):
    """A complete chapter, in the order in which a learner meets its parts.

    endings: what its decision leads to, where the whole story ends with it. epilogue: what
    colleagues say then of the arc, newest first, each where its fact was set; one thing is shown of
    each of them.
    """

    schema_version: Literal[1]
    id: Id
    version: int = Field(ge=1)
    level: int = Field(ge=0, le=11)
    place: int = Field(ge=1, le=50)  # order within the level
    side: bool = False  # a side story, which the way up passes by
    title: Text
    eyebrow: Text
    minutes: int = Field(ge=1, le=90)  # at most, as curriculum/pace.py counts them
    concepts: tuple[Id, ...] = Field(min_length=1)  # terms of the glossary
    requires: tuple[Id, ...] = ()  # chapters to be mastered first
    facts: tuple[Fact, ...] = ()
    brief: Brief
    retrieval: tuple[Question, ...] = Field((), max_length=3)
    check: tuple[Check, ...] = Field(min_length=2, max_length=2)
    predict: Predict
    experiment: Experiment
    sliders: tuple[Slider, ...] = Field((), max_length=8)  # none: the base holds the reward
    settings: tuple[Setting, ...] = Field((), max_length=5)
    labelling: Labelling | None = None
    lab: Lab
    look_for: tuple[Text, Text, Text]
    charts: tuple[Chart, ...] = Field(min_length=1, max_length=5)
    outcomes: tuple[Outcome, ...] = Field(min_length=2, max_length=10)
    explain: tuple[Equation, ...] = Field(min_length=1, max_length=16)
    decide: Decide
    endings: tuple[StoryEnding, ...] = Field((), max_length=12)
    epilogue: tuple[Recollection, ...] = Field((), max_length=60)
    hints: tuple[Hint, ...] = Field(min_length=2)
    recorded: tuple[Recorded, ...] = Field(min_length=2)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Names of the algorithms that run here, the starting one first; mostly there is one."""
        for setting in self.settings:
            if setting.place == "algorithm":
                others = [choice for choice in setting.choices if choice != setting.start]
                return (str(setting.start), *map(str, others))
        return (str(self.experiment.base.get("algorithm", "")),)

    @property
    def world(self) -> str:
        """Name of the world that it runs in."""
        world = self.experiment.base.get("world")
        return str(world.get("world", "")) if isinstance(world, dict) else ""

    def equations_of(self, algorithm: str) -> tuple[Equation, ...]:
        """What ran with an algorithm: not what stands in the file of another one of the chapter."""
        others = {f"engine/algorithms/{name}.py" for name in self.algorithms if name != algorithm}
        return tuple(one for one in self.explain if one.code.partition("#")[0] not in others)

    def nodes(self) -> Iterator[tuple[Path, Any]]:
        """Every value of the chapter with its path, but for the engine's own config."""
        return walk(self.model_dump(exclude={"experiment": {"base"}}))

    def outcome(self, outcome_id: str) -> Outcome:
        """The outcome of that id; KeyError if there is none."""
        return {outcome.id: outcome for outcome in self.outcomes}[outcome_id]
