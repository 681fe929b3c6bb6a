"""The kiosk in the hospital's lobby: five buttons, one of which it presses for every visitor.

A bandit with five arms. Each button sends the visitor on in its own way: how likely the matter is
settled there, how long the visitor waits, and whether the visitor smiles on the way out. There are
twelve outcomes a button, so that every expectation is a sum, whatever a reward expression says.
A lobby may change once, at a stated visitor: every expectation is then known before and after it.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression, within_bounds
from engine.scenes import Sign
from engine.spec import RewardTerm, World, WorldConfig

MINUTE_COST = 0.02  # of the true reward, which pays 1 for a settled matter
WAIT_CHANCES = 0.25, 0.5, 0.25  # of the three waits that a button may mean
NURSE, GUIDE, LEAFLET = 1, 2, 3  # their places among BUTTONS
EQUAL = 1e-9  # expected pays that differ by less differ by rounding


class Button(NamedTuple):
    """One way to send a visitor on."""

    name: str
    label: str
    meaning: str  # one sentence


BUTTONS = (
    Button("desk", "Front desk", "The visitor queues at the front desk, as visitors always did."),
    Button("nurse", "Duty nurse", "The visitor waits until the duty nurse has a moment."),
    Button("guide", "Volunteer guide", "A volunteer comes and walks along with the visitor."),
    Button("leaflet", "Leaflet", "The kiosk prints a leaflet, and the visitor leaves with it."),
    Button("cafe", "Café voucher", "The kiosk prints a voucher for a coffee in the café."),
)


class Way(NamedTuple):
    """What becomes of visitors whom a button sends on."""

    settled: float  # how likely their matter is settled
    waits: tuple[int, int, int]  # minutes, as likely as WAIT_CHANCES says
    smiles: tuple[float, float]  # how likely they smile if it is not settled, and if it is


LOBBIES: dict[str, tuple[Way, ...]] = {
    # The guides are the best way. The nurse settles more, and everybody waits for her.
    "usual": (
        Way(0.50, (4, 8, 14), (0.2, 0.7)),
        Way(0.80, (10, 15, 20), (0.1, 0.6)),
        Way(0.75, (2, 3, 6), (0.3, 0.8)),
        Way(0.10, (0, 0, 0), (0.1, 0.4)),
        Way(0.20, (1, 2, 5), (0.9, 0.95)),
    ),
    # All ways are worth nearly the same, and the guides a little more.
    "close": (
        Way(0.60, (3, 5, 7), (0.3, 0.7)),
        Way(0.70, (6, 9, 12), (0.2, 0.7)),
        Way(0.62, (2, 3, 4), (0.3, 0.8)),
        Way(0.48, (0, 0, 0), (0.2, 0.5)),
        Way(0.55, (1, 2, 3), (0.8, 0.9)),
    ),
    # The guides and the café's staff have gone home, and the nurse has time.
    "night": (
        Way(0.30, (6, 10, 14), (0.2, 0.6)),
        Way(0.85, (2, 4, 6), (0.2, 0.7)),
        Way(0.15, (8, 12, 20), (0.1, 0.5)),
        Way(0.10, (0, 0, 0), (0.1, 0.4)),
        Way(0.05, (1, 1, 2), (0.3, 0.5)),
    ),
}


# On the day of the change the volunteers move to the new wing, and their door stays shut.
_SHUT_GUIDES = Way(0.25, (3, 5, 9), (0.1, 0.5))
_NURSE_IN_THE_LOBBY = Way(0.85, (2, 3, 6), (0.2, 0.7))


class Change(NamedTuple):
    """What is different from one visitor on: new ways and what hangs at their doors, by button."""

    ways: dict[int, Way]
    signs: dict[int, Sign]


LOBBIES |= {"moved": LOBBIES["usual"], "opened": LOBBIES["usual"]}
CHANGES: dict[str, Change] = {
    # What was best is worth hardly anything, and what was slow is best.
    "moved": Change(
        {GUIDE: _SHUT_GUIDES, NURSE: _NURSE_IN_THE_LOBBY}, {GUIDE: "shut", NURSE: "new"}
    ),
    # What was best stays as good, and something better opens beside it.
    "opened": Change({NURSE: _NURSE_IN_THE_LOBBY}, {NURSE: "new"}),
}


def stages_of(lobby: str) -> range:
    """The stages of a lobby: 0 before its change and 1 after it, if it has one."""
    return range(1 + (lobby in CHANGES))


def ways_of(lobby: str, stage: int = 0) -> tuple[Way, ...]:
    """What a press of each button means in a stage of the lobby."""
    later = CHANGES[lobby].ways if stage else {}
    return tuple(later.get(button, way) for button, way in enumerate(LOBBIES[lobby]))


def signs_at(lobby: str, stage: int) -> tuple[Sign, ...]:
    """What hangs at each door, if anything hangs anywhere."""
    if not stage:
        return ()
    return tuple(CHANGES[lobby].signs.get(button, "") for button in range(len(BUTTONS)))


class KioskConfig(WorldConfig):
    """The kiosk: which lobby it stands in, how many visitors come, and how long the log is."""

    world: Literal["kiosk"] = "kiosk"
    lobby: Literal["usual", "close", "night", "moved", "opened"] = Field(
        default="usual",
        title="Lobby",
        description="usual: a weekday; close: all buttons are worth nearly the same; night: the "
        "guides have gone home, and the nurse has time; moved: on the way the guides' door shuts "
        "and the nurse gets a counter; opened: on the way the nurse gets a counter.",
    )
    change_after: int = Field(
        default=600,
        ge=0,
        le=40_000,
        title="Visitors before the change",
        description="How many visitors come before the lobby changes, if it is one that does.",
    )
    visitors: int = Field(
        default=20,
        ge=5,
        le=100,
        title="Visitors",
        description="How many visitors come in an update.",
    )
    log_rows: int = Field(
        default=600,
        ge=20,
        le=2000,
        title="Rows in the log",
        description="How many of last year's visitors the clerks' log tells of.",
    )


class Outcomes(NamedTuple):
    """What may become of visitors, in any common shape [...]."""

    settled: np.ndarray  # 1 if the matter was settled, else 0
    waits: np.ndarray  # minutes
    smiles: np.ndarray  # 1 if the visitor smiled on the way out, else 0


@lru_cache(maxsize=2 * len(LOBBIES))
def outcomes_of(lobby: str, stage: int = 0) -> tuple[Outcomes, np.ndarray]:
    """Everything that may happen behind each button, and how likely it is: [buttons, outcomes]."""
    rows = [
        [
            (
                settled,
                wait,
                smile,
                abs(1 - settled - way.settled) * wait_chance * abs(1 - smile - way.smiles[settled]),
            )
            for settled in (0, 1)
            for wait, wait_chance in zip(way.waits, WAIT_CHANCES, strict=True)
            for smile in (0, 1)
        ]
        for way in ways_of(lobby, stage)
    ]
    settled, waits, smiles, chances = np.moveaxis(np.array(rows, dtype=np.float64), -1, 0)
    return Outcomes(settled, waits, smiles), chances


def term_values(outcomes: Outcomes) -> dict[str, np.ndarray]:
    """Every reward term for every outcome: name -> [...] float64."""
    return {
        "settled": outcomes.settled,
        "wait": outcomes.waits,
        "smile": outcomes.smiles,
        "visitor": np.ones(outcomes.settled.shape),
    }


def true_reward(outcomes: Outcomes) -> np.ndarray:
    """What the hospital wanted, for every outcome: [...]."""
    return outcomes.settled - MINUTE_COST * outcomes.waits


def pay_table(lobby: str, reward: RewardExpression, stage: int = 0) -> np.ndarray:
    """What a reward pays for everything that may happen: [buttons, outcomes].

    Raises RewardValueError if an outcome has no pay, or far too large a one.
    """
    outcomes, _ = outcomes_of(lobby, stage)
    return within_bounds(reward.evaluate(term_values(outcomes)), "press")


def expected(lobby: str, table: np.ndarray, stage: int = 0) -> np.ndarray:
    """What a press of each button brings on average, exactly: [buttons]. table: of each outcome."""
    _, chances = outcomes_of(lobby, stage)
    return (chances * table).sum(axis=1)


def best_buttons(worths: np.ndarray) -> np.ndarray:
    """Which buttons bring as much as the best one: [buttons], true or false."""
    return worths >= worths.max() - EQUAL * max(1.0, float(np.abs(worths).max()))


TERMS = (
    RewardTerm(
        name="settled",
        label="Matter settled",
        meaning="1 if the visitor's matter is settled where the button sent them.",
        exploit="It does not see the queue: the surest way to settle a matter may be the slowest.",
        most=1,
    ),
    RewardTerm(
        name="wait",
        label="Waiting",
        meaning="How many minutes the visitor waits.",
        exploit="With a negative weight alone the leaflet is best: who is sent away does not wait.",
        most=20,
    ),
    RewardTerm(
        name="smile",
        label="Smile",
        meaning="1 if the visitor smiles on the way out.",
        exploit="A coffee makes nearly everybody smile, and settles nothing.",
        most=1,
    ),
    RewardTerm(
        name="visitor",
        label="Each visitor",
        meaning="1 for every visitor.",
        exploit="It pays every button the same, so nothing is learnt from it alone.",
        most=1,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="kiosk",
    title="The kiosk",
    config=KioskConfig,
    terms=TERMS,
    true_reward=f"1 if the visitor's matter is settled, less {MINUTE_COST} a minute of waiting.",
    metrics=(
        *(M.PROXY_RETURN, M.TRUE_RETURN, M.REGRET, M.BEST_BUTTON, M.SETTLED, M.WAITING),
        *(M.SMILED, M.WANTED_BUTTON, M.SENT_AWAY, M.TRIED, M.SWITCHED),
        *(M.BEST_BEFORE, M.FORMER_BEST, M.REGRET_SINCE),
    ),
    rollout="press",
    work_unit="visitors",
)
