"""A policy and its critic: two small networks side by side in one vector of weights.

Each is inputs -> 64 -> 64 -> actions with tanh between, as in Stable-Baselines3; of the critic's
outputs only the first is used. Networks so small are slowed down by the number of operations, not
by the arithmetic: both are computed at once, and the way back is written out instead of recorded.
A policy of two actions is a coin: what it gives is how much rather it takes the second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.lazy import torch

WIDTH = 64
NETWORKS = 2  # the actor, then the critic


class Sizes(NamedTuple):
    """How many numbers the networks see, and how many actions they choose between."""

    inputs: int
    actions: int


def shapes_of(sizes: Sizes) -> tuple[tuple[int, ...], ...]:
    """Weights and bias of three layers, of both networks each.

    The last one lies on its side: a product with two columns is several times as slow as one with
    two rows.
    """
    return (
        *((NETWORKS, sizes.inputs, WIDTH), (NETWORKS, 1, WIDTH)),
        *((NETWORKS, WIDTH, WIDTH), (NETWORKS, 1, WIDTH)),
        *((NETWORKS, sizes.actions, WIDTH), (NETWORKS, sizes.actions, 1)),
    )


OF_A_CART = Sizes(4, 2)
HIDDEN_GAIN, ACTOR_GAIN, CRITIC_GAIN = math.sqrt(2), 0.01, 1.0


class Passed(NamedTuple):
    """One way forward; what lies between is kept for the way back."""

    logits: torch.Tensor  # [rows]: log pi(second) - log pi(first); of more actions [rows, actions]
    values: torch.Tensor  # [rows], in reward units
    layers: tuple[torch.Tensor, ...]  # observations and both hidden layers: [networks, rows, width]


class ActorCritic:
    """The weights, and what can be computed with them."""

    def __init__(self, weights: np.ndarray, sizes: Sizes = OF_A_CART) -> None:
        """weights: [all] float32, shared: whoever changes them changes the networks."""
        self.weights, self.sizes = torch.from_numpy(weights), sizes
        shapes = shapes_of(sizes)
        parts = self.weights.split([math.prod(shape) for shape in shapes])
        self._layers = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
        self._actor = [part.numpy()[0] for part in self._layers]

    def outputs(self, observations: np.ndarray) -> np.ndarray:
        """The actor alone, for a few rows at a time: [rows, inputs] float32 -> [actions, rows]."""
        first, b1, second, b2, last, b3 = self._actor
        hidden = np.tanh(observations @ first + b1)
        hidden = np.tanh(hidden @ second + b2)
        return last @ hidden.T + b3

    def log_odds(self, observations: np.ndarray) -> np.ndarray:
        """How much rather a coin takes the second action: [rows, inputs] float32 -> [rows]."""
        left, right = self.outputs(observations)
        return right - left

    def forward(self, observations: torch.Tensor) -> Passed:
        """Both networks: observations [rows, inputs] float32."""
        first, b1, second, b2, last, b3 = self._layers
        seen = observations.expand(NETWORKS, *observations.shape)
        low = _tanh_of_product(b1, seen, first)
        high = _tanh_of_product(b2, low, second)
        policy, critic = torch.baddbmm(b3, last, high.mT)
        logits = policy[1] - policy[0] if self._is_coin else policy.T
        return Passed(logits, critic[0], (seen, low, high))

    def backward(
        self, passed: Passed, by_logits: torch.Tensor, by_values: torch.Tensor
    ) -> torch.Tensor:
        """The gradient by all weights, [all], of a loss whose gradients by both outputs are given.

        by_logits: of the shape of the logits; by_values: [rows].
        """
        _, _, second, _, last, _ = self._layers
        seen, low, high = passed.layers
        by_last = by_values.new_zeros((NETWORKS, self.sizes.actions, len(by_values)))
        by_last[0] = self._by_outputs(by_logits).T
        by_last[1, 0] = by_values
        by_high = _through_tanh(torch.bmm(by_last.mT, last), high)
        by_low = _through_tanh(torch.bmm(by_high, second.mT), low)
        gradients = (
            *(torch.bmm(seen.mT, by_low), by_low.sum(1)),
            *(torch.bmm(low.mT, by_high), by_high.sum(1)),
            *(torch.bmm(by_last, high), by_last.sum(2)),
        )
        return torch.cat([gradient.reshape(-1) for gradient in gradients])

    def actor_gradients(
        self, passed: Passed, by_logits: torch.Tensor, groups: Sequence[slice]
    ) -> torch.Tensor:
        """The gradient by the actor's weights that each group of rows has: [groups, weights].

        by_logits: of the shape of the logits, of the loss of the group that a row is of.
        """
        second, last = self._layers[2][0], self._layers[4][0]
        seen, low, high = (layer[0] for layer in passed.layers)
        by_last = self._by_outputs(by_logits)
        by_high = _through_tanh(by_last @ last, high)
        by_low = _through_tanh(by_high @ second.T, low)
        found: list[torch.Tensor] = []
        for group in groups:
            for given, by_output in ((seen, by_low), (low, by_high)):
                found += [(given[group].T @ by_output[group]).view(-1), by_output[group].sum(0)]
            found += [(by_last[group].T @ high[group]).view(-1), by_last[group].sum(0)]
        return torch.cat(found).view(len(groups), -1)

    @property
    def _is_coin(self) -> bool:
        return self.sizes.actions == 2

    def _by_outputs(self, by_logits: torch.Tensor) -> torch.Tensor:
        """The gradient by what the actor's last layer gave: [rows, actions]."""
        return torch.stack((-by_logits, by_logits), dim=1) if self._is_coin else by_logits


def _tanh_of_product(bias: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """tanh(bias + left @ right) as 2 sigmoid(2 x) - 1, which a CPU computes in half the time."""
    doubled = torch.baddbmm(bias, left, right, beta=2, alpha=2)
    return doubled.sigmoid_().mul_(2).sub_(1)


def _through_tanh(by_output: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """The gradient by what tanh was given, in the place of `by_output`: tanh' = 1 - tanh^2."""
    return by_output.addcmul_(by_output, output.square(), value=-1)


def new_actor_critic(rng: np.random.Generator, sizes: Sizes = OF_A_CART) -> ActorCritic:
    """Fresh networks: orthogonal weights, no bias, and a policy that hardly prefers an action."""
    parts = [np.zeros(shape) for shape in shapes_of(sizes)]
    for network, gain in enumerate((ACTOR_GAIN, CRITIC_GAIN)):
        parts[0][network] = HIDDEN_GAIN * _orthogonal(rng, sizes.inputs, WIDTH)
        parts[2][network] = HIDDEN_GAIN * _orthogonal(rng, WIDTH, WIDTH)
        parts[4][network] = gain * _orthogonal(rng, WIDTH, sizes.actions).T
    parts[4][1, 1:] = 0.0
    weights = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
    return ActorCritic(weights, sizes)


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """A random matrix whose shorter side is orthonormal. Source: Saxe et al. 2014, 1312.6120."""
    drawn = rng.standard_normal((max(rows, columns), min(rows, columns)))
    basis, triangle = np.linalg.qr(drawn)
    basis = basis * np.sign(np.diag(triangle))
    return basis if rows >= columns else basis.T
