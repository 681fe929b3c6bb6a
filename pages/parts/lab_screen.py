"""The Lab: any world, any algorithm, any reward; the newest run live, or beside other ones."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from backend import experiments, runs
from backend.errors import BackendError
from engine.algorithms import ALGORITHMS
from engine.endings import MEANINGS, NOTES
from engine.events import RunFailed, RunFinished
from engine.spec import TrainConfig, World
from engine.worlds import WORLDS
from pages.parts import (
    components,
    export,
    lab_beside,
    lab_charts,
    lab_form,
    lab_map,
    lab_next,
    lab_seeds,
    lab_spread,
    live,
    run_names,
    session,
    shell,
    talk,
    tape,
    telling,
    transport,
    watch,
    ways,
    world_rewards,
)
from pages.parts.tape import Tape

PRESS = lab_map.PRESS
ALL_SEEDS = lab_next.ALL_SEEDS
OTHER_LIVE = "lab_other_live"
OTHERS = "lab_other_run"
TAKEN = "lab_beside_taken"  # the link whose runs were put side by side last


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
    """The next run on the left; on the right the run that is on, or up to three recorded ones."""
    learner = shell.learner_id()
    components.chapter_head("Lab", eyebrow="Any world, any algorithm, any reward")
    ways.back()
    lab_map.take_link()
    left, right = st.columns([1, 2.55], gap="large")
    with left:
        data = lab_next.draw(learner)
    with right:
        _runs(learner, data)


def _what_pays(world: World) -> None:
    """What a newcomer to the world needs for the first reward of their own."""
    st.subheader(f"What can be paid: {telling.retold(world.title)}", anchor=False)
    world_rewards.wanted(world)
    components.rows_table(
        world_rewards.HEAD,
        world_rewards.rows(world),
        stacked=True,
        caption="Reward terms",
        key="lab_terms",
    )


def _runs(learner: str, data: dict[str, Any]) -> None:
    mine = runs.runs_of(learner)
    linked = st.query_params.get("run")
    press = session.value_of(PRESS)
    press = _listed(press, mine)
    lab_map.show(data, None if linked else _that_may_change(press))
    if linked:
        _linked(linked, mine)
        return
    if press is None:
        st.caption("No run yet. Press Train and the curves start here.")
        _what_pays(WORLDS[data["world"]["world"]])
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
        is_mended = lab_next.is_mended(now, data)
        shell.ticking(_live, now.tick_seconds)(press, now.tick_seconds, [now], is_mended)
        return
    _compare(now, mine, is_mended=lab_next.is_mended(now, data))


def _listed(press: str | None, mine: list[runs.RunSummaryRow]) -> str | None:
    """The press to be shown, as the learner's runs list it; the newest where it is not there.

    Of presses of the same run the newest is listed, in whichever chapter it was.
    """
    if press is not None and press not in {row.press_id for row in mine}:
        with suppress(BackendError):
            address = live.status(press).address
            press = next((row.press_id for row in mine if row.address == address), None)
    known = {row.press_id for row in mine}
    return press if press in known else mine[0].press_id if mine else None


def _that_may_change(press: str | None) -> str | None:
    """The run that is shown, if it is shown alone, is on, and drives on a map."""
    if press is None or session.value_of(ALL_SEEDS):
        return None
    now = tape.read(press)
    return press if now.is_live and now.config.world.world == lab_map.WORLD else None


def _live(press: str, tick: float | None, unseen: list[Tape], is_mended: bool) -> None:
    now = tape.newest_around_buttons(press, unseen)
    shell.ticking(_line, None)(press, tick, [now])  # a click on its buttons waits for them alone
    _trouble(now, is_mended)
    _watch(now, watch.first_sign(now))


def _line(press: str, tick: float | None, unseen: list[Tape]) -> None:
    now = tape.newest(press, unseen)
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
                begins=session.value_of(lab_next.BEGUN) == press,
                key="lab_line",
            )
            session.set_value(lab_next.BEGUN, None)


def _watch(now: Tape, wait: str) -> None:
    charts = lab_charts.charts_of(now.config)
    watch.show(now, charts, lab_map.moments(now.config, now.done), wait)


def _others_on(shown: set[str], mine: list[runs.RunSummaryRow]) -> None:
    """The learner's other runs that are not over, to be watched and stopped."""
    live_rows = [row for row in mine if row.state in tape.LIVE]
    on = {row.press_id: row for row in live_rows if row.press_id not in shown}
    if on:
        st.selectbox(
            "Your other runs that are on",
            list(on),
            format_func=lambda one: f"{_label(on[one].address, on[one].config)}, {on[one].state}",
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
    code = telling.coded(config.reward)
    st.markdown(f"**A shared run.** `{code}`, {transport.seed_words(config)}.")
    with st.container(horizontal=True):
        st.button(
            "Use these settings",
            icon=":material/tune:",
            on_click=lab_form.start_from,
            args=(config,),
        )
        if st.button("Close it", icon=":material/close:"):
            lab_next.close()
            st.rerun()
    names = st.query_params.get("beside", "")
    beside = lab_beside.linked(address, config, names)
    # Once for each link, and again when the page is come back to: it keeps no choice meanwhile.
    is_new = session.value_of(f"{OTHERS}_{lab_spread.OTHERS[0]}", "") == ""
    if is_new or session.value_of(TAKEN) != (address, names):
        session.set_value(TAKEN, (address, names))
        for run, other in zip(lab_spread.OTHERS, beside, strict=False):
            session.set_value(f"{OTHERS}_{run}", other)
    _compare(recorded(address, config), mine, beside)


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
    """How a run ended, unless it made all its updates and is none the worse for them."""
    made = f"{now.done} of {now.planned} updates"
    if now.state == "failed":
        return f"failed after {made}"
    if now.state == "stopped":
        return f"stopped after {made}"
    if now.ending in NOTES:
        return NOTES[now.ending].brief
    return "" if now.state == "finished" else f"not over, {made} so far"


def _trouble(now: Tape, is_mended: bool = False) -> None:
    """What went wrong and what to do; in a box of its own if the run could not go on.

    is_mended: the form that it was pressed with says something else by now, so advice is stale.
    """
    if now.ending in NOTES:
        st.caption(f"{MEANINGS[now.ending]} {NOTES[now.ending].advice}")
    if now.state != "failed":
        return
    if is_mended:
        code = telling.coded(now.config.reward)
        st.caption(f"That was `{code}`. The settings have changed since; Train runs the new ones.")
        return
    if isinstance(now, Record):
        sentences = now.failure
    else:
        parts = (now.view.problem, now.view.remedy) if now.view else ()
        sentences = " ".join(part for part in parts if part)
    shell.trouble(sentences or "This run failed.")


def _label(address: str, config: TrainConfig) -> str:
    method = ALGORITHMS[config.algorithm].title
    return f"{run_names.spoken(address)}  {method}, {telling.coded(config.reward)}"


def _title(now: Tape, name: str) -> str:
    ending = ending_in_words(now)
    method, code = ALGORITHMS[now.config.algorithm].title, telling.coded(now.config.reward)
    line = f"**{name}**  \n`{run_names.spoken(now.address)}` {method}, `{code}`"
    return f"{line}  \n{ending[0].upper()}{ending[1:]}." if ending else line


def _compare(
    first: Tape,
    mine: list[runs.RunSummaryRow],
    shared: Mapping[str, TrainConfig] | None = None,
    is_mended: bool = False,
) -> None:
    """Run A, beside others of the learner's or of whoever shared them: configs by address."""
    others = {
        row.address: row
        for row in mine
        if row.address != first.address
        and row.updates_done
        and row.config.world.world == first.config.world.world
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(_title(first, lab_spread.title_of("A")))
        labels = {address: _label(row.address, row.config) for address, row in others.items()}
        lent = {address: one for address, one in (shared or {}).items() if address not in others}
        labels |= {address: _label(address, config) for address, config in lent.items()}
        chosen = lab_spread.choose_others(labels, OTHERS)
    beside: dict[components.RunName, Tape] = {
        run: _seen(others[address]) if address in others else recorded(address, lent[address])
        for run, address in chosen.items()
    }
    _trouble(first, is_mended)
    if not beside:
        _watch(first, "The record has no update yet.")
        talk.panel(first.address, first.done)
    else:
        for run, now in beside.items():
            if ending_in_words(now):
                st.caption(f"Run {run}: {ending_in_words(now)}.")
            _trouble(now)
        shown: dict[components.RunName, Tape] = {"A": first, **beside}
        lab_beside.show(shown)
    if not labels:
        st.caption("You need two runs to compare. Train one more.")
    export.panel(first, [now.address for now in beside.values()])
