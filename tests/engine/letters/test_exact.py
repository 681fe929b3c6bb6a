"""Best policies, drift and what is left to gain: identities, limits and independent searches."""

import math

import pytest
import torch

from engine.letters.exact import best_policy, exact_kl, left_to_gain, mean_of

RNG = torch.Generator().manual_seed(0)
START, POLICY = torch.randn(2, 64, generator=RNG, dtype=torch.float64).log_softmax(1).unbind(0)
REWARDS = torch.randn(64, generator=RNG, dtype=torch.float64)


def test_golden_values_of_two_outcomes() -> None:
    half, most = torch.tensor([0.5, 0.5]).double().log(), torch.tensor([0.75, 0.25]).double().log()
    assert exact_kl(most, half) == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert mean_of(torch.tensor([4.0, 0.0]).double(), most) == pytest.approx(3)
    # exp(ln 3) to 1: three to one.
    best = best_policy(half, torch.tensor([math.log(3), 0.0]).double(), beta=1.0)
    assert best.exp().tolist() == pytest.approx([0.75, 0.25])
    assert left_to_gain(half, half, torch.tensor([1.0, 0.0]).double(), 0.0) == pytest.approx(0.5)


@pytest.mark.parametrize("beta", [0.01, 0.3, 1.0, 30.0])
def test_what_is_left_to_gain_is_the_leash_times_the_distance_to_the_best(beta: float) -> None:
    best = best_policy(START, REWARDS, beta)
    for policy in (START, POLICY, best):
        left = left_to_gain(policy, START, REWARDS, beta)
        assert left == pytest.approx(beta * exact_kl(policy, best), abs=1e-12)
    assert left_to_gain(best, START, REWARDS, beta) == pytest.approx(0, abs=1e-12)
    assert left_to_gain(POLICY, START, REWARDS, beta) > 0.001


def test_gradient_ascent_on_the_objective_ends_at_the_best_policy() -> None:
    beta = 0.5
    logits = START.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        policy = logits.log_softmax(0)
        minus = -(policy.exp() * (REWARDS - beta * (policy - START))).sum()
        minus.backward()
        return minus

    optimizer.step(loss)
    found = logits.detach().log_softmax(0)
    assert exact_kl(found, best_policy(START, REWARDS, beta)) < 1e-6


def test_without_a_leash_only_the_best_paid_outcomes_are_left() -> None:
    rewards = torch.tensor([1.0, 3, 3, 0]).double()
    start = torch.tensor([0.4, 0.1, 0.3, 0.2]).double().log()
    best = best_policy(start, rewards, 0.0)
    assert best.exp().tolist() == pytest.approx([0, 0.25, 0.75, 0])
    assert exact_kl(best, start) == pytest.approx(-math.log(0.4))
    assert exact_kl(start, best) == math.inf
    assert left_to_gain(start, start, rewards, 0.0) == pytest.approx(3 - 0.4 - 1.2)
    assert torch.equal(best_policy(start, rewards, 1e-300).exp(), best.exp())


def test_a_short_leash_leaves_everything_as_it_was() -> None:
    assert exact_kl(best_policy(START, REWARDS, 1e9), START) < 1e-12


def test_huge_rewards_stay_numbers() -> None:
    for scale in (1e9, -1e9):
        best = best_policy(START, scale * REWARDS, 0.02)
        assert math.isfinite(left_to_gain(POLICY, START, scale * REWARDS, 0.02))
        assert best.exp().sum().item() == pytest.approx(1)
