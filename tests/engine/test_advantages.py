"""Advantages: golden vectors, TRL, Stable-Baselines3's buffer, and what must always hold."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from stable_baselines3.common.buffers import RolloutBuffer

from engine.advantages import AdvantageScale, gae, group_advantages


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


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_gae_of_the_golden_vector() -> None:
    # One episode ends after its third step; one more step follows, and the critic says 0.1 behind.
    values = column(0.5, 0.4, 0.3, 0.2)
    estimates = gae(
        column(1, 0, 2, 1), column(0.4, 0.3, 0, 0.1), values, column(1, 1, 0, 1), 0.99, 0.95
    )
    assert estimates[:, 0].tolist() == pytest.approx([2.302847, 1.495850, 1.7, 0.899], abs=1e-6)


def random_trajectories(
    time: int = 40, rows: int = 6
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(5)
    rewards, values = torch.randn(2, time, rows, generator=rng)
    behind = torch.randn(rows, generator=rng)
    continues = (torch.rand(time, rows, generator=rng) > 0.15).float()
    return rewards, values, behind, continues


def test_gae_equals_the_buffer_of_stable_baselines() -> None:
    rewards, values, behind, continues = random_trajectories()
    time, rows = rewards.shape
    buffer = RolloutBuffer(
        time, spaces.Box(-1, 1, (1,)), spaces.Discrete(2), "cpu", 0.9, 0.98, n_envs=rows
    )
    starts = np.vstack([np.zeros((1, rows)), 1 - continues[:-1].numpy()])
    for step in range(time):
        buffer.add(
            np.zeros((rows, 1)), np.zeros((rows, 1)), rewards[step].numpy(), starts[step],
            values[step], torch.zeros(rows),
        )  # fmt: skip
    buffer.compute_returns_and_advantage(behind, 1 - continues[-1].numpy())
    next_values = torch.cat((values[1:], behind[None])) * continues
    estimates = gae(rewards, next_values, values, continues, 0.98, 0.9)
    assert 0 < continues.mean() < 1
    assert torch.allclose(estimates, torch.from_numpy(buffer.advantages), atol=1e-6)
    assert torch.allclose(estimates + values, torch.from_numpy(buffer.returns), atol=1e-6)


def test_gae_with_lambda_zero_is_the_td_error_and_with_one_the_return_minus_the_value() -> None:
    rewards, values, behind, continues = random_trajectories()
    next_values = torch.cat((values[1:], behind[None])) * continues
    errors = rewards + 0.9 * next_values - values
    assert torch.allclose(gae(rewards, next_values, values, continues, 0.9, 0.0), errors)
    returns = torch.empty_like(rewards)
    following = behind
    for time in reversed(range(len(rewards))):
        following = rewards[time] + 0.9 * following * continues[time]
        returns[time] = following
    whole = gae(rewards, next_values, values, continues, 0.9, 1.0)
    assert torch.allclose(whole, returns - values, atol=1e-5)


def test_a_trajectory_cut_off_by_time_keeps_its_bootstrap_and_loses_what_is_behind() -> None:
    rewards, values = column(1, 1, 7), column(0, 0, 0)
    cut = gae(rewards, column(0, 5, 0), values, column(1, 0, 1), 0.5, 1.0)
    assert cut[:, 0].tolist() == [1 + 0.5 * (1 + 0.5 * 5), 1 + 0.5 * 5, 7]
    fallen = gae(rewards, column(0, 0, 0), values, column(1, 0, 1), 0.5, 1.0)
    assert fallen[:, 0].tolist() == [1.5, 1, 7]
