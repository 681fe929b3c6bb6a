"""One night of the cleaning robot in a sentence or two: what it took up, and what was left."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from curriculum.figures import counted
from engine.scenes import GridScene
from engine.worlds.cleaner import PLACES


class Night(NamedTuple):
    """What can be counted in the film of a night."""

    taken: int
    tipped: int
    emptied: int
    left: int  # dirty places at its end, or so far


def night_of(scene: GridScene) -> Night:
    """Counted from the floors and loads of the film."""
    changes = [len(after) - len(before) for before, after in pairwise(scene.dirt)]
    taken, tipped = changes.count(-1), changes.count(1)
    return Night(taken, tipped, taken - tipped - scene.loads[-1], len(scene.dirt[-1]))


def night_in_words(scene: GridScene) -> str:
    """How the night that is shown went, as far as it is over."""
    if len(scene.trail) < 2:
        return f"The robot has not set out yet. {_dirty(scene.dirt[0])}"
    night = night_of(scene)
    told = [f"took up {_pieces(night.taken)}"]
    if night.tipped:
        told.append(f"tipped {_pieces(night.tipped)} onto the floor")
    if night.emptied:
        told.append(f"emptied {_pieces(night.emptied)} down the chute")
    before = len(scene.dirt[0])
    listed = " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))
    now = "at six"
    if scene.end != "bell":
        steps = len(scene.trail) - 1
        now = f"after {counted(steps, 'step')}, with the night still on,"
    rest = "the floor was clean" if not night.left else f"{night.left} of {PLACES} were dirty"
    return (
        f"The robot {listed}. In the evening {before} of {PLACES} places were dirty; {now} {rest}."
    )


def _dirty(cells: Sequence[int]) -> str:
    return f"{len(cells)} of {PLACES} places are dirty."


def _pieces(count: int) -> str:
    return f"{counted(count, 'piece')} of dirt" if count else "nothing"
