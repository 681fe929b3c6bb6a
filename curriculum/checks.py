"""What a chapter must keep beyond its format: every name it uses means something."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curriculum.findings import Finding, Path, nearest, walk
from curriculum.measured_checks import measured_findings
from curriculum.parts import METERS, Beat
from curriculum.reply_checks import reply_findings
from curriculum.schema import Chapter
from curriculum.sources import SourceError, source_of
from engine.algorithms import ALGORITHMS
from engine.worlds import WORLDS


def duplicate_ids(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Every id of a list stands in it once."""
    for path, items in walk(dict(raw)):
        if not isinstance(items, list):
            continue
        entries = [(i, item.get("id")) for i, item in enumerate(items) if isinstance(item, dict)]
        counts = Counter(name for _, name in entries if isinstance(name, str))
        for name in [name for name, count in counts.items() if count > 1]:
            second = [index for index, other in entries if other == name][1]
            message = f"The id `{name}` is used twice in `{path[-1]}`."
            yield Finding((*path, second, "id"), name, message, "Give one of the two another id.")


def findings(chapter: Chapter) -> Iterator[Finding]:
    """Everything in a well-formed chapter that refers to nothing, or contradicts itself."""
    for name in chapter.algorithms:
        if name not in ALGORITHMS:
            path = ("experiment", "base", "algorithm")
            yield Finding(path, name, "No such algorithm exists.", nearest(name, ALGORITHMS))
            return
    if chapter.world not in WORLDS:
        path = ("experiment", "base", "world")
        yield Finding(path, chapter.world, "No such world exists.", nearest(chapter.world, WORLDS))
        return
    yield from _defaults(chapter)
    yield from measured_findings(chapter)
    yield from reply_findings(chapter)
    yield from _references(chapter)
    yield from _proofs(chapter)
    yield from _facts(chapter)
    yield from _remembered(chapter)
    yield from _reasons(chapter)
    yield from _sources(chapter)
    yield from _questions(chapter)


def _defaults(chapter: Chapter) -> Iterator[Finding]:
    """Exactly the last of a list of cases stands without a condition."""
    outcomes = [
        (("outcomes", index), outcome.is_free) for index, outcome in enumerate(chapter.outcomes)
    ]
    yield from _last_is_free("outcome", "when", ("outcomes",), outcomes)
    hints = [
        (("hints", index), not (hint.when or hint.if_term or hint.unless_term))
        for index, hint in enumerate(chapter.hints)
        if not hint.before_run
    ]
    yield from _last_is_free("hint", "when", ("hints",), hints)
    if len(chapter.hints) - len(hints) != 1:
        remedy = "Set `before_run = true` on exactly one hint."
        yield Finding(("hints",), "", "No one hint is meant for before the first run.", remedy)
    if chapter.endings:
        endings = [
            (("endings", index), ending.is_free) for index, ending in enumerate(chapter.endings)
        ]
        yield from _last_is_free("ending", "conditions", ("endings",), endings)
    for option in chapter.decide.options:
        replies = [
            (("decide", "replies", index), not reply.after)
            for index, reply in enumerate(chapter.decide.replies)
            if reply.option == option.id
        ]
        yield from _last_is_free(f"reply to `{option.id}`", "after", ("decide",), replies)


def _last_is_free(
    what: str, key: str, home: Path, cases: Sequence[tuple[Path, bool]]
) -> Iterator[Finding]:
    """Each case is its path and whether it stands without a condition."""
    if not cases:
        yield Finding(home, "", f"There is no {what}.", "Add one without a condition.")
        return
    path, is_free = cases[-1]
    if not is_free:
        message = f"The last {what} must have no condition, so that the story always answers."
        yield Finding((*path, key), "", message, f"Remove `{key}`, or add one without it.")
    for path, is_free in cases[:-1]:
        if is_free:
            message = f"Only the last {what} may stand without a condition."
            yield Finding(path, "", message, f"Move it to the end, or give it a `{key}`.")


def _references(chapter: Chapter) -> Iterator[Finding]:
    """Names of outcomes, options and recorded settings, wherever they are used."""
    known = {
        "outcome": {outcome.id for outcome in chapter.outcomes},
        "option": {option.id for option in chapter.decide.options},
        "recorded setting": {entry.id for entry in chapter.recorded},
        "ending": {ending.id for ending in chapter.endings},
    }
    for path, name, what in _uses(chapter):
        if name not in known[what]:
            message = f"There is no {what} of that id."
            yield Finding(path, name, message, nearest(name, known[what]))


