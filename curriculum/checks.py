"""What a chapter must keep beyond its format: every name it uses means something."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from curriculum.figures import SOMETIMES, Figure, figures_in, problem_of
from curriculum.parts import METERS, Condition
from curriculum.schema import Chapter
from curriculum.sources import SourceError, source_of
from engine.algorithms import ALGORITHMS
from engine.worlds import WORLDS

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """A mistake before it has a line."""

    path: Path
    value: str
    message: str
    remedy: str


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the closest known word, or all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"Use one of {', '.join(names) or 'none'}."


def duplicate_ids(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Every id within a list of the file, and every outcome, choice and question in it, once."""
    for path, items in _lists(raw):
        ids = Counter(item.get("id") for item in items if isinstance(item, dict))
        seen: set[str] = set()
        for index, item in enumerate(items):
            name = item.get("id") if isinstance(item, dict) else None
            if not isinstance(name, str) or ids[name] < 2:
                continue
            if name in seen:
                message = f"The id `{name}` is used twice in `{path[-1]}`."
                yield Finding((*path, index, "id"), name, message, "Give one of the two another id.")
            seen.add(name)


def findings(chapter: Chapter) -> Iterator[Finding]:
    """Everything in a well-formed chapter that refers to nothing, or contradicts itself."""
    if chapter.algorithm not in ALGORITHMS:
        remedy = nearest(chapter.algorithm, ALGORITHMS)
        path = ("experiment", "base", "algorithm")
        yield Finding(path, chapter.algorithm, "No such algorithm exists.", remedy)
        return
    yield from _defaults(chapter)
    yield from _conditions(chapter)
    yield from _figures(chapter)
    yield from _terms(chapter)
    yield from _names(chapter)
    yield from _facts(chapter)
    yield from _reasons(chapter)
    yield from _sources(chapter)
    yield from _questions(chapter)


def _defaults(chapter: Chapter) -> Iterator[Finding]:
    """Exactly the last of a list of cases stands without a condition."""
    message = "The last {what} must have no condition, so that the story always answers."
    early = "Only the last {what} may stand without a condition: nothing after this is reached."
    cases: list[tuple[str, str, list[tuple[Path, bool]]]] = [
        ("outcome", "when", _unconditional(chapter)),
        (
            "hint",
            "when",
            [(("hints", i), not h.when) for i, h in enumerate(chapter.hints) if not h.before_run],
        ),
    ]
    for option in chapter.decide.options:
        replies = [
            (("decide", "replies", i), not reply.after)
            for i, reply in enumerate(chapter.decide.replies)
            if reply.option == option.id
        ]
        cases.append((f"reply to `{option.id}`", "after", replies))
    for what, key, entries in cases:
        if not entries:
            path = ("decide",) if key == "after" else ("hints",)
            yield Finding(path, "", f"There is no {what}.", "Add one without a condition.")
        for place, (path, is_default) in enumerate(entries):
            is_last = place == len(entries) - 1
            if is_last and not is_default:
                yield Finding((*path, key), "", message.format(what=what), f"Remove `{key}`.")
            if is_default and not is_last:
                remedy = f"Move it to the end, or give it a `{key}`."
                yield Finding(path, "", early.format(what=what), remedy)
    if sum(hint.before_run for hint in chapter.hints) != 1:
        remedy = "Set `before_run = true` on exactly one hint."
        yield Finding(("hints",), "", "No one hint is meant for before the first run.", remedy)


def _unconditional(chapter: Chapter) -> list[tuple[Path, bool]]:
    return [
        (("outcomes", index), not (outcome.when or outcome.if_term or outcome.unless_term))
        for index, outcome in enumerate(chapter.outcomes)
    ]


