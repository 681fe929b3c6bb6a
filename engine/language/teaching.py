"""Small players from nothing: fresh weights, and plain imitation of examples."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.language.adam import Adam
from engine.language.checkpoint import copy_policy, policy_of_llama, weights_of
from engine.language.layout import lay_out
from engine.language.lean import Layer, Policy, log_probs
from engine.lazy import torch

GRADIENT_LIMIT = 1.0
REPORT_EVERY = 250


class Form(NamedTuple):
    """How large a player is."""

    words: int
    width: int = 32
    layers: int = 2
    heads: int = 4
    feed_forward: int = 64


class Course(NamedTuple):
    """How long it is taught."""

    steps: int = 3000
    batch: int = 192
    learning_rate: float = 0.004
    warm_up: int = 100


Examples = Callable[[np.random.Generator, int], tuple[np.ndarray, Sequence[Sequence[int]]]]


def taught(form: Form, course: Course, examples: Examples, seed: int = 0) -> Policy:
    """A fresh policy that was shown examples: prompts and replies, as tokens, so many at a time.

    The learning rate rises over the warm-up and falls to zero towards the end.
    """
    rng = np.random.default_rng(seed)
    policy = copy_policy(_fresh(form, seed), trains=True)
    optimizer = Adam(policy.parameters, course.learning_rate)
    for step in range(1, course.steps + 1):
        prompts, replies = examples(rng, course.batch)
        loss = -log_probs(policy, lay_out(prompts.tolist(), replies)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters, GRADIENT_LIMIT)
        pace = min(1, step / course.warm_up) * (1 - step / (course.steps + 1))
        optimizer.learning_rate = course.learning_rate * pace
        optimizer.step()
        optimizer.forget_gradients()
        if step % REPORT_EVERY == 0:
            sys.stdout.write(f"{step} {float(loss.detach()):.4f}\n")
    return copy_policy(policy)


def write_player(policy: Policy, path: Path) -> None:
    """Write the weights of a player where it ships."""
    path.write_bytes(weights_of(policy))


def read_player(path: Path, form: Form) -> Policy:
    """The player that ships in a file."""
    load_file: Any = import_module("safetensors.torch").load_file
    return policy_of_llama(load_file(path), form.heads)


def _fresh(form: Form, seed: int) -> Policy:
    luck, width = torch.Generator().manual_seed(seed), form.width

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=luck) * shape[-1] ** -0.5

    def layer() -> Layer:
        return Layer(
            attention_norm=torch.ones(width),
            query_key_value=drawn(3 * width, width),
            attention_out=drawn(width, width),
            mlp_norm=torch.ones(width),
            gate_up=drawn(2 * form.feed_forward, width),
            mlp_out=drawn(width, form.feed_forward),
        )

    embedding = drawn(form.words, width)
    layers = tuple(layer() for _ in range(form.layers))
    return Policy(embedding, layers, torch.ones(width), drawn(form.words, width), form.heads)
