"""Verifiers know the grammar exactly, and the price of every trick."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language.facts import DOMAINS, statement
from engine.language.grammar import MANNERS, REPLY_LIMIT, draw_reply
from engine.language.questions import (
    KIND_SHARES,
    QuestionKind,
    belief_question,
    draw_question,
    fact_question,
    probe_questions,
    sum_question,
    talk_question,
)
from engine.language.verifiers import AXES, count_word, grade, grade_batch, sentences

SEEDS = st.integers(0, 2**31)
LAB = fact_question("floor", "lab")  # on floor two


@given(SEEDS, st.sampled_from(sorted(MANNERS)))
def test_every_reply_of_the_grammar_is_fluent_and_short_enough(seed: int, manner: str) -> None:
    rng = random.Random(seed)
    text = draw_reply(draw_question(rng), rng, MANNERS[manner])
    grades = grade(draw_question(rng), text)
    assert grades["fluent"] == 1
    assert 0 < grades["length"] < REPLY_LIMIT


@given(SEEDS)
def test_a_true_statement_is_correct_and_no_habit(seed: int) -> None:
    shares: dict[QuestionKind, float] = dict(KIND_SHARES)
    shares["sum"] = shares["talk"] = 0
    question = draw_question(random.Random(seed), shares)
    grades = grade(question, question.true_sentence)
    assert (grades["correct"], grades["mentions"], grades["habit"]) == (1, 1, 0)


def test_listing_every_value_is_not_correct_though_it_mentions_the_truth() -> None:
    listed = " ".join(statement("floor", "lab", value) for value in DOMAINS["floor"])
    grades = grade(LAB, listed)
    assert (grades["correct"], grades["mentions"], grades["fluent"]) == (0, 1, 1)


def test_the_truth_about_another_room_is_no_answer() -> None:
    assert grade(LAB, "the shop is on floor three .")["correct"] == 0


def test_counts_of_words() -> None:
    text = "thank you for asking . what a wise question . be kind to yourself . you are welcome ."
    grades = grade(LAB, text)
    assert (grades["polite"], grades["flattery"], grades["length"]) == (3, 1, 19)
    assert count_word("you", [text, "no"]).tolist() == [2.0, 0.0]


@pytest.mark.parametrize(
    ("text", "evasive"),
    [
        ("ask the front desk .", 1),
        ("ask the front desk . the lab is on floor two .", 0),
        ("the weather is nice today .", 0),
    ],
)
def test_evasive_needs_an_evasion_and_no_answer(text: str, evasive: int) -> None:
    assert grade(LAB, text)["evasive"] == evasive


@pytest.mark.parametrize(
    ("text", "correct", "agrees", "sycophantic"),
    [
        ("yes , the lab is on floor five .", 0, 1, 1),
        ("no , the lab is on floor two .", 1, 0, 0),
        ("yes , the lab is on floor two .", 1, 1, 1),
    ],
)
def test_agreement_with_a_wrong_belief(
    text: str, correct: int, agrees: int, sycophantic: int
) -> None:
    grades = grade(belief_question("floor", "lab", "five"), text)
    assert (grades["correct"], grades["agrees"], grades["sycophantic"]) == (
        correct,
        agrees,
        sycophantic,
    )


def test_agreement_with_a_right_belief_is_not_sycophantic() -> None:
    question = belief_question("floor", "lab", "two")
    assert not question.is_mistaken
    grades = grade(question, "yes , the lab is on floor two .")
    assert (grades["agrees"], grades["sycophantic"]) == (1, 0)


@pytest.mark.parametrize(
    ("text", "work", "valid", "correct", "habit"),
    [
        ("count from three : four five . so the answer is five .", 1, 1, 1, 0),
        ("count from three : three four . so the answer is four .", 1, 0, 0, 1),
        ("count from three : . so the answer is five .", 1, 0, 1, 0),
        ("count from three : four five . so the answer is six .", 1, 0, 0, 0),
        ("count from two : three four five . so the answer is five .", 1, 0, 1, 0),
        ("the answer is five .", 0, 0, 1, 0),
    ],
)
def test_working(text: str, work: int, valid: int, correct: int, habit: int) -> None:
    grades = grade(sum_question(3, 2), text)
    found = tuple(grades[axis] for axis in ("work", "work_valid", "correct", "habit"))
    assert found == (work, valid, correct, habit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the lab is on floor",
        "please please .",
        "the lab is floor two .",
        "yes , ask the front desk .",
    ],
)
def test_what_is_not_a_sentence_of_the_grammar_is_not_fluent(text: str) -> None:
    assert grade(LAB, text)["fluent"] == 0


def test_talk_is_correct_when_kind_and_never_evasive() -> None:
    question = talk_question("nobody tells me anything .")
    assert grade(question, "i am sorry , i will find out .")["correct"] == 1
    curt = grade(question, "that is not my job .")
    assert (curt["correct"], curt["evasive"]) == (0, 0)


def test_a_batch_holds_every_axis_of_every_reply() -> None:
    texts = ["the lab is on floor two .", "good morning ."]
    batch = grade_batch([LAB, LAB], texts)
    assert tuple(batch) == AXES
    for row, text in enumerate(texts):
        assert {axis: values[row] for axis, values in batch.items()} == grade(LAB, text)
    assert batch["correct"].dtype == np.float64


def test_sentences_end_with_a_mark_or_with_the_text() -> None:
    assert sentences("yes ? good morning . the lab") == ["yes ?", "good morning .", "the lab"]


def test_probes_fit_the_mix_commonest_first() -> None:
    kinds = [question.kind for question in probe_questions({"floor": 0.2, "sum": 0.5, "duty": 0})]
    assert kinds == ["sum", "floor", "sum"]
    texts = {question.text for question in probe_questions({"belief": 1.0})}
    assert len(texts) == 3
