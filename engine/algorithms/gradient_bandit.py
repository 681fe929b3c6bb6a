"""Gradient bandit: preferences instead of values, and the first policy gradient.

Source: Sutton & Barto 2018, section 2.8; Williams 1992, Machine Learning 8.

(1) pi(a) = exp H(a) / sum_b exp H(b)
(2) a     ~ pi
(3) H(b)  <- H(b) + alpha (r - baseline) (1[b = a] - pi(b))    for every button b

The baseline is the mean of all pays before this one, or 0. The first press has no mean before it:
with a baseline it changes nothing.
"""

from collections.abc import Iterator, Sequence
from math import exp, log
from random import Random
from typing import Literal

from pydantic import Field

from engine.lobby.practice import KioskRunConfig, Mind, Practice, opening
from engine.lobby.quantities import PAID, PRESSED
from engine.metrics import MetricName as M
from engine.numerics import of_press
from engine.spec import Algorithm, Step
from engine.worlds.kiosk import BUTTONS


class GradientBanditConfig(KioskRunConfig):
    """One run of the gradient bandit at the kiosk."""

    algorithm: Literal["gradient_bandit"] = "gradient_bandit"
    learning_rate: float = Field(
        0.2,
        ge=0.001,
        le=10,
        title="Learning rate",
        description="Alpha: how far one pay moves the preferences.",
    )
    baseline: Literal["mean", "none"] = Field(
        "mean",
        title="Baseline",
        description="What a pay is measured against. mean: all pays before it; none: zero.",
    )


def softmax(preferences: Sequence[float]) -> list[float]:
    """How likely each button is under its preference."""
    most = max(preferences)
    weights = [exp(preference - most) for preference in preferences]
    total = sum(weights)
    return [weight / total for weight in weights]  # (1)


def log_sum(preferences: Sequence[float]) -> float:
    """The logarithm of what (1) divides by."""
    most = max(preferences)
    return most + log(sum(exp(preference - most) for preference in preferences))  # (1)


def step_of(chances: Sequence[float], button: int, surplus: float) -> list[float]:
    """By how much each preference changes for each unit of the learning rate.

    surplus: what the press of `button` paid above the baseline.
    """
    return [surplus * ((b == button) - chance) for b, chance in enumerate(chances)]  # (3)


def in_play(chances: Sequence[float]) -> float:
    """Between how many buttons it is undecided: the exponential of the entropy."""
    return exp(-sum(chance * log(chance) for chance in chances if chance > 0))


def run(config: GradientBanditConfig) -> Iterator[Step]:
    """Train, one event an update; the preferences move after every visitor."""
    preferences = [0.0] * len(BUTTONS)
    yield opening(config, Mind(chances=softmax(preferences)))
    practice, luck = Practice(config), Random(f"what is pressed {config.seed}")
    total, presses = 0.0, 0
    for update in range(1, config.updates + 1):
        for _ in practice.visitors():
            chances = softmax(preferences)
            button = luck.choices(range(len(chances)), chances)[0]  # (2)
            pay = practice.press(button)
            baseline = 0.0
            if config.baseline == "mean":
                baseline = total / presses if presses else pay
            before = {"preference": preferences[button], "log_sum": log_sum(preferences)}
            for b, step in enumerate(step_of(chances, button, pay - baseline)):
                preferences[b] += config.learning_rate * step  # (3)
            practice.note(
                **before,
                chance=chances[button],
                baseline=baseline,
                surplus=pay - baseline,
                new_value=preferences[button],
            )
            total, presses = total + pay, presses + 1
        chances = softmax(preferences)
        yield practice.completed(update, Mind(chances=chances), {M.IN_PLAY: in_play(chances)})
    yield practice.finished()


ALGORITHM = Algorithm(
    name="gradient_bandit",
    title="Gradient bandit",
    config=GradientBanditConfig,
    run=run,
    metrics=(M.IN_PLAY,),
    source="Sutton & Barto 2018, section 2.8",
    quantities=(
        *PRESSED,
        of_press("preference", "Preference", "H(a)", "Of this button, before the press."),
        of_press(
            "log_sum",
            "All preferences together",
            r"\ln \sum_b e^{H(b)}",
            "The logarithm of the sum of their exponentials.",
        ),
        of_press(
            "chance",
            "Chance",
            r"\pi(a)",
            "How likely the button was.",
            r"\frac{e^{H(a)}}{\sum_b e^{H(b)}} = e^{H(a) - \ln \sum_b e^{H(b)}}",
            "(1)",
        ),
        PAID,
        of_press(
            "baseline",
            "Baseline",
            r"\bar r",
            "What the pay is measured against: the mean of all before it, or nothing.",
        ),
        of_press(
            "surplus",
            "Pay above the baseline",
            r"\delta",
            "In reward; below zero it makes the button less likely.",
            r"r - \bar r",
            "(3)",
        ),
        of_press(
            "new_value",
            "New preference",
            r"H(a)_{\mathrm{new}}",
            "Of this button; those of the others move against it, each by its own chance.",
            r"H(a) + \alpha \delta (1 - \pi(a))",
            "(3)",
        ),
    ),
)
