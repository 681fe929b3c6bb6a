"""What is remembered: no decision of a whole arc is passed over, and what was told stays told."""

import random
from collections.abc import Iterator, Mapping

import pytest
from _pytest.mark import ParameterSet

from curriculum.arc import deeds, ending_after
from curriculum.experiment import Recorded
from curriculum.ledger import LedgerEntry
from curriculum.recall import MOST_REMEMBERED, Memory, briefed, memories, remembered
from curriculum.rules import is_sound
from curriculum.schema import Chapter
from curriculum.state import ChapterState, Decision, begin
from tests.curriculum.test_whole_arcs import CATALOGUE, WAYS, Way, caused, played

FIRST, SECOND = CATALOGUE.chapters[:2]
PILLS = CATALOGUE.chapter("the_pill_count")
Arc = tuple[list[LedgerEntry], Mapping[str, ChapterState]]


def at_random(seed: int) -> Way:
    """One to three recorded settings of every chapter, and any decision after them."""
    chance = random.Random(seed)

    def way(chapter: Chapter, number: int) -> tuple[list[Recorded], str]:
        ran = [chance.choice(chapter.recorded) for _ in range(chance.choice((1, 1, 2, 3)))]
        return ran, chance.choice(chapter.decide.options).id

    return way


def arc_of(way: Way) -> Arc:
    """The ledger of a whole arc, and what was decided in each chapter."""
    entries: list[LedgerEntry] = []
    states: dict[str, ChapterState] = {}
    for number, chapter in enumerate(CATALOGUE.chapters):
        ran, option = way(chapter, number)
        entries = played(chapter, ran, option, entries)
        last = ran[-1].reaches
        outcome = last if is_sound(chapter, option, last) else ran[0].reaches
        ending = ending_after(chapter, option, outcome, entries)
        decision = Decision(option=option, outcome=outcome, ending=ending.id if ending else "")
        states[chapter.id] = begin(chapter).model_copy(update={"decision": decision})
    return entries, states


def every_way() -> Iterator[ParameterSet]:
    for way in WAYS:
        yield pytest.param(way, id=way.__name__)
    for seed in range(12):
        yield pytest.param(at_random(seed), id=f"random-{seed}")


@pytest.mark.parametrize("way", list(every_way()))
def test_every_decision_of_an_arc_is_told_in_a_later_scene_or_at_the_end(way: Way) -> None:
    entries, states = arc_of(way)
    *below, last = deeds(CATALOGUE.chapters, states, entries)
    assert len(below) == len(CATALOGUE.chapters) - 1 and last.ending
    assert [deed.decided for deed in below if not deed.remembered_by] == []


@pytest.mark.parametrize("seed", range(100, 103))
def test_what_was_told_in_a_chapter_follows_from_what_was_before_it(seed: int) -> None:
    """Neither later chapters nor another try at earlier ones change it."""
    entries, _ = arc_of(at_random(seed))
    whole = memories(CATALOGUE.chapters, entries)
    for chapter in CATALOGUE.chapters:
        began = next(place for place, one in enumerate(entries) if one.chapter == chapter.id)
        then = memories(CATALOGUE.chapters, entries[:began])
        assert then.now == then.before(chapter.id) == whole.before(chapter.id)
        assert then.now.told <= then.now.known
    again = [caused(one, outcome) for one in CATALOGUE.chapters for outcome in one.outcomes]
    later = memories(CATALOGUE.chapters, [*entries, *again])
    assert (later.begun, later.decided) == (whole.begun, whole.decided)


def test_what_was_never_told_goes_first_and_what_was_decided_before_what_ran() -> None:
    facts = [str(beat.if_fact) for beat in PILLS.brief.remembered if not beat.unless_fact]
    newest, second, *_, last = facts

    def recalled(memory: Memory) -> list[str | None]:
        return [beat.if_fact for beat in remembered(PILLS, memory)]

    known = frozenset(facts)
    assert recalled(Memory(known=known)) == [newest, second]
    assert recalled(Memory(known=known, told=frozenset({newest}))) == facts[1:3]
    assert recalled(Memory(known=known, told=known - {last})) == [newest, last]
    assert recalled(Memory(known=known, told=known)) == [newest, second]
    decided = frozenset({last})
    assert recalled(Memory(known=known, decided=decided)) == [newest, last]
    assert recalled(Memory(known=known, decided=decided, told=decided)) == [newest, second]


def test_a_ledger_with_a_chapter_that_is_gone_is_read_all_the_same() -> None:
    gone = LedgerEntry(chapter="gone", kind="outcome", source="kind", facts=("shipped_kind_pip",))
    odd = LedgerEntry(chapter=SECOND.id, kind="outcome", source="gone")
    kept = memories(CATALOGUE.chapters, [gone, odd])
    assert kept.before(FIRST.id) == kept.now and kept.now.known == {"shipped_kind_pip"}
    told = briefed(SECOND, None, kept.before(SECOND.id))
    assert sum(beat.if_fact == "shipped_kind_pip" for beat in told) == 1
    assert len(remembered(SECOND, kept.now)) <= MOST_REMEMBERED
