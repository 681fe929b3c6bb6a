"""The smallest parts of a chapter: beats of prose, conditions on a run, effects on the meters."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.frozen import Frozen
from engine.language.probes import SHOWN_AXES
from engine.metrics import MetricName

Speaker = Literal["noor", "adeyemi", "kenji", "ruth", "pip"]
RobotPlace = Literal["pharmacy", "pad", "way", "ward", "none"]  # in the corridor
Art = Literal[
    "desk",
    "queue",
    "corridor",
    "ward",
    "basement",
    "spill",
    "dropped",
    "lobby",
    "trolleys",
    "crossed",
    "collided",
    "littered",
    "swept",
    "exchange",
    "roadside",
]
Stat = Literal["first", "last", "max", "min", "mean", "change"]
Op = Literal["<", "<=", ">", ">="]
Meter = Literal["trust", "safety", "budget"]
METERS: tuple[Meter, ...] = ("trust", "safety", "budget")
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
TermSign = Annotated[str, StringConstraints(pattern=r"^[+-]?[a-z][a-z0-9_]*$", max_length=61)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1200)]
SettingValue = float | str
Measured = Annotated[str, Field(json_schema_extra={"enum": [str(name) for name in MetricName]})]
ReplyAxis = Annotated[str, Field(json_schema_extra={"enum": list(SHOWN_AXES)})]


class Beat(Frozen):
    """A paragraph, or what one person says.

    Shown if every condition on it holds: a fact that was set, a fact that was not, one of the named
    outcomes, a reward that has all or none of some terms, measurements of the run, what the quoted
    reply is. A term is named (`polite`), paid for (`+polite`: the reward rises with it somewhere)
    or priced (`-polite`: it falls with it somewhere). A beat that quotes `turning_point` or a reply
    is left out of runs that have none.
    """

    text: Text
    who: Speaker | None = None
    if_fact: Id | None = None
    unless_fact: Id | None = None
    if_outcome: tuple[Id, ...] = ()
    if_term: tuple[TermSign, ...] = ()
    unless_term: tuple[TermSign, ...] = ()
    when: tuple["Condition", ...] = ()
    if_reply: tuple["ReplyCondition", ...] = ()

    @property
    def occasion(self) -> str:
        """Who speaks and when: beats of one occasion differ in words and in the reply they fit."""
        return self.model_dump_json(exclude={"text", "if_reply"})


class Condition(Frozen):
    """A claim about a run. `last` is the mean of its last updates, `mean` of all of them.

    `first` is the untrained policy, or the first update that measured it.
    """

    metric: Measured
    op: Op
    value: float
    stat: Stat = "last"


class ReplyCondition(Frozen):
    """A claim about the one reply that is quoted, on an axis that a verifier computes of it.

    `of` says which: `last` is what `[[reply.last]]` quotes, `first` what `[[reply.first]]` does.
    """

    axis: ReplyAxis
    op: Op
    value: float
    of: Literal["first", "last"] = "last"


class Effects(Frozen):
    """What changes at Lumen, in points of each meter."""

    trust: int = Field(default=0, ge=-40, le=40)
    safety: int = Field(default=0, ge=-40, le=40)
    budget: int = Field(default=0, ge=-40, le=40)


class Reasons(Frozen):
    """Why each meter moved, one sentence each; may quote the run's figures."""

    trust: str = ""
    safety: str = ""
    budget: str = ""


class Fact(Frozen):
    """Something that later chapters may remember."""

    id: Id
    meaning: Text


Beat.model_rebuild()
