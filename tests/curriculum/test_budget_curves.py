"""Budgets and bands, exactly and by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.budget_curves import by_part, curve_of, parts_of, updates_within
from engine.spread import Trace, traced

ENDS = [10.0, 20.0, 30.0]


def run(seed: int, *made: tuple[int, float]) -> Trace:
    """A run by the tokens used after each update, and what was measured in it."""
    return traced(
        seed, ((place, work, {"correct": value}) for place, (work, value) in enumerate(made, 1))
    )


def test_a_budget_is_cut_into_equal_parts_that_hold_an_update_each() -> None:
    assert parts_of(1000, 300) == pytest.approx([1000 / 3, 2000 / 3, 1000])
    assert parts_of(300, 300) == [300]
    assert len(parts_of(100_000, 300)) == 20


def test_a_budget_pays_for_updates_that_end_within_it() -> None:
    assert updates_within([10, 20, 31], 30) == 2
    assert updates_within([10, 20, 30], 30) == 3
    assert updates_within([31], 30) == 0


def test_a_part_is_the_mean_of_the_updates_that_ended_in_it() -> None:
    """4 and 10 end in the first part, 19 in the second, 29 in the third; 33 is beyond."""
    assert by_part([4, 10, 19, 29, 33], [1, 0, 1, 0, 9], ENDS) == [0.5, 1, 0]


def test_a_part_counts_once_it_was_left_behind() -> None:
    assert by_part([4, 9, 19], [1, 0, 1], ENDS) == [0.5]
    assert by_part([4, 9, 20], [1, 0, 1], ENDS) == [0.5, 1]
    assert by_part([], [], ENDS) == []
    assert by_part([4, 9, 20], [], ENDS) == []


def test_what_is_measured_later_lies_at_the_last_updates() -> None:
    """Two values of three updates belong to the second and the third."""
    assert by_part([8, 9, 20], [1, 0], ENDS) == [1, 0]


def test_a_band_is_the_mean_the_least_and_the_greatest_of_the_seeds() -> None:
    first = run(1, (10, 0.2), (20, 0.6), (30, 1.0))
    second = run(2, (9, 0.4), (19, 0.0), (31, 0.5))
    # The second one ended its third update beyond the budget: nothing of it lies in the third part.
    curve = curve_of([first, second], "correct", ENDS, {1, 2})
    assert curve is not None
    assert curve.tokens == [10, 20]
    assert curve.mean == pytest.approx([0.3, 0.3])
    assert curve.low == [0.2, 0.0]
    assert curve.high == [0.4, 0.6]
    assert curve.seeds == 2


def test_a_run_that_is_on_does_not_count_beside_one_that_is_over() -> None:
    whole, begun = run(1, (10, 0.2), (20, 0.6), (30, 1.0)), run(2, (10, 0.0))
    curve = curve_of([whole, begun], "correct", ENDS, {1})
    assert curve is not None and curve.mean == [0.2, 0.6, 1.0] and curve.seeds == 1


def test_while_none_is_over_the_farthest_run_is_drawn() -> None:
    curve = curve_of([run(1, (10, 0.2)), run(2, (10, 0.4), (20, 0.5))], "correct", ENDS, ())
    assert curve is not None and curve.mean == [0.4, 0.5] and curve.seeds == 1


def test_there_is_no_curve_of_nothing() -> None:
    assert curve_of([], "correct", ENDS, ()) is None
    assert curve_of([run(1, (5, 1.0))], "correct", ENDS, {1}) is None
    assert curve_of([run(1, (10, 1.0))], "entropy", ENDS, {1}) is None


@given(
    st.integers(1, 40).flatmap(
        lambda longest: st.tuples(
            st.just(longest), st.integers(longest, 2000), st.lists(st.integers(1, longest))
        )
    )
)
def test_every_part_that_was_left_behind_has_a_value(case: tuple[int, int, list[int]]) -> None:
    """Whatever the updates took, as long as none took more than it may."""
    longest, budget, steps = case
    work = [sum(steps[: place + 1]) for place in range(len(steps))]
    ends = parts_of(budget, longest)
    passed = sum(bool(work) and work[-1] >= end for end in ends)
    assert len(by_part(work, [1.0] * len(work), ends)) == passed
