"""What every algorithm and every world promises, whoever wrote it."""

import math
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine.algorithms import ALGORITHMS
from engine.config import content_address, fields_of, metrics_of, parse_config
from engine.events import EVENT, RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.metrics import METRICS, MetricName
from engine.spec import Step, TrainConfig
from engine.train import steps, train
from engine.worlds import WORLDS

# Per algorithm: a reward with something to learn from, and settings that make a run tiny.
SMALL: dict[str, dict[str, Any]] = {
    "q_learning": {"reward": "10*delivered + 0.5*on_pad - 0.1*step", "episodes": 8},
    "grpo": {
        "reward": "polite - 0.1*length",
        "updates": 3,
        "prompts_per_update": 2,
        "group_size": 2,
    },
    "rloo": {
        "reward": "polite - 0.1*length",
        "updates": 3,
        "prompts_per_update": 2,
        "group_size": 2,
    },
    "ppo": {
        "reward": "upright - 0.1*tilt",
        "updates": 3,
        "carts": 2,
        "steps_per_update": 32,
        "batch_epochs": 2,
    },
}
NAMES = list(ALGORITHMS)


def small(name: str, **change: Any) -> TrainConfig:
    return parse_config({"algorithm": name, **SMALL[name], **change})


def random_states() -> list[Any]:
    numpy_state = np.random.get_state(legacy=False)
    assert isinstance(numpy_state, dict)
    return [random.getstate(), numpy_state["state"]["key"].tolist(), torch.get_rng_state().tolist()]


def set_random_states(seed: int) -> None:
    random.setstate(random.Random(seed).getstate())
    np.random.set_state(np.random.RandomState(seed).get_state())
    torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())


def test_every_algorithm_has_a_small_config() -> None:
    assert set(SMALL) == set(ALGORITHMS)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_config_gives_the_same_events(name: str) -> None:
    config = small(name)
    assert list(train(config)) == list(train(config))
    assert list(train(config)) != list(train(small(name, seed=1)))


@pytest.mark.parametrize("name", NAMES)
def test_two_runs_at_once_do_not_disturb_each_other(name: str) -> None:
    alone = list(train(small(name)))
    taken_in_turn: list[Any] = []
    other = train(small(name, seed=1))
    for event in train(small(name)):
        next(other, None)
        taken_in_turn.append(event)
    assert taken_in_turn == alone


@pytest.mark.parametrize("name", NAMES)
def test_events_begin_count_and_end_as_promised(name: str) -> None:
    events = list(train(small(name)))
    first, updates, last = events[0], events[1:-1], events[-1]
    assert isinstance(first, RunStarted)
    assert isinstance(last, RunFinished)
    assert all(isinstance(event, UpdateCompleted) for event in updates)
    counts = [event.update for event in updates if isinstance(event, UpdateCompleted)]
    assert counts == list(range(1, first.planned_updates + 1))
    assert last.updates == first.planned_updates
    work = [
        event.work for event in (*updates, last) if not isinstance(event, RunStarted | RunFailed)
    ]
    assert work == sorted(work) and work[0] > 0


@pytest.mark.parametrize("name", NAMES)
def test_metrics_are_finite_and_exactly_those_declared(name: str) -> None:
    names = metrics_of(name, small(name).world.world)
    declared = set(names)
    assert {"proxy_return", "true_return"} <= declared <= set(METRICS)
    assert len(declared) == len(names)
    for event in train(small(name)):
        if isinstance(event, UpdateCompleted):
            assert set(event.metrics) == declared
            assert all(map(math.isfinite, event.metrics.values()))
            shares = [m for m in event.metrics if METRICS[m].percent]
            assert all(0 <= event.metrics[m] <= 1 for m in shares)
        elif isinstance(event, RunStarted):
            assert set(event.metrics) <= declared


@pytest.mark.parametrize("name", NAMES)
def test_events_survive_the_way_through_json(name: str) -> None:
    for event in train(small(name)):
        assert EVENT.validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("name", NAMES)
def test_closing_a_run_early_is_clean(name: str) -> None:
    run = steps(small(name))
    assert isinstance(run, Iterator)
    assert isinstance(next(run), Step)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert list(run) == []


@pytest.mark.parametrize("name", NAMES)
def test_global_random_state_is_neither_read_nor_changed(name: str) -> None:
    set_random_states(1)
    before = random_states()
    first = list(train(small(name)))
    assert random_states() == before
    set_random_states(2)
    assert list(train(small(name))) == first


