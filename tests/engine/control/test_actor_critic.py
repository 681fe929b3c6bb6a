"""The two networks: forward against torch's modules, backward against automatic differentiation."""

import math
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from engine.control.actor_critic import (
    OF_A_CART,
    ActorCritic,
    Sizes,
    new_actor_critic,
    shapes_of,
)

SHAPES = shapes_of(OF_A_CART)
SIZES = [math.prod(shape) for shape in SHAPES]


@pytest.fixture
def networks() -> ActorCritic:
    """Weights in double precision, so that differences are mistakes and not rounding."""
    return ActorCritic(np.random.default_rng(0).normal(size=sum(SIZES)) / 4)


@pytest.fixture
def observations() -> torch.Tensor:
    return torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def module(weights: torch.Tensor, network: int) -> nn.Sequential:
    """One of the networks, put together from torch's own parts."""
    parts = [p.view(shape)[network] for p, shape in zip(weights.split(SIZES), SHAPES, strict=True)]
    layers = [nn.Linear(4, 64), nn.Linear(64, 64), nn.Linear(64, 2)]
    weights_of_layers = (parts[0].T, parts[2].T, parts[4])
    for layer, weight, bias in zip(layers, weights_of_layers, parts[1::2], strict=True):
        layer.double()
        layer.weight.data, layer.bias.data = weight.clone(), bias.flatten().clone()
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2])


def test_forward_is_that_of_two_networks(networks: ActorCritic, observations: torch.Tensor) -> None:
    actor, critic = (module(networks.weights, network) for network in (0, 1))
    logits, values = actor(observations), critic(observations)
    passed = networks.forward(observations)
    assert torch.allclose(passed.logits, logits[:, 1] - logits[:, 0], atol=1e-12)
    assert torch.allclose(passed.values, values[:, 0], atol=1e-12)


def test_sampling_sees_the_same_policy(networks: ActorCritic, observations: torch.Tensor) -> None:
    sampled = networks.log_odds(observations.numpy())
    assert sampled == pytest.approx(networks.forward(observations).logits.numpy(), abs=1e-12)


def test_backward_is_the_gradient(networks: ActorCritic, observations: torch.Tensor) -> None:
    weights = networks.weights.clone().requires_grad_()
    parts = [p.view(shape) for p, shape in zip(weights.split(SIZES), SHAPES, strict=True)]
    hidden = torch.tanh(observations @ parts[0] + parts[1])
    hidden = torch.tanh(hidden @ parts[2] + parts[3])
    outputs = parts[4] @ hidden.mT + parts[5]
    log_odds, values = outputs[0, 1] - outputs[0, 0], outputs[1, 0]
    ((log_odds**3).mean() + (values**2 * log_odds).sum()).backward()
    passed = networks.forward(observations)
    by_log_odds = 3 * passed.logits**2 / 7 + passed.values**2
    by_values = 2 * passed.values * passed.logits
    found = networks.backward(passed, by_log_odds, by_values)
    assert torch.allclose(found, cast(torch.Tensor, weights.grad), rtol=1e-9, atol=1e-12)


def test_changing_the_weights_changes_both_views_of_them(networks: ActorCritic) -> None:
    networks.weights.zero_()
    assert networks.log_odds(np.ones((2, 4))).tolist() == [0, 0]
    assert networks.forward(torch.ones(2, 4, dtype=torch.float64)).values.tolist() == [0, 0]


def test_fresh_networks_are_orthogonal_and_hardly_prefer_a_side() -> None:
    networks = new_actor_critic(np.random.default_rng(2))
    parts = [p.view(s) for p, s in zip(networks.weights.split(SIZES), SHAPES, strict=True)]
    first, second, last = (part.double() for part in parts[::2])
    for network in (0, 1):
        eye = torch.eye(64, dtype=torch.float64)
        assert torch.allclose(first[network] @ first[network].T, 2 * eye[:4, :4], atol=1e-5)
        assert torch.allclose(second[network] @ second[network].T, 2 * eye, atol=1e-5)
    assert torch.allclose(last[0] @ last[0].T, 1e-4 * eye[:2, :2], atol=1e-8)
    assert last[1].norm(dim=1).tolist() == pytest.approx([1, 0])
    assert not any(part.any() for part in parts[1::2])
    assert networks.weights.dtype == torch.float32
    assert np.abs(networks.log_odds(np.ones((1, 4), dtype=np.float32))).max() < 0.1


# Any number of inputs and actions.

OTHER = Sizes(inputs=9, actions=5)


def test_of_other_sizes_too_backward_is_the_gradient() -> None:
    shapes = shapes_of(OTHER)
    sizes = [int(np.prod(shape)) for shape in shapes]
    others = ActorCritic(np.random.default_rng(0).normal(size=sum(sizes)) / 4, OTHER)
    rng = torch.Generator().manual_seed(1)
    observations = torch.randn(7, 9, dtype=torch.float64, generator=rng)
    weights = others.weights.clone().requires_grad_()
    parts = [p.view(shape) for p, shape in zip(weights.split(sizes), shapes, strict=True)]
    hidden = torch.tanh(observations @ parts[0] + parts[1])
    hidden = torch.tanh(hidden @ parts[2] + parts[3])
    outputs = parts[4] @ hidden.mT + parts[5]
    logits, values = outputs[0].mT, outputs[1, 0]
    passed = others.forward(observations)
    assert passed.logits.shape == (7, 5)
    assert torch.allclose(passed.logits, logits) and torch.allclose(passed.values, values)
    sampled = others.outputs(observations.numpy())
    assert sampled == pytest.approx(passed.logits.mT.numpy(), abs=1e-12)
    by_logits = torch.randn(7, 5, dtype=torch.float64, generator=rng)
    by_values = torch.randn(7, dtype=torch.float64, generator=rng)
    loss = (by_logits * logits).sum() + by_values @ values
    (wanted,) = torch.autograd.grad(loss, weights, retain_graph=True)
    assert torch.allclose(others.backward(passed, by_logits, by_values), wanted, atol=1e-12)
    groups = [slice(0, 3), slice(3, 7)]
    found = others.actor_gradients(passed, by_logits, groups)
    for group, row in zip(groups, found, strict=True):
        part = (by_logits[group] * logits[group]).sum()
        (whole,) = torch.autograd.grad(part, weights, retain_graph=True)
        pieces = [p.view(shape)[0] for p, shape in zip(whole.split(sizes), shapes, strict=True)]
        assert torch.allclose(row, torch.cat([piece.reshape(-1) for piece in pieces]), atol=1e-12)


def test_of_other_sizes_too_fresh_networks_hardly_prefer_an_action() -> None:
    fresh = new_actor_critic(np.random.default_rng(2), Sizes(86, 5))
    seen = np.random.default_rng(0).normal(size=(20, 86)).astype(np.float32)
    assert np.abs(fresh.outputs(seen)).max() < 0.2
    assert fresh.forward(torch.from_numpy(seen)).values.std() > 0.1
