"""Whether a chapter speaks only of what its runs measure and of terms that exist."""

import re
from collections.abc import Iterable, Iterator

from curriculum.figures import SOMETIMES, Figure, figures_in, problem_of
from curriculum.findings import Finding, Path, nearest
from curriculum.parts import Condition
from curriculum.schema import Chapter
from engine.config import metrics_of
from engine.worlds import WORLDS

CODE = re.compile(r"`[^`]+`")


def measured_findings(chapter: Chapter) -> Iterator[Finding]:
    """Conditions, charts, figures in prose and names of reward terms. The algorithm must exist."""
    yield from _metrics(chapter)
    yield from _figures(chapter)
    yield from _terms(chapter)


def _metrics(chapter: Chapter) -> Iterator[Finding]:
    """What a run never measured meets no condition and adds no line to the first of a chart.

    Everything else must be measured.
    """
    yield from _unmeasured(_conditions(chapter), _sometimes_emitted(chapter), chapter)
    lists = [(("charts", i, "metrics"), chart.metrics) for i, chart in enumerate(chapter.charts)]
    added = [(path, metric) for path, metrics in lists for metric in metrics[1:]]
    yield from _unmeasured(added, _sometimes_emitted(chapter), chapter)
    asked = [(path, metrics[0]) for path, metrics in lists]
    asked += [
        (("charts", i, "against"), chart.against)
        for i, chart in enumerate(chapter.charts)
        if chart.against
    ]
    evidence: Path = ("brief", "evidence", "metrics")
    asked += [(evidence, metric) for metric in chapter.brief.evidence.metrics]
    yield from _unmeasured(asked, _emitted(chapter), chapter)


def _unmeasured(
    asked: Iterable[tuple[Path, str]], emitted: tuple[str, ...], chapter: Chapter
) -> Iterator[Finding]:
    for path, metric in asked:
        if metric not in emitted:
            message = f"`{'` or `'.join(chapter.algorithms)}` does not measure it."
            yield Finding(path, metric, message, nearest(metric, emitted))


def _conditions(chapter: Chapter) -> Iterator[tuple[Path, str]]:
    """The metric of every condition, wherever it stands."""
    for path, value in chapter.nodes():
        if isinstance(value, dict) and set(value) == set(Condition.model_fields):
            yield (*path, "metric"), value["metric"]


def _figures(chapter: Chapter) -> Iterator[Finding]:
    always, sometimes = _emitted(chapter), _sometimes_emitted(chapter)
    settings = tuple(s.place.rsplit(".")[-1] for s in chapter.settings if not s.choice_names)
    for path, value in chapter.nodes():
        if not isinstance(value, str) or path[-1] in ("latex", "reward"):
            continue
        for code in filter(figures_in, CODE.findall(value)):
            message = "A figure inside backticks is shown with its brackets."
            yield Finding(path, code, message, "Write it without backticks.")
        metrics = sometimes if _is_left_out_if_unknown(path) else always
        for figure in figures_in(value):
            shown = figure if isinstance(figure, str) else figure.key
            if problem := problem_of(figure, metrics, settings):
                remedy = nearest(shown.split(".")[0], metrics)
                yield Finding(path, shown, f"The figure `{shown}` {problem}", remedy)
            elif not _may_quote(path, figure, chapter):
                message = f"The figure `{shown}` has no run to be read from here."
                yield Finding(path, shown, message, "Say it without a figure.")


def _may_quote(path: Path, figure: Figure | str, chapter: Chapter) -> bool:
    """Whether a text at this place is rendered with a run that surely has the figure."""
    if path[0] == "hints" and isinstance(path[1], int) and chapter.hints[path[1]].before_run:
        return False
    allowed = path[0] in ("brief", "outcomes", "hints", "endings", "epilogue") or path[:2] == (
        "decide",
        "replies",
    )
    if path[0] == "predict":
        allowed = path[-1] in ("then", "missing", "otherwise")
    is_sure = isinstance(figure, str) or figure.key not in SOMETIMES
    return allowed and (_is_left_out_if_unknown(path) or is_sure)


def _is_left_out_if_unknown(path: Path) -> bool:
    """Whether a text at this place is not shown for a run that lacks one of its figures."""
    return "beats" in path or "explain" in path or path[0] == "epilogue"


def _terms(chapter: Chapter) -> Iterator[Finding]:
    """Names of reward terms, wherever they are asked for, with or without a sign."""
    known = (
        {term.name for term in WORLDS[chapter.world].terms} if chapter.world in WORLDS else set()
    )
    for path, value in chapter.nodes():
        if path[-1] not in ("axes", "if_term", "unless_term"):
            continue
        for term in value:
            sign = term[: term.startswith(("+", "-"))]
            if term.removeprefix(sign) not in known:
                names = {f"{sign}{name}" for name in known}
                yield Finding(path, term, "No such reward term exists.", nearest(term, names))


def _emitted(chapter: Chapter) -> tuple[str, ...]:
    """What every algorithm of the chapter measures."""
    first, *others = (metrics_of(name, chapter.world) for name in chapter.algorithms)
    return tuple(str(metric) for metric in first if all(metric in more for more in others))


def _sometimes_emitted(chapter: Chapter) -> tuple[str, ...]:
    """What at least one algorithm of the chapter measures."""
    found = (metrics_of(name, chapter.world) for name in chapter.algorithms)
    return tuple(dict.fromkeys(str(metric) for metrics in found for metric in metrics))
