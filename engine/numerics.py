"""The numbers that one update is made of, so that a learner can follow them to the loss."""

from typing import Literal

from engine.frozen import Frozen


class Quantity(Frozen):
    """One number of a token, a reply, a pair or a step, and how it follows from the ones before it.

    `name` is its key in a scene. `tag` is the number of its equation, as in "(2)", which stands
    beside the line of the algorithm's file that computes it; empty for what is simply given.
    """

    name: str
    label: str
    symbol: str  # LaTeX
    meaning: str  # one sentence, with the unit
    equation: str = ""  # LaTeX: the right-hand side, in the symbols of earlier quantities
    tag: str = ""
    of: Literal["token", "rollout", "step"] = "token"
