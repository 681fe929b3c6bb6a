"""The Lab: any world, any algorithm, any reward; the newest run live, beside another one."""

from dataclasses import dataclass

import streamlit as st

from backend import experiments, runs
from backend.errors import BackendError
from engine.algorithms import ALGORITHMS
from engine.config import ConfigError
from engine.events import RunFailed, RunFinished
from engine.scenes import LettersScene, SpeechScene
from engine.spec import TrainConfig
from pages.parts import (
    components,
    export,
    lab_charts,
    lab_form,
    lab_seeds,
    lab_spread,
    live,
    pager,
    session,
    shell,
    talk,
    tape,
    transport,
    watch,
)
from pages.parts.tape import Tape

PRESS = "lab_press"
ALL_SEEDS = "lab_all_seeds"  # whether the seeds of an experiment are drawn together
SEEDS: dict[str | None, int] = {"One": 1, "Five": 5, "Ten": 10}
OTHER_LIVE = "lab_other_live"


@dataclass
class Record(Tape):
    """A run as it is recorded, read at once; its state is what its last event says."""

    failure: str = ""  # what went wrong and what to do, in sentences

    def add(self, event: object) -> None:
        """Add one event."""
        super().add(event)
        if isinstance(event, RunFinished):
            self.state = "finished"
        elif isinstance(event, RunFailed):
            self.state, self.failure = "failed", f"{event.problem} {event.remedy}"


def show() -> None:
    """The next run on the left; on the right the run that is on, or two recorded ones."""
    learner = shell.learner_id()
    components.chapter_head("Lab", eyebrow="Any world, any algorithm, any reward")
    left, right = st.columns([1, 2.55], gap="large")
    with left:
        _form(learner)
    with right:
        _runs(learner)


def _form(learner: str) -> None:
    with st.container(border=True, gap="small"):
        st.header("Next run", anchor=False)
        data = lab_form.draw()
        seeds = st.segmented_control(
            "Seeds",
            list(SEEDS),
            default="One",
            required=True,
            key="lab_seeds",
            help="The same settings from the seed above on: how much of a curve is luck?",
        )
        if st.button(
            "Train",
            key="go_lab_train",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
        ):
            try:
                config = lab_form.checked(data)
                presses = experiments.press_seeds(learner, config, SEEDS[seeds])
                session.set_value(PRESS, presses[0])
                session.set_value(ALL_SEEDS, len(presses) > 1)
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
    together = next(
        one for one in experiments.experiments_of(mine) if press in [r.press_id for r in one.rows]
    )
    seeds = {row.press_id for row in together.rows}
    if len(seeds) > 1 and st.toggle(
        f"All {len(seeds)} seeds together", bool(session.value_of(ALL_SEEDS)), key=ALL_SEEDS
    ):
        _others_on(seeds, mine)
        lab_seeds.show(together, mine)
        return
    _others_on({press}, mine)
    now = tape.read(press)
    if now.is_live or now.done == 0:
        st.fragment(_live, run_every=now.tick_seconds)(press, now.tick_seconds)
        return
    _compare(now, mine)


def _live(press: str, tick: float | None) -> None:
    now = tape.read(press)
    if now.tick_seconds != tick:
        st.rerun()  # The run is over, or is to be drawn less often: the page around it changes.
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
    _failure(now)
    watch.show(
        now, lab_charts.charts_of(now.config), wait="The first reply comes with the first update."
    )


def _others_on(shown: set[str], mine: list[runs.RunSummaryRow]) -> None:
    """The learner's other runs that are not over, to be watched and stopped."""
    live_rows = [row for row in mine if row.state in tape.LIVE]
    on = {row.press_id: row for row in live_rows if row.press_id not in shown}
    if on:
        st.selectbox(
            "Your other runs that are on",
            list(on),
            format_func=lambda one: f"{_label(on[one])}, {on[one].state}",
            index=None,
            placeholder="Watch another one",
            key=OTHER_LIVE,
            on_change=_watch_other,
        )


def _watch_other() -> None:
    session.set_value(PRESS, session.value_of(OTHER_LIVE) or session.value_of(PRESS))
    session.set_value(OTHER_LIVE, None)


