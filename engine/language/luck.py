"""Random numbers of a run: one generator for each purpose, so that none disturbs another."""

from __future__ import annotations

import random

from engine.lazy import torch


def generator(purpose: str, seed: int) -> torch.Generator:
    """The luck of one purpose of a run."""
    return torch.Generator().manual_seed(random.Random(f"{purpose} {seed}").getrandbits(63))
