"""What runs in a chapter: the config's fixed part, and what the learner may turn."""

from typing import Any, Literal

from pydantic import Field

from curriculum.parts import Id, Measured, SettingValue, Text
from engine.frozen import Frozen
from engine.language.preferences import MOST_BY_HAND


class Experiment(Frozen):
    """The fixed part of the chapter's config, and what a run costs."""

    base: dict[str, Any]  # a TrainConfig without seed, [[settings]] and what [[sliders]] pay
    seed: int = Field(1, ge=0, le=2**31 - 1)  # of the first run
    pace: float = Field(gt=0, le=500)  # updates a second while somebody watches
    work_per_point: int = Field(gt=0)  # tokens or steps for one point of budget
    planned_work: int = Field(gt=0)  # of a run at the starting settings
    seconds: float = Field(gt=0, le=60)  # longest allowed run on one core
    last_updates: int = Field(5, ge=1, le=100)  # how many updates `last` is the mean of
    work_per_update: dict[str, int] = Field(default_factory=dict)  # by algorithm, where they differ
    grant: int = Field(0, ge=0, le=40)  # points of budget that a learner is given for it
    within_budget: bool = False  # refuses what the learner's budget does not pay for


class Slider(Frozen):
    """The weight of one part of the reward."""

    id: Id
    label: Text
    meaning: Text
    expression: Text  # over reward terms, such as min(1, polite)
    low: float
    high: float
    step: float = Field(gt=0)
    start: float
    cost: bool = False  # subtracted: the slider shows a price


class Setting(Frozen):
    """A hyperparameter that matters here; `path` is its dotted name, where that is not `field`."""

    field: Id
    path: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")
    symbol: Text
    label: Text
    meaning: Text
    start: SettingValue
    low: float | None = None
    high: float | None = None
    step: float | None = Field(None, gt=0)
    choices: tuple[SettingValue, ...] = ()
    choice_names: tuple[Text, ...] = ()  # how each choice is called; else as it is

    @property
    def place(self) -> str:
        """Where the setting stands in the config."""
        return self.path or self.field

    def name_of(self, value: SettingValue) -> str:
        """How a value is called."""
        if self.choice_names and value in self.choices:
            return self.choice_names[self.choices.index(value)]
        return value if isinstance(value, str) else f"{value:g}"


class Labelling(Frozen):
    """Pairs of replies that the learner labels by hand; the crowd labels the rest."""

    title: Text
    question: Text  # which of the two, in whose name
    note: Text
    count: int = Field(ge=1, le=MOST_BY_HAND)


class Chart(Frozen):
    """Curves that share one scale, over the updates or, if `against` says so, over a metric."""

    title: Text
    unit: Text
    metrics: tuple[Measured, ...] = Field(min_length=1, max_length=4)
    low: float | None = None  # without `high`: what lies below does not widen the chart
    high: float | None = None
    against: Measured | None = None
    reach: float | None = Field(default=None, gt=0)  # how far the axis of `against` goes


class Recorded(Frozen):
    """Settings whose outcome is proved over seeds."""

    id: Id
    role: Literal["start", "reference", "example"]
    reaches: Id
    note: Text
    sliders: dict[str, float] = Field(default_factory=dict)  # others stay at their start
    settings: dict[str, SettingValue] = Field(default_factory=dict)
    reward: str | None = None  # code that replaces the sliders
    labels: str = ""  # by hand, one letter a pair
