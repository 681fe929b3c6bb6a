"""Epsilon-greedy action values on a bandit.

Source: Sutton & Barto 2018, sections 2.2 to 2.6.

(1) a    = any button with probability epsilon, else argmax_a Q(a), ties at random
(2) Q(a) <- Q(a) + alpha (r - Q(a))        alpha = 1/N(a): the mean of what a has paid so far
(3) epsilon <- (1 - d) epsilon             after every update, if curiosity fades

With epsilon = 0 it is greedy. A high first guess, Q(a) before any press, makes it try every button.
With a constant alpha, a pay that lies n presses of its button back has the weight
alpha (1 - alpha)^n: what a button paid long ago is forgotten.
"""

from collections.abc import Iterator
from random import Random
from typing import Literal

from pydantic import Field

from engine.lobby.practice import KioskRunConfig, Mind, Practice, belief_error, best_of, opening
from engine.lobby.quantities import BELIEF, PAID, PRESSED, highest_other
from engine.metrics import MetricName as M
from engine.numerics import of_press
from engine.spec import Algorithm, Step
from engine.worlds.kiosk import BUTTONS


class EpsilonGreedyConfig(KioskRunConfig):
    """One run of epsilon-greedy at the kiosk."""

    algorithm: Literal["epsilon_greedy"] = "epsilon_greedy"
    epsilon: float = Field(
        0.1,
        ge=0,
        le=1,
        title="Curiosity",
        description="Probability of a random button; 0 is greedy.",
    )
    initial_value: float = Field(
        0.0,
        ge=-20,
        le=20,
        title="First guess",
        description="What it thinks a press is worth before it has tried the button.",
    )
    step_size: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Step size",
        description="How far a belief moves towards each pay; empty or 0: it is the mean of all "
        "pays.",
    )
    fade: float = Field(
        0.0,
        ge=0,
        le=0.5,
        title="Curiosity fades by",
        description="Share of its curiosity that it loses with every update; 0: it keeps it.",
    )


def chosen(beliefs: list[float], epsilon: float, luck: Random) -> int:
    """The button to press."""
    if luck.random() < epsilon:  # (1)
        return luck.randrange(len(beliefs))
    return luck.choice(best_of(beliefs))  # (1)


def chances_of(beliefs: list[float], epsilon: float) -> list[float]:
    """How likely each button is to be pressed next, exactly."""
    best = best_of(beliefs)
    by_chance = epsilon / len(beliefs)
    return [
        by_chance + (button in best) * (1 - epsilon) / len(best) for button in range(len(beliefs))
    ]


def learn(
    beliefs: list[float], counts: list[int], button: int, pay: float, step_size: float | None
) -> float:
    """Move one belief towards what its button just paid, and say how far; changes both lists."""
    counts[button] += 1
    alpha = step_size or 1 / counts[button]  # (2)
    beliefs[button] += alpha * (pay - beliefs[button])  # (2)
    return alpha


def curiosity(config: EpsilonGreedyConfig, updates: int) -> float:
    """The probability of a random button after so many updates."""
    kept = (1 - config.fade) ** updates  # (3)
    return config.epsilon * kept  # (3)


def run(config: EpsilonGreedyConfig) -> Iterator[Step]:
    """Train, one event an update; a belief is corrected after every visitor."""
    beliefs, counts = [config.initial_value] * len(BUTTONS), [0] * len(BUTTONS)
    yield opening(config, Mind(beliefs, (), chances_of(beliefs, config.epsilon)))
    practice, luck = Practice(config), Random(f"what is pressed {config.seed}")
    for update in range(1, config.updates + 1):
        epsilon = curiosity(config, update - 1)
        for _ in practice.visitors():
            button = chosen(beliefs, epsilon, luck)
            known, other = beliefs[button], highest_other(beliefs, button)
            pay = practice.press(button)
            alpha = learn(beliefs, counts, button, pay, config.step_size)
            practice.note(
                belief=known,
                other_belief=other,
                presses=counts[button],
                rate=alpha,
                new_value=beliefs[button],
            )
        metrics = {
            M.BELIEF_ERROR: belief_error(beliefs, counts, practice.worths),
            M.EPSILON: epsilon,
        }
        mind = Mind(beliefs, (), chances_of(beliefs, curiosity(config, update)))
        yield practice.completed(update, mind, metrics)
    yield practice.finished()


ALGORITHM = Algorithm(
    name="epsilon_greedy",
    title="Epsilon-greedy",
    config=EpsilonGreedyConfig,
    run=run,
    metrics=(M.BELIEF_ERROR, M.EPSILON),
    source="Sutton & Barto 2018, section 2.4",
    quantities=(
        *PRESSED,
        BELIEF,
        of_press(
            "other_belief",
            "Highest other belief",
            r"\max_{b \ne a} Q(b)",
            "Of all other buttons. Where it is higher than the belief, the press was by chance.",
        ),
        PAID,
        of_press("presses", "Presses", "N(a)", "Of this button so far, with this one."),
        of_press(
            "rate",
            "Step",
            r"\alpha",
            "Which share of the way to the pay the belief goes.",
            "1 / N(a)",
            "(2)",
        ),
        of_press(
            "new_value",
            "New belief",
            r"Q(a)_{\mathrm{new}}",
            "What it thinks of the button from now on, in reward.",
            r"Q(a) + \alpha (r - Q(a))",
            "(2)",
        ),
    ),
)
