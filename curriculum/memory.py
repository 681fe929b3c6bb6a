"""When a question of a mastered chapter is asked again: Leitner's boxes at growing intervals.

A question begins in the first box, a day after its chapter was last worked on. A right answer moves
it one box up, a wrong one back to the first (Leitner 1972, "So lernt man lernen"). It is asked
again after the interval of its box, so that what is known is asked ever more rarely.

Nothing here reads a clock: whoever asks says what time it is. Times are seconds since 1970.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from curriculum.questions import Question
from curriculum.schema import Chapter
from engine.frozen import Frozen

DAY = 24 * 3600.0
INTERVALS = (1, 3, 7, 16, 35)  # days, box by box
EARLY = DAY / 4  # who comes at eight today and at seven tomorrow finds what they answered today
AT_ONCE = 5  # questions of one review


class Reviewed(Frozen):
    """One answer in a review. `number` counts the answers to this question, from 1."""

    chapter: str
    question: str
    number: int
    option: str
    right: bool
    at: float


class Card(NamedTuple):
    """One question and when it is asked again; `number` is that of its next answer."""

    chapter: str
    question: str
    number: int
    box: int  # from 1
    seen: float  # when it was answered last, or its chapter was worked on

    @property
    def due(self) -> float:
        """From when on it is asked."""
        return self.seen + INTERVALS[self.box - 1] * DAY - EARLY


def questions_of(chapter: Chapter) -> dict[str, Question]:
    """Everything that may be asked again of a chapter, by id."""
    return {asked.id: asked for asked in (*chapter.check, *chapter.retrieval)}


def box_after(box: int, right: bool) -> int:
    """The box that an answer moves a question to."""
    return min(box + 1, len(INTERVALS)) if right else 1


def cards_of(
    chapters: Iterable[Chapter], worked_on: Mapping[str, float], answers: Iterable[Reviewed]
) -> tuple[Card, ...]:
    """A card for each question of these chapters; answers to other questions count for nothing.

    worked_on: when the learner last did something in a chapter, by its id.
    """
    last: dict[tuple[str, str], Card] = {}
    for one in sorted(answers, key=lambda answer: answer.number):
        key = one.chapter, one.question
        before = last[key].box if key in last else 1
        last[key] = Card(*key, one.number + 1, box_after(before, one.right), one.at)
    return tuple(
        last.get((chapter.id, name), Card(chapter.id, name, 1, 1, worked_on[chapter.id]))
        for chapter in chapters
        for name in questions_of(chapter)
    )


def is_due(card: Card, now: float) -> bool:
    """Whether a question is to be asked now.

    A time that lies more than a day ahead was written under a clock that was wrong. Such a question
    is asked once too often, since it would else be asked no more.
    """
    return now >= card.due or card.seen > now + DAY


def due(cards: Iterable[Card], now: float) -> tuple[Card, ...]:
    """Every question to be asked now: the longest due first, and chapters in turn."""
    before: Counter[str] = Counter()  # questions of a chapter that come earlier
    turns: list[tuple[int, Card]] = []
    for card in sorted((one for one in cards if is_due(one, now)), key=lambda one: one.due):
        turns.append((before[card.chapter], card))
        before[card.chapter] += 1
    return tuple(card for _, card in sorted(turns, key=lambda turn: turn[0]))


def days_until(card: Card, now: float) -> int:
    """In how many days a question is asked, to the nearest one; 0 if it is due."""
    return 0 if is_due(card, now) else max(1, round((card.due + EARLY - now) / DAY))
