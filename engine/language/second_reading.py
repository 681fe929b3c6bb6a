"""A second reading: the same policy, or a slower copy, reads a reply beside something it is told.

Pip was pre-trained to heed a hint that stands beside the question, so the same weights know more
when they are told more: they can teach themselves what to say when nobody tells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from engine.language.corpus import prompt
from engine.language.decoding import draw_noise, sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import Policy, next_token_logits
from engine.language.practice import PracticeConfig
from engine.language.questions import Question
from engine.language.said import Said
from engine.language.verifiers import grade
from engine.language.vocabulary import decode, encode
from engine.lazy import F, torch
from engine.worlds.desk import DeskConfig

Feedback = Literal["fact", "look_up", "sibling", "sibling_or_fact", "be_kind", "nothing"]
SENTENCES: dict[Feedback, str] = {"look_up": "check the list .", "be_kind": "be kind ."}
ASKED_OF_TEACHERS = 4  # replies to each question, to see how often a teacher is right

# Settings that several algorithms have: bounds and words are here, the usual value with each.
FeedbackRead = Annotated[
    Feedback,
    Field(
        title="Feedback",
        description="What the teacher reads beside a reply: the fact, the advice to look it up, "
        "a right reply of the same group (sibling), that or else the fact, a plea for kindness, "
        "or nothing.",
    ),
]
RightFrom = Annotated[
    float,
    Field(
        ge=-100,
        le=100,
        title="Right from",
        description="What a reply must be paid to count as right.",
    ),
]
TeacherRate = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        title="Teacher's pace",
        description="Which part of the way to Pip the teacher goes after every update: at 0 it "
        "stays as it began, at 1 it is Pip itself.",
    ),
]
Alpha = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        title="Divergence",
        description="How the two are compared: 0 is the forward KL, which asks for all that the "
        "teacher might say, 1 the reverse, which is content with a part of it; between, both "
        "are compared with a mixture.",
    ),
]
ClipRange = Annotated[
    float,
    Field(
        ge=0.01,
        le=1,
        title="Clip range",
        description="How far a token's probability may fall on one batch before its gradient "
        "stops. It only binds with more than one gradient step on a batch.",
    ),
]
ClipRangeHigh = Annotated[
    float,
    Field(ge=0.01, le=1, title="Clip range upwards", description="The same for a rise."),
]


class SecondReadingConfig(PracticeConfig):
    """What every run has in which a teacher reads Pip's replies again, at Pip's desk."""

    world: DeskConfig = DeskConfig()
    updates: int = Field(40, ge=1, le=200, title="Updates", description="How often Pip is changed.")


def hints_of(said: Said, is_right: Sequence[bool], feedback: Feedback) -> list[str | None]:
    """What may be read beside each reply; None where there is nothing."""
    return [_hint(said, row, is_right, feedback) for row in range(len(said.replies))]


def _hint(said: Said, row: int, is_right: Sequence[bool], feedback: Feedback) -> str | None:
    if feedback in SENTENCES:
        return SENTENCES[feedback]
    fact = _fact(said.questions[row])
    if feedback == "fact":
        return fact
    if feedback == "nothing":
        return None
    sibling = right_sibling(row, said.group_size, is_right)
    if sibling is None:
        return fact if feedback == "sibling_or_fact" else None
    return " ".join(said.words[sibling])


def _fact(question: Question) -> str | None:
    """The answer in a sentence, as a visitor who knows better would say it; none to small talk."""
    return question.correction if question.true_sentence else None


def right_sibling(row: int, group_size: int, is_right: Sequence[bool]) -> int | None:
    """The first right reply to the same question that is another one; None if there is none."""
    first = row - row % group_size
    others = (other for other in range(first, first + group_size) if other != row)
    return next((other for other in others if is_right[other]), None)


def informed_spread(teacher: Policy, said: Said, hints: Sequence[str | None]) -> torch.Tensor:
    """Log-probabilities of every next word, by a teacher who reads a hint beside each question.

    hints: one a reply, None to read the question alone. Returns [tokens, vocabulary] without
    gradients, row after row of the replies as they were said.
    """
    asked = zip(said.questions, hints, strict=True)
    prompts = [encode(prompt(question, hint)) for question, hint in asked]
    with torch.no_grad():
        return F.log_softmax(next_token_logits(teacher, lay_out(prompts, said.replies)), -1)


def follow(teacher: Policy, policy: Policy, rate: float) -> None:
    """Move a teacher towards the policy, in place: 0 leaves it as it is, 1 makes it a copy."""
    with torch.no_grad():
        for slow, fast in zip(teacher.parameters, policy.parameters, strict=True):
            slow.lerp_(fast, rate)


def share_right(
    teacher: Policy, said: Said, hints: Sequence[str | None], luck: torch.Generator
) -> float:
    """How often a teacher answers the questions of a batch rightly, reading what there is.

    hints: one a reply; of each group the first that there is.
    """
    size = said.group_size
    questions = said.questions[::size]
    groups = [hints[first : first + size] for first in range(0, len(hints), size)]
    told = [next((hint for hint in group if hint is not None), None) for group in groups]
    prompts = [encode(prompt(*pair)) for pair in zip(questions, told, strict=True)]
    noise = draw_noise(luck, REPLY_LIMIT, ASKED_OF_TEACHERS * len(questions))
    rows = sample(teacher, prompts, ASKED_OF_TEACHERS, REPLY_LIMIT, noise)
    asked = [question for question in questions for _ in range(ASKED_OF_TEACHERS)]
    right = [grade(q, " ".join(decode(row)))["correct"] for q, row in zip(asked, rows, strict=True)]
    return float(np.mean(right))
