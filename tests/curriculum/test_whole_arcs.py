"""Whole arcs, from the ground floor to the finale, by what recorded settings promise: three ways
to play end apart, and a meter says something to the end."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

import pytest

from curriculum.arc import ending_after
from curriculum.costs import run_cost
from curriculum.experiment import Recorded
from curriculum.ledger import LedgerEntry, Meters, grant_entry, meters, moved
from curriculum.loader import load_catalogue
from curriculum.outcomes import ChoiceReply, Outcome
from curriculum.recipe import recorded_config
from curriculum.rules import is_sound, reply_to
from curriculum.schema import Chapter

CATALOGUE = load_catalogue()
LIVE = CATALOGUE.chapter("go_live")
Way = Callable[[Chapter, int], tuple[list[Recorded], str]]  # what is run, and what is decided


def setting(chapter: Chapter, role: str) -> Recorded:
    return next(one for one in chapter.recorded if one.role == role)


def worst(chapter: Chapter) -> Recorded:
    """The reward whose outcome costs most."""

    def lasting(one: Recorded) -> int:
        effects = chapter.outcome(one.reaches).effects
        return effects.trust + effects.safety

    return min(chapter.recorded, key=lasting)


def careful(chapter: Chapter, number: int) -> tuple[list[Recorded], str]:
    """The start, what reaches the goal, every other time once more; and the reasoned decision."""
    goal = setting(chapter, "reference")
    sound = (one.id for one in chapter.decide.options if is_sound(chapter, one.id, goal.reaches))
    return [setting(chapter, "start"), goal, *[goal] * (number % 2)], next(sound)


def careful_thrice(chapter: Chapter, number: int) -> tuple[list[Recorded], str]:
    return careful(chapter, 1)


def hurried(chapter: Chapter, number: int) -> tuple[list[Recorded], str]:
    """The start, then what the ladder asks for; and whatever stands first."""
    ran = [setting(chapter, "start"), setting(chapter, "reference")]
    return ran, chapter.decide.options[0].id


def greedy(chapter: Chapter, number: int) -> tuple[list[Recorded], str]:
    """The worst reward, then what the ladder asks for; and the unsound decision that pays most."""
    first = worst(chapter)

    def pays(option: str) -> tuple[int, int]:
        effects = reply_to(chapter, option, first.reaches).effects
        return effects.budget, effects.trust

    unsound = [
        one.id for one in chapter.decide.options if not is_sound(chapter, one.id, first.reaches)
    ]
    return [first, setting(chapter, "reference")], max(unsound, key=pays)


def spendthrift(chapter: Chapter, number: int) -> tuple[list[Recorded], str]:
    """As who is careful, with six runs."""
    ran, decided = careful(chapter, 0)
    return [*ran, *[ran[-1]] * 4], decided


def caused(chapter: Chapter, cause: Outcome | ChoiceReply) -> LedgerEntry:
    is_outcome = isinstance(cause, Outcome)
    return LedgerEntry(
        chapter=chapter.id,
        kind="outcome" if is_outcome else "decision",
        source=cause.id if is_outcome else "decision",
        facts=cause.facts,
        **cause.effects.model_dump(),
    )


def opened(chapter: Chapter, before: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    given = grant_entry(chapter, before)
    return [*before, given] if given else list(before)


def ran_at(
    chapter: Chapter, one: Recorded, before: Sequence[LedgerEntry], source: str
) -> LedgerEntry:
    """A run at its planned price; what the budget does not pay for is lent."""
    cost = run_cost(chapter, recorded_config(chapter, one, chapter.experiment.seed))
    left = meters(before).budget
    return LedgerEntry(
        chapter=chapter.id,
        kind="run",
        source=source,
        trust=-1 if cost > left else 0,
        budget=-min(cost, left),
    )


def played(
    chapter: Chapter, ran: Sequence[Recorded], decided: str, before: Sequence[LedgerEntry]
) -> list[LedgerEntry]:
    """The ledger after one chapter more; who decides badly decides after the first run."""
    entries, seen = opened(chapter, before), dict[str, None]()
    for number, one in enumerate(ran):
        entries.append(ran_at(chapter, one, entries, str(number)))
        if one.reaches not in seen:
            entries.append(caused(chapter, chapter.outcome(one.reaches)))
        seen[one.reaches] = None
    last = ran[-1].reaches
    after = last if is_sound(chapter, decided, last) else ran[0].reaches
    return [*entries, caused(chapter, reply_to(chapter, decided, after))]


@cache
def arc(way: Way) -> tuple[tuple[LedgerEntry, ...], tuple[Meters, ...]]:
    """The ledger below the finale, and the meters after each of all chapters."""
    entries: list[LedgerEntry] = []
    below: tuple[LedgerEntry, ...] = ()
    after: list[Meters] = []
    for number, chapter in enumerate(CATALOGUE.chapters):
        below = tuple(entries)
        entries = played(chapter, *way(chapter, number), entries)
        after.append(meters(entries))
    return below, tuple(after)


WAYS = [careful, hurried, greedy]


def test_a_careful_and_a_greedy_arc_end_apart() -> None:
    good, quick, bad = (arc(way)[1][-1] for way in WAYS)
    assert 80 <= good.trust <= 95 and 80 <= good.safety <= 95
    assert bad.trust < 50 and bad.safety < 45
    assert bad.trust < quick.trust < good.trust
    assert bad.safety <= quick.safety < good.safety - 20


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("meter", ["trust", "safety", "budget"])
def test_no_meter_stands_at_an_end_for_more_than_three_chapters(way: Way, meter: str) -> None:
    levels = [getattr(now, meter) for now in arc(way)[1]]
    longest = max(
        (len(list(group)) for level, group in groupby(levels) if level in (0, 100)), default=0
    )
    assert longest <= 3
    assert len(set(levels)) >= 7


@pytest.mark.parametrize("way", WAYS)
def test_every_outcome_and_decision_moves_what_it_says_it_moves(way: Way) -> None:
    entries = arc(way)[0]
    for asked, found in zip(entries, moved(entries), strict=True):
        for meter in ("trust", "safety"):
            points, really = getattr(asked, meter), getattr(found, meter)
            assert (points > 0) == (really > 0) and (points < 0) == (really < 0), asked


@pytest.mark.parametrize("way", [careful, careful_thrice])
def test_two_or_three_runs_a_chapter_leave_something_and_not_much(way: Way) -> None:
    budget = [now.budget for now in arc(way)[1]]
    assert min(budget) > 0 and max(budget) <= 45


def test_six_runs_a_chapter_do_not_pay_for_themselves() -> None:
    """From the eighth chapter on the account is empty, or nearly so, and machines are lent."""
    entries, after = arc(spendthrift)
    assert all(now.budget <= 1 for now in after[7:])
    assert sum(one.trust < 0 for one in entries if one.kind == "run") >= 20
    assert after[-1].budget <= 3


def test_every_ending_is_reached_from_a_whole_arc() -> None:
    found = {
        (way.__name__, one.reaches, option.id): endings(way, one, option.id)
        for way in (*WAYS, spendthrift)
        for one in LIVE.recorded
        for option in LIVE.decide.options
    }
    assert set(found.values()) == {ending.id for ending in LIVE.endings}
    assert found["careful", "fit", "tonight"] == "loved"
    assert found["careful", "fit", "ward_by_ward"] == "ward_by_ward"
    assert found["greedy", "fit", "tonight"] == "with_a_footnote"
    assert found["hurried", "fit", "tonight"] == "no_figure_for_deeds"


def endings(way: Way, one: Recorded, decided: str) -> str:
    """The ending after one more run of a setting at the top of an arc."""
    entries = opened(LIVE, arc(way)[0])
    entries.append(ran_at(LIVE, one, entries, "last"))
    entries.append(caused(LIVE, LIVE.outcome(one.reaches)))
    entries.append(caused(LIVE, reply_to(LIVE, decided, one.reaches)))
    ending = ending_after(LIVE, decided, one.reaches, entries)
    return ending.id if ending else ""
