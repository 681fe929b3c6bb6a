"""Curves that grow while a run is on, and the legend of their colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pages.parts.components.assets import register
from pages.parts.components.people import Meaning, RunName

MOST_POINTS = 500
Range = tuple[float, float]

_CURVES = register(
    "pip-curves",
    ("chart_axes", "chart_labels", "chart_plot", "curves"),
    ("curves",),
    isolated=False,
)
_LEGEND = register("pip-legend", ("legend",), ("legend",))


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    name: what it measures, for the table and the pointer. meaning: fixes colour, line and end mark.
    x, y: equally long. label: words at the line's end; a line feed breaks it; `name` if None.
    low, high: a band about the line, as long as `y`, or empty. run: None for a single run; of
    several A is solid, B dashed, C dotted, whatever the meaning. digits: decimals in the table.
    """

    name: str
    meaning: Meaning
    x: Sequence[float]
    y: Sequence[float]
    label: str | None = None
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    run: RunName | None = None
    digits: int = 2


@dataclass(frozen=True)
class Moment:
    """An upright line at `x` with a sentence; a warning is red, a mere note is gray."""

    x: float
    text: str
    warning: bool = True


def _stride(length: int) -> int:
    """The power of two that leaves at most MOST_POINTS points: a growing line only grows."""
    stride = 1
    while length > MOST_POINTS * stride:
        stride *= 2
    return stride


def _thinned(values: Sequence[float], stride: int) -> list[float]:
    """Every stride-th value and always the last one."""
    kept = list(values[::stride])
    if values and (len(values) - 1) % stride:
        kept.append(values[-1])
    return kept


def _line(series: Series) -> dict[str, Any]:
    """A series as the component draws it."""
    if len(series.x) != len(series.y):
        raise ValueError(f"{series.name}: {len(series.x)} x values, but {len(series.y)} y values.")
    if len(series.low) not in (0, len(series.y)) or len(series.high) != len(series.low):
        raise ValueError(f"{series.name}: the band must be as long as the line, or empty.")
    stride = _stride(len(series.y))
    return {
        "name": series.name,
        "meaning": series.meaning,
        "label": series.name if series.label is None else series.label,
        "run": series.run,
        "digits": series.digits,
        "x": _thinned(series.x, stride),
        "y": _thinned(series.y, stride),
        "low": _thinned(series.low, stride),
        "high": _thinned(series.high, stride),
    }


def curves(
    title: str,
    *,
    series: Sequence[Series],
    unit: str = "",
    x_range: Range,
    y_range: Range | None = None,
    y_low: float | None = None,
    x_title: str | None = "update",
    x_ticks: Sequence[float] = (),
    y_ticks: Sequence[float] = (),
    moments: Sequence[Moment] = (),
    run: str = "",
    live: bool = False,
    height: int = 262,
    percent: bool = False,
    file: str = "",
    alt: str,
    key: str,
) -> None:
    """A chart that keeps its place: it grows while `run` stays the same; another is drawn anew.

    title, unit: the two lines above it. series: from back to front. x_range, y_range: fixed, so
    that nothing jumps; without y_range it only widens during a run. y_low: what lies below it does
    not widen the chart, and is drawn at its edge. x_title: None leaves it out. x_ticks, y_ticks:
    about three each, chosen from the range if empty. moments: upright lines. run: the run's
    address; a change redraws. live: labels stay beside the growing ends; otherwise they stand in
    the right margin. height: of the plot, in px. percent: y values are shares and are written as
    percent. file: the name of its picture, `title` if empty. alt: the finding. The same figures are
    behind the button "Table".

    Raises ValueError if the parts of a series differ in length.
    """
    payload = {
        "title": title,
        "unit": unit,
        "series": [_line(one) for one in series],
        "x_range": list(x_range),
        "y_range": list(y_range) if y_range else None,
        "y_low": y_low,
        "x_title": x_title,
        "x_ticks": list(x_ticks),
        "y_ticks": list(y_ticks),
        "moments": [vars(moment) for moment in moments],
        "run": run,
        "live": live,
        "height": height,
        "percent": percent,
        "file": file,
        "alt": alt,
    }
    _CURVES(data=payload, key=key)


def legend(items: Sequence[tuple[Meaning, str]], *, key: str) -> None:
    """What each colour and line means: pairs of a meaning and its words."""
    rows = [{"meaning": meaning, "text": text} for meaning, text in items]
    _LEGEND(data={"items": rows}, key=key)
