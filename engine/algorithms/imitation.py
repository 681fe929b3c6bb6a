"""Imitation of a log by counting: supervised learning of who would have pressed what.

Source: Pomerleau 1991, Neural Computation 3, for the idea. The estimate is the maximum-likelihood
one, with k imagined presses of every button.

(1) pi(a|h) = (N(h, a) + k) / (N(h) + k A)     N counts rows of the log; h: hour, A: 5 buttons
(2) loss    = -mean of log pi(a|h)             over all rows (h, a) of the log
(3) a       ~ pi(.|h)

The log is read in order, some rows an update. What a press pays is never looked at.
"""

from collections.abc import Iterator
from random import Random
from typing import Literal

import numpy as np
from pydantic import Field

from engine.lobby.clerks import FIRST_HOUR, HOURS, Log, log_of, visitor_chances
from engine.lobby.practice import KioskRunConfig, Mind, Practice, opening
from engine.lobby.quantities import HOUR, PRESSED
from engine.metrics import MetricName as M
from engine.numerics import of_press
from engine.spec import Algorithm, Step
from engine.worlds.kiosk import BUTTONS


class ImitationConfig(KioskRunConfig):
    """One run of imitation at the kiosk."""

    algorithm: Literal["imitation"] = "imitation"
    rows_per_update: int = Field(
        30,
        ge=1,
        le=2000,
        title="Rows in an update",
        description="How many more rows of the clerks' log it reads before each update's visitors.",
    )
    imagined: float = Field(
        1.0,
        ge=0.001,
        le=100,
        title="Imagined presses",
        description="How often every button is taken to have been pressed at every hour, before "
        "the log is opened.",
    )


def counts_of(log: Log, rows: int) -> np.ndarray:
    """How often each button stands at each hour in the first `rows` rows: [hours, buttons]."""
    counts = np.zeros((HOURS, len(BUTTONS)))
    np.add.at(counts, (log.hours[:rows] - FIRST_HOUR, log.buttons[:rows]), 1)  # (1)
    return counts


def policy_of(log: Log, rows: int, imagined: float) -> np.ndarray:
    """What the first `rows` rows of a log teach: how likely each button is, [hours, buttons]."""
    counts = counts_of(log, rows)
    return (counts + imagined) / (counts + imagined).sum(axis=1, keepdims=True)  # (1)


def log_loss(policy: np.ndarray, log: Log) -> float:
    """How much a policy is surprised by the whole log, in nats a row."""
    return -float(np.log(policy[log.hours - FIRST_HOUR, log.buttons]).mean())  # (2)


def chances_of(policy: np.ndarray) -> list[float]:
    """How likely each button is to be pressed for the next visitor, whenever that one comes."""
    return (visitor_chances().sum(axis=(0, 2)) @ policy).tolist()


def run(config: ImitationConfig) -> Iterator[Step]:
    """Read on and serve visitors, one event an update."""
    log = log_of(config.world.lobby, config.world.log_rows)
    policy = policy_of(log, config.rows_per_update, config.imagined)
    yield opening(config, Mind(chances=chances_of(policy)))
    practice, luck = Practice(config), Random(f"what is pressed {config.seed}")
    for update in range(1, config.updates + 1):
        rows = policy.tolist()
        counts = counts_of(log, update * config.rows_per_update)
        for visitor in practice.visitors():
            chances = rows[visitor.hour - FIRST_HOUR]
            button = luck.choices(range(len(chances)), chances)[0]  # (3)
            practice.press(button)
            known = counts[visitor.hour - FIRST_HOUR]
            practice.note(
                hour=visitor.hour,
                hour_rows=known.sum(),
                button_rows=known[button],
                chance=chances[button],
            )
        read = min(1.0, update * config.rows_per_update / config.world.log_rows)
        metrics = {M.LOG_LOSS: log_loss(policy, log), M.LOG_READ: read}
        policy = policy_of(log, (update + 1) * config.rows_per_update, config.imagined)
        yield practice.completed(update, Mind(chances=chances_of(policy)), metrics)
    yield practice.finished(learns_from_pay=False)


ALGORITHM = Algorithm(
    name="imitation",
    title="Imitation",
    config=ImitationConfig,
    run=run,
    metrics=(M.LOG_LOSS, M.LOG_READ),
    source="Pomerleau 1991, Neural Computation 3",
    quantities=(
        *PRESSED,
        HOUR,
        of_press("hour_rows", "Rows of the hour", "N(h)", "Of the log, as far as it is read."),
        of_press(
            "button_rows",
            "Rows of the button",
            "N(h, a)",
            "Rows of this hour in which the clerks pressed this button.",
        ),
        of_press(
            "chance",
            "Chance of the press",
            r"\pi(a \mid h)",
            "How likely this button was to be pressed at this hour.",
            r"\frac{N(h, a) + k}{N(h) + k A}",
            "(1)",
        ),
    ),
    objective=M.LOG_LOSS,
)
