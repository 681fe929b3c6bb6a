"""Who speaks, what they do, and which faces and rooms can be drawn."""

from collections.abc import Mapping
from typing import Literal, get_args

from curriculum.parts import Art, RobotPlace, Speaker
from engine.language.facts import FACTS, VALUE_OF

Who = Literal[Speaker, "you", "nurse"]
Mood = Literal["idle", "listen", "think", "talk", "over"]
Meaning = Literal[
    "true",
    "true_dashed",
    "true_dotted",
    "proxy",
    "drift",
    "neutral",
    "neutral_dashed",
    "neutral_solid",
    "baseline",
    "seed",
    "prediction",
]
RunName = Literal["A", "B", "C"]  # of runs that are compared

WHO: tuple[Who, ...] = get_args(Who)
MOODS: tuple[Mood, ...] = get_args(Mood)
ARTS: tuple[Art, ...] = get_args(Art)
ROBOT_PLACES: tuple[RobotPlace, ...] = get_args(RobotPlace)
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)

NAMES: dict[Who, tuple[str, str]] = {
    "noor": ("Noor", "product"),
    "adeyemi": ("Dr. Adeyemi", "safety"),
    "kenji": ("Kenji", "operations"),
    "ruth": ("Ruth", "visits ward nine at all hours"),
    "you": ("You", "post-training"),
    "pip": ("Pip", ""),
    "nurse": ("Night nurse", "ward nine"),
}

# The sign on the wall tells what is true: visitors and verifiers read the same facts.
SIGNS = tuple(
    (name, f"floor {VALUE_OF[FACTS['floor'][room]]}")
    for room, name in (("cafe", "Café"), ("lab", "Laboratory"), ("pharmacy", "Pharmacy"))
)

# What is written over doors in the drawings.
PLACE_NAMES = {"pharmacy": "Pharmacy", "ward": "Ward nine", "hospital": "Hospital"}

MOST_POLITE_WORDS = 3  # more than these in one reply, and Pip's whole face is lit


def reply_mood(axes: Mapping[str, float]) -> Mood:
    """The face that goes with a reply: `over` if it is broken or drowned in courtesy.

    axes: what the verifiers say of the reply; `polite` is a count of words, `fluent` is 0 or 1.
    """
    overloaded = axes.get("polite", 0.0) > MOST_POLITE_WORDS or axes.get("fluent", 1.0) < 1.0
    return "over" if overloaded else "talk"


def known_person(who: str) -> None:
    """Raise ValueError if there is no drawing of this person."""
    if who not in WHO:
        raise ValueError(f"There is no drawing of {who!r}. Use one of {', '.join(WHO)}.")
