"""The few figures that sum a run up: what its chapter charts, before and after."""

from curriculum.figures import Figure, default_format, figures_in, number
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.frozen import Frozen
from engine.metrics import METRICS, Metric, MetricName


class KeyFigure(Frozen):
    """One measurement of a run as prose shows it."""

    name: MetricName
    label: str
    before: str
    after: str

    @property
    def metric(self) -> Metric:
        """What was measured."""
        return METRICS[self.name]

    @property
    def said(self) -> str:
        """What was measured, and from where to where it went, if it moved."""
        moved = self.after if self.before == self.after else f"{self.before} to {self.after}"
        return f"{self.label} {moved}"


def key_figures(chapter: Chapter, summary: Summary, most: int) -> tuple[KeyFigure, ...]:
    """At most `most` figures, in the order of the chapter's charts."""
    names = list(dict.fromkeys(name for chart in chapter.charts for name in chart.metrics))
    styles = _in_prose(chapter)
    found = [_figure(MetricName(name), summary, styles.get(name, set())) for name in names[:most]]
    return tuple(figure for figure in found if figure)


def _in_prose(chapter: Chapter) -> dict[str, set[str]]:
    """How the outcomes of a chapter write each measurement, and the strip below them then too."""
    found: dict[str, set[str]] = {}
    for outcome in chapter.outcomes:
        texts = [beat.text for beat in outcome.beats] + list(outcome.reasons.model_dump().values())
        for figure in (figure for text in texts for figure in figures_in(text)):
            if isinstance(figure, Figure) and figure.name in METRICS:
                style = figure.format or default_format(figure.name)
                found.setdefault(figure.name, set()).add(style)
    return found


def _figure(name: MetricName, summary: Summary, prose: set[str]) -> KeyFigure | None:
    track, metric = summary.metrics.get(name), METRICS[name]
    if track is None:
        return None
    figures = track.first, track.max if metric.total else track.last
    style = "percent" if metric.percent else _style(figures, prose)
    before, after = (number(figure, style) for figure in figures)
    return KeyFigure(name=name, label=metric.label, before=before, after=after)


def _style(figures: tuple[float, float], prose: set[str]) -> str:
    """How figures stand side by side: with two decimals where fewer would make nothing of them.

    prose: how the texts above write them. Two decimals there are two here, and none are none.
    """
    if "two_decimals" in prose or max(map(abs, figures)) < 1:
        return "two_decimals"
    return "whole" if prose == {"whole"} else "one_decimal"
