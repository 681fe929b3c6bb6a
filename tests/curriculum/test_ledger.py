import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.ledger import (
    LedgerEntry,
    Meters,
    decision_entry,
    effects_of,
    facts,
    grant_entry,
    meters,
    moved,
    outcome_entry,
    really,
    run_entry,
    standing_step,
    steps,
)
from curriculum.rules import planned_cost
from curriculum.schema import Chapter
from tests.curriculum.made_runs import Run


def entry(**changes: object) -> LedgerEntry:
    return LedgerEntry.model_validate({"chapter": "c", "kind": "outcome", "source": "o"} | changes)


def test_meters_start_where_the_story_starts() -> None:
    assert meters([]) == Meters(trust=60, safety=70, budget=40)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry(trust=5, safety=-3), entry(budget=-2)], (64, 67, 38)),
        ([entry(trust=-90), entry(trust=10)], (10, 70, 40)),
        ([entry(safety=90), entry(safety=-10)], (60, 90, 40)),
        ([entry(budget=70), entry(budget=-10)], (60, 70, 90)),
        ([entry(budget=-70), entry(budget=10)], (60, 70, 10)),
    ],
    ids=["add up", "trust at 0", "safety nearly at 100", "budget at 100", "budget at 0"],
)
def test_meters_add_up_and_stay_in_bounds(
    entries: list[LedgerEntry], expected: tuple[int, int, int]
) -> None:
    now = meters(entries)
    assert (now.trust, now.safety, now.budget) == expected


@pytest.mark.parametrize(
    ("now", "points", "moves"),
    [
        (60, 5, 4),  # 5 * 40 / 50
        (60, 6, 5),  # 4.8
        (70, 4, 2),  # 2.4
        (70, 5, 3),
        (85, 5, 2),  # 1.5: halves go up
        (90, 6, 1),  # 1.2
        (98, 5, 1),  # 0.2, and one at least
        (100, 5, 0),
        (50, 40, 40),
        (30, 5, 5),
        (70, -8, -8),
        (100, -3, -3),
        (25, -8, -4),
        (15, -5, -2),  # 1.5
        (2, -9, -1),
        (0, -9, 0),
        (60, 0, 0),
        (0, 0, 0),
    ],
)
def test_a_standing_moves_less_the_nearer_it_is_to_its_end(
    now: int, points: int, moves: int
) -> None:
    assert standing_step(now, points) == moves


LEVELS, POINTS = st.integers(0, 100), st.integers(-40, 40)  # no effect asks for more