def _uses(chapter: Chapter) -> Iterator[tuple[Path, str, str]]:
    kinds = {
        "reaches": "outcome",
        "if_outcome": "outcome",
        "after": "outcome",
        "sound": "outcome",
        "option": "option",
        "if_decided": "option",
        "unless_ending": "ending",
        "recorded": "recorded setting",
    }
    for path, value in chapter.nodes():
        what = kinds.get(str(path[-1]))
        if what is None or path == ("recorded",) or isinstance(value, bool | None):
            continue
        for name in (value,) if isinstance(value, str) else value:
            yield path, name, what


def _proofs(chapter: Chapter) -> Iterator[Finding]:
    """Every outcome is promised by a recorded setting; one is the start, one the reference."""
    promised = {entry.reaches for entry in chapter.recorded}
    for outcome in chapter.outcomes:
        if outcome.id not in promised:
            message = f"No recorded setting reaches the outcome `{outcome.id}`."
            remedy = f'Add a [[recorded]] with reaches = "{outcome.id}", or remove the outcome.'
            yield Finding(("recorded",), outcome.id, message, remedy)
    for role in ("start", "reference"):
        if sum(entry.role == role for entry in chapter.recorded) != 1:
            message = f'Exactly one recorded setting has the role "{role}".'
            yield Finding(("recorded",), role, message, f'Set role = "{role}" on one of them.')


def _facts(chapter: Chapter) -> Iterator[Finding]:
    declared = {fact.id for fact in chapter.facts}
    used: set[str] = set()
    for path, value in chapter.nodes():
        if path[-1] != "facts" or path == ("facts",):
            continue
        for name in value:
            used.add(name)
            if name not in declared:
                remedy = f"{nearest(name, declared)} Or declare it under [[facts]]."
                yield Finding(path, name, "No [[facts]] entry declares this fact.", remedy)
    for index, fact in enumerate(chapter.facts):
        if fact.id not in used:
            message = "Nothing in this chapter ever sets this fact."
            yield Finding(("facts", index, "id"), fact.id, message, "Set it, or remove it.")


def _remembered(chapter: Chapter) -> Iterator[Finding]:
    lists: list[tuple[Path, tuple[Beat, ...], str]] = [
        (("brief", "remembered"), chapter.brief.remembered, "the brief"),
        (("epilogue",), chapter.epilogue, "an ending"),
    ]
    for home, beats, where in lists:
        for index, beat in enumerate(beats):
            if beat.if_fact is None:
                message = "What is remembered depends on a fact, and this does not."
                remedy = f"Give it an if_fact, or move it to the beats of {where}."
                yield Finding((*home, index), beat.text, message, remedy)


def _reasons(chapter: Chapter) -> Iterator[Finding]:
    """A meter that moves has a reason, and a reason has a meter that moves."""
    for path, value in chapter.nodes():
        if not (isinstance(value, dict) and {"effects", "reasons"} <= set(value)):
            continue
        for meter in METERS:
            points, reason = value["effects"][meter], value["reasons"][meter]
            if bool(points) != bool(reason):
                what = "moves without a reason" if points else "has a reason but does not move"
                remedy = f"Write one sentence under reasons.{meter} for an effect on {meter}."
                yield Finding(path, str(points), f"The meter {meter} {what}.", remedy)


def _sources(chapter: Chapter) -> Iterator[Finding]:
    for index, equation in enumerate(chapter.explain):
        try:
            source_of(equation.code)
        except SourceError as error:
            yield Finding(("explain", index, "code"), equation.code, str(error), error.remedy)


def _questions(chapter: Chapter) -> Iterator[Finding]:
    retrieval = [(("retrieval", index), q) for index, q in enumerate(chapter.retrieval)]
    checks = [(("check", index), q) for index, q in enumerate(chapter.check)]
    ids = Counter(question.id for _, question in (*retrieval, *checks))
    for path, question in (*retrieval, *checks):
        if sum(option.right for option in question.options) != 1:
            message = "A question needs exactly one option with right = true."
            yield Finding((*path, "options"), question.id, message, "Mark one as right.")
        if path[0] == "check" and ids[question.id] > 1:
            message = "A question for retrieval has this id too."
            yield Finding((*path, "id"), question.id, message, "Give one of the two another id.")
    moments = sorted(check.when for check in chapter.check)
    if moments != ["post", "pre"]:
        message = "There is one check before the chapter and one after it."
        yield Finding(
            ("check",), ", ".join(moments), message, 'Set when = "pre" and when = "post".'
        )
