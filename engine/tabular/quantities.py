"""The numbers of one step from which a table of action values learns, in the order they follow."""

from collections.abc import Sequence

from engine.gridworld import Grid
from engine.numerics import Quantity, in_columns, of_step

WATCHED_STEPS = 12  # the last ones of an update's first episode, whose numbers are shown
MOVES = "1 is up, 2 down, 3 to the left, 4 to the right."


# Of one step, in this order: the cell it begins on, the chosen and the made direction, and the rest
# of an algorithm's numbers, from the reward on.
Noted = tuple[float, ...]

BEFORE = (
    of_step("step", "Step", "", "Of the episode, counted from 1."),
    of_step("row", "Row", "", "Of the cell where the step begins, counted from the top."),
    of_step("column", "Column", "", "Of that cell, counted from the left."),
    of_step("move", "Move", "a", f"Which was chosen: {MOVES}"),
    of_step("made", "Move that was made", "", f"A slippery floor may change it: {MOVES}"),
    of_step("reward", "Reward", "r", "What the learner's reward pays the step."),
    of_step("value", "Guess", "Q(s, a)", "What the table said of the move before it, in reward."),
)


def learnt(error_tag: str) -> tuple[Quantity, ...]:
    """What follows from a target, and the equation by which the table learns."""
    return (
        of_step(
            "error",
            "Error of the guess",
            r"\delta",
            "How far the target lies above the guess, in reward.",
            "t - Q(s, a)",
            error_tag,
        ),
        of_step(
            "new_value",
            "New guess",
            r"Q(s, a)_{\mathrm{new}}",
            "What the table says of the move from now on, in reward.",
            r"Q(s, a) + \alpha \delta",
            error_tag,
        ),
    )


def shown(noted: Sequence[Noted], grid: Grid, quantities: Sequence[Quantity]) -> dict[str, Noted]:
    """The last steps of an episode as a scene keeps them."""
    names = [quantity.name for quantity in quantities]
    rows = []
    for step, (cell, move, made, *rest) in list(enumerate(noted, 1))[-WATCHED_STEPS:]:
        row, column = divmod(int(cell), grid.columns)
        place = (step, row + 1, column + 1, move + 1, made + 1)
        rows.append(dict(zip(names, (*place, *rest), strict=True)))
    return in_columns(rows)
