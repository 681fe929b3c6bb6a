"""Branches that nobody can come to: what a chapter would say of no run that could be made.

A run is known here by what conditions claim of it. Claims about one metric are differences between
its figures, so whether they can all hold is whether no cycle of them adds up to less than nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from math import inf

from curriculum.figures import Figure, figures_in
from curriculum.findings import Finding, Path
from curriculum.outcomes import Hint, Outcome
from curriculum.parts import Beat, Condition
from curriculum.schema import Chapter
from engine.config import metrics_of
from engine.metrics import METRICS, MetricName

NOTHING = "nothing"  # a figure that is always 0, from which the others are counted
POINTS = (NOTHING, "first", "last", "mean", "min", "max")
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
ROUNDING = 1e-9
REMEDY = "Correct its conditions, or remove it."

Bound = tuple[float, int]  # at most so much; -1: and not quite so much
Terms = tuple[str, ...]


def dead_branches(chapter: Chapter) -> Iterator[Finding]:
    """Outcomes, replies, beats, hints and predictions that no run of the chapter can reach."""
    ways = {outcome.id: list(_ways(chapter, outcome)) for outcome in chapter.outcomes}
    for place, outcome in enumerate(chapter.outcomes):
        home: Path = ("outcomes", place)
        if not ways[outcome.id]:
            yield _dead((*home, "when"), outcome.id, "No run can end in this outcome.")
        yield from _untold((*home, "beats"), outcome.beats, [outcome.id], ways)
        yield from _untold((*home, "explain"), outcome.explain, [outcome.id], ways)
    yield from _replies(chapter, ways)
    yield from _endings(chapter, ways)
    yield from _hints(chapter)
    for place, option in enumerate(chapter.predict.options):
        if not any(way.joined(option.holds_when) for way in _any_run(chapter)):
            path = ("predict", "options", place, "holds_when")
            yield _dead(path, option.id, "No run can bear this prediction out.")


class Way:
    """Runs of one algorithm of which some claims hold, and whose reward has some terms."""

    def __init__(
        self,
        measured: frozenset[str],
        claims: Sequence[Condition] = (),
        wanted: Terms = (),
        unwanted: Terms = (),
    ) -> None:
        self.measured = measured
        self.claims = tuple(claims)
        self.wanted = wanted
        self.unwanted = unwanted

    def joined(
        self, claims: Sequence[Condition], wanted: Terms = (), unwanted: Terms = ()
    ) -> "Way | None":
        """Those of the runs of which more holds; None if there are none."""
        more = Way(
            self.measured,
            (*self.claims, *claims),
            (*self.wanted, *wanted),
            (*self.unwanted, *unwanted),
        )
        return more if more.is_open else None

    @property
    def is_open(self) -> bool:
        """Whether there may be such runs: a claim about what is not measured never holds."""
        named = {*self.wanted, *(term.lstrip("+-") for term in self.wanted)}
        if not named.isdisjoint(self.unwanted):
            return False
        return all(claim.metric in self.measured for claim in self.claims) and agree(self.claims)

    def is_all_in(self, hint: Hint) -> bool:
        """Whether every one of these runs is in the situation of a hint."""
        if not (set(hint.if_term) <= set(self.wanted)):
            return False
        if not (set(hint.unless_term) <= set(self.unwanted)):
            return False
        return all(
            claim.metric in self.measured and not agree((*self.claims, opposite(claim)))
            for claim in hint.when
        )


def agree(claims: Iterable[Condition]) -> bool:
    """Whether claims can all hold of one run."""
    by_metric: dict[str, list[Condition]] = {}
    for claim in claims:
        by_metric.setdefault(claim.metric, []).append(claim)
    return all(_agree_on(metric, tuple(about)) for metric, about in by_metric.items())


def opposite(claim: Condition) -> Condition:
    """What holds where a claim does not."""
    return claim.model_copy(update={"op": OPPOSITE[claim.op]})


@cache
def _agree_on(metric: str, claims: tuple[Condition, ...]) -> bool:
    """Shortest paths between all figures; none may lead back to where it began below zero."""
    most: dict[tuple[str, str], Bound] = {
        pair: (inf, 0) for pair in product(POINTS, POINTS)
    }  # (a, b): how much a is above b at most
    for point in POINTS[1:]:
        most["min", point] = most[point, "max"] = (0, 0)
    if METRICS[MetricName(metric)].percent:
        most["max", NOTHING], most[NOTHING, "min"] = (1, 0), (0, 0)
    for claim in claims:
        upper, lower = ("last", "first") if claim.stat == "change" else (claim.stat, NOTHING)
        value = claim.value
        if claim.op in (">", ">="):
            upper, lower, value = lower, upper, -value
        strictly = -1 if claim.op in ("<", ">") else 0
        most[upper, lower] = min(most[upper, lower], (value, strictly))
    for middle, upper, lower in product(POINTS, POINTS, POINTS):
        far, near = most[upper, middle], most[middle, lower]
        over = (far[0] + near[0], min(far[1], near[1]))
        most[upper, lower] = min(most[upper, lower], over)
    return not any(_is_below_zero(most[point, point]) for point in POINTS)


def _is_below_zero(bound: Bound) -> bool:
    return bound[0] < -ROUNDING or (bound[0] <= ROUNDING and bound[1] < 0)


def _any_run(chapter: Chapter) -> list[Way]:
    return [
        Way(frozenset(map(str, metrics_of(name, chapter.world)))) for name in chapter.algorithms
    ]


def _ways(chapter: Chapter, outcome: Outcome) -> Iterator[Way]:
    """The runs that end in an outcome: it holds, and none of one claim alone that come before."""
    before = chapter.outcomes[: chapter.outcomes.index(outcome)]
    missed = [
        opposite(one.when[0])
        for one in before
        if len(one.when) == 1 and not (one.if_term or one.unless_term or one.if_ending)
    ]
    for runs in _any_run(chapter):
        unmet = [claim for claim in missed if claim.metric in runs.measured]
        if way := runs.joined((*outcome.when, *unmet), outcome.if_term, outcome.unless_term):
            yield way


def _untold(
    home: Path,
    beats: Sequence[Beat],
    outcomes: Collection[str],
    ways: dict[str, list[Way]],
) -> Iterator[Finding]:
    """Beats that are shown after none of these outcomes."""
    for place, beat in enumerate(beats):
        after = [one for one in outcomes if not beat.if_outcome or one in beat.if_outcome]
        contradicts_itself = beat.if_fact is not None and beat.if_fact == beat.unless_fact
        if contradicts_itself or not any(
            _may_tell(way, beat) for one in after for way in ways[one]
        ):
            yield _dead((*home, place), beat.text, "No run that comes here can be told this.")


def _may_tell(way: Way, beat: Beat) -> bool:
    """Whether one of these runs meets the conditions of a beat and has the figures it quotes."""
    asked = [one for one in figures_in(beat.text) if isinstance(one, Figure) and one.part]
    if not {one.name for one in asked}.intersection(METRICS) <= way.measured:
        return False
    return way.joined(beat.when, beat.if_term, beat.unless_term) is not None


def _replies(chapter: Chapter, ways: dict[str, list[Way]]) -> Iterator[Finding]:
    answered: dict[str, set[str]] = {}
    for place, reply in enumerate(chapter.decide.replies):
        home: Path = ("decide", "replies", place)
        earlier = answered.setdefault(reply.option, set())
        after = [one for one in reply.after or ways if one not in earlier and ways.get(one)]
        earlier.update(reply.after)
        if not after:
            message = f"Every outcome after which it comes has a reply to `{reply.option}` above."
            yield _dead(home, reply.option, message)
        else:
            yield from _untold((*home, "beats"), reply.beats, after, ways)


def _endings(chapter: Chapter, ways: dict[str, list[Way]]) -> Iterator[Finding]:
    for place, ending in enumerate(chapter.endings):
        home: Path = ("endings", place, "beats")
        yield from _untold(home, ending.beats, ending.if_outcome or tuple(ways), ways)
        for number, beat in enumerate(ending.beats):
            if beat.if_fact in ending.no_facts or beat.unless_fact in ending.all_facts:
                message = f"The facts of the ending `{ending.id}` exclude this."
                yield _dead((*home, number), beat.text, message)
    for place, beat in enumerate(chapter.epilogue):
        fitting = [one for one in chapter.endings if one.id not in beat.unless_ending]
        after = {outcome for one in fitting for outcome in one.if_outcome or ways}
        if any(_untold((), [beat], after, ways)):
            yield _dead(("epilogue", place), beat.text, "No ending can be told with this.")


def _hints(chapter: Chapter) -> Iterator[Finding]:
    hints = [(place, hint) for place, hint in enumerate(chapter.hints) if not hint.before_run]
    for index, (place, hint) in enumerate(hints):
        runs = [way.joined(hint.when, hint.if_term, hint.unless_term) for way in _any_run(chapter)]
        above = [other for _, other in hints[:index]]
        if not any(way and not any(map(way.is_all_in, above)) for way in runs):
            yield _dead(("hints", place), hint.id, "A hint above it takes every run, or none fits.")


def _dead(path: Path, value: str, message: str) -> Finding:
    return Finding(path, value, message, REMEDY)
