"""The seeds of one experiment together, live, beside those of up to two others."""

from collections.abc import Mapping, Sequence

import streamlit as st

from backend import runs
from backend.experiments import Experiment, experiments_of
from backend.run_views import RunSummaryRow
from curriculum.figures import counted, number
from engine.algorithms import ALGORITHMS
from engine.endings import MEANINGS, NOTES
from engine.events import RunFinished
from engine.metrics import METRICS, MetricName
from pages.parts import components, lab_charts, lab_spread, shell, tape, telling
from pages.parts.refusals import told

TICK_SECONDS = 1.5  # many runs are read at each tick
OTHERS = "lab_other_experiment"


def show(experiment: Experiment, mine: list[RunSummaryRow]) -> None:
    """Curves with a band, against other experiments if any are chosen; ticks while runs are on."""
    others = {
        one.name: one
        for one in experiments_of(mine)
        if one.name != experiment.name
        and one.config.world.world == experiment.config.world.world
        and any(row.updates_done for row in one.rows)
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = lab_spread.title_of("A")
        method = ALGORITHMS[experiment.config.algorithm].title
        code = telling.coded(experiment.config.reward)
        st.markdown(f"**{title}**  \n`{experiment.name}` {method}, `{code}`")
        labels = {name: label(one) for name, one in others.items()}
        chosen = lab_spread.choose_others(labels, OTHERS)
    live = any(row.state in tape.LIVE for row in experiment.rows)
    panel = shell.ticking(_panel, TICK_SECONDS if live else None)
    panel(experiment, {run: others[name] for run, name in chosen.items()}, live)


def label(experiment: Experiment) -> str:
    """An experiment in a list."""
    title = ALGORITHMS[experiment.config.algorithm].title
    code = telling.coded(experiment.config.reward)
    return f"{experiment.name}  {title}, {code}, {_seeds(experiment)}"


def _seeds(experiment: Experiment) -> str:
    count = len(experiment.rows)
    return f"{count} seeds" if count > 1 else "1 seed"


def _panel(
    experiment: Experiment, others: Mapping[components.RunName, Experiment], was_live: bool
) -> None:
    now = _read_again(experiment) if was_live else experiment
    is_live = any(row.state in tape.LIVE for row in now.rows)
    if was_live and not is_live:
        st.rerun()  # The runs are over: the page around them changes.
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if is_live:
            st.button("Stop them all", icon=":material/stop:", on_click=_stop_all, args=(now,))
        with st.container(width="stretch"):
            components.run_line(
                "running" if is_live else _worst(now),
                text=_counts(now),
                progress=sum(row.updates_done for row in now.rows)
                / max(1, len(now.rows) * now.config.planned_updates),
                key="seeds_line",
            )
    compared: dict[components.RunName, Experiment] = {"A": now, **others}
    groups = [lab_spread.group_of(run, one) for run, one in compared.items()]
    for group, one in zip(groups, compared.values(), strict=True):
        for sentence in (*endings(one), *_left_out(one)):
            st.caption(f"Run {group.run}. {sentence}" if others else sentence)
    if not groups[0].traces:
        st.caption(
            "The first curve comes with the first update."
            if is_live
            else "No seed has made an update, so there is no curve."
        )
        return
    shown = lab_charts.charts_of(now.config)
    axis = lab_spread.choose_axis(groups, "seeds_axis")
    lab_spread.charts(groups, shown, axis)
    lab_spread.ends_table(groups, [MetricName(chart.metrics[0]) for chart in shown])
    if not others:
        _each(now, [MetricName(chart.metrics[0]) for chart in shown[:3]])


def _counts(experiment: Experiment) -> str:
    """How many seeds have come to an end, and to which."""
    states = [row.state for row in experiment.rows]
    finished = f"{len(experiment.finished)} of {len(states)} seeds have finished"
    others = [f"{states.count(one)} {one}" for one in ("failed", "stopped") if one in states]
    return ", ".join([finished, *others])


def _worst(experiment: Experiment) -> components.RunState:
    """What is said of seeds that are all over."""
    states = {row.state for row in experiment.rows}
    return "failed" if "failed" in states else "stopped" if "stopped" in states else "finished"


def endings(experiment: Experiment) -> list[str]:
    """Why seeds could not go on, or what there is to say of their end; a sentence said once."""
    seeds: dict[str, list[int]] = {}
    for row in experiment.rows:
        if row.state in ("finished", "failed") and (said := _ending(row)):
            seeds.setdefault(said, []).append(row.config.seed)
    return [f"{_named(which)}: {said}" for said, which in seeds.items()]


def _ending(row: RunSummaryRow) -> str:
    """The same of one run; empty if it made all its updates and is none the worse for them."""
    view = runs.look(row.press_id, row.updates_done)  # what comes after its last update
    if row.state == "failed":
        return " ".join(part for part in (view.problem, view.remedy) if part)
    ends = [event.ending for _, event in view.events if isinstance(event, RunFinished)]
    return "".join(f"{MEANINGS[end]} {NOTES[end].advice}" for end in ends if end in NOTES)


def _left_out(experiment: Experiment) -> list[str]:
    """What curves and figures are not about, since seeds ended before the others."""
    over = [row for row in experiment.rows if row.state not in tape.LIVE]
    nothing = [row.config.seed for row in over if not row.updates_done]
    most = max(row.updates_done for row in experiment.rows)
    last = min((row.updates_done for row in over if row.updates_done), default=most)
    said = []
    if nothing and most:
        said.append(f"{_named(nothing)} made no update, and no curve or figure counts it in.")
    if last < most:
        early = [row.config.seed for row in over if row.updates_done == last]
        said.append(
            f"{_named(early)} ended after {counted(last, 'update')}: the curves and their last "
            "figures go no further."
        )
    return said


def _named(seeds: Sequence[int]) -> str:
    """Seeds in a sentence."""
    *first, last = map(str, seeds)
    return f"Seeds {', '.join(first)} and {last}" if first else f"Seed {last}"


@told
def _stop_all(experiment: Experiment) -> None:
    for row in experiment.rows:
        runs.stop(row.press_id)


def _read_again(experiment: Experiment) -> Experiment:
    """The same runs as they are by now."""
    return Experiment(experiment.name, tuple(runs.row_of(row.press_id) for row in experiment.rows))


def _each(experiment: Experiment, names: list[MetricName]) -> None:
    """Where every seed ended."""
    rows = []
    for row in experiment.rows:
        if not row.updates_done:
            rows.append([str(row.config.seed), _state(row), *[""] * len(names)])
            continue
        one = lab_spread.trace(row.address, row.config.seed, row.updates_done)
        ends = [_last(one.metrics.get(name), name) for name in names]
        rows.append([str(row.config.seed), _state(row), *ends])
    components.rows_table(
        ["Seed", "State", *(METRICS[name].label for name in names)],
        rows,
        numeric=list(range(2, 2 + len(names))),
        caption="Every seed at its last update",
        key="each_seed",
    )


def _state(row: RunSummaryRow) -> str:
    """How a seed stands; how far it came, if it came to an end before its last update."""
    if row.state not in ("failed", "stopped"):
        return row.state
    return f"{row.state} after {row.updates_done} of {row.config.planned_updates}"


def _last(values: Sequence[float] | None, name: MetricName) -> str:
    style = "percent" if METRICS[name].percent else "two_decimals"
    return number(values[-1], style) if values else ""
