"""The numbers of one step that a driver learns from, in the order in which they follow."""

from __future__ import annotations

import numpy as np

from engine.control.batches import Batch
from engine.lazy import torch
from engine.numerics import of_step

SEEN = (
    of_step("position", "Position", "x", "Of the cart, in metres to the right of its lane."),
    of_step("speed", "Speed", r"\dot x", "Of the cart, in metres a second to the right."),
    of_step("tilt", "Tilt", r"\theta", "Of the tray, in radians to the right."),
    of_step("tilt_rate", "Rate of tilt", r"\dot\theta", "In radians a second to the right."),
    of_step("action", "Action", "a", "Its number among the world's actions, counted from 1."),
    of_step("push", "Push", "a", "1 to the right, -1 to the left."),
    of_step("reward", "Reward", "r", "What the learner's reward pays the step."),
)

COLLECTED = (
    *SEEN,
    of_step("value", "Value", "V", "What the critic expected from there on, in reward."),
    of_step(
        "advantage",
        "Advantage",
        "A",
        "How much better it went than the critic had expected, in reward.",
        r"\delta + \gamma\lambda A',\quad \delta = r + \gamma V' - V",
        "(2)",
    ),
    of_step(
        "return",
        "Return",
        "R",
        "What the critic should have said, in reward.",
        "A + V",
        "(3)",
    ),
    of_step(
        "old_log_prob",
        "Log-probability when it was made",
        r"\log \pi_{\mathrm{old}}",
        "Of this push, in nats, by the policy that made it.",
    ),
)


def collected(batch: Batch, rewards: np.ndarray) -> dict[str, torch.Tensor]:
    """What follows from what was seen and done: name -> [steps]; rewards: [time, count]."""
    return {
        "reward": torch.from_numpy(rewards).view(-1),
        "value": batch.old_values,
        "advantage": batch.advantages,
        "return": batch.returns,
        "old_log_prob": batch.old_log_probs,
    }
