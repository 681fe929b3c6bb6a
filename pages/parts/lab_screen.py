"""The Lab: any world, any algorithm, any reward; the newest run live, beside another one."""

import streamlit as st

from backend import runs
from backend.errors import BackendError
from curriculum.experiment import Chart
from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, content_address
from engine.metrics import METRICS, MetricName
from engine.scenes import GridScene, SpeechScene
from engine.spec import TrainConfig
from pages.parts import (
    components,
    export,
    lab_form,
    live,
    session,
    shell,
    talk,
    tape,
    transport,
    watch,
)
from pages.parts.tape import Tape

PRESS = "lab_press"
LED_BY = (
    MetricName.PROXY_RETURN,
    MetricName.TRUE_RETURN,
    MetricName.CORRECT,
    MetricName.DELIVERED,
    MetricName.KL,
    MetricName.PAD_VISITS,
    MetricName.LENGTH,
    MetricName.ENTROPY,
)
MOST_CHARTS = 6


def show(learner: str) -> None:
    """The next run on the left; on the right the run that is on, or two recorded ones."""
    components.chapter_head("Lab", eyebrow="Any world, any algorithm, any reward")
    left, right = st.columns([1, 2.55], gap="large")
    with left:
        _form(learner)
    with right:
        _runs(learner)


def charts_of(config: TrainConfig) -> list[Chart]:
    """One chart for each measurement that leads the story of an algorithm."""
    metrics = ALGORITHMS[config.algorithm].metrics
    shown = [name for name in LED_BY if name in metrics][:MOST_CHARTS]
    return [
        Chart(title=METRICS[name].label, unit=METRICS[name].unit, metrics=(name,)) for name in shown
    ]


def _form(learner: str) -> None:
    with st.container(border=True, gap="small"):
        st.header("Next run", anchor=False)
        data = lab_form.draw()
        if st.button(
            "Train",
            key="go_lab_train",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
        ):
            try:
                press = runs.press_train(learner, lab_form.checked(data), None, None)
                session.set_value(PRESS, press)
                st.query_params.pop("run", None)
            except (ConfigError, BackendError) as refusal:
                st.markdown(f":red[{refusal}]")
        st.caption("An identical run is replayed for free.")


def _runs(learner: str) -> None:
    mine = runs.runs_of(learner)
    linked = st.query_params.get("run")
    press = session.value_of(PRESS)
    if linked:
        _linked(linked, mine)
        return
    if press is None and mine:
        press = mine[0].press_id
    if press is None:
        st.caption("No run yet. Press Train and the curves start here.")
        return
    now = tape.read(press)
    if now.is_live or now.done == 0:
        every = live.TICK_SECONDS if now.is_live else None
        st.fragment(_live, run_every=every)(press, now.is_live)
        return
    _compare(now, mine)


def _live(press: str, was_live: bool) -> None:
    now = tape.read(press)
    if was_live and not now.is_live:
        st.rerun()  # The run is over: the page around it changes.
    text, more = transport.words(now)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if now.is_live:
            transport.controls(press, now)
        with st.container(width="stretch"):
            components.run_line(
                live.drawn(now.state),
                text=text,
                more=more,
                progress=now.done / max(now.planned, 1),
                key="lab_line",
            )
    if now.state == "failed" and now.view:
        shell.trouble(f"{now.view.problem} {now.view.remedy}")
    watch.show(now, charts_of(now.config), wait="The first reply comes with the first update.")


def _linked(address: str, mine: list[runs.RunSummaryRow]) -> None:
    """A run that somebody shared."""
    config = runs.run_config(address)
    shared = recorded(content_address(config), config)
    st.markdown(f"**A shared run.** `{config.reward}`, {transport.seed_words(config)}.")
    with st.container(horizontal=True):
        if st.button("Use these settings", icon=":material/tune:"):
            lab_form.start_from(config)
            st.rerun()
        if st.button("Close it", icon=":material/close:"):
            del st.query_params["run"]
            st.rerun()
    _compare(shared, mine)


def recorded(address: str, config: TrainConfig) -> Tape:
    """A run from its record, all of it."""
    whole = Tape(config, address=address, state="finished")
    for event in runs.events_of(address):
        whole.add(event)
    return whole


def _label(row: runs.RunSummaryRow) -> str:
    return f"{row.address[:4]}  {ALGORITHMS[row.config.algorithm].title}, {row.config.reward}"


def _compare(first: Tape, mine: list[runs.RunSummaryRow]) -> None:
    others = [
        row
        for row in mine
        if row.address != first.address
        and row.updates_done
        and row.config.algorithm == first.config.algorithm
    ]
    second = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"**Run A, solid**  \n`{first.address[:4]}` `{first.config.reward}`")
        if others:
            chosen = st.selectbox(
                "Run B, dashed", others, format_func=_label, index=None, placeholder="Compare with"
            )
            second = recorded(chosen.address, chosen.config) if chosen else None
    if second is None:
        watch.show(first, charts_of(first.config))
        talk.panel(first.address, first.done)
    else:
        _side_by_side(first, second)
    if not others:
        st.caption("You need two runs to compare. Train one more.")
    export.panel(first)


def _side_by_side(first: Tape, second: Tape) -> None:
    columns = st.columns(2, gap="medium")
    for index, chart in enumerate(charts_of(first.config)[:4]):
        with columns[index % 2]:
            watch.pair(first, second, chart)
    _same_questions(first, second)
    st.subheader("What differs", anchor=False)
    a, b = _flat(first.config.model_dump()), _flat(second.config.model_dump())
    rows = [[name, str(a.get(name)), str(b.get(name))] for name in a if a.get(name) != b.get(name)]
    components.rows_table(
        ["Setting", "A", "B"], rows, mono=[1, 2], runs={1: "A", 2: "B"}, key="differs"
    )


def _same_questions(first: Tape, second: Tape) -> None:
    a, b = first.scene_now, second.scene_now
    if isinstance(a, SpeechScene) and isinstance(b, SpeechScene):
        st.subheader("Same questions, last update", anchor=False)
        rows = [
            [one.question, " ".join(one.tokens), " ".join(two.tokens)]
            for one, two in zip(a.probes, b.probes, strict=False)
        ]
        components.rows_table(
            ["Visitor", "A", "B"], rows, mono=[0, 1, 2], runs={1: "A", 2: "B"}, key="same"
        )
    elif isinstance(a, GridScene) and isinstance(b, GridScene):
        left, right = st.columns(2)
        with left:
            watch.grid(first, a, key="grid_a")
        with right:
            watch.grid(second, b, key="grid_b")


def _flat(data: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