@given(LEVELS, POINTS, POINTS)
def test_more_points_never_move_a_standing_less(now: int, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert standing_step(now, fewer) <= standing_step(now, more)


@given(LEVELS, POINTS)
def test_a_standing_moves_the_way_it_was_asked_to_and_within_its_bounds(
    now: int, points: int
) -> None:
    moves = standing_step(now, points)
    assert 0 <= now + moves <= 100
    assert abs(moves) <= abs(points)
    assert moves * points >= 0
    assert (moves == 0) == (points == 0 or now == (100 if points > 0 else 0))


@given(LEVELS, LEVELS, POINTS)
def test_the_same_deed_lets_nobody_overtake(one: int, other: int, points: int) -> None:
    low, high = sorted((one, other))
    assert low + standing_step(low, points) <= high + standing_step(high, points)


@given(st.lists(st.builds(entry, trust=POINTS, safety=POINTS, budget=POINTS), max_size=60))
def test_what_really_moved_adds_up_to_the_meters(entries: list[LedgerEntry]) -> None:
    now, happened = meters(entries), moved(entries)
    assert [(one.kind, one.reason) for one in happened] == [
        (one.kind, one.reason) for one in entries
    ]
    assert now.trust == 60 + sum(one.trust for one in happened)
    assert now.safety == 70 + sum(one.safety for one in happened)
    assert now.budget == 40 + sum(one.budget for one in happened)
    for _, then in steps(entries):
        assert all(0 <= level <= 100 for level in (then.trust, then.safety, then.budget))


def test_entries_keep_what_was_asked() -> None:
    asked = [entry(trust=6), entry(trust=6)]
    assert [one.trust for one in moved(asked)] == [5, 4]  # 6 * 40 / 50, 6 * 35 / 50
    assert [one.trust for one in asked] == [6, 6]


def test_facts_of_all_entries() -> None:
    assert facts([entry(facts=("a", "b")), entry(facts=("b", "c"))]) == {"a", "b", "c"}


def test_a_run_costs_and_a_replay_is_free(run: Run, pad: Chapter) -> None:
    big = run(kl=(1.0, 1.0)).model_copy(update={"work": 30_000})
    cost = run_entry(pad, "p1", big, is_free=False)
    assert (cost.kind, cost.source, cost.budget) == ("run", "p1", -2)
    assert cost.reason == "20 updates, 30\N{NARROW NO-BREAK SPACE}000 steps."
    assert run_entry(pad, "p1", big, is_free=True).budget == 0


def test_a_run_that_stopped_by_an_error_gives_its_budget_back(run: Run, pad: Chapter) -> None:
    broken = run(kl=(1.0, 1.0)).model_copy(update={"work": 30_000, "problem": "Broken."})
    assert run_entry(pad, "p1", broken, is_free=False).budget == 0


def test_an_outcome_moves_the_meters_with_reasons_from_the_run(run: Run, pad: Chapter) -> None:
    summary = run("on_pad", delivered=(0, 0), pad_visits=(92, 92))
    circles = pad.outcome("circles")
    found = outcome_entry(pad, circles, summary)
    assert (found.trust, found.safety, found.facts) == (-4, -8, ("robot_circled",))
    assert found.reason.startswith("A night with 0\u202f% of the boxes delivered")
    assert [effect.meter for effect in effects_of(circles, summary)] == ["trust", "safety"]
    assert "[[0\u202f%]]" in effects_of(circles, summary)[0].reason


def test_a_card_shows_what_really_moved(run: Run, pad: Chapter) -> None:
    summary = run("on_pad", delivered=(0, 0), pad_visits=(92, 92))
    circles = pad.outcome("circles")
    effects, own = effects_of(circles, summary), outcome_entry(pad, circles, summary)
    key = (pad.id, "outcome", "circles")
    assert [one.points for one in really(effects, [own], key)] == [-4, -8]
    low = [entry(trust=-40, safety=-50), own]  # 20 and 20: -4 * 20 / 50 = -1.6, -8 * 20 / 50 = -3.2
    assert [one.points for one in really(effects, low, key)] == [-2, -3]
    assert [one.reason for one in really(effects, low, key)] == [one.reason for one in effects]
    assert really(effects, [entry()], key) == effects


def test_a_decision_is_recorded_once_for_a_chapter(run: Run, polite: Chapter) -> None:
    summary = run("polite", correct=(0.4, 0.98), polite=(0.4, 1.0))
    found = decision_entry(polite, "both_numbers", "kind", summary)
    assert (found.kind, found.source) == ("decision", "decision")
    assert found.facts == ("measured_both", "shipped_kind_pip")
    with pytest.raises(KeyError):
        decision_entry(polite, "nothing", "kind", summary)


def test_an_empty_budget_stops_nobody_but_is_noticed(run: Run, pad: Chapter) -> None:
    work = 10 * pad.experiment.work_per_point
    big = run(kl=(1.0, 1.0)).model_copy(update={"work": work})
    lent = run_entry(pad, "p1", big, is_free=False, budget=3)
    assert (lent.trust, lent.budget) == (-1, -3)
    assert "Kenji lent" in lent.reason
    paid = run_entry(pad, "p1", big, is_free=False, budget=10)
    assert (paid.trust, paid.budget) == (0, -10)


def test_a_chapter_brings_the_price_of_three_runs_up_to_where_the_story_began(pad: Chapter) -> None:
    def given(*before: LedgerEntry) -> int:
        entry = grant_entry(pad, before)
        return entry.budget if entry else 0

    assert planned_cost(pad) == 1
    assert given() == 0
    assert given(entry(kind="run", budget=-2)) == 2
    assert given(entry(kind="run", budget=-30)) == 3
    assert given(entry(kind="run", budget=-50)) == 3
    assert given(entry(budget=5), entry(kind="run", budget=-4)) == 0


def test_nothing_is_brought_into_a_chapter_that_has_begun(pad: Chapter) -> None:
    spent = entry(kind="run", budget=-30)
    granted = grant_entry(pad, [spent])
    assert granted and (granted.kind, granted.source) == ("grant", "grant")
    assert grant_entry(pad, [spent, granted]) is None
    ran = entry(chapter=pad.id, kind="run", source="p", budget=-1)
    assert grant_entry(pad, [spent, ran]) is None
