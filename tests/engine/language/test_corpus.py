"""The corpus has the shape, the words and the rates that the shipped Pip was made from."""

import random

from engine.language.corpus import SPECIALS, draw_conversation, grammar_words
from engine.language.grammar import draw_reply
from engine.language.questions import draw_question
from engine.language.verifiers import grade
from engine.language.vocabulary import END, HINT, PAD, PIP, VISITOR, decode, encode, words


def test_the_shipped_tokenizer_holds_exactly_the_words_of_the_grammar() -> None:
    assert words() == grammar_words()
    assert len(words()) == 165


def test_the_specials_have_their_ids() -> None:
    assert [words()[place] for place in (PAD, END, VISITOR, PIP, HINT)] == list(SPECIALS)


def test_every_conversation_is_in_the_vocabulary_and_ends() -> None:
    rng = random.Random(0)
    for _ in range(500):
        segments = draw_conversation(rng)
        said = [word for segment in segments for word in segment.words]
        assert len(encode(said)) <= 96
        assert said[0] == "<visitor>"
        assert said[-1] == "<end>"
        assert segments[-1].is_learnt
        assert not segments[0].is_learnt


def test_decoding_stops_at_the_first_end() -> None:
    assert decode([*encode(["good", "morning"]), END, PAD, PAD]) == ["good", "morning"]
    assert decode(encode(["good", "morning"])) == ["good", "morning"]


def test_plain_replies_have_the_rates_that_chapters_rely_on() -> None:
    rng = random.Random(1)
    asked = [draw_question(rng, {"floor": 0.5, "opens": 0.25, "closes": 0.25}) for _ in range(4000)]
    grades = [grade(question, draw_reply(question, rng)) for question in asked]
    means = {axis: sum(each[axis] for each in grades) / len(grades) for axis in grades[0]}
    assert abs(means["evasive"] - 0.12) < 0.02
    # .88 not evasive; right on purpose .30, and a careless .20 falls on the truth now and then.
    assert abs(means["correct"] - 0.88 * (0.30 + 0.20 / 6 + 0.5 / 12)) < 0.04
    assert abs(means["flattery"] - 0.10) < 0.02
    assert 0.40 < means["polite"] < 0.65
