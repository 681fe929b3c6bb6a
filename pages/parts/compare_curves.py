"""The curves of a comparison, a small chart for each method, and where every method ended."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import streamlit as st

from backend import comparisons
from backend.comparisons import Standing
from backend.errors import BackendError
from backend.experiments import trace_of
from curriculum.budget_curves import BudgetCurve, curve_of, parts_of, updates_within
from curriculum.comparison import (
    PLAIN_ANSWER,
    REWARD,
    WORLD,
    Comparison,
    learns_from,
    least_budget,
    title_of,
)
from curriculum.figures import default_format, number
from engine.config import metrics_of
from engine.metrics import METRICS, MetricName
from engine.spread import Trace
from pages.parts import components as draw

METRICS_OFFERED = (
    *(MetricName.CORRECT, MetricName.PROXY_RETURN, MetricName.ENTROPY),
    *(MetricName.DISAGREEMENT, MetricName.SILENT_GROUPS, MetricName.KL),
)
COLUMNS = 3  # of charts
EXAMS_AT_ONCE = 3  # at one drawing, which waits for them
COUNTED = "Right in the exam", "Updates", "Tokens", "Seconds"
Curves = Mapping[str, BudgetCurve | None]


def panel(comparison: Comparison, now: Sequence[Standing]) -> None:
    """Everything that is recorded of a comparison, in curves and in a table."""
    traces = traces_of(now)
    if not any(traces.values()):
        st.caption("The first curve comes with the first update.")
        return
    metric = st.segmented_control(
        "Drawn",
        METRICS_OFFERED,
        default=METRICS_OFFERED[0],
        required=True,
        format_func=lambda name: METRICS[name].label,
        key="compare_metric",
    )
    ends = parts_of(comparison.budget, least_budget(comparison.replies))
    chosen = MetricName(metric or METRICS_OFFERED[0])
    over = {one.method: set[int]() for one in now}
    for one in now:
        if one.progress in ("spent", "done"):
            over[one.method].add(one.seed)
    curves = {
        method: curve_of(traces[method], chosen, ends, over[method])
        for method in comparison.methods
    }
    st.caption(
        f"{METRICS[chosen].meaning} Each point is the mean over the updates of one part of the "
        "budget. Line: mean over seeds; band: the least and the greatest of them; gray: the means "
        "of the other methods."
    )
    _charts(comparison, chosen, curves, now)
    _ends(comparison, now, traces)


def traces_of(now: Sequence[Standing]) -> dict[str, list[Trace]]:
    """What each method's runs measured so far, seed by seed."""
    found: dict[str, list[Trace]] = {one.method: [] for one in now}
    for one in now:
        if one.updates:
            found[one.method].append(_trace(one.address, one.seed, one.updates))
    return found


@st.cache_data(max_entries=512, show_spinner=False)
def _trace(address: str, seed: int, updates: int) -> Trace:
    return trace_of(address, seed, updates)


def _charts(
    comparison: Comparison, metric: MetricName, curves: Curves, now: Sequence[Standing]
) -> None:
    shares = METRICS[metric].percent
    tops = [value for curve in curves.values() if curve for value in curve.high]
    bottoms = [value for curve in curves.values() if curve for value in curve.low]
    y_range = (0.0, 1.0) if shares else _padded(min(bottoms, default=0), max(tops, default=1))
    for start in range(0, len(comparison.methods), COLUMNS):
        row = comparison.methods[start : start + COLUMNS]
        # At the bottom, so that the axes of a row are level whatever its titles take.
        columns = st.columns(COLUMNS, gap="medium", vertical_alignment="bottom")
        for column, method in zip(columns, row, strict=False):
            with column:
                if curves[method] is None:
                    st.markdown(f"**{title_of(method)}**")
                    st.caption(without_curve(metric, [one for one in now if one.method == method]))
                _chart(comparison, metric, method, curves, y_range)


def without_curve(metric: MetricName, own: Sequence[Standing]) -> str:
    """Why there is no curve of a method's runs."""
    if metric not in metrics_of(own[0].method, WORLD):
        return f"{title_of(own[0].method)} does not measure this."
    if not any(one.updates for one in own):
        return "No update is made yet."
    if all(one.is_over for one in own):
        return "No run got through the first part of the budget."
    return "The first part of the budget is not used up yet."


def _padded(low: float, high: float) -> tuple[float, float]:
    room = 0.05 * (high - low) or 0.5
    return min(0.0, low - room), high + room


def _chart(
    comparison: Comparison,
    metric: MetricName,
    method: str,
    curves: Curves,
    y_range: tuple[float, float],
) -> None:
    own, title = curves[method], title_of(method)
    if own is None:
        return
    others = [
        draw.Series(title_of(name), "seed", curve.tokens, curve.mean, label="")
        for name, curve in curves.items()
        if curve and name != method
    ]
    end, low, high = (
        number(values[-1], default_format(metric)) for values in (own.mean, own.low, own.high)
    )
    seeds = f"{own.seeds} seed{'' if own.seeds == 1 else 's'}"
    edges = (own.low, own.high) if own.seeds > 1 else ((), ())
    draw.curves(
        title,
        unit=f"{METRICS[metric].unit}, {seeds}",
        series=[*others, draw.Series(title, "true", own.tokens, own.mean, end, *edges)],
        x_range=(0, comparison.budget),
        y_range=y_range,
        x_title="tokens used",
        run=f"{metric} {comparison.as_query()}",
        height=190,
        percent=METRICS[metric].percent,
        file=f"{title} {METRICS[metric].label}",
        alt=f"{title}, {METRICS[metric].label.lower()} over {seeds}: {end} after "
        f"{own.tokens[-1]:.0f} tokens" + (f", between {low} and {high}." if own.seeds > 1 else "."),
        key=f"compare_{method}",
    )


