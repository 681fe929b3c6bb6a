"""Gradients of the losses, through the code that trains: against finite differences in float64, and
on average over every batch that could be sampled.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, get_args

import pytest
import torch

from engine.advantages import group_advantages
from engine.algorithms import grpo
from engine.algorithms.grpo import GRPOConfig, LossType, grpo_loss, surrogate_loss, token_weights
from engine.algorithms.rloo import RLOOConfig, rloo_loss
from engine.algorithms.rloo import learn as learn_rloo
from engine.language.adam import Adam
from engine.language.checkpoint import base_policy, copy_policy
from engine.language.decoding import draw_noise, sample
from engine.language.layout import Layout, lay_out
from engine.language.lean import LanguageModel, Policy, log_probs
from engine.language.learner import GRADIENT_LIMIT, Learner
from engine.language.rollouts import Rollouts
from engine.language.said import Said
from engine.language.vocabulary import encode
from engine.letters.alphabet import START, every_message
from engine.letters.table import Table

LETTERS = {"world": {"world": "letters"}}
LOSSES = get_args(LossType)


def random_table(seed: int, letter_count: int = 3, length: int = 2) -> Table:
    rng = torch.Generator().manual_seed(seed)
    places = sum(letter_count**place for place in range(length))
    return Table(0.7 * torch.randn(letter_count, places, generator=rng, dtype=torch.float64))


def batch(lengths: list[int]) -> tuple[Layout, torch.Tensor, Table, torch.Tensor]:
    """Replies of these lengths, from a table of three letters; advantages of both signs."""
    rng = torch.Generator().manual_seed(1)
    replies = [torch.randint(0, 3, (length,), generator=rng).tolist() for length in lengths]
    layout = lay_out([[START]] * len(replies), replies)
    advantages = torch.linspace(-1.5, 2, len(replies), dtype=torch.float64)
    return layout, torch.tensor(lengths), random_table(2, 3, max(lengths)), advantages


def finite_difference(function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor) -> Any:
    """The gradient of a function by central differences, entry by entry."""
    found = torch.zeros_like(at)
    step = 1e-6
    for place in product(*map(range, at.shape)):
        nudge = torch.zeros_like(at)
        nudge[place] = step
        found[place] = (function(at + nudge) - function(at - nudge)) / (2 * step)
    return found


@pytest.mark.parametrize("kl_coef", [0.0, 0.4])
@pytest.mark.parametrize("loss_type", LOSSES)
def test_grpo_against_finite_differences(loss_type: LossType, kl_coef: float) -> None:
    """Away from the sampling policy, so that some tokens are clipped, with lengths that differ."""
    layout, lengths, table, advantages = batch([3, 1, 2, 3, 2])
    config = GRPOConfig.model_validate({"loss_type": loss_type, "kl_coef": kl_coef, **LETTERS})
    old, reference = (
        log_probs(random_table(3, 3, 3), layout),
        log_probs(random_table(4, 3, 3), layout),
    )
    by_token = advantages.repeat_interleave(lengths)

    def loss(head: torch.Tensor) -> torch.Tensor:
        current = log_probs(Table(head), layout)
        return grpo_loss(current, old, reference, by_token, lengths, config)[0]

    head = table.head.clone().requires_grad_()
    gradient = torch.autograd.grad(loss(head), head)[0]
    frozen = (log_probs(table, layout) - old).exp()

    def differentiable(head: torch.Tensor) -> torch.Tensor:
        """CISPO's gradient is that of a loss whose bracket is a constant."""
        if loss_type != "cispo":
            return loss(head)
        current = log_probs(Table(head), layout)
        surrogate = surrogate_loss(frozen, current, by_token, config)
        gap = reference - current
        weights = token_weights(lengths, loss_type, 4)
        return ((surrogate + kl_coef * (gap.exp() - gap - 1)) * weights).sum()

    assert (gradient - finite_difference(differentiable, table.head)).abs().max() < 1e-8
    assert gradient.abs().max() > 0.01


def test_rloo_against_finite_differences() -> None:
    layout, lengths, table, advantages = batch([3, 1, 2, 3, 2])
    old = log_probs(random_table(3, 3, 3), layout)

    def loss(head: torch.Tensor) -> torch.Tensor:
        return rloo_loss(log_probs(Table(head), layout), old, advantages, lengths, 0.2)[0]

    head = table.head.clone().requires_grad_()
    gradient = torch.autograd.grad(loss(head), head)[0]
    assert (gradient - finite_difference(loss, table.head)).abs().max() < 1e-8
    assert gradient.abs().max() > 0.01


