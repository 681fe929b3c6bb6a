"""Group advantages: golden vectors of TRL, and what must always hold."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.advantages import AdvantageScale, group_advantages


@pytest.mark.parametrize(
    ("rewards", "scale", "expected"),
    [
        ([1, 0, 0, 1], "group", [0.865875, -0.865875, -0.865875, 0.865875]),
        ([1, 0, 0, 0], "group", [1.499700, -0.499900, -0.499900, -0.499900]),
        ([3, 1, 0, 0], "group", [1.414114, 0, -0.707057, -0.707057]),
        ([1, 1, 1, 1], "group", [0, 0, 0, 0]),
        ([1, 0, 0, 0], "none", [0.75, -0.25, -0.25, -0.25]),
    ],
)
def test_golden_vectors(rewards: list[float], scale: AdvantageScale, expected: list[float]) -> None:
    found = group_advantages(torch.tensor([rewards], dtype=torch.float64), scale)
    assert found[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_batch_scale_divides_by_the_deviation_of_all_rewards() -> None:
    rewards = torch.tensor([[1.0, 0.0], [5.0, 5.0]])
    spread = rewards.std().item()
    found = group_advantages(rewards, "batch")
    assert found[0, 0].item() == pytest.approx(0.5 / (spread + 1e-4))
    assert found[1].tolist() == [0, 0]


def test_without_a_scale_it_is_the_leave_one_out_advantage_but_for_a_factor() -> None:
    rewards = torch.tensor([[3.0, 1.0, 0.5, -2.0]])
    others = (rewards.sum() - rewards) / 3
    assert torch.allclose(group_advantages(rewards, "none") * 4 / 3, rewards - others)


@given(st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=1, max_size=4))
def test_every_group_sums_to_zero(rewards: list[list[float]]) -> None:
    found = group_advantages(torch.tensor(rewards, dtype=torch.float64))
    assert found.sum(1).abs().max() < 1e-9
