"""Where training ends, exactly: RLOO at the best policy under its leash, GRPO beside it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch

from engine.algorithms import grpo, rloo
from engine.algorithms.grpo import GRPOConfig, surrogate_loss
from engine.algorithms.rloo import rloo_loss
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.kl import kl_k3
from engine.language.layout import Layout, lay_out
from engine.language.lean import log_probs
from engine.language.learner import Learner, gradient_step, new_learner
from engine.letters.alphabet import LENGTH, START, every_message
from engine.letters.exact import best_policy, exact_kl
from engine.letters.survey import exact_log_chances
from engine.letters.table import Table, first_table
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.letters import term_values

USEFUL = torch.tensor(term_values()["useful"])
REFERENCE = exact_log_chances(first_table())
LETTERS = {"world": {"world": "letters"}, "reward": "useful"}


def where_k3_ends(rewards: torch.Tensor, beta: float, share: float) -> torch.Tensor:
    """Log-chances at which the gradients of reward and of k3 in the loss cancel: [messages].

    After each beginning, from the last letter back: pi = beta ref / (c - share Q), where Q is what
    a letter will be paid on average from there, and c > share max(Q) makes it sum to 1. share: of a
    reply's reward that its own mean leaves over, (G - 1) / G.
    """
    reference = first_table().head.double().softmax(0)
    chances = torch.empty_like(reference)
    paid = rewards
    end = reference.shape[1]
    while len(paid) > 1:
        paid = paid.view(-1, len(reference))
        places = slice(end - len(paid), end)
        worth, before = share * paid, reference[:, places].T
        low = worth.max(1, keepdim=True).values
        high = low + beta
        for _ in range(100):
            middle = (low + high) / 2
            is_more_than_one = (beta * before / (middle - worth)).sum(1, keepdim=True) > 1
            low = torch.where(is_more_than_one, middle, low)
            high = torch.where(is_more_than_one, high, middle)
        next_letter = beta * before / (high - worth)
        chances[:, places] = next_letter.T
        paid, end = (next_letter * paid).sum(1), end - len(paid)
    assert torch.allclose(chances.sum(0), torch.ones(85).double())
    return Table(chances.log()).log_chances()


def trained(monkeypatch: pytest.MonkeyPatch, module: ModuleType, **settings: Any) -> torch.Tensor:
    """The exact chances of the policy that a run ends with: [messages]."""
    kept: list[Learner[Table]] = []

    def remembered(*arguments: Any) -> Learner[Table]:
        kept.append(new_learner(*arguments))
        return kept[0]

    monkeypatch.setattr(module, "new_learner", remembered)
    name = module.__name__.rsplit(".")[-1]
    steps = list(module.run(parse_config({"algorithm": name, **LETTERS, **settings})))
    assert len(steps) == settings["updates"] + 2
    return exact_log_chances(kept[0].policy)


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_rloo_ends_at_the_best_policy_under_its_leash(
    beta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"updates": 200, "prompts_per_update": 32, "group_size": 8}
    policy = trained(monkeypatch, rloo, kl_coef=beta, learning_rate=0.001, **sizes)
    best = best_policy(REFERENCE, USEFUL, beta)
    assert exact_kl(REFERENCE, best) > 0.2
    assert exact_kl(policy, best) < 0.01


@pytest.mark.slow
def test_grpo_ends_where_its_own_leash_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """k3 in the loss pulls otherwise than a toll on the reward does."""
    beta, size = 0.5, 8
    policy = trained(
        monkeypatch,
        grpo,
        kl_coef=beta,
        scale_rewards="none",
        updates=200,
        prompts_per_update=64,
        group_size=size,
        learning_rate=0.0002,
    )
    assert exact_kl(policy, where_k3_ends(USEFUL, beta, (size - 1) / size)) < 0.01
    assert exact_kl(policy, best_policy(REFERENCE, USEFUL, beta)) > 0.03
    assert exact_kl(policy, where_k3_ends(USEFUL, beta, 1.0)) > 0.015


LETTER_ROWS, _ = every_message(4, LENGTH)


def descended(loss_of: Callable[[Table, Layout], torch.Tensor], steps: int = 400) -> torch.Tensor:
    """Chances after so many steps down an exact gradient: a batch of every message once."""
    start = first_table().mapped(torch.Tensor.double)
    learner = new_learner(start, 0.001)
    layout = lay_out([[START]], LETTER_ROWS.tolist(), len(LETTER_ROWS))
    for _ in range(steps):
        gradient_step(learner, loss_of(learner.policy, layout))
    return exact_log_chances(learner.policy)


@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_exact_gradients_of_rloo_end_at_the_best_policy(beta: float) -> None:
    lengths = torch.full((len(LETTER_ROWS),), LENGTH)

    def loss(policy: Table, layout: Layout) -> torch.Tensor:
        now = exact_log_chances(policy)
        paid = USEFUL - beta * (now - REFERENCE)
        # A mean over the batch in which a message counts as often as it would be sampled.
        advantages = len(now) * now.exp() * (paid - (now.exp() * paid).sum())
        current = log_probs(policy, layout)
        return rloo_loss(current, current.detach(), advantages, lengths, 0.2)[0]

    assert exact_kl(descended(loss), best_policy(REFERENCE, USEFUL, beta)) < 1e-4


@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_exact_gradients_of_grpo_end_where_k3_holds_them(beta: float) -> None:
    config = GRPOConfig.model_validate({"kl_coef": beta, **LETTERS})

    def loss(policy: Table, layout: Layout) -> torch.Tensor:
        chances = exact_log_chances(policy).exp()
        advantages = (USEFUL - (chances * USEFUL).sum()).repeat_interleave(LENGTH)
        current = log_probs(policy, layout)
        reference = log_probs(first_table().mapped(torch.Tensor.double), layout)
        ratio = (current - current.detach()).exp()
        token_loss = surrogate_loss(ratio, current, advantages, config)
        token_loss = token_loss + beta * kl_k3(current, reference)
        return (chances.repeat_interleave(LENGTH) / LENGTH * token_loss).sum()

    policy = descended(loss)
    assert exact_kl(policy, where_k3_ends(USEFUL, beta, 1.0)) < 1e-4
    assert exact_kl(policy, best_policy(REFERENCE, USEFUL, beta)) > 0.02


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["grpo", "rloo", "rlhf"])
@pytest.mark.parametrize("seed", range(10))
def test_the_smallest_task_is_solved_on_every_seed(algorithm: str, seed: int) -> None:
    """Useful letters are paid, and Pip writes little else, past the point where that is wanted."""
    config = parse_config({"algorithm": algorithm, "seed": seed, "updates": 120, **LETTERS})
    updates = [event for event in train(config) if isinstance(event, UpdateCompleted)]
    assert updates[0].metrics[M.EXPECTED_PROXY] < 0.8
    assert updates[-1].metrics[M.EXPECTED_PROXY] > 3.8
    assert updates[-1].metrics[M.EXPECTED_TRUE] < 1.1
    assert max(event.metrics[M.EXPECTED_TRUE] for event in updates) > 1.5
