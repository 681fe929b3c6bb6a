"""Several seeds of one experiment: pressed together, found together, read as curves."""

import pytest

from backend import runs
from backend.errors import RefusedConfig
from backend.experiments import LARGEST_SEED, experiments_of, press_seeds, trace_of
from engine.config import parse_config
from engine.metrics import MetricName
from engine.spread import band_of
from tests.backend.conftest import BackgroundWorkers, counting_config, until


def test_seeds_are_runs_of_their_own_that_are_found_together(
    ada: str, workers: BackgroundWorkers
) -> None:
    config = parse_config(counting_config(updates=4, seed=7))
    presses = press_seeds(ada, config, 3)
    runs.press_train(ada, counting_config(updates=5))
    workers.work()
    for press in presses:
        until(press, lambda view: view.state == "finished")
    first, second = experiments_of(runs.runs_of(ada))
    assert [row.config.seed for row in second.rows] == [7, 8, 9]
    assert [row.press_id for row in second.rows] == presses
    assert len(first.rows) == 1
    assert second.name != first.name
    assert len(second.finished) == 3


def test_traces_hold_what_was_measured_used_and_how_long_it_took(
    ada: str, workers: BackgroundWorkers
) -> None:
    presses = press_seeds(ada, parse_config(counting_config(updates=4, milliseconds=5)), 2)
    workers.work()
    for press in presses:
        until(press, lambda view: view.state == "finished")
    (experiment,) = experiments_of(runs.runs_of(ada))
    first, second = (trace_of(row.address, row.config.seed, 4) for row in experiment.rows)
    assert first.axes["update"] == [1, 2, 3, 4]
    assert first.axes["work"] == [10, 20, 30, 40]
    assert list(first.axes["seconds"]) == sorted(first.axes["seconds"])
    assert first.axes["seconds"][0] >= 0.005
    assert first.metrics[MetricName.PROXY_RETURN] == [1, 2, 3, 4]
    assert second.metrics[MetricName.PROXY_RETURN] == pytest.approx([1.001, 2.001, 3.001, 4.001])
    band = band_of([first, second], "proxy_return", "update")
    assert band is not None and band.centre == pytest.approx([1.0005, 2.0005, 3.0005, 4.0005])


def test_a_run_that_was_stopped_counts_as_far_as_it_was_seen(
    ada: str, workers: BackgroundWorkers
) -> None:
    (press,) = press_seeds(ada, parse_config(counting_config(updates=500, milliseconds=5)), 1)
    workers.work()
    until(press, lambda view: view.updates_done >= 3)
    runs.stop(press)
    (experiment,) = experiments_of(runs.runs_of(ada))
    (row,) = experiment.rows
    trace = trace_of(row.address, row.config.seed, row.updates_done)
    assert 3 <= len(trace.axes["update"]) == row.updates_done < 500
    assert experiment.finished == ()


@pytest.mark.parametrize("count", [0, -1, 21])
def test_a_number_of_seeds_that_is_not_offered_is_refused(ada: str, count: int) -> None:
    with pytest.raises(RefusedConfig, match="between 1 and 20"):
        press_seeds(ada, parse_config(counting_config()), count)
    assert runs.runs_of(ada) == []


def test_the_largest_seed_leaves_room_for_the_others(ada: str) -> None:
    press_seeds(ada, parse_config(counting_config(seed=LARGEST_SEED)), 2)
    seeds = {row.config.seed for row in runs.runs_of(ada)}
    assert seeds == {LARGEST_SEED - 1, LARGEST_SEED}
