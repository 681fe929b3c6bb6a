"""The player that ships: it mostly sees what is to be done, and mostly does something else.

It is taught by a sloppy player whose flaw is ours: SEES of its reasons are right, but only DOES of
its moves go where the reason says. The others go to the first free cell in the order of reading, or
wherever the pen falls, taken or not.

    python -m engine.noughts.base       teaches it anew and writes it: 3000 steps, some minutes
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from engine.language.lean import Policy
from engine.language.teaching import Course, Form, read_player, taught, write_player
from engine.noughts.rules import CELLS, PIP, is_free, turns
from engine.noughts.text import VERBS, WORDS, prompts, reply_of, right_reasons

CHECKPOINT = Path(__file__).parent.parent / "checkpoints" / "noughts_player.safetensors"
SEES, DOES, HABIT = 0.87, 0.13, 0.5  # the rest of the moves falls anywhere
FORM, COURSE = Form(len(WORDS)), Course()


def sloppy_reply(board: int, rng: np.random.Generator) -> list[int]:
    """What the sloppy player writes on a board: tokens."""
    free = np.flatnonzero(is_free()[board])
    if rng.random() < SEES:
        verb, place = rng.choice(np.argwhere(right_reasons()[board]))
    else:
        verb, place = rng.integers(len(VERBS)), rng.choice(free)
    luck = rng.random()
    move = place if luck < DOES else free[0] if luck < DOES + HABIT else rng.integers(CELLS)
    return reply_of(int(verb), int(place), int(move))


def examples(rng: np.random.Generator, count: int) -> tuple[np.ndarray, list[list[int]]]:
    """Boards of all kinds, as prompts, and what the sloppy player writes on them."""
    chosen = rng.choice(turns(PIP), count)
    return prompts()[chosen], [sloppy_reply(board, rng) for board in chosen]


@cache
def first_player() -> Policy:
    """The shipped player, loaded once; never train it, train a copy."""
    return read_player(CHECKPOINT, FORM)


if __name__ == "__main__":
    write_player(taught(FORM, COURSE, examples), CHECKPOINT)