def _linked(short_address: str, mine: list[runs.RunSummaryRow]) -> None:
    """A run that somebody shared."""
    address, _, config = runs.record_of(short_address)
    st.markdown(f"**A shared run.** `{config.reward}`, {transport.seed_words(config)}.")
    with st.container(horizontal=True):
        st.button(
            "Use these settings",
            icon=":material/tune:",
            on_click=lab_form.start_from,
            args=(config,),
        )
        if st.button("Close it", icon=":material/close:"):
            del st.query_params["run"]
            st.rerun()
    _compare(recorded(address, config), mine)


def recorded(address: str, config: TrainConfig) -> Record:
    """A run from its record, all of it."""
    whole = Record(config, address=address, state="unfinished")
    for event in runs.events_of(address):
        whole.add(event)
    return whole


def _seen(row: runs.RunSummaryRow) -> Tape:
    """The part of a run that the learner has seen, which may have been stopped early."""
    seen = Tape(row.config)
    seen.read(runs.look(row.press_id))
    return seen


def ending_in_words(now: Tape) -> str:
    """How a run ended, unless it made all its updates."""
    made = f"{now.done} of {now.planned} updates"
    if now.state == "failed":
        return f"failed after {made}"
    if now.state == "stopped":
        return f"stopped after {made}"
    return "" if now.state == "finished" else f"not over, {made} so far"


def _failure(now: Tape) -> None:
    """What went wrong, in a box of its own."""
    if now.state != "failed":
        return
    if isinstance(now, Record):
        sentences = now.failure
    else:
        parts = (now.view.problem, now.view.remedy) if now.view else ()
        sentences = " ".join(part for part in parts if part)
    shell.trouble(sentences or "This run failed.")


def _label(row: runs.RunSummaryRow) -> str:
    return f"{row.address[:4]}  {ALGORITHMS[row.config.algorithm].title}, {row.config.reward}"


def _title(now: Tape, name: str) -> str:
    ending = ending_in_words(now)
    line = f"**{name}**  \n`{now.address[:4]}` `{now.config.reward}`"
    return f"{line}  \n{ending[0].upper()}{ending[1:]}." if ending else line


def _compare(first: Tape, mine: list[runs.RunSummaryRow]) -> None:
    others = {
        row.address: row
        for row in mine
        if row.address != first.address
        and row.updates_done
        and row.config.world.world == first.config.world.world
    }
    second = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(_title(first, "Run A, solid"))
        if others:
            chosen = st.selectbox(
                "Run B, dashed",
                list(others),
                format_func=lambda address: _label(others[address]),
                index=None,
                placeholder="Compare with",
            )
            second = _seen(others[chosen]) if chosen else None
    _failure(first)
    if second is None:
        watch.show(first, lab_charts.charts_of(first.config), wait="The record has no update yet.")
        talk.panel(first.address, first.done)
    else:
        if ending_in_words(second):
            st.caption(f"Run B {ending_in_words(second)}.")
        _failure(second)
        _side_by_side(first, second)
    if not others:
        st.caption("You need two runs to compare. Train one more.")
    export.panel(first)


def _side_by_side(first: Tape, second: Tape) -> None:
    groups = [_group("A", first), _group("B", second)]
    axis = lab_spread.choose_axis(groups, "lab_axis")
    lab_spread.charts(groups, lab_charts.charts_of(first.config), axis)
    _same_questions(first, second)
    st.subheader("What differs", anchor=False)
    a, b = _flat(first.config.model_dump()), _flat(second.config.model_dump())
    rows = [[name, str(a.get(name)), str(b.get(name))] for name in a if a.get(name) != b.get(name)]
    components.rows_table(
        ["Setting", "A", "B"], rows, mono=[1, 2], runs={1: "A", 2: "B"}, key="differs"
    )


def _group(run: lab_spread.Run, now: Tape) -> lab_spread.Group:
    return lab_spread.Group(run, (lab_spread.trace(now.address, now.config.seed, now.done),))


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
    elif isinstance(a, watch.Picture) and isinstance(b, watch.Picture):
        left, right = st.columns(2)
        with left:
            watch.picture(first, a, key="picture_a")
        with right:
            watch.picture(second, b, key="picture_b")
    elif isinstance(a, LettersScene) and isinstance(b, LettersScene):
        left, right = st.columns(2)
        with left:
            pager.messages(a, key="messages_a")
        with right:
            pager.messages(b, key="messages_b")


def _flat(data: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
