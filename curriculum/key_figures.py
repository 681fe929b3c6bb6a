"""The few figures that sum a run up: what its chapter charts, before and after."""

from curriculum.figures import Figure, figures_in, number
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
    prose = _in_hundredths(chapter)
    found = [_figure(MetricName(name), summary, name in prose) for name in names[:most]]
    return tuple(figure for figure in found if figure)


def _in_hundredths(chapter: Chapter) -> set[str]:
    """What the outcomes of a chapter state with two decimals, and the strip below them then too."""
    told = [beat.text for outcome in chapter.outcomes for beat in outcome.beats]
    figures = [figure for text in told for figure in figures_in(text)]
    return {one.name for one in figures if isinstance(one, Figure) and one.format == "two_decimals"}


def _figure(name: MetricName, summary: Summary, is_fine: bool) -> KeyFigure | None:
    track, metric = summary.metrics.get(name), METRICS[name]
    if track is None:
        return None
    figures = track.first, track.max if metric.total else track.last
    before, after = _short(figures, metric.percent, is_fine)
    return KeyFigure(name=name, label=metric.label, before=before, after=after)


def _short(figures: tuple[float, float], percent: bool, is_fine: bool) -> list[str]:
    """Figures side by side, with two decimals where one would make nothing of them.

    is_fine: two decimals in any case.
    """
    is_fine = is_fine or max(map(abs, figures)) < 1
    style = "percent" if percent else "two_decimals" if is_fine else "one_decimal"
    return [number(figure, style) for figure in figures]
