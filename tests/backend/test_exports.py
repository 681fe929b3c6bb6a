"""The files that a run can be saved as."""

import csv
import io
import json

import pytest

from backend import runs, worker
from backend.exports import csv_of, json_of
from engine.config import parse_config
from engine.events import EVENT
from engine.train import train
from tests.backend.conftest import counting_config


def test_csv_has_one_row_an_update_and_named_columns() -> None:
    events = list(train(parse_config(counting_config(updates=2, seed=5))))
    assert csv_of(events) == "update,work_so_far,proxy_return\n1,10,1.005\n2,20,2.005\n"


def test_csv_of_a_run_without_updates_is_a_header() -> None:
    assert csv_of([]) == "update,work_so_far\n"


def test_csv_carries_every_metric_of_an_algorithm() -> None:
    config = parse_config({"algorithm": "q_learning", "world": {"world": "corridor"}})
    events = list(train(config))
    rows = list(csv.DictReader(io.StringIO(csv_of(events))))
    last = events[-2]
    assert last.kind == "update_completed"
    assert len(rows) == last.update
    assert _metrics_of(rows[-1]) == last.metrics


def _metrics_of(row: dict[str, str]) -> dict[str, float]:
    """What was measured, without where a metric has no value."""
    others = ("update", "work_so_far")
    return {name: float(value) for name, value in row.items() if name not in others and value}


def test_csv_begins_as_the_charts_do_and_names_no_column_twice() -> None:
    """`work` is a metric of Pip's desk; before any training it was measured as well."""
    config = parse_config({"algorithm": "grpo", "reward": "polite", "updates": 1})
    started, updated = list(train(config))[:2]
    assert started.kind == "run_started"
    assert updated.kind == "update_completed"
    text = csv_of([started, updated])
    header = text.splitlines()[0].split(",")
    assert len(header) == len(set(header))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["update"], row["work_so_far"]) for row in rows] == [
        ("0", "0"),
        ("1", str(updated.work)),
    ]
    assert [_metrics_of(row) for row in rows] == [started.metrics, updated.metrics]


def test_json_holds_the_whole_run_and_the_engine_that_recorded_it(
    ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = parse_config(counting_config(updates=3))
    with monkeypatch.context() as then:
        then.setattr("engine.VERSION", "an older one")
        address = runs.look(runs.press_train(ada, config)).address
        worker.pull("here")
    content = json.loads(json_of(runs.record_of(address), runs.events_of(address)))
    assert content["engine_version"] == "an older one"
    assert content["address"] == address
    assert parse_config(content["config"]) == config
    assert [EVENT.validate_python(event) for event in content["events"]] == list(train(config))
