"""When a question is asked again: boxes by hand, odd clocks, and answers to what is no more."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from curriculum import memory
from curriculum.memory import DAY, Card, Reviewed, cards_of, due
from curriculum.schema import Chapter

START = 1_000_000_000.0


def answer(question: str, number: int, right: bool, at: float = START) -> Reviewed:
    return Reviewed(
        chapter="the_charging_pad",
        question=question,
        number=number,
        option="any",
        right=right,
        at=at,
    )


def card(pad: Chapter, *answers: Reviewed, question: str = "pad_after") -> Card:
    cards = cards_of([pad], {pad.id: START}, answers)
    return next(one for one in cards if one.question == question)


def test_every_question_of_a_chapter_is_asked_a_day_after_it_was_worked_on(pad: Chapter) -> None:
    cards = cards_of([pad], {pad.id: START}, [])
    assert (
        {one.question for one in cards}
        == {asked.id for asked in (*pad.check, *pad.retrieval)}
        >= {"pad_before", "pad_after"}
    )
    assert due(cards, START + 17.9 * 3600) == ()
    assert due(cards, START + 18 * 3600) == cards  # a day less the quarter that one may be early


def test_a_known_question_waits_1_3_7_16_and_35_days_and_then_35_again(pad: Chapter) -> None:
    given, waits, at = [], [], START
    for number in range(1, 8):
        found = card(pad, *given)
        assert found.number == number
        waits.append((found.due - at) / DAY + 0.25)
        at = found.due
        given.append(answer("pad_after", number, True, at))
    assert waits == [1, 3, 7, 16, 35, 35, 35]


def test_a_wrong_answer_leads_back_to_the_first_box(pad: Chapter) -> None:
    known = [answer("pad_after", number, True) for number in (1, 2, 3)]
    assert card(pad, *known).box == 4
    found = card(pad, *known, answer("pad_after", 4, False, START + DAY))
    assert (found.box, found.number, found.due) == (1, 5, START + DAY + 18 * 3600)
    assert card(pad, *known, question="pad_before").box == 1


def test_answers_count_in_their_order_and_not_by_their_clock(pad: Chapter) -> None:
    """A clock that went back between two answers changes nothing of their order."""
    first, then = answer("pad_after", 1, False, START), answer("pad_after", 2, True, START - DAY)
    assert card(pad, then, first).box == 2
    assert card(pad, then, first).seen == START - DAY


def test_a_time_that_has_not_come_is_not_waited_for(pad: Chapter) -> None:
    ahead = card(pad, answer("pad_after", 1, True, START + 400 * DAY))
    assert memory.is_due(ahead, START)
    assert memory.days_until(ahead, START) == 0
    little = card(pad, answer("pad_after", 1, True, START + 0.5 * DAY))
    assert not memory.is_due(little, START)


def test_questions_that_are_no_more_are_dropped(pad: Chapter) -> None:
    gone = [answer("left_out", number, True) for number in (1, 2)]
    assert cards_of([pad], {pad.id: START}, gone) == cards_of([pad], {pad.id: START}, [])
    assert cards_of([], {}, gone) == ()


def test_who_has_waited_longest_comes_first(pad: Chapter) -> None:
    given = [answer("pad_before", 1, True, START + DAY), answer("pad_after", 1, False)]
    found = [one.question for one in due(cards_of([pad], {pad.id: START}, given), START + 9 * DAY)]
    assert found.index("pad_after") < found.index("pad_before") == len(found) - 1


def test_chapters_take_turns(pad: Chapter, polite: Chapter) -> None:
    worked_on = {pad.id: START, polite.id: START + 60}
    found = due(cards_of([pad, polite], worked_on, []), START + 9 * DAY)
    assert [one.chapter for one in found[:4]] == [pad.id, polite.id, pad.id, polite.id]
    assert len(found) == len(set(found)) == len(cards_of([pad, polite], worked_on, []))


@pytest.mark.parametrize(("hours", "days"), [(0, 1), (17, 1), (18, 0), (-30, 0)])
def test_days_are_told_as_people_count_them(pad: Chapter, hours: float, days: int) -> None:
    assert memory.days_until(card(pad), START + hours * 3600) == days


def test_the_days_to_a_higher_box_are_its_interval(pad: Chapter) -> None:
    known = card(pad, answer("pad_after", 1, True), answer("pad_after", 2, True))
    assert memory.days_until(known, START) == 7
    assert memory.days_until(known, START + 2 * DAY) == 5


@given(rights=some.lists(some.booleans(), max_size=40))
def test_the_box_is_one_more_than_the_last_answers_that_were_right(rights: list[bool]) -> None:
    box = 1
    for right in rights:
        box = memory.box_after(box, right)
    streak = 0
    while streak < len(rights) and rights[-1 - streak]:
        streak += 1
    assert box == min(5, 1 + streak)


def test_ten_thousand_answers_in_any_order_leave_one_card_a_question(pad: Chapter) -> None:
    given = [answer("pad_after", number, number != 9_998) for number in range(1, 10_001)]
    random.Random(0).shuffle(given)
    found = card(pad, *given)
    assert (found.box, found.number) == (3, 10_001)
