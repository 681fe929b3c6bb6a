"""Policy iteration against value iteration, and the worth of an episode against driving it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.gridworld import Grid
from engine.policy_iteration import best_action_values, exploring, policy_action_values
from engine.reward_expression import parse
from engine.tabular.episode_worth import best_worth, worth_of
from engine.value_iteration import DecisionProcess, optimal_action_values
from engine.worlds.corridor import MAPS, TERM_NAMES, CorridorConfig, floor_of, reward_table

HALL = Grid(("S.G",))


def random_process(seed: int, cells: int, slip: float) -> tuple[DecisionProcess, np.ndarray]:
    """Any table of moves at all, and a reward for each."""
    rng = np.random.default_rng(seed)
    moves = rng.integers(0, cells, (cells, 4))
    return DecisionProcess(moves, rng.random(cells) < 0.2, slip), rng.normal(size=(cells, 4))


@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.floats(0, 0.97), st.floats(0, 0.5))
def test_both_iterations_find_the_same_values(
    seed: int, cells: int, gamma: float, slip: float
) -> None:
    process, reward = random_process(seed, cells, slip)
    by_policies = best_action_values(process, reward, gamma)
    assert np.abs(by_policies - optimal_action_values(process, reward, gamma)).max() < 1e-8


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.97), st.floats(0, 0.5), st.floats(0, 1))
def test_the_values_of_a_policy_satisfy_its_bellman_equation(
    seed: int, gamma: float, slip: float, epsilon: float
) -> None:
    process, reward = random_process(seed, 12, slip)
    choice = exploring(np.random.default_rng(seed).integers(0, 3, (12, 4)).astype(float), epsilon)
    values = policy_action_values(process, reward, choice, gamma)
    ahead = np.where(process.terminal, 0, (choice * values).sum(1))
    backup = reward + gamma * ahead[process.next_cell]
    expected = (1 - slip) * backup + slip * backup.mean(1, keepdims=True)
    assert np.abs(values - np.where(process.terminal[:, None], 0, expected)).max() < 1e-8


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.97), st.floats(0, 0.5))
def test_a_random_potential_shifts_the_values_by_itself_on_any_process(
    seed: int, gamma: float, slip: float
) -> None:
    process, reward = random_process(seed, 15, slip)
    potential = np.where(process.terminal, 0, np.random.default_rng(seed + 1).normal(size=15) * 20)
    shaped = reward + gamma * potential[process.next_cell] - potential[:, None]
    plain = best_action_values(process, reward, gamma)
    moved = best_action_values(process, shaped, gamma)
    assert np.abs(moved - (plain - potential[:, None]))[~process.terminal].max(initial=0) < 1e-8


def paid(map_name: str, source: str) -> tuple[DecisionProcess, np.ndarray]:
    grid = MAPS[map_name]
    floor = floor_of(CorridorConfig.model_validate({"map": map_name}))
    process = DecisionProcess(grid.next_cell, grid.having("G"))
    return process, reward_table(floor, parse(source, TERM_NAMES), 0.9)


UP, DOWN, LEFT, RIGHT = range(4)


@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.99])
def test_on_the_ring_of_eight_a_lap_and_a_shuttle_tie_exactly(gamma: float) -> None:
    values = best_action_values(*paid("ring8", "3*arrow - step"), gamma)
    # Either way the pay goes -1, 2, -1, 2 from an arrow on.
    exact = (-1 + 2 * gamma) / (1 - gamma**2)
    on_arrows = {1: (RIGHT, LEFT), 5: (DOWN, UP), 7: (LEFT, RIGHT), 3: (UP, DOWN)}
    for cell, (onward, back) in on_arrows.items():
        assert values[cell, onward] == pytest.approx(exact, abs=1e-9)
        assert values[cell, back] == pytest.approx(exact, abs=1e-9)
    assert exact == pytest.approx(4.2105, abs=1e-4) or gamma != 0.9


def test_on_the_ring_of_twelve_the_best_plan_turns_back_beside_each_arrow() -> None:
    values = optimal_action_values(*paid("ring12", "3*arrow - step"), 0.95)
    for arrow, (onward, back) in {1: (RIGHT, LEFT), 14: (LEFT, RIGHT)}.items():
        assert values[arrow, back] > values[arrow, onward] + 0.1
        assert values[arrow, back] == pytest.approx((-1 + 2 * 0.95) / (1 - 0.95**2), abs=1e-9)
    laps = {"lap": 2 * 3 - 12, "shuttle": 3 - 2}
    assert laps == {"lap": -6, "shuttle": 1}


def test_paid_for_laps_the_best_plan_on_either_ring_drives_laps() -> None:
    for name in ("ring8", "ring12"):
        process, reward = paid(name, "clockwise")
        assert best_worth(process, reward, MAPS[name].find("S"), 24) == 24
        shaped = paid(name, "arrow*0 + clockwise - 0.5*step")[1]
        assert best_worth(process, shaped, MAPS[name].find("S"), 24) == 12


def test_the_worth_of_an_episode_by_hand() -> None:
    process = DecisionProcess(HALL.next_cell, HALL.having("G"))
    reward = np.full((3, 4), -1.0)
    reward[1, RIGHT] = 9.0
    right = np.eye(4)[[RIGHT] * 3]
    assert worth_of(process, reward, right, 0, 200) == -1 + 9
    assert worth_of(process, reward, right, 0, 1) == -1
    assert worth_of(process, reward, np.eye(4)[[UP] * 3], 0, 7) == -7
    lot = np.full((3, 4), 0.25)
    assert worth_of(process, reward, lot, 0, 2) == pytest.approx(
        -1 + 0.75 * -1 + 0.25 * (9 - 3) / 4
    )
    assert best_worth(process, reward, 0, 200) == 8


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.5), st.floats(0, 1))
def test_no_policy_is_worth_more_than_the_best(seed: int, slip: float, epsilon: float) -> None:
    process, reward = random_process(seed, 10, slip)
    process.terminal[0] = False
    choice = exploring(np.random.default_rng(seed).normal(size=(10, 4)), epsilon)
    worth = worth_of(process, reward, choice, 0, 40)
    assert worth <= best_worth(process, reward, 0, 40) + 1e-9


def test_without_a_discount_values_need_a_horizon() -> None:
    process = DecisionProcess(HALL.next_cell, HALL.having("G"))
    with pytest.raises(ValueError, match="finite only over a horizon"):
        optimal_action_values(process, np.zeros((3, 4)), 1)
