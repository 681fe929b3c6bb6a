"""Pip's pager: how likely every message is, and where the run stands on the exact frontier."""

from collections.abc import Sequence

from curriculum.figures import number
from engine.metrics import MetricName
from engine.scenes import LettersScene, Message
from pages.parts import components as draw
from pages.parts.tape import Tape

BEYOND = 1.06  # of what is drawn, so that labels find room


def messages(scene: LettersScene, key: str = "messages") -> None:
    """The likeliest messages of the start, of now, and of the best policy under the leash."""
    rest = scene.others
    rows = [_row(message) for message in scene.messages]
    rows.append(
        draw.ChanceRow(f"{scene.other_count} others", rest.start, rest.now, rest.best, is_rest=True)
    )
    favourite = max(scene.messages, key=lambda message: message.chances.now)
    draw.chances_table(
        rows,
        title="What the pager shows",
        note=(
            "Every chance is exact. Best is the policy that gets most of what is paid, less "
            f"{scene.leash:g} for each nat of drift. Lengths show the square root of a chance, so "
            "that rare messages can be seen."
        ),
        alt=(
            f"Chances of messages. Pip writes {favourite.text} most often, "
            f"{number(favourite.chances.now, 'percent')} of the time; the best policy would "
            f"{number(favourite.chances.best, 'percent')} of the time."
        ),
        key=key,
    )


def _row(message: Message) -> draw.ChanceRow:
    return draw.ChanceRow(
        message.text,
        message.chances.start,
        message.chances.now,
        message.chances.best,
        paid=number(message.paid, "one_decimal"),
        worth=number(message.worth, "one_decimal"),
    )


def frontier(tape: Tape, scene: LettersScene) -> None:
    """What is paid and what was wanted against drift: the best there is, and this run's way."""
    ends = scene.frontier
    here = scene.here
    drifts = [one.drift for one in ends]
    # The newest point is that of the scene; a measurement is of the policy before its update.
    way = [*tape.columns.get(MetricName.EXACT_KL, []), here.drift]
    paid = [*tape.columns.get(MetricName.EXPECTED_PROXY, []), here.paid]
    worth = [*tape.columns.get(MetricName.EXPECTED_TRUE, []), here.worth]
    if not len(way) == len(paid) == len(worth):
        return  # Some message cannot be paid: the run ends before its first update.
    series = [
        draw.Series("Most pay for its drift", "baseline", drifts, [one.paid for one in ends], ""),
        draw.Series("What that is worth", "baseline", drifts, [one.worth for one in ends], ""),
        draw.Series("Wanted", "true", way, worth, f"wanted {number(here.worth, 'two_decimals')}"),
        draw.Series("Paid", "proxy", way, paid, f"paid {number(here.paid, 'two_decimals')}"),
    ]
    draw.curves(
        "What drift buys",
        unit="mean of a message, exact; dashed: the most pay for each drift, and what it is worth",
        series=series,
        x_range=(0, max(*drifts, *way, 0.1) * BEYOND),
        y_range=_range([value for line in series for value in line.y]),
        x_title="drift from the start, nats",
        run=tape.address,
        live=tape.is_live,
        height=262,
        alt=(
            f"After {tape.done} of {tape.planned} updates the run has drifted {here.drift:.2f} "
            f"nats; its messages are paid {here.paid:.2f} and worth {here.worth:.2f}. The most "
            f"pay on the frontier is {ends[-1].paid:.2f}, worth {ends[-1].worth:.2f}."
        ),
        key="frontier",
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From zero or below to above the highest value."""
    low, high = min(0.0, *values), max(0.0, *values)
    return low * BEYOND, max(high, low + 1e-3) * BEYOND


def group(scene: LettersScene, update: int) -> None:
    """The first group of the update, letter by letter."""
    if scene.group:
        draw.credit_table(
            [
                draw.CreditRow(message.tokens, message.credit, message.reward, message.advantage)
                for message in scene.group
            ],
            title="One group of messages, letter by letter",
            note=(
                f"The first {len(scene.group)} messages of update {update}. The advantage is the "
                "reward measured against their group; the tint is how much more or less likely "
                "the update made each letter where it stands."
            ),
            key="group",
        )
