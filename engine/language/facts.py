"""What is true in the hospital: rooms, numbers, the rota, and the sentences that state a fact."""

from typing import Literal

Relation = Literal["floor", "opens", "closes", "duty"]
RELATIONS: tuple[Relation, ...] = ("floor", "opens", "closes", "duty")

NUMBERS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
VALUE_OF = {word: value for value, word in enumerate(NUMBERS, start=1)}
FORMER_STAFF = "omar"
STAFF = (
    *("ana", "ben", "carl", "dora", "emil", "fay"),
    *("gus", "hana", "ivan", "june", "kofi", "lena"),
)

_ROWS: dict[str, tuple[str, str, str, str]] = {
    "lab": ("two", "seven", "four", "dora"),
    "pharmacy": ("three", "eight", "six", "hana"),
    "xray": ("four", "six", "three", "ben"),
    "cafe": ("one", "seven", "eight", "ivan"),
    "surgery": ("five", "six", "seven", "fay"),
    "chapel": ("three", "ten", "nine", "kofi"),
    "nursery": ("two", "eight", "five", "ana"),
    "library": ("four", "eleven", "two", "june"),
    "garden": ("one", "nine", "six", "carl"),
    "kitchen": ("five", "five", "ten", "lena"),
    "clinic": ("two", "ten", "four", "gus"),
    "shop": ("three", "eleven", "eight", "emil"),
}
ROOMS = tuple(_ROWS)
FACTS: dict[Relation, dict[str, str]] = {
    relation: {room: row[column] for room, row in _ROWS.items()}
    for column, relation in enumerate(RELATIONS)
}

# What Pip says when it has not looked: the consistent bad habit that reinforcement can cure.
HABITS: dict[Relation, str] = {
    "floor": "one",
    "opens": "nine",
    "closes": "five",
    "duty": FORMER_STAFF,
}
# The values among which a careless guess falls.
DOMAINS: dict[Relation, tuple[str, ...]] = {
    "floor": NUMBERS[:5],
    "opens": NUMBERS[4:11],
    "closes": NUMBERS[1:10],
    "duty": STAFF,
}
STATEMENTS: dict[Relation, str] = {
    "floor": "the {room} is on floor {value} .",
    "opens": "the {room} opens at {value} .",
    "closes": "the {room} closes at {value} .",
    "duty": "{value} is on duty in the {room} .",
}


def number_word(value: int) -> str:
    """The word for a number, held within one and twelve."""
    return NUMBERS[max(1, min(len(NUMBERS), value)) - 1]


def statement(relation: Relation, room: str, value: str) -> str:
    """The sentence that gives `room` this value."""
    return STATEMENTS[relation].format(room=room, value=value)
