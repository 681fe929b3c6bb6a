"""The tray cart: its dynamics against Gymnasium's, its terms by hand, its bumps by count."""

import math

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

from engine.worlds.cart import (
    CORRIDOR_END,
    LARGEST_TILT,
    PUSH,
    TERM_NAMES,
    CartConfig,
    Steps,
    advance,
    gusts,
    has_ended,
    starting_states,
    term_values,
    true_reward,
)


def cart(**settings: float) -> CartConfig:
    return CartConfig.model_validate(settings)


def test_the_dynamics_are_those_of_cartpole_bit_for_bit() -> None:
    other = gymnasium.make("CartPole-v1").unwrapped
    assert isinstance(other, CartPoleEnv)
    assert (other.theta_threshold_radians, other.x_threshold) == (LARGEST_TILT, CORRIDOR_END)
    rng = np.random.default_rng(0)
    steps = 0
    for episode in range(100):
        other.reset(seed=episode)
        assert other.state is not None
        state, is_over = np.array(other.state)[:, None], False
        while not is_over:
            action = int(rng.integers(2))
            _, _, is_over, _, _ = other.step(action)
            state = advance(state, np.array([PUSH if action else -PUSH]))
            assert np.array_equal(state[:, 0], other.state)
            assert has_ended(state).tolist() == [is_over]
            steps += 1
    assert steps > 1500


def test_carts_side_by_side_move_as_each_would_alone() -> None:
    rng = np.random.default_rng(1)
    states, forces = rng.normal(size=(4, 3, 5)), rng.normal(size=(3, 5))
    together = advance(states, forces)
    for row in range(3):
        for column in range(5):
            alone = advance(states[:, row, column], forces[row, column])
            assert together[:, row, column] == pytest.approx(alone, rel=1e-12)


def test_an_episode_begins_as_in_cartpole() -> None:
    states = starting_states(np.random.default_rng(2), 5000)
    assert states.shape == (4, 5000)
    assert -0.05 <= states.min() < -0.0499 and 0.0499 < states.max() <= 0.05
    assert np.abs(states.mean(axis=1)).max() < 0.002


def test_a_bump_comes_as_often_as_said_and_as_hard_to_either_side() -> None:
    force = gusts(np.random.default_rng(3), cart(gust=12, gust_chance=0.1), (1000, 50))
    assert set(np.unique(force)) == {-12.0, 0.0, 12.0}
    assert np.mean(force == 12) == pytest.approx(0.05, abs=0.004)
    assert np.mean(force == -12) == pytest.approx(0.05, abs=0.004)
    assert not gusts(np.random.default_rng(3), cart(), (100, 50)).any()
    assert not gusts(np.random.default_rng(3), cart(gust=12, gust_chance=0), (100, 50)).any()


def two_steps() -> Steps:
    """A step that straightens the tray and switches the push, and one in which the tray falls."""
    return Steps(
        before=np.array([[0.5, -1.1], [0.0, 0.0], [math.radians(-5), math.radians(11)], [0, 0]]),
        after=np.array([[0.6, -1.2], [0.5, -2.0], [math.radians(-3), math.radians(13)], [0, 0]]),
        push=np.array([1.0, -1.0]),
        last_push=np.array([-1.0, 0.0]),
        ends=np.array([False, True]),
    )


def test_every_term_has_its_exact_value() -> None:
    expected = {
        "upright": [1, 0],
        "centred": [0.75, 0.5],
        "tilt": [3, 13],
        "offset": [0.6, 1.2],
        "speed": [0.5, 2],
        "straightened": [2, 0],
        "switched": [1, 0],
        "step": [1, 1],
        "fell": [0, 1],
    }
    values = term_values(two_steps())
    assert tuple(values) == tuple(expected) == TERM_NAMES
    for name, wanted in expected.items():
        assert values[name] == pytest.approx(wanted), name


def test_a_cart_beyond_the_end_of_the_corridor_is_not_centred_below_zero() -> None:
    beyond = two_steps()._replace(after=np.array([[2.5, -2.5], [0, 0], [0, 0], [0, 0]]))
    assert term_values(beyond)["centred"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("position", "degrees", "wanted"),
    [(0, 0, 1), (0.99, -3.99, 1), (-1.01, 0, 0), (0, 4.01, 0), (0, 12.5, 0)],
)
def test_the_ward_wants_a_level_tray_near_the_middle(
    position: float, degrees: float, wanted: float
) -> None:
    after = np.array([[position], [0.0], [math.radians(degrees)], [0.0]])
    steps = Steps(after, after, np.ones(1), np.ones(1), has_ended(after))
    assert true_reward(steps, cart(step_limit=200)).tolist() == [wanted / 200]
