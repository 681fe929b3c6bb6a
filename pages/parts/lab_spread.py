"""Runs drawn over each other: up to three of them, or the seeds of experiments with their bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from backend.experiments import Experiment, trace_of
from curriculum.experiment import Chart
from curriculum.figures import default_format, number
from curriculum.summary import turning_point
from engine.metrics import METRICS, MetricName
from engine.spread import Axis, Band, Trace, band_of
from pages.parts import components as draw
from pages.parts.watch import MEANINGS

AXES: dict[Axis, str] = {
    "update": "Updates",
    "work": "Tokens or steps",
    "seconds": "Seconds",
    "drift": "Drift",
}
UNITS: dict[Axis, str] = {
    "update": "update",
    "work": "tokens or steps used",
    "seconds": "seconds of computing",
    "drift": "drift from the start so far, nats a reply",
}
LINES: dict[draw.RunName, str] = {"A": "solid", "B": "dashed", "C": "dotted"}
CLOSE = 0.25  # of a chart's width: what is said at one line reaches as far
OTHERS: tuple[draw.RunName, ...] = ("B", "C")


@dataclass(frozen=True)
class Group:
    """Runs of the same settings, one for each seed, that are drawn as one."""

    run: draw.RunName
    traces: tuple[Trace, ...]
    name: str  # by which the run or the experiment is found again

    def band(self, name: MetricName, axis: Axis) -> Band | None:
        """The centre of the group, and its interval where there is more than one run."""
        return band_of(self.traces, name, axis)


@st.cache_data(max_entries=256, show_spinner=False)
def trace(address: str, seed: int, updates: int) -> Trace:
    """The curves of a recorded run; what is recorded never changes."""
    return trace_of(address, seed, updates)


def group_of(run: draw.RunName, experiment: Experiment) -> Group:
    """Every run of an experiment that has made an update."""
    rows = [row for row in experiment.rows if row.updates_done]
    traces = (trace(row.address, row.config.seed, row.updates_done) for row in rows)
    return Group(run, tuple(traces), experiment.name)


def title_of(run: draw.RunName) -> str:
    """What a run is called where it is compared, with the look of its line."""
    return f"Run {run}, {LINES[run]}"


def choose_others(options: Mapping[str, str], key: str) -> dict[draw.RunName, str]:
    """Choose what is drawn beside run A, one after the other; options: labels by their value."""
    chosen: dict[draw.RunName, str] = {}
    for run in OTHERS:
        left = [value for value in options if value not in chosen.values()]
        if not left:
            break
        value = st.selectbox(
            title_of(run),
            left,
            format_func=options.__getitem__,
            index=None,
            placeholder="Compare with",
            key=f"{key}_{run}",
        )
        if value is None:
            break
        chosen[run] = value
    return chosen


def choose_axis(groups: Sequence[Group], key: str) -> Axis:
    """What the curves are drawn against: only what every run has measured is offered."""
    traces = [one for group in groups for one in group.traces]
    offered: list[Axis] = [
        axis for axis in AXES if traces and all(axis in one.axes for one in traces)
    ]
    names = [AXES[axis] for axis in offered] or [AXES["update"]]
    chosen = st.segmented_control("Drawn against", names, default=names[0], required=True, key=key)
    by_name: dict[str | None, Axis] = {name: axis for axis, name in AXES.items()}
    return by_name.get(chosen, "update")


def charts(groups: Sequence[Group], shown: Sequence[Chart], axis: Axis, most: int = 4) -> None:
    """The first charts that every group can fill, two beside each other."""
    fitting = [
        chart
        for chart in shown
        if all(group.band(MetricName(chart.metrics[0]), axis) for group in groups)
    ]
    columns = st.columns(2, gap="medium")
    for index, chart in enumerate(fitting[:most]):
        with columns[index % 2]:
            _chart(groups, chart, axis)


def _chart(groups: Sequence[Group], chart: Chart, axis: Axis) -> None:
    name = MetricName(chart.metrics[0])
    lines = [line for group in groups for line in _lines(group, name, axis, len(groups) == 1)]
    ends = max((line.x[-1] for line in lines if len(line.x)), default=1.0)
    draw.curves(
        chart.title,
        unit=chart.unit,
        series=lines,
        x_range=(0, ends),
        y_range=None if chart.low is None or chart.high is None else (chart.low, chart.high),
        x_title=UNITS[axis],
        moments=_turns(groups, axis) if name == MetricName.TRUE_RETURN else (),
        run=f"{axis} {[len(group.traces) for group in groups]}",
        height=214,
        percent=METRICS[name].percent,
        file=" ".join([chart.title, *(f"{group.run}-{group.name}" for group in groups)]),
        alt=_finding(groups, name, axis),
        key=f"spread_{chart.title}",
    )


def _lines(group: Group, name: MetricName, axis: Axis, is_alone: bool) -> list[draw.Series]:
    band = group.band(name, axis)
    if band is None:
        return []
    is_several = len(group.traces) > 1
    seeds = [
        draw.Series(f"seed {seed}", "seed", band.x, run, label="")
        for seed, run in (band.runs if is_several and is_alone else {}).items()
    ]
    end = number(band.centre[-1], default_format(name))
    centre = draw.Series(
        name=METRICS[name].label,
        meaning=MEANINGS[METRICS[name].role],
        x=band.x,
        y=band.centre,
        low=band.low if is_several else (),
        high=band.high if is_several else (),
        label=end if is_alone else f"{group.run}  {end}",
        run=None if is_alone else group.run,
    )
    return [*seeds, centre]


def _turns(groups: Sequence[Group], axis: Axis) -> list[draw.Moment]:
    """Where what was wanted turned down while what was paid went on rising, for each group.

    Those that lie close together are said at one line, or their words would lie on each other.
    """
    found: list[tuple[float, str]] = []
    ends = 0.0
    for group in groups:
        wanted = group.band(MetricName.TRUE_RETURN, axis)
        paid = group.band(MetricName.PROXY_RETURN, axis)
        turn = turning_point(wanted.centre, paid.centre) if wanted and paid else None
        if wanted and turn:
            found.append((wanted.x[turn - 1], group.run))
        ends = max(ends, wanted.x[-1] if wanted else 0.0)
    together: list[list[tuple[float, str]]] = []
    for x, run in sorted(found):
        if together and x - together[-1][0][0] < CLOSE * ends:
            together[-1].append((x, run))
        else:
            together.append([(x, run)])
    return [draw.Moment(turns[0][0], _turned(turns)) for turns in together]


def _turned(turns: Sequence[tuple[float, str]]) -> str:
    places = [f"{run} at {_place(x)}" for x, run in turns]
    verb = "turns" if len(turns) == 1 else "turn"
    return f"{' and '.join(places)} {verb} down, and the pay rises on"


def _place(x: float) -> str:
    return number(x, "whole") if x >= 100 else f"{x:.3g}"


def _finding(groups: Sequence[Group], name: MetricName, axis: Axis) -> str:
    parts = []
    for group in groups:
        band = group.band(name, axis)
        if band is None:
            continue
        end, low, high = (
            number(values[-1], default_format(name))
            for values in (band.centre, band.low, band.high)
        )
        spread = f", interval {low} to {high}" if len(group.traces) > 1 else ""
        parts.append(f"run {group.run} ends at {end}{spread}, over {len(group.traces)} seeds")
    return f"{METRICS[name].label} against {UNITS[axis]}: {'; '.join(parts)}."


def ends_table(groups: Sequence[Group], names: Sequence[MetricName]) -> None:
    """Where each group ended, with its interval, and what it used."""
    rows = [
        [METRICS[name].label, *(_end(group, name) for group in groups)]
        for name in names
        if all(group.band(name, "update") for group in groups)
    ]
    rows.append(["Tokens or steps, mean", *(_mean_of(group, "work", "whole") for group in groups)])
    rows.append(
        [
            "Seconds of computing, mean",
            *(_mean_of(group, "seconds", "one_decimal") for group in groups),
        ]
    )
    heads = [f"{group.run}, {len(group.traces)} seeds" for group in groups]
    draw.rows_table(
        ["At the last update", *heads],
        rows,
        numeric=list(range(1, 1 + len(groups))),
        caption="Interquartile mean over the seeds, and its 95 % interval",
        key="spread_ends",
    )


def _end(group: Group, name: MetricName) -> str:
    band = group.band(name, "update")
    assert band is not None
    parts = [
        number(values[-1], default_format(name)) for values in (band.centre, band.low, band.high)
    ]
    return f"{parts[0]}  [{parts[1]}, {parts[2]}]" if len(group.traces) > 1 else parts[0]


def _mean_of(group: Group, axis: Axis, written: Literal["whole", "one_decimal"]) -> str:
    ends = [one.axes[axis][-1] for one in group.traces if axis in one.axes]
    return number(sum(ends) / len(ends), written) if ends else "not measured"
