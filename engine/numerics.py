"""The numbers that one update is made of, so that a learner can follow them to the loss."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, Self

from engine.frozen import Frozen

DIGITS = 5  # of what is recorded
Kind = Literal["token", "rollout", "step", "sample", "press"]


class Quantity(Frozen):
    """One number of a token, a pair, a step or a press, and how it follows from the ones before it.

    `name` is its key in a scene. `tag` is the number of its equation, as in "(2)", which stands
    beside the line of the algorithm's file that computes it; empty for what is simply given.
    """

    name: str
    label: str
    symbol: str  # LaTeX
    meaning: str  # one sentence, with the unit
    equation: str = ""  # LaTeX: the right-hand side, in the symbols of earlier quantities
    tag: str = ""
    # A sample is a step that was drawn into a batch.
    of: Kind = "token"

    def tagged(self, tag: str) -> Self:
        """The same number, with its place among the equations of one algorithm."""
        return self.model_copy(update={"tag": tag})


def _quantity(
    of: Kind, name: str, label: str, symbol: str, meaning: str, equation: str = "", tag: str = ""
) -> Quantity:
    return Quantity(
        name=name,
        label=label,
        symbol=symbol,
        meaning=meaning,
        equation=equation,
        tag=tag,
        of=of,
    )


of_token = partial(_quantity, "token")
of_rollout = partial(_quantity, "rollout")
of_step = partial(_quantity, "step")
of_sample = partial(_quantity, "sample")
of_press = partial(_quantity, "press")


def significant(value: float) -> float:
    """A number as it is recorded: so many digits, wherever the point stands."""
    return float(f"{value:.{DIGITS}g}") + 0.0  # -0.0 becomes 0.0


def in_columns(rows: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """The numbers of several steps or presses as a scene keeps them, by their names."""
    names = rows[0] if rows else ()
    return {name: tuple(significant(row[name]) for row in rows) for name in names}
