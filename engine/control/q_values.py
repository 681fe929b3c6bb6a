"""What actions are worth, as a learner keeps it: a small network, or a table of all states.

Both answer `worth` for any rows of observations and numbers of states. The network is
inputs -> width -> width -> actions with ReLU between, as in Stable-Baselines3; it is so small that
the number of operations counts and not the arithmetic, so the way back is written out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8  # of Adam, as in PyTorch
# Where no gradient comes any more, a mean fades to numbers so small that processors take a hundred
# times as long over them. Every so many steps, means below what could move a weight become zero.
FADED, FADES_EVERY = 1e-30, 100


class QNetwork:
    """The weights of a network in one vector, and what can be computed with them."""

    def __init__(self, weights: np.ndarray, sizes: Sequence[int]) -> None:
        """weights: [all] float32, shared. sizes: inputs, width of each hidden layer, actions."""
        self.weights, self.sizes = weights, tuple(sizes)
        self._layers = _cut(weights, self.sizes)
        self._gradient = np.zeros_like(weights)
        self._gradient_layers = _cut(self._gradient, self.sizes)

    def worth(self, observations: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Action values: [rows, inputs] float32 -> [rows, actions]; states are not looked at."""
        return self.forward(observations)[-1]

    def forward(self, observations: np.ndarray) -> list[np.ndarray]:
        """Observations, hidden layers, action values: [rows, ...] each, for the way back."""
        passed = [observations]
        for weight, bias in self._layers:
            if len(passed) > 1:
                np.maximum(passed[-1], 0.0, out=passed[-1])
            passed.append(passed[-1] @ weight)
            passed[-1] += bias
        return passed

    def backward(self, passed: Sequence[np.ndarray], by_values: np.ndarray) -> np.ndarray:
        """The gradient by all weights of a loss with this gradient by the values: [all], lent."""
        by_output = by_values
        for place in range(len(self._layers) - 1, -1, -1):
            by_weight, by_bias = self._gradient_layers[place]
            np.matmul(passed[place].T, by_output, out=by_weight)
            by_output.sum(axis=0, out=by_bias)
            if place:
                by_output = by_output @ self._layers[place][0].T
                by_output *= (passed[place] > 0).astype(np.float32)
        return self._gradient


class QTable:
    """One number for every state and action; nothing is known of a state but its number."""

    def __init__(self, states: int, actions: int) -> None:
        """All values begin at zero."""
        self.weights = np.zeros((states, actions), dtype=np.float32)

    def worth(self, observations: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Action values: [rows] int -> [rows, actions]; observations are not looked at."""
        return self.weights[states]


class Adam:
    """A step down a gradient. Source: Kingma & Ba 2015, arXiv:1412.6980."""

    def __init__(self, weights: np.ndarray) -> None:
        """weights: changed in place by `step`."""
        self.weights = weights
        self._mean, self._square = np.zeros_like(weights), np.zeros_like(weights)
        self._one, self._other = np.empty_like(weights), np.empty_like(weights)
        self._steps = 0

    def step(self, gradient: np.ndarray, rate: float) -> None:
        """Go down the gradient, [all]."""
        self._steps += 1
        one, other = self._one, self._other
        self._mean *= MEAN_DECAY
        self._mean += np.multiply(gradient, 1 - MEAN_DECAY, out=one)
        self._square *= SQUARE_DECAY
        np.multiply(gradient, gradient, out=one)
        self._square += np.multiply(one, 1 - SQUARE_DECAY, out=one)
        spread = np.sqrt(self._square, out=one)
        spread *= 1 / math.sqrt(1 - SQUARE_DECAY**self._steps)
        spread += EPSILON
        np.divide(self._mean, spread, out=other)
        other *= rate / (1 - MEAN_DECAY**self._steps)
        self.weights -= other
        if self._steps % FADES_EVERY == 0:
            self._mean[np.abs(self._mean) < FADED] = 0.0


def new_network(rng: np.random.Generator, sizes: Sequence[int]) -> QNetwork:
    """Fresh weights and biases, even between -1 / sqrt(inputs of the layer) and the opposite."""
    parts = []
    for rows, columns in pairwise(sizes):
        reach = 1 / math.sqrt(rows)
        parts.append(rng.uniform(-reach, reach, rows * columns + columns))
    return QNetwork(np.concatenate(parts).astype(np.float32), sizes)


def _cut(vector: np.ndarray, sizes: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight, [rows, columns], and bias of every layer, as views of one vector."""
    layers, begin = [], 0
    for rows, columns in pairwise(sizes):
        middle, end = begin + rows * columns, begin + (rows + 1) * columns
        layers.append((vector[begin:middle].reshape(rows, columns), vector[middle:end]))
        begin = end
    return layers
