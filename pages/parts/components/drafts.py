"""The stage of the ten drafts: one game, Pip's reasons beside its letters, and its six weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pages.parts.components.assets import register

WEIGHT_NAMES = (
    "mean score so far",
    "share of letters so far",
    "was the last one sent",
    "best of those tried",
    "never sent",
    "named by its reason",
)
MOST_REPEATS = 100  # of one draft, at the right end of the habit's curve

_ARMS = register("pip-arms-stage", ("arms_stage",), ("arms_stage",))


@dataclass(frozen=True)
class Bandit:
    """One game, played to its end, and the weights that the update left.

    worths: what each draft is worth. counts: how often it was sent. weights, first_weights: six
    each, now and untrained; none where Pip writes in words. reader: to whom the letters of the game
    were that are counted here, where there are several kinds of readers.
    """

    worths: Sequence[float]
    counts: Sequence[int]
    weights: Sequence[float]
    first_weights: Sequence[float]
    reader: str = ""


@dataclass(frozen=True)
class Letter:
    """One letter of the game: the reason that Pip wrote, whether it is right, and what it sent."""

    number: int
    reason: str
    is_right: bool
    deed: str
    reader: str = ""


def arms_stage(
    bandit: Bandit,
    letters: Sequence[Letter],
    *,
    knowing: Sequence[float] = (),
    habit: Sequence[float] = (),
    first_habit: Sequence[float] = (),
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """Drafts with how often they were sent, reasons and deeds, weights, and what was counted.

    knowing: shares of all letters: right reasons with UCB's draft, the greedy one and another,
    then the same of wrong reasons. habit, first_habit: the chance of a draft that was repeated up
    to a hundred times, at equal distances, now and untrained. note: a short fact. alt: the
    finding, for those who do not see the stage.

    Raises ValueError if the drafts differ in number, or the weights or the shares are not six.
    """
    if len(bandit.worths) != len(bandit.counts):
        raise ValueError(f"{len(bandit.counts)} counts for {len(bandit.worths)} drafts.")
    if len(bandit.weights) not in (0, len(WEIGHT_NAMES)):
        raise ValueError(f"{len(bandit.weights)} weights, and there must be {len(WEIGHT_NAMES)}.")
    if len(bandit.first_weights) != len(bandit.weights):
        raise ValueError(f"{len(bandit.first_weights)} first weights for {len(bandit.weights)}.")
    if len(knowing) not in (0, 6):
        raise ValueError(f"{len(knowing)} shares for two kinds of reasons and three of letters.")
    payload = {
        **asdict(bandit),
        "letters": [asdict(letter) for letter in letters],
        "weight_names": list(WEIGHT_NAMES),
        "knowing": list(knowing),
        "habit": list(habit),
        "first_habit": list(first_habit),
        "most_repeats": MOST_REPEATS,
        "note": note,
        "alt": alt,
    }
    _ARMS(data=payload, key=key)
