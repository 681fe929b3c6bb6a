"""The arc as a whole: which ending a learner comes to, who remembers what, and what is unread."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from curriculum.costs import run_cost
from curriculum.epilogue import Play, StoryEnding
from curriculum.ledger import LedgerEntry, Meters, facts, grant_entry, meters
from curriculum.outcomes import ChoiceReply, Outcome
from curriculum.parts import Beat, Speaker
from curriculum.recall import Memories, Memory, briefed, by_turn, having_told, memories
from curriculum.recipe import recorded_config
from curriculum.rules import COMPARE, applying, reply_to, shown
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary
from engine.frozen import Frozen

FACT_KEYS = ("if_fact", "unless_fact", "all_facts", "any_facts", "no_facts")


class Deed(Frozen):
    """A decision of the learner, and who speaks of it later."""

    chapter: str
    decided: str
    remembered_by: tuple[Speaker, ...]
    ending: str = ""  # title of the ending that it led to


def ending_of(
    chapter: Chapter, option_id: str, outcome_id: str, known: Collection[str], now: Meters
) -> StoryEnding | None:
    """The first ending whose conditions all hold; None where a chapter ends nothing but itself.

    known: every fact of the arc. now: the meters, the decision included.
    """
    for ending in chapter.endings:
        if ending.if_decided and option_id not in ending.if_decided:
            continue
        if ending.if_outcome and outcome_id not in ending.if_outcome:
            continue
        if _has_facts(ending, known) and _has_meters(ending, now):
            return ending
    return None


def ending_after(
    chapter: Chapter, option_id: str, outcome_id: str, entries: Sequence[LedgerEntry]
) -> StoryEnding | None:
    """The ending of a learner at whom all this has happened, the decision included."""
    return ending_of(chapter, option_id, outcome_id, facts(entries), meters(entries))


def ending_in(chapter: Chapter, state: ChapterState | None) -> StoryEnding | None:
    """The ending that a learner came to in this chapter; None if there is none, or not yet."""
    reached = state.decision.ending if state and state.decision else ""
    return next((ending for ending in chapter.endings if ending.id == reached), None)


def told(
    chapter: Chapter,
    ending: StoryEnding,
    summary: Summary,
    memory: Memory,
    outcome_id: str,
) -> tuple[Beat, ...]:
    """What an ending tells, and one thing that each colleague remembers of this learner.

    memory: as it is with the decision.
    """
    said = shown(ending.beats, summary, memory.known, outcome_id)
    return said + _recalled(chapter, ending, summary, memory, outcome_id)


def planned_ending(chapters: Iterable[Chapter], chapter: Chapter, play: Play) -> str:
    """The id of the ending that a play leads to, if every recorded setting ends as it promises.

    Empty if there is none. KeyError, with the name, for anything in it that does not exist.
    """
    by_id = {one.id: one for one in chapters}
    entries: list[LedgerEntry] = []
    for step in play.before:
        played = by_id[step.chapter]
        entries += _promised(played, step.setting, step.decides, step.times, entries)
    entries += _promised(chapter, play.setting, play.decides, 1, entries)
    outcome = _outcome(chapter, play.setting).id
    ending = ending_after(chapter, play.decides, outcome, entries)
    return ending.id if ending else ""


def read_in(chapter: Chapter) -> set[str]:
    """The facts that something in a chapter depends on."""
    found: set[str] = set()
    for path, value in chapter.nodes():
        if path[-1] in FACT_KEYS and value:
            found.update((value,) if isinstance(value, str) else value)
    return found


def unread(chapters: Sequence[Chapter]) -> dict[str, str]:
    """Facts that no later chapter reads, nor an ending; each with the chapter that sets it."""
    found: dict[str, str] = {}
    for index, chapter in enumerate(chapters):
        later = set[str]().union(*map(read_in, chapters[index + 1 :]))
        if chapter.endings:
            later |= read_in(chapter)
        found |= {fact.id: chapter.id for fact in chapter.facts if fact.id not in later}
    return found


def deeds(
    chapters: Sequence[Chapter],
    states: Mapping[str, ChapterState],
    entries: Sequence[LedgerEntry],
) -> Iterator[Deed]:
    """What a learner decided, chapter by chapter, and who among the colleagues speaks of it later.

    A brief has room for a few memories, an ending for one of each colleague; what was never told
    goes before what was, and the newer before the older.
    """
    kept = memories(chapters, entries)
    for index, chapter in enumerate(chapters):
        decision = states[chapter.id].decision if chapter.id in states else None
        titles = {option.id: option.title for option in chapter.decide.options}
        if decision is None or decision.option not in titles:
            continue
        reply = reply_to(chapter, decision.option, decision.outcome)
        later = [
            beat
            for after in chapters[index + 1 :]
            for beat in _spoken(after, states.get(after.id), kept)
        ]
        about = [beat for beat in later if beat.if_fact in reply.facts]
        speakers: dict[Speaker, None] = {beat.who: None for beat in about if beat.who}
        ending = ending_in(chapter, states[chapter.id])
        yield Deed(
            chapter=chapter.title,
            decided=titles[decision.option],
            remembered_by=tuple(speakers),
            ending=ending.title if ending else "",
        )


def _has_facts(ending: StoryEnding, known: Collection[str]) -> bool:
    if ending.any_facts and not any(fact in known for fact in ending.any_facts):
        return False
    if any(fact in known for fact in ending.no_facts):
        return False
    return all(fact in known for fact in ending.all_facts)


def _has_meters(ending: StoryEnding, now: Meters) -> bool:
    return all(COMPARE[one.op](getattr(now, one.meter), one.value) for one in ending.meters)


def _outcome(chapter: Chapter, setting: str) -> Outcome:
    return chapter.outcome({one.id: one for one in chapter.recorded}[setting].reaches)


def _promised(
    chapter: Chapter, setting: str, decides: str, times: int, before: Sequence[LedgerEntry]
) -> list[LedgerEntry]:
    """What a chapter adds to the ledger: runs at the price of its start, an outcome, a decision."""
    outcome = _outcome(chapter, setting)
    recorded = next(one for one in chapter.recorded if one.id == setting)
    cost = run_cost(chapter, recorded_config(chapter, recorded, chapter.experiment.seed))
    runs = [
        LedgerEntry(chapter=chapter.id, kind="run", source=str(index), budget=-cost)
        for index in range(times)
    ]
    reply = reply_to(chapter, decides, outcome.id)
    given = grant_entry(chapter, before)
    caused = [_caused(chapter, outcome), _caused(chapter, reply)]
    return [*([given] if given else []), *runs, *caused]


def _caused(chapter: Chapter, cause: Outcome | ChoiceReply) -> LedgerEntry:
    return LedgerEntry(
        chapter=chapter.id,
        kind="outcome" if isinstance(cause, Outcome) else "decision",
        source=cause.id if isinstance(cause, Outcome) else "decision",
        facts=cause.facts,
        **cause.effects.model_dump(),
    )


def _spoken(chapter: Chapter, state: ChapterState | None, kept: Memories) -> Iterator[Beat]:
    """What is said in a chapter by what is known, and where a learner has decided, after that."""
    last = kept.after(chapter.id)
    yield from briefed(chapter, None, kept.before(chapter.id))
    decision = state.decision if state else None
    outcomes = {outcome.id: outcome for outcome in chapter.outcomes}
    options = [option.id for option in chapter.decide.options]
    if decision is None or decision.outcome not in outcomes or decision.option not in options:
        return
    said = [outcomes[decision.outcome], reply_to(chapter, decision.option, decision.outcome)]
    ending = ending_in(chapter, state)
    for part in (*said, ending) if ending else said:
        yield from shown(part.beats, None, last.known, decision.outcome)
    if ending:
        yield from _recalled(chapter, ending, None, last, decision.outcome)


def _recalled(
    chapter: Chapter,
    ending: StoryEnding,
    summary: Summary | None,
    memory: Memory,
    outcome_id: str,
) -> tuple[Beat, ...]:
    """One thing of each colleague at the end: what nobody told before, or else the newest."""
    fitting = [beat for beat in chapter.epilogue if ending.id not in beat.unless_ending]
    after = having_told(memory, applying(ending.beats, memory.known))
    said: dict[Speaker | None, Beat] = {}
    for beat in by_turn(fitting, after):
        said.setdefault(beat.who, beat)
    kept = [beat for beat in fitting if beat in said.values()]
    return shown(kept, summary, memory.known, outcome_id)
