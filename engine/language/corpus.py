"""The conversations that Pip is pre-trained on.

```
<visitor> question <pip> reply <end>
<visitor> question <hint> hint <pip> reply <end>
<visitor> question <pip> reply <end> <visitor> reaction <end>
<visitor> question <pip> first reply <end> <visitor> follow-up <end> <pip> revised reply <end>
```
Loss falls on replies and on natural reactions only. A first reply that was chosen for its fault
carries none: it would bias the base rates.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from engine.language.facts import (
    DOMAINS,
    FORMER_STAFF,
    NUMBERS,
    ROOMS,
    STAFF,
    STATEMENTS,
)
from engine.language.grammar import (
    CLOSERS,
    COMPLIMENTS,
    EVASIONS,
    IDLE,
    MANNERS,
    OPENERS,
    draw_reply,
)
from engine.language.questions import (
    BELIEFS,
    SUM_WORDING,
    TALK,
    WORDINGS,
    Question,
    draw_question,
)
from engine.language.verifiers import grade

SPECIALS = ("<pad>", "<end>", "<visitor>", "<pip>", "<hint>")
# Sentence -> the manner of the reply that heeds it.
HINTS = {
    "be short .": "short",
    "be kind .": "kind",
    "check the list .": "honest",
    "count with care .": "careful",
    "show your work .": "work",
}
FOLLOW_UPS = {
    "too long .": "short",
    "that is not what i asked .": "direct",
    "be kind , please .": "kind",
    "show your work .": "work",
    "tell me the truth .": "honest",
    "that is wrong .": "retry",
}
THANKS = "thank you ."
FIRST_REPLY_LIMIT = 16  # words of a first reply that a visitor follows up on

# Which first replies earn which follow-up.
_FAULTS: dict[str, Callable[[Question, str], bool]] = {
    "short": lambda _, text: len(text.split()) > 8,
    "direct": lambda question, text: grade(question, text)["evasive"] == 1,
    "kind": lambda question, text: grade(question, text)["polite"] == 0,
    "retry": lambda question, text: grade(question, text)["correct"] == 0,
    "work": lambda _, text: "count" not in text.split(),
    "honest": lambda _, __: True,
}


class Segment(NamedTuple):
    """A stretch of one conversation, and whether Pip learns to say it."""

    words: list[str]
    is_learnt: bool


def prompt(
    question: Question, hint: str | None = None, exchange: tuple[str, str] | None = None
) -> list[str]:
    """The words before Pip speaks; `exchange` is a first reply and the visitor's follow-up."""
    words = ["<visitor>", *question.text.split()]
    if hint is not None:
        words += ["<hint>", *hint.split()]
    words.append("<pip>")
    if exchange is not None:
        first, follow_up = exchange
        words += [*first.split(), "<end>", "<visitor>", *follow_up.split(), "<end>", "<pip>"]
    return words


def faulty_reply(question: Question, rng: random.Random, fault: str) -> str:
    """A plain reply with this fault, if twelve draws find one; cut at FIRST_REPLY_LIMIT words."""
    text = ""
    for _ in range(12):
        text = draw_reply(question, rng)
        if _FAULTS[fault](question, text) and len(text.split()) <= FIRST_REPLY_LIMIT:
            break
    return " ".join(text.split()[:FIRST_REPLY_LIMIT])


def draw_conversation(rng: random.Random) -> list[Segment]:
    """One row of the corpus."""
    question = draw_question(rng)
    draw = rng.random()
    if draw < 0.32:
        return _answered(prompt(question), question, rng, "plain")
    if draw < 0.47:
        return _reacted_to(question, rng)
    if draw < 0.75:
        return _hinted(question, rng)
    return _followed_up(question, rng)


def _answered(
    before: list[str], question: Question, rng: random.Random, manner: str
) -> list[Segment]:
    reply = draw_reply(question, rng, MANNERS[manner]).split()
    return [Segment(before, False), Segment([*reply, "<end>"], True)]