def _conditions(chapter: Chapter) -> Iterator[Finding]:
    emitted = [str(metric) for metric in ALGORITHMS[chapter.algorithm].metrics]
    for path, condition in _all_conditions(chapter):
        if condition.metric not in emitted:
            message = f"`{chapter.algorithm}` does not measure it."
            yield Finding(
                (*path, "metric"), condition.metric, message, nearest(condition.metric, emitted)
            )
    lists = [(("charts", i, "metrics"), c.metrics) for i, c in enumerate(chapter.charts)]
    lists.append((("brief", "evidence", "metrics"), chapter.brief.evidence.metrics))
    for path, metrics in lists:
        for metric in metrics:
            if metric not in emitted:
                message = f"`{chapter.algorithm}` does not measure it."
                yield Finding(path, metric, message, nearest(metric, emitted))


def _all_conditions(chapter: Chapter) -> Iterator[tuple[Path, Condition]]:
    data = chapter.model_dump()
    for path, value in _walk(data):
        if isinstance(value, dict) and set(value) == set(Condition.model_fields):
            yield path, Condition.model_validate(value)


def _figures(chapter: Chapter) -> Iterator[Finding]:
    metrics = tuple(str(metric) for metric in ALGORITHMS[chapter.algorithm].metrics)
    settings = tuple(setting.field for setting in chapter.settings)
    for path, value in _walk(chapter.model_dump()):
        if not isinstance(value, str) or path[0] == "explain" or path[-1] in ("latex", "reward"):
            continue
        for figure in figures_in(value):
            shown = figure if isinstance(figure, str) else figure.key
            if problem := problem_of(figure, metrics, settings):
                remedy = nearest(shown.split(".")[0], metrics)
                yield Finding(path, shown, f"The figure `{shown}` {problem}", remedy)
            elif not _may_quote(path, figure):
                message = f"The figure `{shown}` has no run to be read from here."
                yield Finding(path, shown, message, "Say it without a figure.")
    for index, hint in enumerate(chapter.hints):
        if hint.before_run and any(figures_in(step) for step in hint.steps):
            message = "A hint before any run cannot quote one."
            yield Finding(("hints", index, "steps"), "", message, "Say it without a figure.")


def _may_quote(path: Path, figure: Figure | str) -> bool:
    """Whether a text at this place is rendered with a run that surely has the figure."""
    allowed = path[0] in ("brief", "outcomes", "hints") or path[:2] == ("decide", "replies")
    if path[0] == "predict":
        allowed = path[-1] in ("then", "missing", "otherwise")
    is_beat = "beats" in path or "explain" in path
    return allowed and (is_beat or isinstance(figure, str) or figure.key not in SOMETIMES)


def _terms(chapter: Chapter) -> Iterator[Finding]:
    """Names of reward terms, wherever they are asked for."""
    known = {term.name for term in WORLDS[chapter.world].terms} if chapter.world in WORLDS else set()
    for path, value in _walk(chapter.model_dump()):
        if path[-1] not in ("axes", "if_term", "unless_term"):
            continue
        for term in value:
            if term not in known:
                yield Finding(path, term, "No such reward term exists.", nearest(term, known))


