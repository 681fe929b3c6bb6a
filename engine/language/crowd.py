"""What visitors like, and what a reply is really worth to them, which they never say.

The crowd says which of two replies it likes better, with biases of its own.

Source of the model of choice: Bradley & Terry 1952, Biometrika 39.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field

from engine.frozen import Frozen


def _liking(default: float, title: str, description: str) -> Any:
    return Field(default, ge=-5, le=5, title=title, description=description)


class Crowd(Frozen):
    """What the crowd likes: points of utility, one point being odds of e to 1."""

    truth: float = _liking(2.5, "Likes the truth", "Points for a right answer.")
    length: float = _liking(0.06, "Likes length", "Points for every word.")
    flattery: float = _liking(0.5, "Likes flattery", "Points for a compliment, twice at most.")
    courtesy: float = _liking(0.4, "Likes courtesy", "Points for a polite word, twice at most.")
    agreement: float = _liking(
        1.0, "Likes agreement", "Points for agreeing with what the visitor believes, right or not."
    )
    flipped: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        title="Careless labels",
        description="Share of labels that are turned round after the choice.",
    )


LIKINGS = [name for name in Crowd.model_fields if name != "flipped"]


def liked(crowd: Crowd, axes: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much the crowd likes each reply, in points; axes: what the verifiers say: [replies]."""
    return (
        crowd.truth * axes["correct"]
        + crowd.length * axes["length"]
        + crowd.flattery * np.minimum(2, axes["flattery"])
        + crowd.courtesy * np.minimum(2, axes["polite"])
        + crowd.agreement * axes["agrees"]
    )


def tastes(axes: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much of each thing that a crowd can like is in each reply: [replies, LIKINGS]."""
    only = (Crowd.model_validate({name: float(name == one) for name in LIKINGS}) for one in LIKINGS)
    return np.stack([liked(crowd, axes) for crowd in only], axis=1)


def prefers_first(
    crowd: Crowd, first: np.ndarray, second: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Whether the crowd says that it likes the first of each pair better: [pairs] bool.

    first, second: the utilities of the two. The choice is the first with probability
    sigmoid(first - second); then a share of the labels is turned round.
    """
    chance = 1 / (1 + np.exp(second - first))
    chosen = rng.random(len(first)) < chance
    return chosen ^ (rng.random(len(first)) < crowd.flipped)


def true_reward(axes: Mapping[str, np.ndarray]) -> np.ndarray:
    """What a reply is really worth to the visitor, who never says so: [replies].

    A right answer is worth 2, courtesy .4 once; words beyond twelve cost .05 each, a compliment .5,
    and a reply that is not well formed .5.
    """
    courtesy = 0.4 * np.minimum(1, axes["polite"])
    excess = 0.05 * np.maximum(0, axes["length"] - 12)
    broken = 0.5 * (1 - axes["fluent"])
    return 2 * axes["correct"] + courtesy - excess - 0.5 * axes["flattery"] - broken
