"""Two states with one weight: what a copy to read targets from does for them, exactly."""

import numpy as np
import pytest

from engine.algorithms.dqn import Lessons, learn, new_learner
from engine.control.replay import Transitions
from engine.divergence import one_update, weights_after
from tests.engine.dqn_parts import settings

ALPHA, GAMMA = 0.1, 0.99


def test_a_copy_that_is_always_fresh_is_no_copy() -> None:
    course = weights_after(50, ALPHA, GAMMA)
    factor = 1 + ALPHA * (2 * GAMMA - 1)
    assert course == pytest.approx([factor**update for update in range(51)], rel=1e-9)


@pytest.mark.parametrize("every", [1, 3, 10, 200])
def test_between_two_copies_the_weight_goes_towards_its_target_and_no_further(every: int) -> None:
    """Each copy multiplies it by 2 gamma - (2 gamma - 1) (1 - alpha) ** every."""
    copies = 4
    course = weights_after(copies * every, ALPHA, GAMMA, every)
    factor = 2 * GAMMA - (2 * GAMMA - 1) * (1 - ALPHA) ** every
    assert course[::every] == pytest.approx([factor**copy for copy in range(copies + 1)], rel=1e-9)
    assert factor <= 2 * GAMMA


def test_a_target_network_slows_the_flight_and_does_not_end_it() -> None:
    ends = [weights_after(1000, ALPHA, GAMMA, every)[-1] for every in (1, 10, 100, 500)]
    assert ends == sorted(ends, reverse=True)
    assert ends[-1] > 3


def test_below_one_half_it_comes_to_rest_at_what_the_states_are_worth() -> None:
    for every in (1, 10, 100):
        assert abs(weights_after(5000, ALPHA, 0.4, every)[-1]) < 1e-3


@pytest.mark.parametrize(
    ("gamma", "runs_away"), [(0.0, False), (0.4, False), (0.5, False), (0.6, True), (0.99, True)]
)
def test_one_weight_for_two_states_runs_away_beyond_a_half(gamma: float, runs_away: bool) -> None:
    """Values w and 2w, reward 0: w <- w + alpha (2 gamma - 1) w."""
    assert one_update(3.0, alpha=0.1, gamma=gamma) == pytest.approx(3 + 0.1 * (2 * gamma - 1) * 3)
    course = weights_after(1000, alpha=0.1, gamma=gamma)
    assert len(course) == 1001 and course[0] == 1
    assert (course[-1] > 1e3 * course[0]) == runs_away
    factor = 1 + 0.1 * (2 * gamma - 1)
    assert course[1000] == pytest.approx(factor**1000, rel=1e-9)


def test_a_weight_each_comes_to_rest_on_the_same_steps() -> None:
    """The first state, at first worth 1, leads to one worth 2, which nobody learns about."""
    config = settings(values="table", table_rate=0.1, target_every=1, gamma=0.99)
    learner = new_learner(config, 1, 2, 1)
    learner.online.weights[:] = [[1.0], [2.0]]
    nothing, zero = np.zeros((1, 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    first, second = np.array([0]), np.array([1])
    batch = Transitions(nothing, first, np.array([0]), zero, nothing, second, zero)
    for _ in range(1000):
        learn(learner, batch, config, Lessons())
    assert learner.online.weights[:, 0] == pytest.approx([0.99 * 2, 2])
    assert weights_after(1000, alpha=0.1, gamma=0.99)[-1] > 1e30
