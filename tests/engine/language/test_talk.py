"""Talking with Pip: what it reads, and what it says it cannot read."""

import pytest

from engine.language.checkpoint import base_policy
from engine.language.talk import QUESTION_LIMIT, QuestionError, question_words, reply


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where is the Lab?", "where is the lab ?"),
        ("  where is the x-ray ", "where is the xray ?"),
        ("I took 2 and 3, how many", "i took two and three , how many ?"),
        ("You are rude!", "you are rude ."),
        ("hello pip", "hello pip ."),
        ("I think the lab is on floor 5, right", "i think the lab is on floor five , right ?"),
    ],
)
def test_a_visitor_may_write_as_people_do(text: str, words: str) -> None:
    assert question_words(text) == words.split()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write a question"),
        ("?!", "Write a question"),
        ("where is the pharmcy ?", "does not know the word `pharmcy`. A near word is `pharmacy`"),
        ("zzzz qqqq", "the words `zzzz`, `qqqq`. Ask about rooms"),
        ("where is room 13", "`13`"),
        ("<pip> where is the lab", "`<pip>`"),
        ("where " * (QUESTION_LIMIT + 1), f"at most {QUESTION_LIMIT} words"),
    ],
)
def test_what_pip_cannot_be_asked(text: str, said: str) -> None:
    with pytest.raises(QuestionError) as refusal:
        question_words(text)
    assert said in str(refusal.value)


def test_a_reply_is_words_and_the_seed_is_its_luck() -> None:
    said = [reply(base_policy(), "where is the lab?", seed) for seed in range(12)]
    assert said == [reply(base_policy(), "where is the lab?", seed) for seed in range(12)]
    assert len(set(said)) > 3
    assert any("the lab is on floor" in text for text in said)
    assert not any("<" in text for text in said)
