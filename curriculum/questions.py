"""Questions put to the learner: before, after, from earlier chapters, and the prediction."""

from typing import Literal

from pydantic import Field

from curriculum.parts import Condition, Id, Text
from engine.frozen import Frozen


class Answer(Frozen):
    """One option of a question, with what it shows that somebody chose it."""

    id: Id
    text: Text
    right: bool = False
    explanation: Text


class Question(Frozen):
    """A question with one right answer."""

    id: Id
    question: Text
    options: tuple[Answer, ...] = Field(min_length=2, max_length=4)


class Check(Question):
    """Asked before the chapter or after it, to see what the chapter taught."""

    when: Literal["pre", "post"]


class Prediction(Frozen):
    """An expectation that people really have, and the measurements that would bear it out."""

    id: Id
    label: Text
    caption: Text
    holds_when: tuple[Condition, ...] = Field(min_length=1)
    then: Text  # what happened, for runs in which this option held; may quote figures
    missing: Text  # what the thought left out, for learners who chose it and were wrong


class Predict(Frozen):
    """What will happen at the starting settings?"""

    question: Text
    options: tuple[Prediction, ...] = Field(min_length=2, max_length=4)
    otherwise: Text  # what happened, if no option held; may quote figures