def test_grpo_through_the_transformer_against_finite_differences() -> None:
    """Along two directions in all of Pip's weights at once."""
    prompts = [encode("<visitor> where is the lab ? <pip>".split())]
    noise = draw_noise(torch.Generator().manual_seed(0), 26, 4)
    replies = sample(base_policy(), prompts, 4, 26, noise)
    layout, lengths = lay_out(prompts, replies, 4), torch.tensor([len(one) for one in replies])
    policy = copy_policy(base_policy()).mapped(lambda weights: weights.double() * 1.02)
    reference = log_probs(base_policy().mapped(torch.Tensor.double), layout)
    by_token = torch.tensor([1.0, -1, 2, -2]).double().repeat_interleave(lengths)
    config = GRPOConfig.model_validate({"kl_coef": 0.3})

    def loss(model: LanguageModel) -> torch.Tensor:
        current = log_probs(model, layout)
        return grpo_loss(current, reference, reference, by_token, lengths, config)[0]

    trained = policy.mapped(lambda weights: weights.clone().requires_grad_())
    loss(trained).backward()
    rng = torch.Generator().manual_seed(2)
    for _ in range(2):
        ways = [torch.randn(w.shape, generator=rng).double() for w in policy.parameters]
        ahead, behind = (loss(moved(policy, ways, step)) for step in (1e-6, -1e-6))
        gradients = [weights.grad for weights in trained.parameters]
        along = sum(
            float((one * way).sum())
            for one, way in zip(gradients, ways, strict=True)
            if one is not None
        )
        assert along == pytest.approx(float(ahead - behind) / 2e-6, rel=1e-5)


def moved(policy: Policy, ways: list[torch.Tensor], step: float) -> Policy:
    """The policy a step along these ways, one for each of its tensors."""
    by_tensor = dict(zip(map(id, policy.parameters), ways, strict=True))
    return policy.mapped(lambda weights: weights + step * by_tensor[id(weights)])


class Recorder(Adam):
    """Stands where an optimizer stands, and keeps the gradient that it should step down."""

    def __init__(self, policy: Table) -> None:
        super().__init__(policy.parameters, 0.0)
        self.head, self.gradient = policy.head, torch.empty(0)

    def step(self) -> None:
        assert self.head.grad is not None
        self.gradient = self.head.grad.clone()
        assert self.gradient.norm() < 0.999 * GRADIENT_LIMIT


def mean_gradient(
    policy: Table,
    reference: Table,
    group_size: int,
    update: Callable[[Learner[Table], Rollouts], object],
) -> torch.Tensor:
    """The gradient of an update, on average over every group that could be sampled."""
    letters, _ = every_message(len(policy.head), policy.length)
    replies, chances = letters.tolist(), policy.log_chances().detach().exp()
    rewards = REWARDS[: len(replies)]
    total = torch.zeros_like(policy.head)
    for rows in product(range(len(replies)), repeat=group_size):
        own = policy.mapped(lambda head: head.detach().clone().requires_grad_())
        recorder = Recorder(own)
        said = Said([], [[START]], [replies[row] for row in rows], [])
        paid = rewards[list(rows)].numpy()[None]
        update(Learner(own, reference, recorder), Rollouts(said, {}, paid))
        total += chances[list(rows)].prod() * recorder.gradient
    return total


# Small, so that no gradient reaches the limit at which it is clipped.
REWARDS = 0.03 * torch.randn(9, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
LEASH = 0.03
POLICY, REFERENCE = random_table(6), random_table(7)


def gradients_of_an_objective() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of E[r], of KL(policy || reference), and of what k3 in a loss pulls at, exactly.

    The last is KL(reference || policy) after each beginning, as often as the policy gets there.
    """
    head = POLICY.head.clone().requires_grad_()
    log_chances = Table(head).log_chances()
    paid = (log_chances.exp() * REWARDS).sum()
    drift = (log_chances.exp() * (log_chances - REFERENCE.log_chances())).sum()
    log_next, log_ref = head.log_softmax(0), REFERENCE.head.log_softmax(0)
    first = log_next[:, 0].detach().exp()
    visits = torch.cat([torch.ones(1, dtype=torch.float64), first])
    pull = (visits * (log_ref.exp() * (log_ref - log_next)).sum(0)).sum()
    of = [torch.autograd.grad(one, head, retain_graph=True)[0] for one in (paid, drift, pull)]
    return of[0], of[1], of[2]


@pytest.mark.parametrize("group_size", [2, 3])
def test_rloo_climbs_reward_minus_the_leash_times_the_drift(group_size: int) -> None:
    config = RLOOConfig.model_validate({"kl_coef": LEASH, **LETTERS})
    found = mean_gradient(
        POLICY, REFERENCE, group_size, lambda one, rollouts: learn_rloo(one, rollouts, config)
    )
    paid, drift, _ = gradients_of_an_objective()
    assert (found + (paid - LEASH * drift)).abs().max() < 1e-12
    assert (found + paid).abs().max() > 1e-3


@pytest.mark.parametrize("loss_type", LOSSES)
def test_grpo_climbs_its_own_objective(loss_type: LossType) -> None:
    """Reward, less a share since each reply is in its own mean, minus the pull of k3: not the same
    objective as RLOO's.
    """
    size = 2
    config = GRPOConfig.model_validate({"kl_coef": LEASH, "loss_type": loss_type, **LETTERS})

    def update(learner: Learner[Table], rollouts: Rollouts) -> None:
        advantages = group_advantages(torch.tensor(rollouts.rewards), "none").view(-1)
        grpo.learn(learner, rollouts.said, advantages, config)

    found = mean_gradient(POLICY, REFERENCE, size, update)
    paid, drift, pull = gradients_of_an_objective()
    share = (size - 1) / size
    # Two letters a message, four at most: what a token's loss counts in the sum.
    weight = 1 / 4 if loss_type == "dr_grpo" else 1 / 2
    assert (found + weight * (share * paid - LEASH * pull)).abs().max() < 1e-12
    assert (found + weight * (share * paid - LEASH * drift)).abs().max() > 1e-3
