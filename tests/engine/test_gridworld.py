"""A grid small enough to count by hand."""

import pytest

from engine.gridworld import ACTIONS, NOWHERE, Grid

GRID = Grid(("S.P", ".#.", "..G"))
UP, DOWN, LEFT, RIGHT = range(4)


def test_a_move_ends_next_door_and_a_wall_or_the_edge_stops_it() -> None:
    assert ACTIONS == "udlr"
    assert GRID.next_cell[0].tolist() == [0, 3, 0, 1]
    assert GRID.next_cell[1].tolist() == [1, 1, 0, 2]
    assert GRID.is_bump[0].tolist() == [True, False, True, False]
    assert GRID.is_wall.tolist() == [cell == 4 for cell in range(9)]


def test_distances_count_steps_round_the_wall() -> None:
    assert GRID.distances_to(8).tolist() == [4, 3, 2, 3, -1, 1, 2, 1, 0]


def test_the_shortest_way_takes_the_first_action_of_a_tie() -> None:
    assert GRID.shortest_way(0, 8) == [(0, DOWN), (3, DOWN), (6, RIGHT), (7, RIGHT)]
    assert GRID.shortest_way(2, 0) == [(2, LEFT), (1, LEFT)]
    assert GRID.shortest_way(5, 5) == []


def test_what_cannot_be_reached_has_no_distance() -> None:
    assert Grid(("S#G",)).distances_to(2).tolist() == [-1, -1, 0]


def test_a_sign_that_is_not_there_is_nowhere() -> None:
    assert GRID.find("X") == NOWHERE
    assert GRID.distances_to(NOWHERE).tolist() == [-1] * 9
    with pytest.raises(ValueError, match="no way leads from cell 0 to cell 2"):
        Grid(("S#G",)).shortest_way(0, 2)
