"""What every algorithm and every world promises, whoever wrote it."""

import math
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine.algorithms import ALGORITHMS
from engine.config import content_address, fields_of, metrics_of, parse_config, worlds_of
from engine.control.practice import RolloutConfig
from engine.events import EVENT, RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.language.pair_learning import PairsConfig
from engine.metrics import METRICS, MetricName
from engine.spec import Step, TrainConfig
from engine.train import steps, train
from engine.worlds import WORLDS
from tests.engine.taught import FROM_FEEDBACK

# Per world a reward with something to learn from, per algorithm settings that make a run tiny.
REWARDS = {
    "corridor": "10*delivered + 0.5*on_pad - 0.1*step",
    "desk": "polite - 0.1*length",
    "letters": "useful - 0.5*filler",
    "cart": "upright - 0.1*tilt",
    "kiosk": "settled - 0.1*wait",
    "trolleys": "delivered - 0.01*step - collision",
    "catch": "caught - dropped",
    "cleaner": "taken_up - 0.2*away",
    "board": "won - lost - 0.1*not_allowed",
    "trading": "profit - 0.4*trade",
    "shuttle": "0.5*metres - left_lane - jolt",
    "arms": "score + 0.5*agrees",
    "noughts": "won - lost - 0.5*not_allowed",
    "drafts": "score + 0.5*agrees",
    "readers": "score + 0.5*agrees",
}
FEW_PAIRS = {"desk": {"preferences": {"pairs": 12}}}
TINY = {"updates": 3, "prompts_per_update": 2, "group_size": 2}
TINY_PAIRED = {"updates": 3, "pairs_per_update": 4}
SMALL: dict[str, dict[str, Any]] = {
    "q_learning": {"episodes": 8},
    "ppo": {"updates": 3, "carts": 2, "steps_per_update": 32, "batch_epochs": 2},
    "grpo": TINY,
    "rloo": TINY,
    "reward_model": TINY_PAIRED | {"candidates": 2},
    "rlhf": TINY,
    "dpo": TINY_PAIRED,
    "sft": TINY_PAIRED,
    "sarsa": {"episodes": 8},
    "best_of_n": {"most_candidates": 4, "questions": 3},
    "imitation": {"updates": 3},
    "epsilon_greedy": {"updates": 3},
    "ucb": {"updates": 3},
    "thompson": {"updates": 3},
    "gradient_bandit": {"updates": 3},
    "clustering": {"updates": 3},
    "reinforce": {"updates": 3, "carts": 2},
    "a2c": {"updates": 3, "carts": 2, "steps_per_update": 32, "n_steps": 8},
    "dqn": {"updates": 3, "side_by_side": 2, "steps_per_update": 16, "tests": 2, "first_steps": 8},
    "sdpo": TINY,
    "rlsd": TINY,
    "srpo": TINY,
    "mopd": TINY,
    "rlft": {"updates": 3, "games": 4},
    "rlft_words": {"updates": 3, "games": 8},
    "gopd": TINY,
    "reopold": TINY,
    "follow_ups": TINY,
    "openclaw": TINY,
}
# Bounds at which a run ends early, and how.
ENDS_EARLY: dict[tuple[str, float | str], str] = {("world.preferences.pairs", 0): "no_pairs"}
FROM_A_LOG = {"imitation", "clustering"}  # what they learn from is no pay
NAMES = list(ALGORITHMS)
PLACES = [(name, world) for name in NAMES for world in worlds_of(ALGORITHMS[name])]

everywhere = pytest.mark.parametrize(("name", "world"), PLACES)


def small(name: str, world: str, **change: Any) -> TrainConfig:
    place = {"world": world, **FEW_PAIRS.get(world, {})}
    own = {"algorithm": name, "world": place, "reward": REWARDS[world]}
    return parse_config(own | SMALL[name] | change)


def random_states() -> list[Any]:
    numpy_state = np.random.get_state(legacy=False)
    assert isinstance(numpy_state, dict)
    return [random.getstate(), numpy_state["state"]["key"].tolist(), torch.get_rng_state().tolist()]


def set_random_states(seed: int) -> None:
    random.setstate(random.Random(seed).getstate())
    np.random.set_state(np.random.RandomState(seed).get_state())
    torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())


@cache
def events_of(name: str, world: str) -> list[Any]:
    """The events of the small run, which many tests ask about; global luck stands at 1."""
    set_random_states(1)
    return list(train(small(name, world)))


