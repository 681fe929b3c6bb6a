"""Quoted replies: whatever Pip says to the visitor who is quoted, exactly one wording fits it."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import floor

from curriculum.figures import Figure, figures_in
from curriculum.findings import Finding, Path, nearest
from curriculum.parts import Beat, ReplyCondition
from curriculum.rules import COMPARE
from curriculum.schema import Chapter
from engine.language.probes import SHOWN_AXES
from engine.worlds import WORLDS
from engine.worlds.desk import TERMS, DeskConfig

BOUNDS = {term.name: (term.least, term.most) for term in TERMS}

Point = tuple[str, str]  # `first` or `last`, and an axis


def reply_findings(chapter: Chapter) -> Iterator[Finding]:
    """Claims about replies that mean nothing: no such axis, no such quotation."""
    for home, beats in _lists(chapter):
        yield from _meaningless(home, beats, chapter)
        yield from _unquoted(home, beats)


def misfits(chapter: Chapter) -> Iterator[Finding]:
    """Replies that are quoted in no wording, or in two. The chapter has no other finding.

    In a brief one wording is enough: its reply was recorded.
    """
    for home, beats in _lists(chapter):
        if home[0] != "brief":
            yield from _unanswered(home, beats)


def _lists(chapter: Chapter) -> Iterator[tuple[Path, Sequence[Beat]]]:
    """Every list of beats that are told together."""
    yield ("brief", "beats"), chapter.brief.beats
    yield ("brief", "remembered"), chapter.brief.remembered
    for place, outcome in enumerate(chapter.outcomes):
        yield ("outcomes", place, "beats"), outcome.beats
        yield ("outcomes", place, "explain"), outcome.explain
    for place, reply in enumerate(chapter.decide.replies):
        yield ("decide", "replies", place, "beats"), reply.beats
    for place, ending in enumerate(chapter.endings):
        yield ("endings", place, "beats"), ending.beats
    yield ("epilogue",), chapter.epilogue


def _claims(home: Path, beats: Sequence[Beat]) -> Iterator[tuple[Path, Beat, ReplyCondition]]:
    for place, beat in enumerate(beats):
        for index, claim in enumerate(beat.if_reply):
            yield (*home, place, "if_reply", index), beat, claim


def _meaningless(home: Path, beats: Sequence[Beat], chapter: Chapter) -> Iterator[Finding]:
    """Claims that nothing can be said of, or the same of every reply."""
    for path, beat, claim in _claims(home, beats):
        axis = claim.axis
        if axis not in SHOWN_AXES:
            message = "No reply is graded on this axis."
            yield Finding((*path, "axis"), axis, message, nearest(axis, SHOWN_AXES))
        elif not issubclass(WORLDS[chapter.world].config, DeskConfig):
            message = f"Nobody is answered in words in the world `{chapter.world}`."
            yield Finding((*path, "axis"), axis, message, "Remove the if_reply.")
        elif len({_holds(claim, value) for value in _values(axis, [claim])}) == 1:
            least, most = BOUNDS[axis]
            allowed = f"from {least:g}" + ("" if most is None else f" to {most:g}")
            message = f"`{axis} {claim.op} {claim.value:g}` decides nothing: it is {allowed}."
            yield Finding(path, beat.text, message, "Choose a value that only some replies reach.")


def _unquoted(home: Path, beats: Sequence[Beat]) -> Iterator[Finding]:
    """A claim about a reply stands beside a quotation of it."""
    quoted = {which for beat in beats for which in _quotes(beat)}
    for path, beat, claim in _claims(home, beats):
        if claim.of not in quoted:
            message = f"It asks of a reply, and nobody here quotes `[[reply.{claim.of}]]`."
            yield Finding(path, beat.text, message, "Quote it, or ask of another one with `of`.")


def _unanswered(home: Path, beats: Sequence[Beat]) -> Iterator[Finding]:
    """Of beats that differ in what they ask of a quoted reply, exactly one fits every reply."""
    groups: dict[str, list[int]] = {}
    for place, beat in enumerate(beats):
        if _quotes(beat):
            groups.setdefault(beat.occasion, []).append(place)
    for places in groups.values():
        claims = [claim for place in places for claim in beats[place].if_reply]
        if not claims:
            continue
        for reply in _replies(claims):
            fitting = [
                place
                for place in places
                if all(
                    _holds(claim, reply[claim.of, claim.axis]) for claim in beats[place].if_reply
                )
            ]
            if len(fitting) != 1:
                place = (fitting or places)[-1]
                yield _misfit((*home, place), beats[place], reply, len(fitting))
                break


def _misfit(path: Path, beat: Beat, reply: dict[Point, float], count: int) -> Finding:
    said = ", ".join(f"{axis} {value:g}" for (_, axis), value in reply.items())
    if count:
        message = f"A reply with {said} is quoted {count} times."
        remedy = "Let the if_reply of these beats exclude each other."
    else:
        message = f"A reply with {said} is not quoted at all."
        remedy = "Add a beat for it, by the same person and with the same other conditions."
    return Finding(path, beat.text, message, remedy)


def _quotes(beat: Beat) -> set[str]:
    """Which replies a beat quotes: `first`, `last`."""
    figures = [one for one in figures_in(beat.text) if isinstance(one, Figure)]
    return {one.part for one in figures if one.name == "reply"}


def _replies(claims: Sequence[ReplyCondition]) -> Iterator[dict[Point, float]]:
    """A reply of every kind that the claims tell apart."""
    by_point: dict[Point, list[ReplyCondition]] = {}
    for claim in claims:
        by_point.setdefault((claim.of, claim.axis), []).append(claim)
    values = [_values(axis, about) for (_, axis), about in by_point.items()]
    for chosen in product(*values):
        yield dict(zip(by_point, chosen, strict=True))


def _values(axis: str, claims: Sequence[ReplyCondition]) -> list[float]:
    """Figures on either side of every claim about an axis, within what a reply can have."""
    least, most = BOUNDS[axis]
    near = {floor(claim.value) + step for claim in claims for step in (-1, 0, 1)}
    bounds = [bound for bound in (least, most) if bound is not None]
    return sorted(
        {max(least or 0, value if most is None else min(most, value)) for value in (*near, *bounds)}
    )


def _holds(claim: ReplyCondition, value: float) -> bool:
    return COMPARE[claim.op](value, claim.value)
