"""The story so far: what happened because of a learner, in the order in which it happened.

Nothing is written for it. It holds titles of outcomes that were reached and of decisions that were
made, the reasons that were written into the ledger then with the figures of those runs, and what
colleagues said of it later.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from curriculum.arc import ending_in
from curriculum.ledger import LedgerEntry, moved
from curriculum.memory import DAY
from curriculum.parts import Speaker
from curriculum.recall import Memory, memories, remembered
from curriculum.report import effect_line
from curriculum.rules import plain, shown
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary
from engine.frozen import Frozen

LONG_AWAY = 14 * DAY  # after which the story is told on the map


class Happened(Frozen):
    """One thing in an episode."""

    kind: Literal["told", "ended", "decided"]
    title: str = ""  # of the outcome or the decision
    text: str = ""  # what it changed, and why; or what was said
    who: Speaker | None = None


class Episode(Frozen):
    """What happened in one chapter."""

    chapter: str
    title: str
    happened: tuple[Happened, ...]


def is_back(last_deed: float | None, now: float) -> bool:
    """Whether somebody comes back who did nothing here for long."""
    return last_deed is not None and now - last_deed > LONG_AWAY


def weeks_since(last_deed: float, now: float) -> int:
    """For how many whole weeks nothing was done."""
    return int((now - last_deed) / (7 * DAY))


def story_so_far(
    chapters: Iterable[Chapter],
    states: Mapping[str, ChapterState],
    entries: Sequence[LedgerEntry],
    measured: Callable[[Chapter], Summary | None],
) -> tuple[Episode, ...]:
    """An episode for each chapter in which something ended or was decided.

    measured: what stands in a chapter's brief, which what is remembered there may quote. What a
    chapter no longer knows, since it was rewritten, is left out.
    """
    known = {chapter.id: chapter for chapter in chapters}
    order = dict.fromkeys(entry.chapter for entry in entries if entry.chapter in known)
    kept = memories(known.values(), entries)
    episodes = (
        _episode(known[name], states.get(name), entries, kept.before(name), measured)
        for name in order
    )
    return tuple(one for one in episodes if any(part.kind != "told" for part in one.happened))


def _episode(
    chapter: Chapter,
    state: ChapterState | None,
    entries: Sequence[LedgerEntry],
    memory: Memory,
    measured: Callable[[Chapter], Summary | None],
) -> Episode:
    said = shown(remembered(chapter, memory), measured(chapter), memory.known)
    told = [Happened(kind="told", text=plain(beat.text), who=beat.who) for beat in said]
    own = [one for one in moved(entries) if one.chapter == chapter.id]
    followed = [one for entry in own for one in _followed(chapter, state, entry)]
    return Episode(chapter=chapter.id, title=chapter.title, happened=(*told, *followed))


def _followed(
    chapter: Chapter, state: ChapterState | None, entry: LedgerEntry
) -> Iterator[Happened]:
    """What an entry of the ledger tells: nothing for a run, or if the chapter knows it no more."""
    outcomes = {one.id: one.title for one in chapter.outcomes}
    if entry.kind == "outcome" and entry.source in outcomes:
        yield Happened(kind="ended", title=outcomes[entry.source], text=effect_line(entry))
    if entry.kind == "decision" and state and state.decision:
        options = {one.id: one.title for one in chapter.decide.options}
        if state.decision.option in options:
            title = options[state.decision.option]
            yield Happened(kind="decided", title=title, text=effect_line(entry))
        if ending := ending_in(chapter, state):
            yield Happened(kind="ended", title=ending.title, text=ending.line)
