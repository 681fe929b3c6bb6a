"""Thompson sampling on a bandit, with normal beliefs.

Source: Thompson 1933, Biometrika 25; Russo et al. 2018, arXiv:1707.02038, for normal beliefs.

(1) p(a) = 1 / s^2 + N(a) / v^2                        precision of the belief about a
(2) m(a) = (m / s^2 + sum of pays of a / v^2) / p(a)   its mean
(3) x(a) ~ Normal(m(a), 1 / p(a))
(4) a    = argmax_a x(a)

The prior is Normal(m, s^2) for the worth of every button. A pay is taken to be Normal about it with
the deviation v, which is close enough for any pay whose deviation is not far above v.
"""

from collections.abc import Iterator, Sequence
from math import sqrt
from random import Random
from typing import Literal, NamedTuple

from pydantic import Field

from engine.lobby.practice import KioskRunConfig, Mind, Practice, belief_error, opening
from engine.lobby.quantities import PAID, PRESSED, highest_other
from engine.metrics import MetricName as M
from engine.numerics import of_press
from engine.spec import Algorithm, Step
from engine.worlds.kiosk import BUTTONS


class ThompsonConfig(KioskRunConfig):
    """One run of Thompson sampling at the kiosk."""

    algorithm: Literal["thompson"] = "thompson"
    initial_value: float = Field(
        0.0,
        ge=-20,
        le=20,
        title="First guess",
        description="What it thinks a press is worth before it has tried the button.",
    )
    prior_spread: float = Field(
        1.0,
        ge=0.01,
        le=100,
        title="Doubt in the first guess",
        description="Standard deviation of the first guess, in reward.",
    )
    noise: float = Field(
        0.5,
        ge=0.01,
        le=100,
        title="Noise it expects",
        description="How far single pays are taken to lie from their mean, as a standard "
        "deviation, in reward.",
    )


class Belief(NamedTuple):
    """What is thought of one button: a normal distribution of its worth."""

    mean: float
    spread: float  # standard deviation


def belief(count: int, total: float, config: ThompsonConfig) -> Belief:
    """What is to be thought of a button after so many presses, which paid `total` together."""
    prior, one_press = config.prior_spread**-2, config.noise**-2
    precision = prior + count * one_press  # (1)
    mean = (config.initial_value * prior + total * one_press) / precision  # (2)
    return Belief(mean, 1 / sqrt(precision))  # (3)


def draws(beliefs: Sequence[Belief], luck: Random) -> list[float]:
    """A worth for each button, drawn from what is thought of it."""
    return [luck.gauss(mean, spread) for mean, spread in beliefs]  # (3)


def highest(drawn: Sequence[float]) -> int:
    """The button that is best if the worths are as they are drawn."""
    return drawn.index(max(drawn))  # (4)


def mind_of(beliefs: Sequence[Belief]) -> Mind:
    """What it thinks; how likely a button has the highest draw has no closed form."""
    return Mind([one.mean for one in beliefs], [one.spread for one in beliefs])


def run(config: ThompsonConfig) -> Iterator[Step]:
    """Train, one event an update; a belief is corrected after every visitor."""
    counts, totals = [0] * len(BUTTONS), [0.0] * len(BUTTONS)
    beliefs = [belief(0, 0.0, config)] * len(BUTTONS)
    yield opening(config, mind_of(beliefs))
    practice, luck = Practice(config), Random(f"what is pressed {config.seed}")
    for update in range(1, config.updates + 1):
        for _ in practice.visitors():
            drawn = draws(beliefs, luck)
            button = highest(drawn)
            before = beliefs[button]
            totals[button] += practice.press(button)
            counts[button] += 1
            beliefs[button] = belief(counts[button], totals[button], config)
            practice.note(
                belief=before.mean,
                spread=before.spread,
                draw=drawn[button],
                other_draw=highest_other(drawn, button),
                presses=counts[button],
                total=totals[button],
                precision=1 / beliefs[button].spread ** 2,
                new_value=beliefs[button].mean,
                new_spread=beliefs[button].spread,
            )
        mind = mind_of(beliefs)
        metrics = {
            M.BELIEF_ERROR: belief_error(mind.beliefs, counts, practice.worths),
            M.DOUBT: sum(mind.doubts) / len(counts),
        }
        yield practice.completed(update, mind, metrics)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="thompson",
    title="Thompson sampling",
    config=ThompsonConfig,
    run=run,
    metrics=(M.BELIEF_ERROR, M.DOUBT),
    source="Thompson 1933, Biometrika 25",
    quantities=(
        *PRESSED,
        of_press("belief", "Belief", "m(a)", "Its mean before the press, in reward."),
        of_press("spread", "Doubt", r"\sigma(a)", "Its standard deviation before the press."),
        of_press(
            "draw",
            "Draw",
            "x(a)",
            "A worth drawn from the belief, for this visitor alone, in reward.",
            "",
            "(3)",
        ),
        of_press(
            "other_draw",
            "Highest other draw",
            r"\max_{b \ne a} x(b)",
            "Of all other buttons; the pressed one drew more.",
            "",
            "(4)",
        ),
        PAID,
        of_press("presses", "Presses", "N(a)", "Of this button so far, with this one."),
        of_press("total", "All its pays", r"\textstyle\sum r", "Added up, in reward."),
        of_press(
            "precision",
            "Precision",
            "p(a)",
            "How much is known: one over the squared deviation of the new belief.",
            r"\frac{1}{s^2} + \frac{N(a)}{v^2}",
            "(1)",
        ),
        of_press(
            "new_spread",
            "New doubt",
            r"\sigma(a)_{\mathrm{new}}",
            "Standard deviation of the belief from now on.",
            r"1 / \sqrt{p(a)}",
            "(3)",
        ),
        of_press(
            "new_value",
            "New belief",
            r"m(a)_{\mathrm{new}}",
            "Its mean from now on, in reward.",
            r"\frac{1}{p(a)} \left( \frac{m}{s^2} + \frac{1}{v^2} \sum r \right)",
            "(2)",
        ),
    ),
)
