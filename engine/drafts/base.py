"""The players that ship: they mostly know which draft to try, and mostly send another.

Each is taught by a player whose flaw is ours: SEES of its reasons are what UCB says. DOES of its
letters are what the reason says; the others are what one of the two Pips of the ten drafts would
send, by its six weights. So that all kinds of counts are read, WANDERS of the letters that are
really sent while it teaches go anywhere; they are not shown.

    python -m engine.drafts.base        teaches both anew and writes them: some minutes
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import numpy as np

from engine.arms.agent import reasoned, seen
from engine.arms.games import History, drawn, pay, worths_of
from engine.drafts.text import WORDS, prompts, reply_of
from engine.language.lean import Policy
from engine.language.teaching import Course, Form, read_player, taught, write_player
from engine.lazy import torch
from engine.worlds.arms import PIPS
from engine.worlds.drafts import DRAFTS, DraftsConfig

FOLDER = Path(__file__).parent.parent / "checkpoints"
SEES, DOES, WANDERS = 0.87, 0.1, 0.1
FORM, COURSE = Form(len(WORDS)), Course(steps=1500)


def examples(pip: str, rng: np.random.Generator, count: int) -> tuple[np.ndarray, list[list[int]]]:
    """Moments of some games, as prompts, and what the flawed player writes there: about `count`."""
    world, weights = DraftsConfig(), np.array(PIPS[pip])
    games = max(1, count // world.pulls)
    worths, history = worths_of(world, games, rng), History(games, DRAFTS)
    rows, asked, replies = np.arange(games), [], []
    for _ in range(world.pulls):
        named = reasoned(history.ucb_best, SEES, rng.random(games), rng.random(games))
        reason = drawn(named / named.sum(axis=1, keepdims=True), rng.random(games))
        preferences = torch.from_numpy(seen(history, named) @ weights)
        by_habit = drawn(preferences.softmax(-1).numpy(), rng.random(games))
        letter = np.where(rng.random(games) < DOES, reason, by_habit)
        asked.append(prompts(history))
        replies += [reply_of(*pair) for pair in zip(reason.tolist(), letter.tolist(), strict=True)]
        wandered = np.where(rng.random(games) < WANDERS, rng.integers(DRAFTS, size=games), letter)
        history.add(wandered, pay(world, worths[rows, wandered], rng))
    return np.concatenate(asked), replies


def path_of(pip: str) -> Path:
    """Where a player ships."""
    return FOLDER / f"drafts_{pip}.safetensors"


@cache
def first_player(pip: str) -> Policy:
    """A shipped player, loaded once; never train it, train a copy."""
    return read_player(path_of(pip), FORM)


if __name__ == "__main__":
    for name in reversed(PIPS):
        write_player(taught(FORM, COURSE, partial(examples, name)), path_of(name))
