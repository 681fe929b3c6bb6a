"""How much of a signal the rewards of groups are."""

import numpy as np
import pytest

from engine.language.rollouts import Rollouts, signal
from engine.language.said import Said
from engine.metrics import MetricName as M


def of_rewards(rewards: np.ndarray) -> dict[M, float]:
    return signal(Rollouts(Said([], [], [], []), {}, rewards))


@pytest.mark.parametrize("chance", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("size", [2, 8])
def test_silent_groups_are_as_many_as_theory_says(chance: float, size: int) -> None:
    """A group of right and wrong replies teaches something unless all are right or all wrong."""
    rng = np.random.default_rng(0)
    rewards = (rng.random((40_000, size)) < chance).astype(float)
    expected = chance**size + (1 - chance) ** size
    assert of_rewards(rewards)[M.SILENT_GROUPS] == pytest.approx(expected, abs=0.01)


def test_spread_is_the_mean_deviation_of_the_groups() -> None:
    found = of_rewards(np.array([[1.0, 3.0], [5.0, 5.0]]))
    assert found[M.REWARD_SPREAD] == pytest.approx(2**0.5 / 2)
    assert found[M.SILENT_GROUPS] == 0.5
