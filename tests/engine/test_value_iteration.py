"""Exact values against values solved by hand, and the theorem of potential-based shaping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.gridworld import Grid
from engine.value_iteration import DecisionProcess, optimal_action_values
from engine.worlds.corridor import MAPS

# Three cells in a row, the last one the end; actions up, down, left, right.
HALL = Grid(("S.G",))
HALL_PROCESS = DecisionProcess(HALL.next_cell, np.array([False, False, True]))


def hall_reward(arrival: float = 1.0, step: float = 0.0) -> np.ndarray:
    reward = np.full((3, 4), step)
    reward[1, 3] += arrival
    return reward


def test_the_values_of_a_hall_solved_by_hand() -> None:
    exact = optimal_action_values(HALL_PROCESS, hall_reward(), gamma=0.5)
    assert exact.tolist() == [
        [0.25, 0.25, 0.25, 0.5],
        [0.5, 0.5, 0.25, 1.0],
        [0.0, 0.0, 0.0, 0.0],
    ]


def test_without_patience_only_the_next_reward_counts() -> None:
    exact = optimal_action_values(HALL_PROCESS, hall_reward(10, -1), gamma=0)
    assert exact.tolist() == [[-1, -1, -1, -1], [-1, -1, -1, 9], [0, 0, 0, 0]]


def test_a_slippery_hall_solved_by_hand() -> None:
    # With V0, V1 the values of the two cells, right is best in both; a slip is a random direction.
    # V0 = .5 (.5 V1) + .5 mean(.5 V0, .5 V0, .5 V0, .5 V1)
    # V1 = .5 + .5 mean(.5 V1, .5 V1, .5 V0, 1)
    coefficients = np.array([[1 - 0.1875, -0.3125], [-0.0625, 1 - 0.125]])
    by_hand = np.linalg.solve(coefficients, np.array([0.0, 0.625]))
    process = DecisionProcess(HALL.next_cell, HALL_PROCESS.terminal, slip=0.5)
    exact = optimal_action_values(process, hall_reward(), gamma=0.5)
    assert exact.max(axis=1)[:2] == pytest.approx(by_hand, abs=1e-12)


def test_a_loop_is_worth_its_geometric_series() -> None:
    reward = np.zeros((3, 4))
    reward[0, 0] = 2.0  # leaning against the wall pays, for ever
    assert optimal_action_values(HALL_PROCESS, reward, 0.99)[0, 0] == pytest.approx(200, abs=1e-8)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99, 0.995])
@pytest.mark.parametrize("slip", [0.0, 0.3])
def test_the_values_satisfy_the_bellman_equation(gamma: float, slip: float) -> None:
    grid = MAPS["night_ward"]
    terminal = np.arange(grid.cell_count) == grid.find("G")
    process = DecisionProcess(grid.next_cell, terminal, slip)
    reward = np.random.default_rng(1).normal(size=(grid.cell_count, 4))
    exact = optimal_action_values(process, reward, gamma)
    backup = reward + gamma * np.where(terminal, 0, exact.max(axis=1))[grid.next_cell]
    expected = (1 - slip) * backup + slip * backup.mean(axis=1, keepdims=True)
    expected[terminal] = 0
    assert np.abs(exact - expected).max() < 1e-9


@given(
    potential=st.lists(st.floats(-50, 50), min_size=9, max_size=9).map(np.array),
    gamma=st.floats(0, 0.97),
    seed=st.integers(0, 2**32 - 1),
)
def test_shaping_by_a_potential_shifts_values_and_moves_no_choice(
    potential: np.ndarray, gamma: float, seed: int
) -> None:
    grid = MAPS["side_room"]
    terminal = np.arange(9) == grid.find("G")
    process = DecisionProcess(grid.next_cell, terminal)
    potential = np.where(terminal, 0, potential)
    reward = np.random.default_rng(seed).normal(size=(9, 4))
    shaped = reward + gamma * potential[grid.next_cell] - potential[:, None]
    plain = optimal_action_values(process, reward, gamma)
    moved = optimal_action_values(process, shaped, gamma)
    assert np.abs(moved - (plain - potential[:, None]))[~terminal].max() < 1e-9
    best = plain.argmax(axis=1)
    assert (moved[np.arange(9), best] >= moved.max(axis=1) - 1e-9).all()
