"""The corridor by day: what everybody does in a step, and every term, by hand and by count."""

from itertools import product

import numpy as np
import pytest

from engine.config import parse_config
from engine.control.trolley_field import INPUTS, NEAR, TrolleyField
from engine.events import UpdateCompleted
from engine.scenes import GridScene
from engine.train import train
from engine.worlds.trolleys import (
    GOAL,
    LANES,
    MAP,
    MOVES,
    PHASES,
    START,
    STATES,
    STEP_COST,
    TERM_NAMES,
    TrolleysConfig,
    Ways,
    advance,
    term_values,
    trolley_cells,
    true_reward,
)
from tests.engine.trolley_plan import best_plan


def cell(row: int, column: int) -> int:
    return row * MAP.columns + column


def one_step(
    at: int, move: str, phases: tuple[int, ...], goes: tuple[int, ...] = (1, 1, 1)
) -> Ways:
    return advance(
        np.array([at]), np.array([phases]), np.array([MOVES.index(move)]), np.array([goes])
    )


def test_a_trolley_goes_down_its_lane_and_up_again() -> None:
    rows = [int(trolley_cells(np.full(3, phase))[1]) // MAP.columns for phase in range(PHASES)]
    assert rows == [0, 1, 2, 3, 4, 3, 2, 1]
    assert [int(c) % MAP.columns for c in trolley_cells(np.zeros(3, dtype=int))] == list(LANES)


@pytest.mark.parametrize(
    ("at", "move", "phases", "goes", "collides"),
    [
        (cell(2, 1), "r", (1, 0, 0), (1, 1, 1), True),  # the trolley comes down to row 2
        (cell(2, 1), "r", (1, 0, 0), (0, 1, 1), False),  # it pauses in row 1
        (cell(2, 1), "r", (2, 0, 0), (1, 1, 1), False),  # it leaves row 2 for row 3
        (cell(2, 1), "r", (2, 0, 0), (0, 1, 1), True),  # it pauses in row 2
        (cell(3, 2), "u", (2, 0, 0), (1, 1, 1), True),  # they change places
        (cell(3, 2), "u", (6, 0, 0), (1, 1, 1), False),  # it goes up before the robot
        (cell(2, 2), "w", (1, 0, 0), (1, 1, 1), True),  # who waits in a lane is run into
        (cell(2, 3), "w", (1, 1, 0), (1, 1, 1), False),  # between two lanes nobody is
    ],
)
def test_who_ends_on_one_cell_or_changes_places_collides(
    at: int, move: str, phases: tuple[int, ...], goes: tuple[int, ...], collides: bool
) -> None:
    assert one_step(at, move, phases, goes).collides.tolist() == [collides]


def test_every_term_has_its_exact_value() -> None:
    gamma = 0.9
    ahead = term_values(one_step(cell(2, 2), "r", (0, 0, 0)), gamma)
    assert {name: float(v[0]) for name, v in ahead.items()} == pytest.approx(
        {
            "delivered": 0,
            "collision": 0,
            "step": 1,
            "waited": 0,
            "gave_way": 0,
            "progress": 6 - gamma * 5,
        }
    )
    gives_way = term_values(one_step(cell(2, 1), "w", (1, 0, 0)), gamma)
    assert (gives_way["waited"][0], gives_way["gave_way"][0]) == (1, 1)
    alone = term_values(one_step(cell(2, 0), "w", (1, 0, 0)), gamma)
    assert (alone["waited"][0], alone["gave_way"][0]) == (1, 0)
    against_a_wall = term_values(one_step(cell(1, 1), "u", (0, 0, 0)), gamma)
    assert (against_a_wall["waited"][0], against_a_wall["gave_way"][0]) == (1, 1)
    arrives = one_step(cell(2, 7), "r", (0, 0, 0))
    assert term_values(arrives, gamma)["delivered"][0] == 1
    assert true_reward(arrives)[0] == pytest.approx(1 - STEP_COST)
    crash = one_step(cell(2, 1), "r", (1, 0, 0))
    assert term_values(crash, gamma)["collision"][0] == 1
    assert true_reward(crash)[0] == pytest.approx(-1 - STEP_COST)
    run_into = term_values(one_step(cell(2, 2), "w", (1, 0, 0)), gamma)
    assert (run_into["waited"][0], run_into["gave_way"][0]) == (1, 0)
    assert tuple(ahead) == TERM_NAMES


def test_there_are_as_many_states_as_said_and_each_has_its_number() -> None:
    field = TrolleyField(TrolleysConfig(), 1, 0)
    numbers = set()
    for at in np.flatnonzero(~MAP.is_wall):
        for phases in product(range(PHASES), repeat=len(LANES)):
            field._cells, field._phases = np.array([at]), np.array([phases])
            numbers.add(int(field.state()[0]))
    assert numbers == set(range(STATES)) == set(range(33 * 8**3))


def test_no_two_states_look_the_same_and_what_is_seen_says_where_all_are() -> None:
    field = TrolleyField(TrolleysConfig(), 1, 0)
    phases = np.array(list(product(range(PHASES), repeat=len(LANES))))
    views = set()
    for at in np.flatnonzero(~MAP.is_wall):
        field._cells, field._phases = np.full(len(phases), at), phases
        seen = field.observations()
        assert seen.shape == (len(phases), INPUTS) and seen.dtype == np.float32
        views |= {row.tobytes() for row in seen}
    assert len(views) == STATES
    field._cells, field._phases = np.array([cell(2, 3)]), np.array([[1, 3, 0]])
    near = np.flatnonzero(field.observations()[0, -NEAR:])
    # One column back, a row above, going down; one ahead, a row below, going down.
    assert near.tolist() == [(0 * 9 + 3) * 2 + 1, (2 * 9 + 5) * 2 + 1]


def test_trips_begin_at_the_pharmacy_and_are_cut_off_at_their_limit() -> None:
    field = TrolleyField(TrolleysConfig(step_limit=20), 3, 0)
    waits = np.full(3, MOVES.index("w"))
    for step in range(1, 41):
        passage = field.step(waits)
        assert passage.is_cut.tolist() == [step % 20 == 0] * 3
        assert not passage.ends.any()
    assert field._cells.tolist() == [START] * 3


def test_a_new_trip_does_not_change_what_was_seen_at_the_end_of_the_old_one() -> None:
    field = TrolleyField(TrolleysConfig(pause=0), 1, 0)
    field._cells, field._phases = np.array([cell(2, 7)]), np.array([[0, 0, 0]])
    passage = field.step(np.array([MOVES.index("r")]))
    assert passage.ends.tolist() == [True]
    column = passage.after[0, len(MAP.rows) : len(MAP.rows) + MAP.columns]
    assert column.argmax() == GOAL % MAP.columns
    assert field.observations()[0, len(MAP.rows)] == 1


def test_trolleys_pause_as_often_as_said_and_fields_are_alike_on_equal_seeds() -> None:
    fields = [TrolleyField(TrolleysConfig(pause=0.25), 50, 7) for _ in range(2)]
    waits, paused = np.full(50, MOVES.index("w")), 0
    for _ in range(200):
        before = fields[0]._phases
        first, second = (field.step(waits) for field in fields)
        assert all(np.array_equal(a, b) for a, b in zip(first.facts, second.facts, strict=True))
        stayed = (first.facts[2] == before) & ~first.is_last[:, None]
        paused += int(stayed.sum())
    assert paused / (200 * 50 * 3) == pytest.approx(0.25, abs=0.02)


def test_the_film_is_the_trip_of_the_first_robot_with_every_trolley() -> None:
    config = parse_config({"algorithm": "dqn", "updates": 1, "steps_per_update": 16, "tests": 1})
    scenes = [e.scene for e in train(config) if isinstance(e, UpdateCompleted)]
    (scene,) = scenes
    assert isinstance(scene, GridScene) and scene.rows == MAP.rows
    assert scene.trail[0] == START and scene.end in ("arrived", "collided", "cut")
    assert [len(mover) for mover in scene.movers] == [len(scene.trail)] * len(LANES)
    for lane, mover in zip(LANES, scene.movers, strict=True):
        assert {at % MAP.columns for at in mover} == {lane}
    assert len(scene.values) == MAP.cell_count


def test_the_best_plan_delivers_always_and_hits_nobody() -> None:
    plan = best_plan("delivered - 0.01*step - collision", gamma=0.97)
    assert plan.delivered > 0.999 and plan.collided < 1e-9
    assert 0.55 < plan.worth < 0.8


def test_giving_way_for_ever_is_worth_more_than_arriving_where_it_is_paid_well() -> None:
    plan = best_plan("delivered - 0.01*step - collision + 0.2*gave_way", gamma=0.97)
    assert plan.delivered < 0.01 and plan.worth > 1