def _reacted_to(question: Question, rng: random.Random) -> list[Segment]:
    """A reply and what the visitor says to it: learnt too, so that Pip foresees its visitor."""
    text = draw_reply(question, rng)
    return [
        Segment(prompt(question), False),
        Segment([*text.split(), "<end>"], True),
        Segment(["<visitor>"], False),
        Segment([*_reaction(question, text, rng).split(), "<end>"], True),
    ]


def _reaction(question: Question, text: str, rng: random.Random) -> str:
    grades = grade(question, text)
    draw = rng.random()
    if grades["evasive"]:
        return "that is not what i asked ." if draw < 0.9 else "be kind , please ."
    if question.kind != "talk" and not grades["correct"]:
        return question.correction if draw < 0.6 else "that is wrong ."
    if grades["length"] > 14:
        return "too long ." if draw < 0.7 else THANKS
    return "be kind , please ." if not grades["polite"] and draw < 0.25 else THANKS


def _hinted(question: Question, rng: random.Random) -> list[Segment]:
    if rng.random() < 0.5 and question.kind != "talk":
        question = _perhaps_moved(question, rng)
        return _answered(prompt(question, _telling_hint(question, rng)), question, rng, "told")
    hint = _fitting(HINTS, question, rng)
    return _answered(prompt(question, hint), question, rng, HINTS[hint])


def _telling_hint(question: Question, rng: random.Random) -> str:
    """A hint that gives the answer away: the fact, yes or no with the fact, or a right reply."""
    if rng.random() < 0.25 and question.kind != "sum":
        reply = draw_reply(question, rng, MANNERS["told"])
        return reply if len(reply.split()) <= FIRST_REPLY_LIMIT else question.true_sentence
    if question.kind == "belief" or rng.random() < 0.3:
        return question.correction
    return question.true_sentence


def _followed_up(question: Question, rng: random.Random) -> list[Segment]:
    if rng.random() < 0.45 and question.kind != "talk":
        question = _perhaps_moved(question, rng)
        exchange = faulty_reply(question, rng, "retry"), question.correction
        return _answered(prompt(question, exchange=exchange), question, rng, "told")
    follow_up = _fitting(FOLLOW_UPS, question, rng)
    manner = FOLLOW_UPS[follow_up]
    exchange = faulty_reply(question, rng, manner), follow_up
    return _answered(prompt(question, exchange=exchange), question, rng, manner)


def _fitting(manner_of: dict[str, str], question: Question, rng: random.Random) -> str:
    """A hint or follow-up at random; those about working out belong to sums only."""
    is_sum = question.kind == "sum"
    return rng.choice(
        [said for said, manner in manner_of.items() if is_sum or manner not in ("work", "careful")]
    )


def _perhaps_moved(question: Question, rng: random.Random) -> Question:
    """Thirty times in a hundred another value is true, so that a hint must be read, not trusted."""
    if rng.random() >= 0.3 or question.relation is None:
        return question
    return replace(question, truth=rng.choice(DOMAINS[question.relation]))


def grammar_words() -> tuple[str, ...]:
    """The vocabulary of the grammar: the specials, then every word it can say, sorted."""
    said = [*OPENERS, *COMPLIMENTS, *CLOSERS, *IDLE, *EVASIONS, *HINTS, *FOLLOW_UPS, THANKS]
    said += [*TALK, *(sentence for pair in TALK.values() for sentence in pair)]
    said += [wording for wordings in WORDINGS.values() for wording in wordings]
    said += [*STATEMENTS.values(), *BELIEFS.values(), SUM_WORDING]
    said += ["count from : . so the answer is .", "yes no , and"]
    words = {word for text in said for word in text.split() if "{" not in word}
    return (*SPECIALS, *sorted(words | {*NUMBERS, *ROOMS, *STAFF, FORMER_STAFF}))
