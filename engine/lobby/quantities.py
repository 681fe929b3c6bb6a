"""The numbers of one press from which a kiosk learns, in the order in which they follow."""

from collections.abc import Sequence

from engine.numerics import of_press

WATCHED_PRESSES = 12  # the last ones of an update, whose numbers are shown


PRESSED = (
    of_press("press", "Press", "", "Of the run, counted from 1."),
    of_press("button", "Button", "a", "Its number from the left, counted from 1."),
)
HOUR = of_press("hour", "Hour", "h", "Of the day, at which the visitor came.")
PAID = of_press("reward", "Pay", "r", "What the learner's reward paid the press.")
BELIEF = of_press(
    "belief", "Belief", "Q(a)", "What it thought of the button before the press, in reward."
)


def highest_other(figures: Sequence[float], button: int) -> float:
    """The highest figure of all buttons but this one."""
    return max(figure for other, figure in enumerate(figures) if other != button)