def test_every_algorithm_and_world_has_a_small_config() -> None:
    assert set(SMALL) == set(ALGORITHMS)
    assert set(REWARDS) == set(WORLDS) == {world for _, world in PLACES}


@everywhere
def test_the_same_config_gives_the_same_events_also_beside_another_run(
    name: str, world: str
) -> None:
    """The other one has another seed, and other events."""
    taken_in_turn, others = list[Any](), list[Any]()
    other = train(small(name, world, seed=1))
    for event in train(small(name, world)):
        others += islice(other, 1)
        taken_in_turn.append(event)
    assert taken_in_turn == events_of(name, world)
    assert len(others) == len(taken_in_turn)
    assert others != taken_in_turn


@everywhere
def test_events_begin_count_and_end_as_promised(name: str, world: str) -> None:
    events = events_of(name, world)
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


@everywhere
def test_metrics_are_finite_and_exactly_those_declared(name: str, world: str) -> None:
    names = metrics_of(name, world)
    declared = set(names)
    assert {"proxy_return", "true_return"} <= declared <= set(METRICS)
    assert len(declared) == len(names)
    config, seen = small(name, world), set[str]()
    later = set[str]()  # what takes an episode that has ended
    if isinstance(config, RolloutConfig):
        later = {metric for metric in WORLDS[world].metrics if METRICS[metric].percent}
    for event in events_of(name, world):
        if isinstance(event, UpdateCompleted):
            assert declared - later | seen <= set(event.metrics) <= declared
            seen |= set(event.metrics)
            assert all(map(math.isfinite, event.metrics.values()))
            shares = [m for m in event.metrics if METRICS[m].percent]
            assert all(0 <= event.metrics[m] <= 1 for m in shares)
        elif isinstance(event, RunStarted):
            assert set(event.metrics) <= declared


@everywhere
def test_events_survive_the_way_through_json(name: str, world: str) -> None:
    for event in events_of(name, world):
        assert EVENT.validate_json(event.model_dump_json()) == event


@everywhere
def test_closing_a_run_early_is_clean(name: str, world: str) -> None:
    run = steps(small(name, world))
    assert isinstance(run, Iterator)
    assert isinstance(next(run), Step)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert list(run) == []


@everywhere
def test_global_random_state_is_neither_read_nor_changed(name: str, world: str) -> None:
    at_one = events_of(name, world)
    set_random_states(2)
    before = random_states()
    assert list(train(small(name, world))) == at_one
    assert random_states() == before


@everywhere
def test_a_reward_without_a_value_ends_the_run_with_a_reason(name: str, world: str) -> None:
    events = list(train(small(name, world, reward="1/0")))
    assert isinstance(events[0], RunStarted)
    failed = events[-1]
    assert isinstance(failed, RunFailed)
    assert failed.update == 1
    assert "`1/0` divided by zero" in failed.problem
    assert failed.problem.endswith(".") and failed.remedy.endswith(".")


@everywhere
def test_a_silent_reward_is_legal(name: str, world: str) -> None:
    events = list(train(small(name, world, reward="0")))
    assert isinstance(events[-1], RunFinished)
    paid = [
        event.metrics[MetricName.PROXY_RETURN]
        for event in events
        if isinstance(event, UpdateCompleted)
    ]
    assert set(paid) == {0.0}
    is_taught = (
        issubclass(ALGORITHMS[name].config, PairsConfig) or name in FROM_A_LOG | FROM_FEEDBACK
    )
    assert is_taught or events[-1].ending == "no_signal"


@pytest.mark.parametrize("name", ["grpo", "rloo", "rlhf"])
@pytest.mark.parametrize("size", [2, 3, 6, 7, 13, 31])
@pytest.mark.parametrize("paid", ["0.1", "0.7", "-3.3"])
def test_a_reward_that_is_always_the_same_is_no_signal_whatever_it_is(
    name: str, size: int, paid: str
) -> None:
    *_, last = train(small(name, "letters", reward=paid, group_size=size))
    assert isinstance(last, RunFinished) and last.ending == "no_signal"


@pytest.mark.parametrize("name", ["grpo", "rloo"])
def test_a_reward_that_is_always_the_same_changes_nothing(name: str) -> None:
    events = train(small(name, "letters", reward="0.1", group_size=3, kl_coef=0.0))
    drifts = [e.metrics[MetricName.EXACT_KL] for e in events if isinstance(e, UpdateCompleted)]
    assert drifts == [0.0] * 3


