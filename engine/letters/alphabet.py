"""The messages on Pip's pager: four letters each, few enough to count them all.

Messages are numbered in the order of a dictionary. So are their beginnings, but shorter ones come
first: the empty beginning, then a, b, c, d, aa, ab and so on.
"""

from __future__ import annotations

from functools import cache
from itertools import product

from engine.lazy import torch

LETTERS = "abcd"
LENGTH = 4
START = len(LETTERS)  # the token before the first letter; a letter's token is its place in LETTERS

# What the untrained Pip writes first, and after each letter: it is fond of d.
FIRST = (0.2, 0.3, 0.2, 0.3)
THEN = {
    "a": (0.1, 0.3, 0.3, 0.3),
    "b": (0.2, 0.2, 0.3, 0.3),
    "c": (0.25, 0.25, 0.2, 0.3),
    "d": (0.15, 0.2, 0.25, 0.4),
}


@cache
def messages() -> tuple[str, ...]:
    """Every message there is; its place is its number."""
    return _texts(LENGTH)


def starting_chances() -> torch.Tensor:
    """What the untrained Pip writes next after each beginning: [beginnings, letters]."""
    before = [text for length in range(LENGTH) for text in _texts(length)]
    return torch.tensor([THEN[text[-1]] if text else FIRST for text in before])


def _texts(length: int) -> tuple[str, ...]:
    return tuple("".join(letters) for letters in product(LETTERS, repeat=length))


def beginnings(letters: torch.Tensor, letter_count: int) -> torch.Tensor:
    """The number of the beginning before each letter of a message: [messages, length].

    letters: [messages, length] tokens, each below letter_count but for the last, which is before
    nothing.
    """
    number = torch.zeros(len(letters), dtype=torch.long)
    shorter = 0  # how many beginnings are shorter
    found: list[torch.Tensor] = []
    for place in range(letters.shape[1]):
        found.append(shorter + number)
        shorter += letter_count**place
        number = number * letter_count + letters[:, place]
    return torch.stack(found, 1)


@cache
def every_message(letter_count: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The letters of every message and the beginning before each: [messages, length] both."""
    letters = torch.cartesian_prod(*[torch.arange(letter_count)] * length).view(-1, length)
    return letters, beginnings(letters, letter_count)
