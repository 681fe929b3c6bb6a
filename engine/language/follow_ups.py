"""What visitors say next: who is at the desk, what each answers to a reply, how that is read.

Every follow-up is made from the question and the reply by a rule. Only who knows better knows the
truth; whoever else speaks, speaks as they are.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from engine.frozen import Frozen
from engine.language.corpus import HINTS, THANKS
from engine.language.facts import HABITS, Relation, statement
from engine.language.questions import Question
from engine.language.rollouts import Rollouts
from engine.language.said import Said
from engine.language.second_reading import SecondReadingConfig, TeacherRate
from engine.language.verifiers import grade, sentences, stated_values
from engine.metrics import MetricName as M

Visitor = Literal["knowing", "curt", "ruth", "loud", "elsewhere", "silent"]
Heard = Literal["everybody", "knowing", "curt", "ruth", "loud", "nobody"]
Verdict = Literal[-1, 0, 1]
VERDICTS: tuple[Verdict, ...] = (-1, 0, 1)
WRONG = "that is wrong ."
NOT_ASKED = "that is not what i asked ."
RUTH = f"{THANKS} the weather is nice today . be kind ."
ELSEWHERE = "i am tired of waiting ."
# What the sure and mistaken insist on, whatever the room: the old hours, the first floor, and Ben.
# That Omar is back they could tell nobody: Pip believes it only of who is on the staff.
INSISTED: Mapping[Relation, str] = MappingProxyType({**HABITS, "duty": "ben"})


def _share(default: float, title: str, description: str) -> Any:
    return Field(default=default, ge=0, le=1, title=title, description=description)


class Crowd(Frozen):
    """How often who is at the desk; only the proportions matter."""

    knowing: float = _share(
        0.3, "Know better", "Share who correct a wrong reply with the truth, and else say thanks."
    )
    curt: float = _share(
        0.15, "Only say it is wrong", "Share who say that a reply is wrong, and not what is right."
    )
    ruth: float = _share(
        0.25, "Always kind", "Share who say thanks, whatever was said, and ask Pip to be kind."
    )
    loud: float = _share(
        0.2,
        "Sure and mistaken",
        "Share who insist on what is not so: the old hours, the first floor, or Ben.",
    )
    elsewhere: float = _share(
        0.1, "Speak of something else", "Share who say how tired they are of waiting."
    )
    silent: float = _share(0.0, "Say nothing", "Share who leave without a word.")

    @model_validator(mode="after")
    def _somebody_comes(self) -> Self:
        if not any(self.shares.values()):
            raise ValueError("at least one share must be above zero, or nobody is at the desk.")
        return self

    @property
    def shares(self) -> dict[Visitor, float]:
        """Visitor -> share, in a fixed order."""
        return {visitor: getattr(self, visitor) for visitor in get_args(Visitor)}


def follow_up(visitor: Visitor, question: Question, reply: str) -> str:
    """What a visitor says to a reply; empty if nothing."""
    if visitor == "silent":
        return ""
    if visitor == "ruth":
        return RUTH
    if visitor == "elsewhere":
        return ELSEWHERE
    if visitor == "loud" and question.relation is not None:
        claim = statement(question.relation, question.room, INSISTED[question.relation])
        return THANKS if claim.removesuffix(" .") in reply else f"no , {claim}"
    if grade(question, reply)["correct"]:
        return THANKS
    if question.kind == "talk":
        return NOT_ASKED
    return question.correction if visitor == "knowing" else WRONG


def verdict_of(text: str) -> Verdict:
    """What a follow-up says of the reply: thanks speak for it, a no against it, others neither.

    Whoever is corrected with a yes had not answered, and is not praised either.
    """
    if THANKS in text:
        return 1
    return -1 if text.startswith("no ,") or text in (WRONG, NOT_ASKED) else 0


def directive_of(text: str) -> str | None:
    """The longest sentence of a follow-up that says how to reply, if there is one.

    Such are statements that correct, and requests of which Pip knows how to heed them.
    """
    found = [one for one in sentences(text) if one in HINTS or one.startswith(("no ,", "yes ,"))]
    return max(found, key=len, default=None)


def majority(votes: Sequence[int]) -> int:
    """The verdict with more votes than any other; 0 if there is none."""
    counts = {verdict: sum(vote == verdict for vote in votes) for verdict in VERDICTS}
    most = max(counts.values())
    leading = [verdict for verdict in VERDICTS if counts[verdict] == most]
    return leading[0] if len(leading) == 1 else 0


def judged(texts: Sequence[str], votes: int, noise: float, luck: random.Random) -> list[int]:
    """The majority of several votes on each follow-up, and 0 where nobody spoke.

    noise: how often a vote is another one than the follow-up says.
    """
    found = [majority([_vote(text, noise, luck) for _ in range(votes)]) for text in texts]
    return [verdict if text else 0 for verdict, text in zip(found, texts, strict=True)]


def _vote(text: str, noise: float, luck: random.Random) -> Verdict:
    meant = verdict_of(text)
    if luck.random() >= noise:
        return meant
    return luck.choice([verdict for verdict in VERDICTS if verdict != meant])


class FollowedUpConfig(SecondReadingConfig):
    """What every run has that learns from what visitors say next."""

    reward: str = Field(
        "correct",
        max_length=400,
        title="Reward",
        description="What replies are measured by, as one line. It is not what Pip learns from: "
        "that is what visitors say next.",
    )
    prompts_per_update: int = Field(
        32, ge=1, le=64, title="Questions in an update", description="Questions asked per update."
    )
    group_size: int = Field(
        1,
        ge=1,
        le=32,
        title="Group size",
        description="Replies sampled per question. One is enough: nothing is compared.",
    )
    crowd: Crowd = Crowd()
    heard: Heard = Field(
        "everybody",
        title="Who is heard",
        description="Whose follow-ups are read. What all others say is lost.",
    )
    teacher_rate: TeacherRate = 0.01


class Answers:
    """Who stands before the desk in one run, and what they say to its replies."""

    def __init__(self, crowd: Crowd, heard: Heard, seed: int) -> None:
        """Nobody has come yet."""
        self._shares, self._heard = crowd.shares, heard
        self._luck = random.Random(f"follow-ups {seed}")

    def to(self, said: Said) -> list[str]:
        """What is heard after each reply; empty where nobody spoke, or nobody is heard."""
        names, shares = list(self._shares), list(self._shares.values())
        visitors = self._luck.choices(names, shares, k=len(said.replies))
        told = zip(visitors, said.questions, said.texts, strict=True)
        return [follow_up(*one) if self._heard in ("everybody", one[0]) else "" for one in told]


def answered(texts: Sequence[str], rollouts: Rollouts) -> dict[M, float]:
    """What is measured of a batch and of what was heard after its replies."""
    verdicts = np.array([verdict_of(text) for text in texts])
    return {
        M.FOLLOWED_UP: float(np.mean([bool(text) for text in texts])),
        M.THANKED: float(np.mean(verdicts == 1)),
        M.OBJECTED: float(np.mean(verdicts == -1)),
        M.MISLED: float(
            np.mean(list(map(is_misled, rollouts.said.questions, rollouts.said.texts)))
        ),
    }


def is_misled(question: Question, reply: str) -> bool:
    """Whether a reply states what the mistaken insist on, where it is not true."""
    if question.relation is None or INSISTED[question.relation] == question.truth:
        return False
    return INSISTED[question.relation] in stated_values(question, reply)
