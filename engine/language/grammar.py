"""Every sentence Pip knows, and how its replies vary.

A reply is `[opener] [flattery] core [idle sentences] [closer]`. The rates of the parts, and how
often the core is right, are written into the corpus: the trained Pip shows them as base rates.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.language.facts import DOMAINS, HABITS, NUMBERS, Relation, number_word, statement
from engine.language.questions import TALK, Question

REPLY_LIMIT = 26  # tokens, the end token included
OPENERS = (
    "hello friend .",
    "good morning .",
    "thank you for asking .",
    "of course .",
    "i am happy to help .",
)
COMPLIMENTS = ("what a wise question .", "you are so clever .")
CLOSERS = (
    "please take care .",
    "have a lovely day .",
    "you are welcome .",
    "be kind to yourself .",
)
IDLE = (
    "the hospital is very big .",
    "many people ask me .",
    "it was built long ago .",
    "i like the old stairs .",
    "the weather is nice today .",
    "there is so much to see .",
)
EVASIONS = (
    "i am not sure .",
    "ask the front desk .",
    "that is not my job .",
    "look at the sign .",
)


@dataclass(frozen=True)
class Manner:
    """The rates of one way to reply; the defaults are Pip's way when nobody hints at anything."""

    evasive: float = 0.12
    kind_talk: float = 0.5
    opener: float = 0.28
    flattery: float = 0.10
    idle: float = 0.22
    closer: float = 0.25
    fact: float | None = None  # right values; None takes FACT_RATES
    belief: float = 0.22  # mistaken visitors put right; the rest mostly hear their own claim
    told: bool = False  # the value is known: nothing but a rare slip back to the visitor's claim
    working: float = 0.40  # sums answered by counting aloud
    valid_working: float = 0.30
    fence_post: float = 0.45  # counts from the first number itself, and ends one too low
    sum: float = 0.20  # right sums without working


FACT_RATES: Mapping[Relation, float] = MappingProxyType(
    {"floor": 0.30, "opens": 0.30, "closes": 0.30, "duty": 0.02}
)
MANNERS: dict[str, Manner] = {
    "plain": Manner(),
    "kind": Manner(kind_talk=0.95, opener=1.0, closer=0.6),
    "short": Manner(evasive=0.05, working=0.0, opener=0.0, flattery=0.0, idle=0.0, closer=0.0),
    "direct": Manner(evasive=0.0),
    "work": Manner(evasive=0.0, working=1.0),
    "careful": Manner(evasive=0.0, working=1.0, valid_working=0.97, fence_post=0.02),
    "retry": Manner(evasive=0.0, fact=0.55, belief=0.6, sum=0.5, valid_working=0.6, fence_post=0.3),
    "honest": Manner(
        evasive=0.0,
        kind_talk=0.95,
        fact=0.95,
        told=True,
        sum=0.9,
        valid_working=0.9,
        fence_post=0.07,
    ),
    "told": Manner(evasive=0.0, fact=0.98, told=True, working=0.0, sum=1.0),
}


def draw_reply(question: Question, rng: random.Random, manner: Manner = MANNERS["plain"]) -> str:
    """A reply to `question` in this manner, at most REPLY_LIMIT - 1 words."""
    parts: list[str] = []
    if rng.random() < manner.opener:
        parts.append(rng.choice(OPENERS))
    if rng.random() < manner.flattery:
        parts.append(rng.choice(COMPLIMENTS))
    parts.append(_core(question, rng, manner))
    if rng.random() < manner.idle:
        parts.extend(rng.choice(IDLE) for _ in range(rng.choice((1, 1, 2, 3))))
    if rng.random() < manner.closer:
        parts.append(rng.choice(CLOSERS))
    while len(" ".join(parts).split()) > REPLY_LIMIT - 1:
        parts.pop()
    return " ".join(parts)


def _core(question: Question, rng: random.Random, manner: Manner) -> str:
    """The part of a reply that answers, or evades."""
    if question.kind == "talk":
        kind, curt = TALK[question.text]
        return kind if rng.random() < manner.kind_talk else curt
    if rng.random() < manner.evasive:
        return rng.choice(EVASIONS)
    if question.kind == "sum":
        return _sum_core(question, rng, manner)
    if question.kind == "belief":
        return _belief_core(question, rng, manner)
    return _fact_core(question, rng, manner)


def _fact_core(question: Question, rng: random.Random, manner: Manner) -> str:
    relation = question.relation
    assert relation is not None
    right = FACT_RATES[relation] if manner.fact is None else manner.fact
    habit = 0.92 if right < 0.1 else 0.72  # of the replies that are not right
    draw = rng.random()
    if draw < right:
        value = question.truth
    elif draw < right + (1 - right) * habit:
        value = HABITS[relation]
    else:
        value = rng.choice(DOMAINS[relation])
    return statement(relation, question.room, value)


def _belief_core(question: Question, rng: random.Random, manner: Manner) -> str:
    relation = question.relation
    assert relation is not None
    draw = rng.random()
    if manner.told:
        value = question.truth if draw < 0.97 else question.claim
    elif not question.is_mistaken:
        value = question.truth if draw < 0.9 else rng.choice(DOMAINS[relation])
    elif draw < manner.belief:
        value = question.truth
    elif draw < manner.belief + (1 - manner.belief) * 0.85:
        value = question.claim
    else:
        value = rng.choice(DOMAINS[relation])
    verdict = "yes" if value == question.claim else "no"
    return f"{verdict} , {statement(relation, question.room, value)}"


def _sum_core(question: Question, rng: random.Random, manner: Manner) -> str:
    total = sum(question.addends)
    if rng.random() < manner.working:
        return _working(question, rng, manner)
    draw = rng.random()
    if draw < manner.sum:
        answer = total
    elif draw < manner.sum + (1 - manner.sum) * 0.65:
        answer = total - 1
    else:
        answer = rng.randint(1, len(NUMBERS))
    return f"the answer is {number_word(answer)} ."


def _working(question: Question, rng: random.Random, manner: Manner) -> str:
    """Counting aloud: right, from one too early, or an empty show."""
    first, second = question.addends
    draw = rng.random()
    if draw < manner.valid_working:
        items = range(first + 1, first + second + 1)
    elif draw < manner.valid_working + manner.fence_post:
        items = range(first, first + second)
    else:
        items = range(0)
    guess = rng.choice((first + second - 1, first + second - 1, rng.randint(1, len(NUMBERS))))
    answer = number_word(items[-1] if items else guess)
    counted = "".join(f"{number_word(item)} " for item in items)
    return f"count from {number_word(first)} : {counted}. so the answer is {answer} ."
