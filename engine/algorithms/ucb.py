"""Upper confidence bounds on a bandit: UCB1.

Source: Auer, Cesa-Bianchi & Fischer 2002, Machine Learning 47.

(1) U(a) = Q(a) + c sqrt(ln t / N(a))      t presses so far, N(a) of them of a; Q(a) is their mean
(2) a    = any button without a press, else argmax_a U(a), ties at random
(3) Q(a) <- Q(a) + (r - Q(a)) / N(a)

The paper's pays are between 0 and 1, and its c is the square root of 2; c is in units of the pay.
"""

from collections.abc import Iterator, Sequence
from math import log, sqrt
from random import Random
from typing import Literal

from pydantic import Field

from engine.lobby.practice import KioskRunConfig, Mind, Practice, belief_error, best_of, opening
from engine.lobby.quantities import BELIEF, PAID, PRESSED, highest_other
from engine.metrics import MetricName as M
from engine.numerics import of_press
from engine.spec import Algorithm, Step
from engine.worlds.kiosk import BUTTONS


class UCBConfig(KioskRunConfig):
    """One run of UCB1 at the kiosk."""

    algorithm: Literal["ucb"] = "ucb"
    confidence: float = Field(
        0.5,
        ge=0,
        le=20,
        title="Confidence bonus",
        description="c, in reward: how much a button gains from having been pressed seldom; 0 is "
        "greedy, and 1.41 is what the paper proves something about, for pays between 0 and 1.",
    )


def bonuses(counts: Sequence[int], confidence: float) -> list[float]:
    """What each button gains from not being known well; every one has been pressed before."""
    log_presses = log(sum(counts))
    return [confidence * sqrt(log_presses / count) for count in counts]  # (1)


def candidates(beliefs: Sequence[float], counts: Sequence[int], confidence: float) -> list[int]:
    """The buttons that may be pressed next, each as likely as the others."""
    untried = [button for button, count in enumerate(counts) if not count]
    if untried:
        return untried  # (2)
    added = bonuses(counts, confidence)
    return best_of([belief + bonus for belief, bonus in zip(beliefs, added, strict=True)])  # (2)


def mind_of(beliefs: Sequence[float], counts: Sequence[int], confidence: float) -> Mind:
    """What it thinks: no doubt has a number as long as a button is untried."""
    next_ones = candidates(beliefs, counts, confidence)
    chances = [(button in next_ones) / len(next_ones) for button in range(len(counts))]
    return Mind(beliefs, bonuses(counts, confidence) if all(counts) else (), chances)


def weighed(
    beliefs: Sequence[float], counts: Sequence[int], confidence: float, button: int
) -> dict[str, float]:
    """How a button stands among the others before it is pressed, by quantity.

    Nothing is weighed as long as one is untried.
    """
    if not all(counts):
        return {}
    added = bonuses(counts, confidence)
    bounds = [belief + bonus for belief, bonus in zip(beliefs, added, strict=True)]
    return {
        "belief": beliefs[button],
        "presses": counts[button],
        "all_presses": sum(counts),
        "bonus": added[button],
        "bound": bounds[button],
        "other_bound": highest_other(bounds, button),
    }


def run(config: UCBConfig) -> Iterator[Step]:
    """Train, one event an update; a belief is corrected after every visitor."""
    beliefs, counts = [0.0] * len(BUTTONS), [0] * len(BUTTONS)
    yield opening(config, mind_of(beliefs, counts, config.confidence))
    practice, luck = Practice(config), Random(f"what is pressed {config.seed}")
    for update in range(1, config.updates + 1):
        for _ in practice.visitors():
            button = luck.choice(candidates(beliefs, counts, config.confidence))
            before = weighed(beliefs, counts, config.confidence, button)
            pay = practice.press(button)
            counts[button] += 1
            beliefs[button] += (pay - beliefs[button]) / counts[button]  # (3)
            if before:
                practice.note(**before, new_value=beliefs[button])
        mind = mind_of(beliefs, counts, config.confidence)
        metrics = {
            M.BELIEF_ERROR: belief_error(beliefs, counts, practice.worths),
            M.DOUBT: sum(mind.doubts) / len(counts),
        }
        yield practice.completed(update, mind, metrics)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="ucb",
    title="UCB",
    config=UCBConfig,
    run=run,
    metrics=(M.BELIEF_ERROR, M.DOUBT),
    source="Auer, Cesa-Bianchi & Fischer 2002, Machine Learning 47",
    quantities=(
        *PRESSED,
        BELIEF,
        of_press("presses", "Presses", "N(a)", "Of this button, before this one."),
        of_press("all_presses", "All presses", "t", "Of every button, before this one."),
        of_press(
            "bonus",
            "Bonus",
            "B(a)",
            "What the button gains from not being known well, in reward.",
            r"c \sqrt{\ln t / N(a)}",
            "(1)",
        ),
        of_press(
            "bound",
            "Bound",
            "U(a)",
            "How good the button may still be, in reward.",
            "Q(a) + B(a)",
            "(1)",
        ),
        of_press(
            "other_bound",
            "Highest other bound",
            r"\max_{b \ne a} U(b)",
            "Of all other buttons; it is never above the bound of the pressed one.",
            "",
            "(2)",
        ),
        PAID,
        of_press(
            "new_value",
            "New belief",
            r"Q(a)_{\mathrm{new}}",
            "What it thinks of the button from now on, in reward: the mean of its pays.",
            r"Q(a) + \frac{r - Q(a)}{N(a) + 1}",
            "(3)",
        ),
    ),
)
