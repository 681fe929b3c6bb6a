"""The corridor's terms on a map of nine cells, counted by hand."""

import numpy as np
import pytest

from engine.reward_expression import RewardValueError, parse
from engine.worlds.corridor import (
    MAPS,
    TERM_NAMES,
    CorridorConfig,
    floor_of,
    process_of,
    reward_table,
    term_tables,
    true_reward_table,
)

SIDE_ROOM = CorridorConfig.model_validate({"map": "side_room"})  # rows "S.P", ".#.", "..G"
SIDE_FLOOR = floor_of(SIDE_ROOM)
START, CORNER, PAD, BEFORE_WARD, WARD = 0, 1, 2, 5, 8
UP, DOWN, LEFT, RIGHT = range(4)


def table(source: str, gamma: float = 0.9) -> np.ndarray:
    return reward_table(SIDE_FLOOR, parse(source, TERM_NAMES), gamma)


def test_a_visit_counts_when_the_robot_drives_onto_the_pad_and_not_while_it_stays() -> None:
    on_pad, off_pad = table("on_pad"), table("off_pad")
    assert np.argwhere(on_pad).tolist() == [[CORNER, RIGHT], [BEFORE_WARD, UP]]
    assert np.argwhere(off_pad).tolist() == [[PAD, DOWN], [PAD, LEFT]]


def test_a_delivery_is_the_step_that_reaches_the_ward() -> None:
    assert np.argwhere(table("delivered"))[:2].tolist() == [[BEFORE_WARD, DOWN], [7, RIGHT]]


def test_a_bump_is_a_step_into_a_wall_or_the_edge() -> None:
    assert table("bump")[START].tolist() == [1, 0, 1, 0]
    assert table("bump")[CORNER].tolist() == [1, 1, 0, 0]


def test_closer_pays_for_the_way_forth_and_takes_nothing_for_the_way_back() -> None:
    assert table("closer")[CORNER].tolist() == [0, 0, 0, 1]
    assert table("closer")[START].tolist() == [0, 1, 0, 1]


def test_progress_is_the_difference_of_a_potential_that_is_zero_on_the_ward() -> None:
    progress = table("progress", gamma=0.9)
    assert progress[START].tolist() == pytest.approx([4 - 3.6, 4 - 2.7, 4 - 3.6, 4 - 2.7])
    assert progress[BEFORE_WARD, DOWN] == 1.0
    lap = [(START, RIGHT), (CORNER, RIGHT), (PAD, LEFT), (CORNER, LEFT)]
    paid = sum(0.9**step * progress[move] for step, move in enumerate(lap))
    assert paid == pytest.approx(4 - 0.9**4 * 4, abs=1e-12)  # gamma^T phi(end) - phi(start)


def test_the_true_reward_is_a_delivery_less_the_time_it_took() -> None:
    wanted = true_reward_table(SIDE_FLOOR, 0.9)
    assert wanted[BEFORE_WARD, DOWN] == pytest.approx(0.998)
    assert wanted[START].tolist() == pytest.approx([-0.002] * 4)


def test_only_the_ward_ends_an_episode() -> None:
    assert np.flatnonzero(process_of(SIDE_ROOM).terminal).tolist() == [WARD]


def test_a_constant_reward_is_paid_on_every_floor_cell() -> None:
    paid = table("3")
    assert paid[4].tolist() == [0, 0, 0, 0]  # the wall in the middle
    assert (np.delete(paid, 4, axis=0) == 3).all()


def test_a_reward_without_a_value_somewhere_is_refused_with_its_place() -> None:
    with pytest.raises(RewardValueError, match="`1/on_pad` divided by zero where `on_pad` was 0"):
        table("1/on_pad")


def test_the_pad_of_night_ward_costs_no_detour() -> None:
    grid = MAPS["night_ward"]
    start, pad, goal = (grid.find(sign) for sign in "SPG")
    to_ward = grid.distances_to(goal)
    assert (to_ward[start], to_ward[pad], grid.distances_to(pad)[start]) == (15, 12, 3)


def test_terms_use_the_gamma_they_are_given() -> None:
    assert term_tables(SIDE_FLOOR, 0.5)["progress"][START, RIGHT] == 4 - 1.5
    assert term_tables(SIDE_FLOOR, 1.0)["progress"][START, RIGHT] == 1
