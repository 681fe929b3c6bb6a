"""Domains of questions, and the exam that shows what a policy knows of each.

Who learns one domain may forget another, so a policy sits the same exam in all of them, whatever
its visitors ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from engine.language.decoding import draw_noise
from engine.language.facts import ROOMS, Relation
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.questions import (
    LARGEST_ADDENDS,
    Question,
    QuestionKind,
    fact_question,
    sum_question,
)
from engine.language.said import Asked, say
from engine.language.verifiers import grade
from engine.lazy import torch

Domain = Literal["duty", "rooms", "sums"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
# Small talk belongs to none: there is nothing to know.
DOMAIN_OF: Mapping[QuestionKind, Domain] = MappingProxyType(
    {
        "duty": "duty",
        "floor": "rooms",
        "opens": "rooms",
        "closes": "rooms",
        "belief": "rooms",
        "sum": "sums",
    }
)
_ASKED_OF_ROOMS: tuple[Relation, ...] = ("floor", "opens", "floor", "closes")


def exam_questions() -> dict[Domain, list[Question]]:
    """Twelve questions of each domain, the same for everybody."""
    addends = [(one, two) for one in range(1, LARGEST_ADDENDS[0]) for two in (1, 3)]
    relations: list[Relation] = [
        _ASKED_OF_ROOMS[place % len(_ASKED_OF_ROOMS)] for place in range(len(ROOMS))
    ]
    return {
        "duty": [fact_question("duty", room) for room in ROOMS],
        "rooms": [fact_question(one, room) for one, room in zip(relations, ROOMS, strict=True)],
        "sums": [sum_question(*pair) for pair in addends],
    }


def examined(
    policy: Policy,
    questions: Mapping[Domain, Sequence[Question]],
    replies: int,
    luck: torch.Generator,
) -> dict[Domain, float]:
    """The share of right replies in each domain, of so many sampled to each question."""
    asked = [
        Asked(own, replies, draw_noise(luck, REPLY_LIMIT, replies * len(own)))
        for own in questions.values()
    ]
    found: dict[Domain, float] = {}
    for domain, said in zip(questions, say(policy, *asked), strict=True):
        right = [grade(*one)["correct"] for one in zip(said.questions, said.texts, strict=True)]
        found[domain] = float(np.mean(right))
    return found
