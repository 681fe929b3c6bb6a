import pytest

from curriculum.ledger import (
    LedgerEntry,
    Meters,
    decision_entry,
    effects_of,
    facts,
    meters,
    outcome_entry,
    run_entry,
)
from curriculum.schema import Chapter
from tests.curriculum.made_runs import Run


def entry(**changes: object) -> LedgerEntry:
    return LedgerEntry.model_validate({"chapter": "c", "kind": "outcome", "source": "o"} | changes)


def test_meters_start_where_the_story_starts() -> None:
    assert meters([]) == Meters(trust=60, safety=70, budget=40)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry(trust=5, safety=-3), entry(budget=-2)], (65, 67, 38)),
        ([entry(trust=-90), entry(trust=10)], (10, 70, 40)),
        ([entry(safety=90), entry(safety=-10)], (60, 90, 40)),
    ],
    ids=["add up", "stop at 0 on the way", "stop at 100 on the way"],
)
def test_meters_add_up_and_stay_in_bounds(
    entries: list[LedgerEntry], expected: tuple[int, int, int]
) -> None:
    now = meters(entries)
    assert (now.trust, now.safety, now.budget) == expected


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
