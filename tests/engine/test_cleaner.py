"""The cleaning robot: every step by hand, what no night can change, and what its best plans do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import parse_config
from engine.control.cleaner_field import INPUTS, CleanerField, numbers, seen
from engine.events import RunFinished, UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import GridScene
from engine.train import train
from engine.worlds.cleaner import (
    BIN,
    BIT,
    DOCK,
    FLOOR,
    MAP,
    MOVES,
    PIECES,
    PLACES,
    POWER_COST,
    SIGHT,
    STATES,
    TERM_NAMES,
    CleanerConfig,
    Sweeps,
    advance,
    term_values,
    true_reward,
)
from tests.engine.cleaner_plan import CELLS, FLOORS, LOADS, best_values, nights_of
from tests.seeds import ten_from

GAMMA, NIGHT, DIRTY = 0.97, 40, 3


def cell(row: int, column: int) -> int:
    return row * MAP.columns + column


def one_step(at: int, dirty: tuple[int, ...], load: int, move: str) -> Sweeps:
    floor = sum(int(BIT[place]) for place in dirty)
    step = advance(
        np.array([at]), np.array([floor]), np.array([load]), np.array([MOVES.index(move)])
    )
    return Sweeps(*(column[0] for column in step))


HERE, NEXT = cell(1, 2), cell(1, 3)


@pytest.mark.parametrize(
    ("at", "dirty", "load", "move", "ends_at", "left", "load_after"),
    [
        (HERE, (HERE,), 0, "take", HERE, (), 1),
        (HERE, (HERE,), BIN, "take", HERE, (HERE,), BIN),  # the bin is full
        (HERE, (NEXT,), 1, "take", HERE, (NEXT,), 1),  # there is nothing here
        (HERE, (), 1, "tip", HERE, (HERE,), 0),
        (HERE, (), 2, "tip", HERE, (HERE,), 1),  # one piece at a time
        (HERE, (HERE,), 1, "tip", HERE, (HERE,), 1),  # the place is dirty already
        (HERE, (), 0, "tip", HERE, (), 0),  # the bin is empty
        (DOCK, (HERE,), 2, "tip", DOCK, (HERE,), 0),  # down the chute, all of it
        (DOCK, (HERE,), 2, "take", DOCK, (HERE,), 2),  # and nothing comes back
        (HERE, (HERE,), 1, "r", NEXT, (HERE,), 1),  # driving over dirt leaves it there
        (HERE, (), 1, "u", cell(0, 2), (), 1),
        (NEXT, (), 1, "u", NEXT, (), 1),  # a wall
    ],
)
def test_a_step_by_hand(
    at: int,
    dirty: tuple[int, ...],
    load: int,
    move: str,
    ends_at: int,
    left: tuple[int, ...],
    load_after: int,
) -> None:
    step = one_step(at, dirty, load, move)
    assert int(step.cell) == ends_at
    assert int(step.floor) == sum(int(BIT[place]) for place in left)
    assert int(step.load) == load_after


def test_every_term_has_its_exact_value() -> None:
    took = term_values(one_step(HERE, (HERE, NEXT, cell(1, 4)), 1, "take"))
    expected = {
        **{"taken_up": 1, "tipped_out": 0, "emptied": 0, "dirt_left": 2},
        **{"dirt_seen": 1, "away": 1, "step": 1},
    }
    assert {name: float(value) for name, value in took.items()} == expected
    home = term_values(one_step(DOCK, (cell(1, 1), NEXT), 2, "tip"))
    expected |= {"taken_up": 0, "emptied": 2, "away": 0}
    assert {name: float(value) for name, value in home.items()} == expected
    assert tuple(took) == TERM_NAMES
    assert float(true_reward(one_step(DOCK, (HERE, NEXT), 0, "tip"))) == pytest.approx(4 / 6)
    assert float(true_reward(one_step(HERE, (HERE,), 0, "take"))) == 1 - POWER_COST


def test_it_sees_where_it_is_and_what_is_next_to_it() -> None:
    seen_places = {place for place in FLOOR.tolist() if SIGHT[HERE] & BIT[place]}
    assert seen_places == {HERE, NEXT, cell(1, 1), cell(0, 2)}
    assert SIGHT[DOCK] == BIT[cell(1, 1)]


def test_every_state_has_its_number_and_looks_different() -> None:
    assert np.array_equal(numbers(CELLS, FLOORS, LOADS), np.arange(STATES))
    pictures = seen(CELLS, FLOORS, LOADS)
    assert pictures.shape == (STATES, INPUTS)
    assert len(np.unique(pictures, axis=0)) == STATES


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    dirty=st.integers(1, PLACES),
    moves=st.lists(st.integers(0, len(MOVES) - 1), min_size=20, max_size=20),
)
def test_no_dirt_comes_and_none_vanishes(seed: int, dirty: int, moves: list[int]) -> None:
    """What was taken up, less what was tipped out, is what the floor has lost."""
    field = CleanerField(CleanerConfig(dirty=dirty, step_limit=20), 4, seed)
    passages = [field.step((np.full(4, move) + np.arange(4)) % len(MOVES)) for move in moves]
    values = field.values(passages, GAMMA)
    for now in range(len(moves)):
        sums = {name: values[name][: now + 1].sum(axis=0) for name in TERM_NAMES}
        load = passages[now].facts[2]
        assert np.array_equal(
            sums["taken_up"] - sums["tipped_out"], dirty - values["dirt_left"][now]
        )
        assert np.array_equal(dirty - values["dirt_left"][now], load + sums["emptied"])
        assert ((load >= 0) & (load <= BIN)).all()
    assert passages[-1].is_cut.all() and not any(passage.ends.any() for passage in passages)
    assert (field._cell == DOCK).all() and (field._load == 0).all()
    assert (PIECES[field._floor] == dirty).all()


def test_the_floor_counts_after_every_step_and_once_more_at_the_bell() -> None:
    field = CleanerField(CleanerConfig(dirty=2, step_limit=20), 3, 0)
    passages = [field.step(np.full(3, MOVES.index("take"))) for _ in range(25)]
    values = field.values(passages, GAMMA)
    assert values["clean"] == pytest.approx(np.full((25, 3), 4 / 6))
    assert values["clean_at_bell"][19] == pytest.approx([4 / 6] * 3)
    assert not np.delete(values["clean_at_bell"], 19, axis=0).any()


def test_the_floor_is_drawn_evenly() -> None:
    floors = CleanerField(CleanerConfig(), 6000, 1)._floor
    kinds, counts = np.unique(floors, return_counts=True)
    assert len(kinds) == 20 and counts.min() > 220 and counts.max() < 380


def test_paid_for_what_it_takes_up_the_best_plan_tips_it_out_again() -> None:
    nights = nights_of(best_values("taken_up", GAMMA), NIGHT, DIRTY)
    assert nights.sums["taken_up"] == pytest.approx(19.5, abs=0.05)  # as the chapter says
    assert nights.sums["tipped_out"] >= 18
    assert nights.clean_at_bell <= 0.75
    wanted = nights_of(best_values("-dirt_left - 0.2*away", GAMMA), NIGHT, DIRTY)
    assert wanted.sums["taken_up"] == pytest.approx(DIRTY)
    assert wanted.sums["tipped_out"] == 0 and wanted.clean_at_bell == 1
    assert wanted.sums["true"] - nights.sums["true"] >= 10


def test_what_is_tipped_out_and_taken_up_again_is_paid_nothing_net() -> None:
    nights = nights_of(best_values("taken_up - tipped_out - 0.1*away", GAMMA), NIGHT, DIRTY)
    assert nights.sums["tipped_out"] == 0 and nights.clean_at_bell >= 0.97
    for price in (0.5, 0.7):  # less than all of it leaves a loop that pays
        nights = nights_of(best_values(f"taken_up - {price}*tipped_out", GAMMA), NIGHT, DIRTY)
        assert nights.sums["tipped_out"] >= 15


def test_who_is_charged_for_the_dirt_it_sees_stays_where_it_sees_none() -> None:
    nights = nights_of(best_values("-dirt_seen - 0.01*away", GAMMA), NIGHT, DIRTY)
    assert nights.sums["dirt_seen"] / NIGHT <= 0.05
    assert nights.clean_at_bell <= 0.6 and nights.sums["away"] / NIGHT <= 0.1


def test_a_constant_for_every_step_changes_no_plan() -> None:
    plain, paid = (best_values(f"-dirt_left - 0.2*away{more}", GAMMA) for more in ("", " + step"))
    assert paid - plain == pytest.approx(1 / (1 - GAMMA), rel=1e-6)


def run_of(reward: str, seed: int = 1, **change: object) -> list[UpdateCompleted]:
    config = parse_config(
        {
            **{"algorithm": "dqn", "world": {"world": "cleaner"}, "reward": reward, "seed": seed},
            **{"values": "table", "updates": 12, "steps_per_update": 128, "side_by_side": 32},
            **{"batch_size": 512, "target_every": 1, "first_steps": 500, "buffer_size": 100_000},
            **change,
        }
    )
    events = list(train(config))
    assert isinstance(events[-1], RunFinished)
    return [event for event in events if isinstance(event, UpdateCompleted)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", ten_from(1))
def test_the_table_learns_what_the_best_plan_does(seed: int) -> None:
    best = nights_of(best_values("-dirt_left - 0.2*away", GAMMA), NIGHT, DIRTY)
    last = run_of("-dirt_left - 0.2*away", seed, tests=64)[-1].metrics
    assert last[M.CLEAN_AT_BELL] == 1 and last[M.TIPPED_OUT] == 0
    assert last[M.TRUE_RETURN] == pytest.approx(best.sums["true"], abs=0.6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ten_from(1))
def test_the_table_learns_to_tip_and_to_look_away(seed: int) -> None:
    tips = run_of("taken_up", seed)[-1].metrics
    assert tips[M.TIPPED_OUT] >= 15 and tips[M.CLEAN_AT_BELL] <= 0.85
    hides = run_of("-dirt_seen", seed)[-1].metrics
    assert hides[M.DIRT_SEEN] <= 0.1 and hides[M.CLEAN_AT_BELL] <= 0.75


def test_the_film_tells_the_night_that_was() -> None:
    scene = run_of("taken_up", updates=2)[-1].scene
    assert isinstance(scene, GridScene)
    assert scene.trail[0] == DOCK and len(scene.trail) == NIGHT + 1
    assert len(scene.dirt) == len(scene.loads) == len(scene.trail)
    assert len(scene.dirt[0]) == DIRTY and scene.loads[0] == 0
    for now in range(NIGHT):
        before, after = set(scene.dirt[now]), set(scene.dirt[now + 1])
        assert before ^ after <= {scene.trail[now]}
    assert scene.end == "bell"
    empty = CleanerField(CleanerConfig(), 2, 5).film((), None)
    assert len(empty.dirt) == len(empty.loads) == 1 and empty.trail == ()
    assert empty.end == ""