def ends_of(name: str, world: str) -> list[tuple[str, str, str, float | str]]:
    """Every setting of an algorithm in a world, at both of its bounds and at each choice."""
    found: list[tuple[str, str, str, float | str]] = []
    for field in fields_of(ALGORITHMS[name].config, world):
        values = [v for v in (field.low, field.high, *field.choices) if v is not None]
        found += [(name, world, field.name, v) for v in values if isinstance(v, float | str)]
    return found


def ends() -> list[tuple[str, str, str, float | str]]:
    """Every setting at both of its bounds and at each choice, once.

    An algorithm's own in the worlds it learns in by turns, a world's with its algorithms by turns.
    """
    places: dict[tuple[str, str, float | str], list[tuple[str, str]]] = {}
    for name, world in PLACES:
        for _, _, field, value in ends_of(name, world):
            owner = world if field.startswith("world.") else name
            places.setdefault((owner, field, value), []).append((name, world))
    shares: Counter[tuple[str, str]] = Counter()
    found: list[tuple[str, str, str, float | str]] = []
    for (_, field, value), able in places.items():
        place = min(able, key=lambda one: shares[one])
        shares[place] += 1
        found.append((*place, field, value))
    return found


def changed(data: dict[str, Any], dotted: str, value: float | str) -> dict[str, Any]:
    head, _, rest = dotted.partition(".")
    return data | {head: changed(data.get(head, {}), rest, value) if rest else value}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "world", "field", "value"), ends())
def test_every_setting_works_at_its_bounds(
    name: str, world: str, field: str, value: float | str
) -> None:
    config = parse_config(changed(whole(name, world), field, value))
    is_known = config == small(name, world)  # its own value, of which the run is there already
    for event in islice(events_of(name, world) if is_known else train(config), 3):
        if isinstance(event, RunFailed):
            assert event.ending == ENDS_EARLY.get((field, value))
        else:
            assert isinstance(event, RunStarted | UpdateCompleted | RunFinished)


def whole(name: str, world: str) -> dict[str, Any]:
    return small(name, world).model_dump()


@everywhere
def test_a_value_beyond_its_bounds_is_refused(name: str, world: str) -> None:
    parameters = fields_of(ALGORITHMS[name].config, world)
    lows = {parameter.name: parameter.low for parameter in parameters}
    data = whole(name, world)
    for _, _, field, value in ends_of(name, world):
        if isinstance(value, str):
            beyond: float | str = f"{value}?"
        else:
            beyond = value - 1 if value == lows[field] else value + 1
        with pytest.raises(ValueError, match=f"`{field}` is ") as refusal:
            parse_config(changed(data, field, beyond))
        assert "\n" not in str(refusal.value)


@everywhere
def test_every_setting_has_a_name_and_help_for_its_slider(name: str, world: str) -> None:
    for field in fields_of(ALGORITHMS[name].config, world):
        assert field.label
        assert field.description.endswith("."), field.name
        if not field.choices and not isinstance(field.default, str):
            assert field.low is not None and field.high is not None, field.name
        if field.low is not None and field.high is not None and isinstance(field.default, float):
            assert field.low <= field.default <= field.high


@everywhere
def test_the_defaults_of_a_world_are_those_of_its_fields(name: str, world: str) -> None:
    config = parse_config({"algorithm": name, "world": {"world": world}})
    for field in fields_of(ALGORITHMS[name].config, world):
        value: Any = config
        for part in field.name.split("."):
            value = getattr(value, part)
        assert value == field.default, field.name


@everywhere
def test_addresses_are_stable_and_tell_configs_apart(name: str, world: str) -> None:
    config = small(name, world)
    assert content_address(config) == content_address(parse_config(config.model_dump()))
    assert content_address(config) != content_address(small(name, world, seed=1))


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
        assert (term.most == 1) == term.meaning.startswith("1 ")


@pytest.mark.slow
@everywhere
def test_every_term_of_its_world_can_be_paid_for_and_keeps_its_bounds(
    name: str, world: str
) -> None:
    """Where single steps are paid, a return has as many terms as an episode has steps."""
    for term in WORLDS[world].terms:
        _, event = islice(train(small(name, world, reward=term.name)), 2)
        assert isinstance(event, UpdateCompleted), term.name
        is_of_steps = WORLDS[world].rollout == "step"
        count = event.metrics[MetricName.LENGTH] if is_of_steps else 1
        mean = event.metrics[MetricName.PROXY_RETURN] / count
        assert term.least is None or term.least <= mean, term.name
        assert term.most is None or mean <= term.most, term.name


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