@pytest.mark.parametrize("name", NAMES)
def test_a_reward_without_a_value_ends_the_run_with_a_reason(name: str) -> None:
    events = list(train(small(name, reward="1/0")))
    assert isinstance(events[0], RunStarted)
    failed = events[-1]
    assert isinstance(failed, RunFailed)
    assert failed.update == 1
    assert "`1/0` divided by zero" in failed.problem
    assert failed.problem.endswith(".") and failed.remedy.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_silent_reward_is_legal(name: str) -> None:
    events = list(train(small(name, reward="0")))
    assert isinstance(events[-1], RunFinished)
    paid = [
        event.metrics[MetricName.PROXY_RETURN]
        for event in events
        if isinstance(event, UpdateCompleted)
    ]
    assert set(paid) == {0.0}


def ends() -> list[tuple[str, str, float | str]]:
    """Every setting of every algorithm and its world, at both of its bounds and at each choice."""
    found: list[tuple[str, str, float | str]] = []
    for name, algorithm in ALGORITHMS.items():
        for field in fields_of(algorithm.config):
            values = [v for v in (field.low, field.high, *field.choices) if v is not None]
            found += [(name, field.name, v) for v in values if isinstance(v, float | str)]
    return found


def changed(data: dict[str, Any], dotted: str, value: float | str) -> dict[str, Any]:
    head, _, rest = dotted.partition(".")
    return data | {head: changed(data.get(head, {}), rest, value) if rest else value}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "field", "value"), ends())
def test_every_setting_works_at_its_bounds(name: str, field: str, value: float | str) -> None:
    data = {"algorithm": name, "world": default_world(name), **SMALL[name]}
    config = parse_config(changed(data, field, value))
    for event in islice(train(config), 3):
        assert isinstance(event, RunStarted | UpdateCompleted | RunFinished)


def default_world(name: str) -> dict[str, Any]:
    return ALGORITHMS[name].config.model_validate(SMALL[name]).world.model_dump()


@pytest.mark.parametrize(("name", "field", "value"), ends())
def test_a_value_beyond_its_bounds_is_refused(name: str, field: str, value: float | str) -> None:
    if isinstance(value, str):
        beyond: float | str = f"{value}?"
    else:
        parameter = next(p for p in fields_of(ALGORITHMS[name].config) if p.name == field)
        beyond = value - 1 if value == parameter.low else value + 1
    data = {"algorithm": name, "world": default_world(name), **SMALL[name]}
    with pytest.raises(ValueError, match=f"`{field}` is ") as refusal:
        parse_config(changed(data, field, beyond))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_a_name_and_help_for_its_slider(name: str) -> None:
    for field in fields_of(ALGORITHMS[name].config):
        assert field.label
        assert field.description.endswith("."), field.name
        if not field.choices and not isinstance(field.default, str):
            assert field.low is not None and field.high is not None, field.name
        if field.low is not None and field.high is not None and isinstance(field.default, float):
            assert field.low <= field.default <= field.high


@pytest.mark.parametrize("name", NAMES)
def test_addresses_are_stable_and_tell_configs_apart(name: str) -> None:
    config = small(name)
    assert content_address(config) == content_address(parse_config(config.model_dump()))
    assert content_address(config) != content_address(small(name, seed=1))


@pytest.mark.parametrize("name", list(WORLDS))
def test_every_world_describes_its_terms(name: str) -> None:
    world = WORLDS[name]
    assert world.name == name and world.title
    assert world.true_reward.endswith(".")
    terms = (*world.terms, *world.text_functions)
    assert len({term.name for term in terms}) == len(terms)
    for term in terms:
        assert term.name.isidentifier() and term.label
        assert term.meaning.endswith(".")
        assert not term.exploit or term.exploit.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_term_of_its_world_can_be_paid_for(name: str) -> None:
    world = WORLDS[small(name).world.world]
    for term in world.terms:
        events = list(islice(train(small(name, reward=term.name)), 2))
        assert isinstance(events[-1], UpdateCompleted), term.name


@pytest.mark.slow
def test_no_module_of_the_engine_imports_torch() -> None:
    root = Path(engine.__file__).parent
    paths = [path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py")]
    modules = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    code = (
        "import importlib, sys\n"
        f"for module in {sorted(m for m in modules if not m.endswith('__main__'))!r}:\n"
        "    importlib.import_module(module)\n"
        "    assert 'torch' not in sys.modules, module\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