def _ends(
    comparison: Comparison, now: Sequence[Standing], traces: Mapping[str, list[Trace]]
) -> None:
    """Where every method ended: an exam that is the same for all, and what it used."""
    st.subheader("At the end of the budget", anchor=False)
    asked = _exams_of(comparison, now, traces)
    held = comparisons.exams(list(asked.values()))
    rows = [
        _row(comparison, method, [one for one in now if one.method == method], traces[method], held)
        for method in comparison.methods
    ]
    draw.rows_table(
        ["Method", "Learns from", *COUNTED],
        rows,
        numeric=[2, 3, 4, 5],
        caption="Means over the seeds",
        key="compare_ends",
    )
    st.caption(
        "The exam: 256 replies to 32 questions of this kind, the same ones with the same luck for "
        "every run, by Pip as it was at the end of the budget, or of its run. Means over seeds; in "
        "brackets, of the exam, the least and the greatest. Tokens are those of replies that a run "
        "learnt from; seconds are those of its worker, measuring included."
    )
    if comparison.seeds == 1:
        st.caption(
            "One seed: who is ahead may be luck. With more seeds it is said how far they differ."
        )
    if any(not learns_from(one.config).startswith(REWARD) for one in now):
        st.caption(
            "Where the reward is not named, it is measured, and nothing is learnt from it: runs "
            "with another reward would learn the same."
        )
    if any(one.progress == "done" for one in now):
        st.caption(
            f"A run makes at most {comparison.updates} updates, enough if replies are plain "
            f"answers of {PLAIN_ANSWER} tokens. With shorter ones it ends before the budget does."
        )
    # Last, since it waits for a worker: what it finds is drawn at the next look.
    _hold([one for one in asked.values() if one not in held])


def _row(
    comparison: Comparison,
    method: str,
    own: Sequence[Standing],
    traces: Sequence[Trace],
    held: Mapping[comparisons.Asked, float],
) -> list[str]:
    over = [one for one in own if one.is_over]
    by_seed = {trace.seed: trace for trace in traces}
    exams, updates, tokens, seconds = list[float | None](), [], [], []
    for one in over:
        trace = by_seed.get(one.seed)
        last = updates_within(trace.axes["work"], comparison.budget) if trace else 0
        if trace is None or last == 0:
            continue
        updates.append(last)
        tokens.append(trace.axes["work"][last - 1])
        if "seconds" in trace.axes:
            seconds.append(trace.axes["seconds"][last - 1])
        exams.append(held.get((one.address, last)))
    known = [share for share in exams if share is not None]
    return [
        title_of(method) if len(over) == len(own) else _so_far(method, len(over), len(own)),
        learns_from(own[0].config),
        _spread(known, "percent") if len(known) == len(exams) else "being examined",
        *(_mean(counts) for counts in (updates, tokens, seconds)),
    ]


def _so_far(method: str, over: int, planned: int) -> str:
    return f"{title_of(method)}, {over} of {planned} runs"


def is_examining(comparison: Comparison, now: Sequence[Standing]) -> bool:
    """Whether a run is over whose exam no worker has held yet."""
    asked = list(_exams_of(comparison, now, traces_of(now)).values())
    return len(comparisons.exams(asked)) < len(asked)


def _exams_of(
    comparison: Comparison, now: Sequence[Standing], traces: Mapping[str, list[Trace]]
) -> dict[tuple[str, int], comparisons.Asked]:
    """The exam of every run that is over and made an update, by method and seed."""
    by_run = {(method, trace.seed): trace for method, own in traces.items() for trace in own}
    asked: dict[tuple[str, int], comparisons.Asked] = {}
    for one in now:
        trace = by_run.get((one.method, one.seed)) if one.is_over else None
        last = updates_within(trace.axes["work"], comparison.budget) if trace else 0
        if last:
            asked[one.method, one.seed] = (one.address, last)
    return asked


def _hold(missing: Sequence[comparisons.Asked]) -> None:
    """Have a few exams held; none while no worker can."""
    with suppress(BackendError):
        for address, update in missing[:EXAMS_AT_ONCE]:
            comparisons.hold_exam(address, update)


def _mean(values: Sequence[float]) -> str:
    return number(sum(values) / len(values), "whole") if values else ""


def _spread(values: Sequence[float], style: str) -> str:
    """The mean; behind it the least and the greatest, if they differ as they are written."""
    if not values:
        return ""
    mean, low, high = (
        number(value, style) for value in (sum(values) / len(values), min(values), max(values))
    )
    return mean if low == high else f"{mean} [{low}, {high}]"
