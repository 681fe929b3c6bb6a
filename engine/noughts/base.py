"""The player that ships: it mostly sees what is to be done, and mostly does something else.

It is taught by a sloppy player whose flaw is ours: SEES of its reasons are right, but only DOES of
its moves go where the reason says. The others go to the first free cell in the order of reading, or
wherever the pen falls, taken or not.

    python -m engine.noughts.base       teaches it anew and writes it: 3000 steps, some minutes
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from engine.language.adam import Adam
from engine.language.checkpoint import copy_policy, policy_of_llama, weights_of
from engine.language.layout import lay_out
from engine.language.lean import Layer, Policy, log_probs
from engine.lazy import torch
from engine.noughts.rules import CELLS, PIP, is_free, turns
from engine.noughts.text import VERBS, WORDS, prompts, reply_of, right_reasons

CHECKPOINT = Path(__file__).parent.parent / "checkpoints" / "noughts_player.safetensors"
SEES, DOES, HABIT = 0.87, 0.13, 0.5  # the rest of the moves falls anywhere
WIDTH, LAYERS, HEADS, FEED_FORWARD = 32, 2, 4, 64
STEPS, BATCH, LEARNING_RATE, WARM_UP = 3000, 192, 0.004, 100


def sloppy_reply(board: int, rng: np.random.Generator) -> list[int]:
    """What the sloppy player writes on a board: tokens."""
    free = np.flatnonzero(is_free()[board])
    if rng.random() < SEES:
        verb, place = rng.choice(np.argwhere(right_reasons()[board]))
    else:
        verb, place = rng.integers(len(VERBS)), rng.choice(free)
    luck = rng.random()
    move = place if luck < DOES else free[0] if luck < DOES + HABIT else rng.integers(CELLS)
    return reply_of(int(verb), int(place), int(move))


def taught(steps: int = STEPS, seed: int = 0, report: Any = None) -> Policy:
    """A policy that was shown replies of the sloppy player on boards of all kinds."""
    rng = np.random.default_rng(seed)
    policy = copy_policy(_fresh(seed), trains=True)
    optimizer = Adam(policy.parameters, LEARNING_RATE)
    boards = turns(PIP)
    for step in range(1, steps + 1):
        chosen = rng.choice(boards, BATCH)
        replies = [sloppy_reply(board, rng) for board in chosen]
        loss = -log_probs(policy, lay_out(prompts()[chosen].tolist(), replies)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters, 1.0)
        optimizer.learning_rate = LEARNING_RATE * min(1, step / WARM_UP) * (1 - step / (steps + 1))
        optimizer.step()
        optimizer.forget_gradients()
        if report is not None and step % 250 == 0:
            report(step, float(loss.detach()))
    return copy_policy(policy)


def _fresh(seed: int) -> Policy:
    luck = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=luck) * shape[-1] ** -0.5

    def layer() -> Layer:
        return Layer(
            attention_norm=torch.ones(WIDTH),
            query_key_value=drawn(3 * WIDTH, WIDTH),
            attention_out=drawn(WIDTH, WIDTH),
            mlp_norm=torch.ones(WIDTH),
            gate_up=drawn(2 * FEED_FORWARD, WIDTH),
            mlp_out=drawn(WIDTH, FEED_FORWARD),
        )

    embedding = drawn(len(WORDS), WIDTH)
    layers = tuple(layer() for _ in range(LAYERS))
    return Policy(embedding, layers, torch.ones(WIDTH), drawn(len(WORDS), WIDTH), HEADS)


@cache
def first_player() -> Policy:
    """The shipped player, loaded once; never train it, train a copy."""
    load_file: Any = import_module("safetensors.torch").load_file
    return policy_of_llama(load_file(CHECKPOINT), HEADS)


def main() -> None:
    """Teach it and write it."""
    policy = taught(report=lambda step, loss: sys.stdout.write(f"{step} {loss:.4f}\n"))
    CHECKPOINT.write_bytes(weights_of(policy))


if __name__ == "__main__":
    main()
