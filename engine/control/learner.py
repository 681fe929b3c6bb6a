"""A policy that learns: its networks, its optimizer, and a step down the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.control.actor_critic import OF_A_CART, ActorCritic, Passed, Sizes, new_actor_critic
from engine.control.carts import fresh_rng
from engine.endings import diverged
from engine.lazy import torch

MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-5  # of Adam, as in Stable-Baselines3
SLOW_DECAY = 0.99  # of squared gradients in RMSprop, as in Stable-Baselines3's A2C

Optimizer = Literal["adam", "rmsprop"]


@dataclass
class Learner:
    """What a run changes."""

    networks: ActorCritic
    order: np.random.Generator  # shuffles the steps of a batch
    mean: torch.Tensor  # of gradients, decaying
    square: torch.Tensor  # of gradients, decaying
    steps: int = 0
    optimizer: Optimizer = "adam"


def new_learner(seed: int, optimizer: Optimizer = "adam", sizes: Sizes = OF_A_CART) -> Learner:
    """Fresh networks that have not learnt anything."""
    networks = new_actor_critic(fresh_rng("weights", seed), sizes)
    nothing = torch.zeros_like(networks.weights)
    return Learner(networks, fresh_rng("order", seed), nothing, nothing.clone(), 0, optimizer)


def gradient_step(
    learner: Learner,
    passed: Passed,
    by_logits: torch.Tensor,
    by_values: torch.Tensor,
    rate: float,
    limit: float,
) -> float:
    """One step down the gradient of a loss; the gradient's length before it was shortened.

    by_logits, by_values: gradients of the loss by what was `passed`. rate: the learning rate.
    limit: the gradient's greatest length.

    Raises RunEnded, and leaves the weights as they are, if the gradient is not finite.
    """
    gradient = learner.networks.backward(passed, by_logits, by_values)
    norm = float(torch.linalg.vector_norm(gradient))
    if not math.isfinite(norm):
        raise diverged()
    gradient.mul_(min(1.0, limit / (norm + 1e-6)))
    learner.steps += 1
    if learner.optimizer == "adam":
        _adam_step(learner, gradient, rate)
    else:
        _rmsprop_step(learner, gradient, rate)
    return norm


def _adam_step(learner: Learner, gradient: torch.Tensor, rate: float) -> None:
    """Source: Kingma & Ba 2015, arXiv:1412.6980; one vector of weights needs no more than this."""
    learner.mean.lerp_(gradient, 1 - MEAN_DECAY)
    learner.square.mul_(SQUARE_DECAY).addcmul_(gradient, gradient, value=1 - SQUARE_DECAY)
    mean_share = 1 - MEAN_DECAY**learner.steps
    square_share = 1 - SQUARE_DECAY**learner.steps
    spread = learner.square.sqrt().div_(math.sqrt(square_share)).add_(EPSILON)
    learner.networks.weights.addcdiv_(learner.mean, spread, value=-rate / mean_share)


def _rmsprop_step(learner: Learner, gradient: torch.Tensor, rate: float) -> None:
    """Source: Hinton's lectures of 2012, as in torch: from nothing, epsilon outside of the root."""
    learner.square.mul_(SLOW_DECAY).addcmul_(gradient, gradient, value=1 - SLOW_DECAY)
    spread = learner.square.sqrt().add_(EPSILON)
    learner.networks.weights.addcdiv_(gradient, spread, value=-rate)
