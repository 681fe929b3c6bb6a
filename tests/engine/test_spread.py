"""Bands over seeds: the interquartile mean by hand and by scipy, intervals that hold the truth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import trim_mean

from engine.spread import Trace, band_of, bootstrap_interval, interquartile_mean


def trace(seed: int, values: list[float], work: float = 10) -> Trace:
    updates = [float(number) for number in range(1, len(values) + 1)]
    axes = {"update": updates, "work": [work * u for u in updates], "seconds": updates}
    return Trace(seed, axes, {"correct": values})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], 3),
        ([1, 3], 2),
        ([0, 1, 5], 2),
        ([0, 1, 3, 100], 2),
        ([9, 1, 2, 3, 4, 5, 6, -50], 3.5),
    ],
)
def test_interquartile_mean_by_hand(values: list[float], expected: float) -> None:
    assert interquartile_mean(np.array(values)) == pytest.approx(expected)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_interquartile_mean_is_the_trimmed_mean(values: list[float]) -> None:
    expected = trim_mean(values, 0.25)
    assert interquartile_mean(np.array(values)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Two strata of ten normal draws about zero: 95 % intervals, a little short for so few."""
    rng = np.random.default_rng(0)
    held = 0
    for repeat in range(200):
        low, high = bootstrap_interval([rng.normal(size=10), rng.normal(size=10)], seed=repeat)
        held += low <= 0 <= high
    assert 0.87 <= held / 200 <= 0.99


def test_strata_are_drawn_apart() -> None:
    """Runs that agree within each task leave nothing to chance, however far apart the tasks are."""
    low, high = bootstrap_interval([np.zeros((5, 2)), np.ones((5, 2))])
    assert low.tolist() == high.tolist() == pytest.approx([0.5, 0.5])
    mixed_low, mixed_high = bootstrap_interval([np.concatenate([np.zeros(5), np.ones(5)])])
    assert mixed_low < 0.3 and mixed_high > 0.7


def test_no_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        bootstrap_interval([])
    with pytest.raises(ValueError, match="at least one run"):
        bootstrap_interval([np.zeros(3), np.zeros(0)])


def test_a_band_goes_as_far_as_every_run_went() -> None:
    band = band_of([trace(1, [0, 1, 2]), trace(2, [2, 3])], "correct", "update")
    assert band is not None
    assert band.x == [1, 2]
    assert band.centre == pytest.approx([1, 2])
    assert band.low == pytest.approx([0, 1]) and band.high == pytest.approx([2, 3])
    assert band.runs == {1: [0, 1], 2: [2, 3]}


def test_a_band_over_work_reads_runs_off_at_the_same_places() -> None:
    """One run needs twice the tokens for the same line."""
    band = band_of([trace(1, [0, 1, 2], work=10), trace(2, [0, 1, 2], work=20)], "correct", "work")
    assert band is not None
    assert (band.x[0], band.x[-1]) == (20, 30)
    assert band.centre[0] == pytest.approx((1 + 0) / 2)
    assert band.centre[-1] == pytest.approx((2 + 0.5) / 2)


def test_a_metric_that_nobody_reports_has_no_band() -> None:
    assert band_of([trace(1, [1.0])], "polite", "update") is None
    assert band_of([], "correct", "update") is None


def test_a_band_of_what_is_measured_later_begins_later() -> None:
    late, early = trace(1, [0, 1, 2, 3]), trace(2, [10, 11, 12, 13])
    late = replace(late, metrics={"correct": [4.0, 6.0]})  # of the last two updates
    assert list(late.places("correct", "work")) == [30, 40]
    band = band_of([late, early], "correct", "update")
    assert band and band.x == [3, 4]
    assert band.runs == {1: [4, 6], 2: [12, 13]} and band.centre == [8, 9.5]
    short = trace(3, [7, 8])
    assert band_of([late, short], "correct", "update") is None
