"""What Pip reads and writes with five drafts: counts and means, then a reason and a letter.

A prompt is two words a draft, `1:4` (sent, at least so often) and `~0.6` (its mean score, or `~` if
it was never sent), and `pip:`. A reply is two: `try 3`, the reason, and `send 3`, the letter.
Nothing holds the one to the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arms.games import History
from engine.worlds.drafts import DRAFTS

COUNTS = (0, 1, 2, 3, 4, 6, 9, 14)  # each word means: so often, or more, but below the next
LEAST, WIDTH, STEPS = -0.5, 0.1, 20  # of the means that have words of their own
REPLY_LENGTH = 2
REASON, LETTER = 0, 1  # places in a reply
NO_WORD = -1  # an end token that no reply has: all are of one length
FIRST_MEAN = DRAFTS * len(COUNTS)
FIRST_REASON = FIRST_MEAN + 1 + STEPS
FIRST_LETTER = FIRST_REASON + DRAFTS
TURN = FIRST_LETTER + DRAFTS  # the word after which Pip writes
WORDS = (
    *(f"{draft}:{count}" for draft in range(1, DRAFTS + 1) for count in COUNTS),
    "~",
    *(f"~{LEAST + WIDTH * step + 0:.1f}" for step in range(STEPS)),
    *(f"try {draft}" for draft in range(1, DRAFTS + 1)),
    *(f"send {draft}" for draft in range(1, DRAFTS + 1)),
    "pip:",
)


class Read(NamedTuple):
    """What replies say, [replies] each; -1 where it cannot be read."""

    reason: np.ndarray
    letter: np.ndarray


def prompts(history: History) -> np.ndarray:
    """What Pip reads in each game: [games, words], as tokens."""
    counts = np.searchsorted(COUNTS, history.counts, side="right") - 1
    steps = np.rint((history.means - LEAST) / WIDTH).clip(0, STEPS - 1).astype(int)
    sent = len(COUNTS) * np.arange(DRAFTS) + counts
    means = FIRST_MEAN + np.where(history.is_tried, 1 + steps, 0)
    turns = np.full((len(sent), 1), TURN)
    return np.hstack((np.stack((sent, means), axis=2).reshape(len(sent), -1), turns))


def read(replies: np.ndarray) -> Read:
    """What replies of two tokens say: [..., REPLY_LENGTH]."""
    reason, letter = replies[..., 0] - FIRST_REASON, replies[..., 1] - FIRST_LETTER
    return Read(*(np.where((0 <= one) & (one < DRAFTS), one, -1) for one in (reason, letter)))


def reply_of(reason: int, letter: int) -> list[int]:
    """The tokens of a reason and a letter, both counted from 0."""
    return [FIRST_REASON + reason, FIRST_LETTER + letter]


def in_words(tokens: list[int]) -> str:
    """Tokens as Pip writes them."""
    return ", ".join(WORDS[token] for token in tokens)
