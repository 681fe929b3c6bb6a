"""What happened at Lumen because of the learner, entry by entry, and the three meters."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from curriculum.figures import number
from curriculum.outcomes import ChoiceReply, Outcome
from curriculum.parts import METERS, Effects, Reasons
from curriculum.rules import cost_of, plain, planned_cost, render, reply_to
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.frozen import Frozen
from engine.worlds import WORLDS

START = {"trust": 60, "safety": 70, "budget": 40}
MOST = 100
WHOLE = 50  # how far from its end a standing has to be for a point to count whole
ALLOWANCE = 3  # runs at its starting settings that a chapter brings the budget for


class LedgerEntry(Frozen):
    """One thing that moved the meters. (chapter, kind, source) is unique for a learner.

    Its points are those that were asked for; what they moved depends on what came before: `steps`.
    """

    chapter: str
    kind: Literal["run", "outcome", "decision", "grant"]
    source: str  # press id, outcome id, `decision` or `grant`
    trust: int = 0
    safety: int = 0
    budget: int = 0
    facts: tuple[str, ...] = ()
    reason: str = ""


class Meters(Frozen):
    """How Lumen stands, 0 to 100 each."""

    trust: int
    safety: int
    budget: int


class Effect(Frozen):
    """One line of the card “What this cost”."""

    meter: Literal["trust", "safety", "budget"]
    points: int
    reason: str  # with marks around its figures


def meters(entries: Iterable[LedgerEntry]) -> Meters:
    """The meters after all entries, in their order; each stays within 0 and 100 at every step."""
    return [Meters(**START), *(now for _, now in steps(entries))][-1]


def moved(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The entries in their order, each with the points that it really moved."""
    return [entry for entry, _ in steps(entries)]


def steps(entries: Iterable[LedgerEntry]) -> Iterator[tuple[LedgerEntry, Meters]]:
    """Each entry with the points that it really moved, and the meters after it.

    Trust and safety are standings, and the budget is an account, in which a point is a point.
    """
    now = dict(START)
    for entry in entries:
        by = {
            "trust": standing_step(now["trust"], entry.trust),
            "safety": standing_step(now["safety"], entry.safety),
            "budget": min(MOST, max(0, now["budget"] + entry.budget)) - now["budget"],
        }
        now = {meter: now[meter] + by[meter] for meter in METERS}
        yield entry.model_copy(update=by), Meters(**now)


def standing_step(now: int, points: int) -> int:
    """How far a standing moves from where it is, when so many points are asked of it.

    The nearer it is to its end the less: who is trusted by nearly everybody gains little by one
    more good week, and loses all that a bad one costs. One point at least, while there is room.
    """
    room = MOST - now if points > 0 else now
    scaled = (abs(points) * room + WHOLE // 2) // WHOLE  # to the nearest point, halves up
    size = min(abs(points), room, max(1, scaled))
    return size if points > 0 else -size


def facts(entries: Iterable[LedgerEntry]) -> frozenset[str]:
    """Everything that later chapters may remember."""
    return frozenset(fact for entry in entries for fact in entry.facts)


def run_entry(
    chapter: Chapter, press_id: str, summary: Summary, is_free: bool, budget: int = 100
) -> LedgerEntry:
    """What a run cost, with `budget` points left before it.

    A replay is free, and a run that stopped by an error gives all back. An empty budget stops
    nobody: Kenji lends a machine, and that costs a point of trust.
    """
    free = is_free or bool(summary.problem)
    cost = 0 if free else cost_of(chapter, summary.work)
    reason = f"{summary.updates} updates, {number(summary.work, 'whole')} {work_unit(chapter)}."
    is_lent = cost > budget
    if is_lent:
        reason += " The budget was spent: Kenji lent you a machine, and somebody else waited."
    return LedgerEntry(
        chapter=chapter.id,
        kind="run",
        source=press_id,
        trust=-1 if is_lent else 0,
        budget=-min(cost, budget),
        reason=reason,
    )


def grant_entry(chapter: Chapter, before: Sequence[LedgerEntry]) -> LedgerEntry | None:
    """What a learner is given for a chapter when they open it; None if nothing, or given before.

    That is what its file says. Where it says nothing, and nothing has happened in the chapter yet,
    the account is filled up: by the price of three runs, and to no more than the story began with.
    """
    own = [entry for entry in before if entry.chapter == chapter.id]
    grant = chapter.experiment.grant
    if not grant and not own:
        spent = max(0, START["budget"] - meters(before).budget)
        grant = min(ALLOWANCE * planned_cost(chapter), spent)
    if not grant or any(entry.kind == "grant" for entry in own):
        return None
    reason = f"Given for “{chapter.title}”, on top of what was left."
    return LedgerEntry(
        chapter=chapter.id, kind="grant", source="grant", budget=grant, reason=reason
    )


def outcome_entry(chapter: Chapter, outcome: Outcome, summary: Summary) -> LedgerEntry:
    """What an outcome changed."""
    lines = effects_of(outcome, summary)
    return _entry(chapter, "outcome", outcome.id, outcome.effects, outcome.facts, lines)


def decision_entry(
    chapter: Chapter, option_id: str, outcome_id: str, summary: Summary
) -> LedgerEntry:
    """What a decision changed. KeyError if the chapter has no such choice."""
    reply = reply_to(chapter, option_id, outcome_id)
    lines = effects_of(reply, summary)
    return _entry(chapter, "decision", "decision", reply.effects, reply.facts, lines)


def effects_of(cause: Outcome | ChoiceReply, summary: Summary) -> tuple[Effect, ...]:
    """The meters that are asked to move, with the reason of each."""
    return tuple(_lines(cause.effects, cause.reasons, summary))


def really(
    effects: tuple[Effect, ...], entries: Iterable[LedgerEntry], key: tuple[str, str, str]
) -> tuple[Effect, ...]:
    """The effects with the points that they really moved; as they are if no entry tells.

    key: chapter, kind and source of their entry.
    """
    for entry in moved(entries):
        if (entry.chapter, entry.kind, entry.source) == key:
            return tuple(
                one.model_copy(update={"points": getattr(entry, one.meter)}) for one in effects
            )
    return effects


def work_unit(chapter: Chapter) -> str:
    """What the work of this chapter's algorithm is counted in."""
    return WORLDS[chapter.world].work_unit


def _lines(effects: Effects, reasons: Reasons, summary: Summary) -> Iterable[Effect]:
    for meter in METERS:
        points = getattr(effects, meter)
        if points:
            reason = render(getattr(reasons, meter), summary)
            yield Effect(meter=meter, points=points, reason=reason)


def _entry(
    chapter: Chapter,
    kind: Literal["run", "outcome", "decision"],
    source: str,
    effects: Effects,
    facts_set: tuple[str, ...],
    lines: tuple[Effect, ...],
) -> LedgerEntry:
    return LedgerEntry(
        chapter=chapter.id,
        kind=kind,
        source=source,
        **effects.model_dump(),
        facts=facts_set,
        reason=" ".join(plain(line.reason) for line in lines),
    )
