"""What the weight of a token does to the length of a reply, on a model of three parameters.

A reply is right or wrong, and then goes on for a geometric number of tokens. It is paid for being
right alone, so its length should not matter. Source: Liu et al. 2025, arXiv:2503.20783.
"""

import math

import pytest
import torch

from engine.advantages import group_advantages
from engine.algorithms.grpo import GRPOConfig, LossType, grpo_loss

PROMPTS, GROUP, UPDATES = 16, 8, 400
STAY = 0.8  # chance to go on, at the start, so that a reply has five tokens


def configured(loss_type: LossType) -> GRPOConfig:
    return GRPOConfig.model_validate({"loss_type": loss_type, "kl_coef": 0})


def token_log_probs(
    mode: torch.Tensor, stay: torch.Tensor, is_right: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    """Log-probability of each token: its first says whether it is right, its last that it ends."""
    kinds = is_right.long().repeat_interleave(lengths)
    ends = lengths.cumsum(0) - 1
    is_end = torch.zeros(len(kinds), dtype=torch.bool).index_fill(0, ends, True)
    goes_on = torch.nn.functional.logsigmoid(torch.where(is_end, -stay[kinds], stay[kinds]))
    first = torch.nn.functional.logsigmoid(torch.where(is_right, mode, -mode))
    return goes_on.index_add(0, ends - lengths + 1, first)


def lengths_after_training(loss_type: LossType) -> tuple[float, float]:
    """Mean tokens of a wrong and of a right reply after training."""
    config = configured(loss_type)
    rng = torch.Generator().manual_seed(0)
    mode = torch.zeros((), requires_grad=True)
    stay = torch.full((2,), math.log(STAY / (1 - STAY)), requires_grad=True)
    optimizer = torch.optim.SGD([mode, stay], 0.5)
    for _ in range(UPDATES):
        with torch.no_grad():
            is_right = torch.rand(PROMPTS * GROUP, generator=rng) < mode.sigmoid()
            goes_on = stay.sigmoid()[is_right.long()]
            luck = torch.rand(PROMPTS * GROUP, generator=rng)
            lengths = 1 + (luck.log() / goes_on.log()).floor().long()
            rewards = is_right.float().view(PROMPTS, GROUP)
            advantages = group_advantages(rewards, "none").view(-1).repeat_interleave(lengths)
        current = token_log_probs(mode, stay, is_right, lengths)
        old = current.detach()
        loss, _ = grpo_loss(current, old, old, advantages, lengths, config)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    wrong, right = (1 / (1 - stay.detach().sigmoid())).tolist()
    return wrong, right


def test_grpo_lengthens_wrong_replies_and_shortens_right_ones() -> None:
    wrong, right = lengths_after_training("grpo")
    assert wrong > 12
    assert right < 3


@pytest.mark.parametrize("loss_type", ["dr_grpo", "dapo"])
def test_tokens_of_equal_weight_leave_lengths_alone(loss_type: LossType) -> None:
    wrong, right = lengths_after_training(loss_type)
    assert 3.5 < wrong < 7
    assert 3.5 < right < 7


@pytest.mark.parametrize("loss_type", ["grpo", "dr_grpo"])
def test_the_mean_pull_on_the_length_of_a_praised_reply(loss_type: LossType) -> None:
    """The loss gradient of the continue-logit, on average over lengths, at advantage one.

    If each reply counts the same it is -(1 - p + ((1 - p) / p) ln(1 - p)), so that going on becomes
    rarer; if each token does it is zero.
    """
    config = configured(loss_type)
    total = 0.0
    for length in range(1, 200):
        stay = torch.full((2,), math.log(STAY / (1 - STAY)), dtype=torch.float64).requires_grad_()
        lengths, mode = torch.tensor([length]), torch.zeros((), dtype=torch.float64)
        current = token_log_probs(mode, stay, torch.tensor([True]), lengths)
        old = current.detach()
        loss, _ = grpo_loss(current, old, old, torch.ones_like(current), lengths, config)
        chance = (1 - STAY) * STAY ** (length - 1)
        total += chance * torch.autograd.grad(loss, stay)[0][1].item()
    expected = -(1 - STAY + (1 - STAY) / STAY * math.log(1 - STAY))
    assert expected == pytest.approx(0.20236, abs=1e-5)
    assert total == pytest.approx(expected if loss_type == "grpo" else 0.0, abs=1e-9)
