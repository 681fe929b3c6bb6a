"""What is remembered where, and in what order: what was never told before goes first.

All of it follows from the ledger alone, and what is told in a chapter from the part of the ledger
before it was begun. So it is the same on every visit, and nothing that is done later, above or
below, changes it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from curriculum.ledger import LedgerEntry
from curriculum.parts import Beat
from curriculum.rules import applying, shown
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.frozen import Frozen

MOST_REMEMBERED = 2  # beats of earlier chapters in one brief


class Memory(Frozen):
    """What colleagues know of a learner at one moment, and what of it they have spoken of."""

    known: frozenset[str] = frozenset()
    decided: frozenset[str] = frozenset()  # what of it the learner chose, and no run brought
    told: frozenset[str] = frozenset()


class Memories(Frozen):
    """What was known and told when each chapter was begun, when it was decided, and now."""

    begun: Mapping[str, Memory]
    decided: Mapping[str, Memory]
    now: Memory

    def before(self, chapter_id: str) -> Memory:
        """As the chapter was begun; as things stand where it was not."""
        return self.begun.get(chapter_id, self.now)

    def after(self, chapter_id: str) -> Memory:
        """With the chapter's decision; as things stand before there is one."""
        return self.decided.get(chapter_id, self.now)


def memories(chapters: Iterable[Chapter], entries: Sequence[LedgerEntry]) -> Memories:
    """What was remembered, entry by entry. What a chapter knows no more is passed over."""
    by_id = {chapter.id: chapter for chapter in chapters}
    begun: dict[str, Memory] = {}
    decided: dict[str, Memory] = {}
    now = Memory()
    for entry in entries:
        chapter = by_id.get(entry.chapter)
        if chapter and chapter.id not in begun:
            begun[chapter.id] = now
            in_brief = (*applying(chapter.brief.beats, now.known), *remembered(chapter, now))
            now = having_told(now, in_brief)
        now = _having_learnt(now, entry)
        if chapter and entry.kind == "outcome":
            beats = (one.beats for one in chapter.outcomes if one.id == entry.source)
            now = having_told(now, applying(next(beats, ()), now.known))
        if entry.kind == "decision":
            decided.setdefault(entry.chapter, now)
    return Memories(begun=begun, decided=decided, now=now)


def briefed(chapter: Chapter, measured: Summary | None, memory: Memory) -> tuple[Beat, ...]:
    """What is said in the brief, and what is remembered there of earlier chapters.

    memory: as it was when the chapter was begun.
    """
    said = shown(chapter.brief.beats, measured, memory.known)
    return said + shown(remembered(chapter, memory), measured, memory.known)


def remembered(chapter: Chapter, memory: Memory) -> tuple[Beat, ...]:
    """What a brief has room for of what was done before, the newest first."""
    first = by_turn(chapter.brief.remembered, memory)[:MOST_REMEMBERED]
    return tuple(beat for beat in chapter.brief.remembered if beat in first)


def by_turn(beats: Collection[Beat], memory: Memory) -> list[Beat]:
    """What applies: never told before told, decisions before runs, and then as it was written."""

    def turn(beat: Beat) -> tuple[bool, bool]:
        return beat.if_fact in memory.told, beat.if_fact not in memory.decided

    return sorted(applying(beats, memory.known), key=turn)


def having_told(memory: Memory, beats: Iterable[Beat]) -> Memory:
    """The memory once all this was said."""
    facts = {beat.if_fact for beat in beats if beat.if_fact}
    return memory.model_copy(update={"told": memory.told.union(facts)})


def _having_learnt(memory: Memory, entry: LedgerEntry) -> Memory:
    known = {"known": memory.known.union(entry.facts)}
    if entry.kind == "decision":
        known["decided"] = memory.decided.union(entry.facts)
    return memory.model_copy(update=known)
