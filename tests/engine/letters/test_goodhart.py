"""Paying for a proxy without end: exact endpoints of RL and of best-of-n at the pager.

Source of the question: Gao et al. 2022, arXiv:2210.10760. What is wanted rises with the first two
useful letters and falls with every further one; the proxy just counts them.
"""

import math

import pytest
import torch

from engine.letters.exact import best_policy, exact_kl, mean_of
from engine.letters.survey import Survey, exact_log_chances
from engine.letters.table import first_table
from engine.worlds.letters import term_values, true_rewards

START = exact_log_chances(first_table())
PAID = torch.tensor(term_values()["useful"])
WORTH = torch.tensor(true_rewards())


def best_of(count: int, start: torch.Tensor, paid: torch.Tensor) -> torch.Tensor:
    """Chances of the best paid of `count` samples, ties broken at random: [outcomes]."""
    levels, level_of = paid.unique(return_inverse=True)
    mass = torch.zeros(len(levels), dtype=start.dtype).index_add(0, level_of, start)
    reached = mass.cumsum(0)
    chosen = reached**count - (reached - mass) ** count
    return start / mass[level_of] * chosen[level_of]


# The figures were computed twice, here and in a program of its own without any code of ours.
@pytest.mark.parametrize(
    ("beta", "drift", "paid", "worth"),
    [
        (math.inf, 0.0, 0.7325, 0.7385),  # the start
        (1.0, 0.3267, 1.3552, 1.4311),  # both rise
        (0.44, 1.8508, 2.2853, 1.8609),  # what is wanted is at its peak
        (0.3, 3.8177, 2.9913, 1.6228),  # it falls, and what is paid still rises
        (0.05, 8.5172, 4.0, 0.8),  # four useful letters, hardly better than the start
    ],
)
def test_rl_endpoints(beta: float, drift: float, paid: float, worth: float) -> None:
    policy = START if beta == math.inf else best_policy(START, PAID, beta)
    found = exact_kl(policy, START), mean_of(PAID, policy), mean_of(WORTH, policy)
    assert found == pytest.approx((drift, paid, worth), abs=1e-4)


@pytest.mark.parametrize(
    ("count", "paid", "worth"),
    [(1, 0.7325, 0.7385), (4, 1.4655, 1.6746), (16, 2.0725, 2.2010), (1024, 3.1852, 1.5631)],
)
def test_best_of_n_endpoints(count: int, paid: float, worth: float) -> None:
    chances = best_of(count, START.exp(), PAID)
    assert chances.sum().item() == pytest.approx(1)
    found = float((chances * PAID).sum()), float((chances * WORTH).sum())
    assert found == pytest.approx((paid, worth), abs=1e-4)


def test_best_of_n_against_simulation() -> None:
    rng = torch.Generator().manual_seed(0)
    drawn = torch.multinomial(START.exp(), 8 * 50_000, replacement=True, generator=rng).view(-1, 8)
    best = drawn.gather(1, PAID[drawn].argmax(1, keepdim=True))[:, 0]
    chances = best_of(8, START.exp(), PAID)
    assert PAID[best].mean().item() == pytest.approx(float((chances * PAID).sum()), abs=0.02)
    assert WORTH[best].mean().item() == pytest.approx(float((chances * WORTH).sum()), abs=0.02)


@pytest.mark.parametrize(
    ("count", "bound"), [(2, 0.193147), (4, 0.636294), (16, 1.835089), (64, 3.174508)]
)
def test_the_drift_of_best_of_n(count: int, bound: float) -> None:
    """ln n - (n - 1) / n, exact where no two are paid the same; with ties it is less."""
    many = torch.full((200_000,), 1 / 200_000, dtype=torch.float64)
    untied = best_of(count, many, torch.arange(200_000).double()).log()
    assert exact_kl(untied, many.log()) == pytest.approx(bound, abs=1e-3)
    tied = exact_kl(best_of(count, START.exp(), PAID).log(), START)
    assert 0.5 * bound < tied < bound


def test_best_of_n_drifts_less_for_the_same_worth() -> None:
    """At its peak it is worth more than any leashed optimum, though those are paid more."""
    policy = best_of(16, START.exp(), PAID).log()
    drift = exact_kl(policy, START)
    leashes = torch.logspace(-1.5, 1.5, 300).tolist()
    optima = [best_policy(START, PAID, beta) for beta in leashes]
    assert mean_of(WORTH, policy) > max(mean_of(WORTH, one) for one in optima)
    nearest = min(optima, key=lambda one: abs(exact_kl(one, START) - drift))
    assert mean_of(PAID, nearest) > mean_of(PAID, policy)


def test_the_frontier_of_a_run_is_made_of_such_optima() -> None:
    survey = Survey(START, PAID, WORTH, leash=0.3)
    drifts = [one.drift for one in survey.frontier]
    assert drifts == sorted(drifts) and drifts[0] == 0
    assert survey.frontier[0].paid == pytest.approx(0.7325, abs=1e-4)
    assert survey.frontier[-1].paid == pytest.approx(4, abs=1e-3)
    worth = [one.worth for one in survey.frontier]
    peak = worth.index(max(worth))
    assert worth[:peak] == sorted(worth[:peak])
    assert worth[peak:] == sorted(worth[peak:], reverse=True)
    assert max(worth) == pytest.approx(1.86, abs=0.01)
    assert survey.standing(survey.log_best).paid == pytest.approx(2.9913, abs=1e-4)
