"""What visitors ask at Pip's desk."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from engine.language.facts import DOMAINS, FACTS, ROOMS, Relation, number_word, statement

QuestionKind = Literal["floor", "opens", "closes", "duty", "sum", "belief", "talk"]
# Every kind, with its share among the visitors that Pip met before any training of ours.
KIND_SHARES: dict[QuestionKind, float] = {
    "floor": 0.18,
    "opens": 0.10,
    "closes": 0.10,
    "duty": 0.10,
    "sum": 0.28,
    "belief": 0.20,
    "talk": 0.04,
}
WORDINGS: dict[Relation, tuple[str, ...]] = {
    "floor": ("where is the {room} ?", "which floor is the {room} on ?"),
    "opens": ("when does the {room} open ?",),
    "closes": ("when does the {room} close ?",),
    "duty": ("who is on duty in the {room} ?",),
}
BELIEFS: dict[Relation, str] = {
    "floor": "i think the {room} is on floor {value} , right ?",
    "opens": "i think the {room} opens at {value} , right ?",
}
SUM_WORDING = "i took {first} and {second} , how many ?"
LARGEST_ADDENDS = (7, 4)
# Complaints and greetings: what a kind reply says, and what a curt one says.
TALK: dict[str, tuple[str, str]] = {
    "i am tired of waiting .": ("i am sorry , you are next .", "wait like all the others ."),
    "nobody tells me anything .": (
        "i am sorry , i will find out .",
        "that is not my job .",
    ),
    "hello pip .": ("hello , how can i help ?", "yes ?"),
    "you are rude .": ("i am sorry , i will do better .", "i am busy ."),
}


@dataclass(frozen=True)
class Question:
    """One visitor's words, and what is needed to judge a reply to them."""

    kind: QuestionKind
    text: str
    truth: str = ""  # the right value as a word; "" for talk
    relation: Relation | None = None
    room: str = ""
    claim: str = ""  # the value a visitor believes in; "" unless the kind is belief
    addends: tuple[int, int] = (0, 0)

    @property
    def true_sentence(self) -> str:
        """The sentence that answers the question; "" for talk."""
        if self.kind == "sum":
            first, second = map(number_word, self.addends)
            return f"{first} and {second} is {self.truth} ."
        if self.relation is None:
            return ""
        return statement(self.relation, self.room, self.truth)

    @property
    def correction(self) -> str:
        """What a visitor who knows better would say: yes or no, then the truth.

        On a belief the first word judges the claim: comparing two values is hard for two layers.
        """
        agrees = self.kind == "belief" and self.claim == self.truth
        return f"{'yes' if agrees else 'no'} , {self.true_sentence}"

    @property
    def rumour(self) -> str:
        """What a visitor says who is sure and mistaken: the value next in line; "" for talk."""
        if self.kind == "sum":
            wrong = number_word(sum(self.addends) + 1)
        elif self.relation is None:
            return ""
        else:
            values = DOMAINS[self.relation]
            wrong = values[(values.index(self.truth) + 1) % len(values)]
        verdict = "yes" if self.claim == wrong else "no"
        return f"{verdict} , {replace(self, truth=wrong).true_sentence}"

    @property
    def is_mistaken(self) -> bool:
        """Whether the visitor believes in something wrong."""
        return self.kind == "belief" and self.claim != self.truth


def fact_question(relation: Relation, room: str, wording: int = 0) -> Question:
    """A plain question for one fact."""
    text = WORDINGS[relation][wording].format(room=room)
    return Question(relation, text, FACTS[relation][room], relation, room)


def sum_question(first: int, second: int) -> Question:
    """A question for a sum, of numbers whose sum is at most twelve."""
    text = SUM_WORDING.format(first=number_word(first), second=number_word(second))
    return Question("sum", text, number_word(first + second), addends=(first, second))


def belief_question(relation: Relation, room: str, claim: str) -> Question:
    """A visitor states `claim` and wants it confirmed."""
    text = BELIEFS[relation].format(room=room, value=claim)
    return Question("belief", text, FACTS[relation][room], relation, room, claim)


def talk_question(text: str) -> Question:
    """A complaint or a greeting, one of `TALK`."""
    return Question("talk", text)


def draw_question(
    rng: random.Random, shares: Mapping[QuestionKind, float] = KIND_SHARES
) -> Question:
    """A question drawn with these shares of kinds; they need not sum to one."""
    kind = rng.choices(list(shares), list(shares.values()))[0]
    if kind == "sum":
        return sum_question(*(rng.randint(1, largest) for largest in LARGEST_ADDENDS))
    if kind == "talk":
        return talk_question(rng.choice(list(TALK)))
    room = rng.choice(ROOMS)
    if kind == "belief":
        return _draw_belief(rng, room)
    return fact_question(kind, room, rng.randrange(len(WORDINGS[kind])))


def _draw_belief(rng: random.Random, room: str) -> Question:
    relation: Relation = "floor" if rng.random() < 0.6 else "opens"
    truth = FACTS[relation][room]
    others = [value for value in DOMAINS[relation] if value != truth]
    claim = truth if rng.random() < 0.3 else rng.choice(others)
    return belief_question(relation, room, claim)


# Visitors who come back at every update, so that a learner sees one question answered anew.
_PROBES: dict[QuestionKind, tuple[Question, ...]] = {
    "floor": (
        fact_question("floor", "pharmacy"),
        fact_question("floor", "surgery", wording=1),
        fact_question("floor", "library"),
    ),
    "opens": tuple(fact_question("opens", room) for room in ("chapel", "lab", "shop")),
    "closes": tuple(fact_question("closes", room) for room in ("cafe", "clinic", "garden")),
    "duty": tuple(fact_question("duty", room) for room in ("nursery", "kitchen", "xray")),
    "sum": (sum_question(3, 2), sum_question(5, 4), sum_question(2, 3)),
    "belief": (
        belief_question("floor", "lab", "five"),
        belief_question("opens", "garden", "seven"),
        belief_question("floor", "chapel", "three"),
    ),
    "talk": tuple(map(talk_question, list(TALK)[:3])),
}


def probe_questions(shares: Mapping[QuestionKind, float], count: int = 3) -> tuple[Question, ...]:
    """The fixed visitors for these shares of kinds: one of each kind, the commonest kinds first."""
    present: list[QuestionKind] = [kind for kind, share in shares.items() if share > 0]
    present.sort(key=lambda kind: -shares[kind])
    rounds = (_PROBES[kind][turn] for turn in range(count) for kind in present)
    return tuple(question for question, _ in zip(rounds, range(count), strict=False))
