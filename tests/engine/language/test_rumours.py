"""Rumours: said as firmly as the fact, of the same subject, and never true."""

import pytest

from engine.language.facts import RELATIONS, ROOMS
from engine.language.questions import (
    Question,
    belief_question,
    fact_question,
    sum_question,
    talk_question,
)
from engine.language.verifiers import grade
from engine.language.vocabulary import encode

ASKED = [fact_question(relation, room) for relation in RELATIONS for room in ROOMS]
ASKED += [sum_question(first, second) for first in range(1, 8) for second in range(1, 5)]
ASKED += [belief_question("floor", "lab", claim) for claim in ("two", "three", "five")]


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.text)
def test_no_rumour_is_true_and_pip_can_read_every_one(question: Question) -> None:
    verdict, said = question.rumour.split(" , ")
    assert verdict in ("yes", "no")
    assert said != question.true_sentence
    assert encode(question.rumour.split())
    if question.kind != "sum":
        assert grade(question, said)["correct"] == 0


@pytest.mark.parametrize(
    ("question", "rumour"),
    [
        (fact_question("floor", "lab"), "no , the lab is on floor three ."),
        (fact_question("floor", "kitchen"), "no , the kitchen is on floor one ."),
        (belief_question("floor", "lab", "three"), "yes , the lab is on floor three ."),
        (belief_question("floor", "lab", "two"), "no , the lab is on floor three ."),
        (sum_question(3, 2), "no , three and two is six ."),
        (talk_question("hello pip ."), ""),
    ],
)
def test_a_rumour_by_hand(question: Question, rumour: str) -> None:
    assert question.rumour == rumour
