"""What chapters taught, concept by concept: one question before and another one after each.

First attempts count. The gain is Hake's (1998): the share of what could still be gained,

(1) g = (after - before) / (1 - before),

where before and after are means over learners of the share that each of them had right. Without a
mistake before there is nothing to gain, and g is left empty. The questions before and after are not
the same, so that one chapter of one learner says little.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from curriculum.schema import Chapter
from curriculum.state import ChapterState

FEWEST = 5  # learners that a figure of a group must speak of
HEAD = ("concept", "learners", "right_before", "right_after", "gain")


class Pair(NamedTuple):
    """What one learner answered to one chapter's two questions, each at the first attempt."""

    chapter: str
    before: bool
    after: bool


class Gain(NamedTuple):
    """How a concept was known before and after, and by how many learners and chapters."""

    concept: str
    learners: int
    chapters: int
    before: float
    after: float

    @property
    def gain(self) -> float | None:
        """Equation (1); None where nothing could be gained."""
        return None if self.before == 1 else (self.after - self.before) / (1 - self.before)  # (1)


def pair_of(chapter: Chapter, state: ChapterState) -> Pair | None:
    """The learner's two answers; None unless both were given, in this order, to today's chapter."""
    before, after = (
        next(check for check in chapter.check if check.when == when) for when in ("pre", "post")
    )
    given = list(state.answers)
    if state.version != chapter.version or before.id not in given or after.id not in given:
        return None
    if given.index(before.id) > given.index(after.id):
        return None
    right = [
        any(option.right for option in asked.options if option.id == state.answers[asked.id][0])
        for asked in (before, after)
    ]
    return Pair(chapter.id, *right)


def pairs_of(chapters: Iterable[Chapter], states: Mapping[str, ChapterState]) -> list[Pair]:
    """A learner's pairs, chapter by chapter."""
    found = (pair_of(one, states[one.id]) for one in chapters if one.id in states)
    return [pair for pair in found if pair]


def gains_of(chapters: Sequence[Chapter], learners: Iterable[Sequence[Pair]]) -> list[Gain]:
    """A gain for each concept that was asked about, in the order of the chapters."""
    concepts = {one.id: one.concepts for one in chapters}
    shares: dict[str, list[tuple[float, float]]] = {}  # concept -> what each learner had right
    asked: dict[str, set[str]] = {}
    for pairs in learners:
        own: dict[str, list[Pair]] = {}
        for pair in pairs:
            for concept in concepts[pair.chapter]:
                own.setdefault(concept, []).append(pair)
                asked.setdefault(concept, set()).add(pair.chapter)
        for concept, met in own.items():
            share = fmean(pair.before for pair in met), fmean(pair.after for pair in met)
            shares.setdefault(concept, []).append(share)
    order = dict.fromkeys(concept for one in chapters for concept in one.concepts)
    return [
        Gain(
            concept,
            len(shares[concept]),
            len(asked[concept]),
            fmean(before for before, _ in shares[concept]),
            fmean(after for _, after in shares[concept]),
        )
        for concept in order
        if concept in shares
    ]


def csv_of(gains: Iterable[Gain]) -> str:
    """One row a concept: no learner, no time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for one in gains:
        gain = "" if one.gain is None else f"{one.gain:.3f}"
        writer.writerow([one.concept, one.learners, f"{one.before:.3f}", f"{one.after:.3f}", gain])
    return text.getvalue()


def of_a_group(gains: Iterable[Gain]) -> list[Gain]:
    """Those that speak of enough learners to be handed on."""
    return [one for one in gains if one.learners >= FEWEST]
