"""Two states with one weight: what a copy to read targets from does for them, exactly."""

import pytest

from engine.divergence import weights_after

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