def _names(chapter: Chapter) -> Iterator[Finding]:
    """References to outcomes, options and recorded settings."""
    outcomes = {outcome.id for outcome in chapter.outcomes}
    recorded = {entry.id for entry in chapter.recorded}
    options = {option.id for option in chapter.decide.options}
    uses: list[tuple[Path, str, set[str], str]] = [
        (("recorded", i, "reaches"), entry.reaches, outcomes, "outcome")
        for i, entry in enumerate(chapter.recorded)
    ]
    for index, reply in enumerate(chapter.decide.replies):
        uses.append((("decide", "replies", index, "option"), reply.option, options, "option"))
        path = ("decide", "replies", index, "after")
        uses.extend((path, name, outcomes, "outcome") for name in reply.after)
    for index, option in enumerate(chapter.decide.options):
        names = () if isinstance(option.sound, bool) else option.sound
        path = ("decide", "options", index, "sound")
        uses.extend((path, name, outcomes, "outcome") for name in names)
    for path, value in _walk(chapter.model_dump()):
        if path[-1] == "if_outcome" and isinstance(value, list | tuple):
            uses.extend((path, name, outcomes, "outcome") for name in value)
    if chapter.brief.evidence.recorded is not None:
        path = ("brief", "evidence", "recorded")
        uses.append((path, chapter.brief.evidence.recorded, recorded, "recorded setting"))
    for path, name, known, what in uses:
        if name not in known:
            yield Finding(path, name, f"There is no {what} of that id.", nearest(name, known))
    for outcome in sorted(outcomes - {entry.reaches for entry in chapter.recorded}):
        message = f"No recorded setting reaches the outcome `{outcome}`."
        remedy = f'Add a [[recorded]] with reaches = "{outcome}", or remove the outcome.'
        yield Finding(("recorded",), outcome, message, remedy)
    for role, count in (("start", 1), ("reference", 1)):
        if sum(entry.role == role for entry in chapter.recorded) != count:
            message = f'Exactly one recorded setting has the role "{role}".'
            yield Finding(("recorded",), role, message, f'Set role = "{role}" on one of them.')


def _facts(chapter: Chapter) -> Iterator[Finding]:
    declared = {fact.id for fact in chapter.facts}
    sets: list[tuple[Path, tuple[str, ...]]] = [
        (("outcomes", i, "facts"), outcome.facts) for i, outcome in enumerate(chapter.outcomes)
    ]
    sets += [
        (("decide", "replies", i, "facts"), reply.facts)
        for i, reply in enumerate(chapter.decide.replies)
    ]
    for path, names in sets:
        for name in names:
            if name not in declared:
                remedy = nearest(name, declared)
                message = "No [[facts]] entry declares this fact."
                yield Finding(path, name, message, f"{remedy} Or declare it under [[facts]].")
    for index, fact in enumerate(chapter.facts):
        if not any(fact.id in names for _, names in sets):
            message = "Nothing in this chapter ever sets this fact."
            yield Finding(("facts", index, "id"), fact.id, message, "Set it, or remove it.")


def _reasons(chapter: Chapter) -> Iterator[Finding]:
    """A meter that moves has a reason, and a reason has a meter that moves."""
    causes = [(("outcomes", i), outcome) for i, outcome in enumerate(chapter.outcomes)]
    causes += [(("decide", "replies", i), reply) for i, reply in enumerate(chapter.decide.replies)]
    for path, cause in causes:
        for meter in METERS:
            points, reason = getattr(cause.effects, meter), getattr(cause.reasons, meter)
            if bool(points) != bool(reason):
                what = "moves without a reason" if points else "has a reason but does not move"
                remedy = f"Write one sentence under reasons.{meter} for each effect on {meter}."
                yield Finding(path, str(points), f"The meter {meter} {what}.", remedy)


def _sources(chapter: Chapter) -> Iterator[Finding]:
    for index, equation in enumerate(chapter.explain):
        try:
            source_of(equation.code)
        except SourceError as error:
            yield Finding(("explain", index, "code"), equation.code, str(error), error.remedy)


def _questions(chapter: Chapter) -> Iterator[Finding]:
    lists = [("retrieval", chapter.retrieval), ("check", chapter.check)]
    for name, questions in lists:
        for index, question in enumerate(questions):
            if sum(option.right for option in question.options) != 1:
                message = "A question needs exactly one option with right = true."
                yield Finding((name, index, "options"), question.id, message, "Mark one as right.")
    moments = sorted(check.when for check in chapter.check)
    if moments != ["post", "pre"]:
        message = "There is one check before the chapter and one after it."
        yield Finding(("check",), ", ".join(moments), message, 'Set when = "pre" and when = "post".')


def _walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every node of nested tables and lists, with its path."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*path, index))


def _lists(raw: Mapping[str, Any]) -> Iterator[tuple[Path, list[Any]]]:
    for path, value in _walk(dict(raw)):
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield path, value
