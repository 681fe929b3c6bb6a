"""How a run ends in the story, what it teaches, and what the learner decides."""

from typing import Literal

from pydantic import Field

from curriculum.parts import (
    Art,
    Beat,
    Condition,
    Effects,
    Id,
    Reasons,
    RobotPlace,
    Speaker,
    TermSign,
    Text,
)
from engine.endings import Ending
from engine.frozen import Frozen

NO_EFFECTS = Effects()


class Outcome(Frozen):
    """What happened, said by the story. Outcomes are tried in order; the last has no condition.

    `if_term` and `unless_term` ask which terms the reward names, pays for (`+polite`) or prices
    (`-polite`), beside what was measured.
    """

    id: Id
    title: Text
    kind: Literal["mastery", "partial", "interesting_failure", "failure"]
    when: tuple[Condition, ...] = ()
    if_term: tuple[TermSign, ...] = ()
    unless_term: tuple[TermSign, ...] = ()
    if_ending: Ending | None = None  # how the run itself ended; a failed one needs such an outcome
    art: Art
    alt: Text
    robot_at: RobotPlace | None = None  # on the corridor's pad, and not on the ward, if None
    beats: tuple[Beat, ...] = Field(min_length=1, max_length=8)
    effects: Effects = NO_EFFECTS
    reasons: Reasons = Reasons()
    facts: tuple[Id, ...] = ()
    explain: tuple[Beat, ...] = Field(min_length=1, max_length=8)  # why: figures, and the term

    @property
    def is_free(self) -> bool:
        """Whether any run at all may end so."""
        return not (self.when or self.if_term or self.unless_term or self.if_ending)


class Equation(Frozen):
    """One line of the objective beside the code that ran."""

    id: Id
    title: Text
    latex: Text
    code: str = Field(pattern=r"^[\w/]+\.py#\w+$")  # engine/algorithms/grpo.py#grpo_loss
    sentence: Text


class Voice(Frozen):
    """Who would back a choice, and in which words."""

    who: Speaker
    text: Text


class Choice(Frozen):
    """One way out of the dilemma."""

    id: Id
    title: Text
    text: Text
    button: Text
    voice: Voice
    sound: bool | tuple[Id, ...]  # the reasoned answer: always, never, or after these outcomes


class ChoiceReply(Frozen):
    """What follows from a choice. Tried in order; the last one of a choice has no `after`."""

    option: Id
    after: tuple[Id, ...] = ()  # outcomes
    beats: tuple[Beat, ...] = Field(min_length=1, max_length=4)
    effects: Effects = NO_EFFECTS
    reasons: Reasons = Reasons()
    facts: tuple[Id, ...] = ()


class Decide(Frozen):
    """The pivotal decision."""

    question: Text
    context: Text
    options: tuple[Choice, ...] = Field(min_length=3, max_length=4)
    replies: tuple[ChoiceReply, ...] = Field(min_length=3)


class Hint(Frozen):
    """Three steps of help for one situation: a question, a pointer, a worked example."""

    id: Id
    before_run: bool = False
    when: tuple[Condition, ...] = ()
    if_term: tuple[TermSign, ...] = ()
    unless_term: tuple[TermSign, ...] = ()
    steps: tuple[Text, Text, Text]
