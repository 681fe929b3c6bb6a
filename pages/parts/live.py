"""The third screen: the run, live. A fragment ticks while it is on; nothing trains here."""

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from backend import runs
from backend.settings import settings
from curriculum import state as moves
from curriculum.evidence import begins_as_measured
from curriculum.experiment import Setting
from curriculum.ledger import outcome_entry, run_entry
from curriculum.recipe import SettingError, compose
from curriculum.rules import outcome_of, tells_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from curriculum.summary import Summary, summarise
from engine.config import has_setting, value_at
from engine.endings import MEANINGS, NOTES
from engine.events import UpdateCompleted
from engine.spec import TrainConfig
from pages.parts import (
    brief,
    components,
    export,
    folder,
    shell,
    stops,
    talk,
    tape,
    telling,
    transport,
    watch,
)
from pages.parts.refusals import told
from pages.parts.tape import Tape

LAST = 10**9  # beyond every event: look at the state alone


def begin(
    learner: str, chapter: Chapter, state: ChapterState, config: TrainConfig, clicked_at: float
) -> None:
    """Press Train: the run is written down before anything else happens."""
    if is_on(state):
        st.toast("A run of this chapter is on already; here it is.")
        folder.keep(learner, moves.press(state, state.press_ids[-1]))
        stops.show(chapter.id, "Run")
        return
    settle(learner, chapter, state)
    pace = runs.FASTEST_PACE if settings().full_speed else chapter.experiment.pace
    press_id = runs.press_train(learner, config, chapter.id, pace, clicked_at)
    folder.keep(learner, moves.press(state, press_id))
    stops.show(chapter.id, "Run")


def status(press_id: str) -> runs.RunView:
    """How a press stands, without its events."""
    return runs.look(press_id, after_seq=LAST)


def is_on(state: ChapterState) -> bool:
    """Whether the newest run of the chapter is not over yet."""
    return bool(state.press_ids) and status(state.press_ids[-1]).state in tape.LIVE


def those_on(states: Iterable[ChapterState]) -> set[str]:
    """The ids of the chapters whose newest run is not over yet."""
    newest = {state.press_ids[-1]: state.chapter for state in states if state.press_ids}
    found = runs.states_of(newest)
    return {newest[press_id] for press_id, now in found.items() if now in tape.LIVE}


def show(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """The newest run of this chapter, whatever state it is in."""
    if not state.press_ids:
        st.caption("No run yet. Press Train and the curves start here.")
        return
    press_id = state.press_ids[-1]
    now = tape.read(press_id)
    left, right = st.columns([2.55, 1], gap="large")
    # A live run draws itself again and again, in a container of its own, so that it may grow
    # without touching its neighbours; what stands still belongs to the page, with its buttons.
    with left, st.container():
        if now.is_live:
            tick = now.tick_seconds
            shell.ticking(_live, tick)(learner, chapter, press_id, tick, [now])
        else:
            _watch(now, chapter)
    if not now.is_live and now.done:
        with left:
            talk.panel(now.address, now.done)
    with right:
        _aside(chapter, state, now)
    if not now.is_live:
        _transport(learner, chapter, press_id, now)


def bar(learner: str, chapter: Chapter, press_id: str) -> None:
    """What can be done with a run that is drawn elsewhere; while it is live, kept up to date."""
    now = tape.read(press_id)
    if not now.is_live:
        _transport(learner, chapter, press_id, now)
        return
    tick = now.tick_seconds
    shell.ticking(_live_transport, tick)(learner, chapter, press_id, tick, [now])


def _live(
    learner: str, chapter: Chapter, press_id: str, tick: float | None, unseen: list[Tape]
) -> None:
    # One tick for both: the browser draws the page once for each, however little it holds. The
    # buttons are a fragment of their own all the same, so that a click waits for them alone.
    now = tape.newest_around_buttons(press_id, unseen)
    shell.ticking(_live_transport, None)(learner, chapter, press_id, tick, [now])
    _watch(now, chapter)


def _live_transport(
    learner: str, chapter: Chapter, press_id: str, tick: float | None, unseen: list[Tape]
) -> None:
    now = tape.newest(press_id, unseen)
    if now.tick_seconds != tick:
        st.rerun()  # The run is over, or is to be drawn less often: the page around it changes.
    _transport(learner, chapter, press_id, now)


def _watch(now: Tape, chapter: Chapter) -> None:
    if now.state == "failed" and now.view:
        with st.container(border=True):
            remedy = now.view.remedy or ""
            st.markdown(f"**{now.view.problem}** {remedy} Your budget was given back.")
    if now.ending in NOTES:
        with st.container(border=True):
            st.markdown(f"**{MEANINGS[now.ending]}**")
    shown = now if now.started else _awaited(now, chapter)
    watch.show(shown, chapter.charts, wait=watch.first_sign(now))


def _awaited(now: Tape, chapter: Chapter) -> Tape:
    """What there is to see before the first event: the scene in which the run will begin.

    It fills the page while the worker begins, so that what comes only has to be drawn into it.
    Those who wait in line are many, and look often: their page stays light.
    """
    if not now.is_live or now.waits_in_line or not begins_as_measured(chapter, now.config):
        return now
    today = brief.today(chapter)
    return replace(now, started=today.started) if today else now


def _transport(learner: str, chapter: Chapter, press_id: str, now: Tape) -> None:
    text, more = transport.words(now)
    with (
        st.bottom,
        st.container(horizontal_alignment="center"),
        st.container(width=shell.WIDTH, horizontal=True, vertical_alignment="center", gap="small"),
    ):
        if now.is_live:
            transport.controls(press_id, now)
        else:
            _after(learner, chapter, now, press_id)
        with st.container(width="stretch"):
            components.run_line(
                drawn(now.state),
                text=text,
                more=more,
                progress=now.done / max(now.planned, 1),
                key="run_line",
            )


def drawn(state: str) -> components.RunState:
    """The state as the run line knows it."""
    for known in components.WORDS:
        if known == state:
            return known
    return "idle"


def _after(learner: str, chapter: Chapter, now: Tape, press_id: str) -> None:
    if now.state == "finished" or (now.ending and tells_of(chapter, now.ending)):
        st.button(
            "See what happened",
            key="go_outcome",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=_see,
            args=(learner, chapter, press_id),
        )
        st.button("Train again", on_click=back_to_tune, args=(learner, chapter))
        return
    word = "Change the reward" if chapter.sliders else "Change the settings"
    st.button(word, key="go_tune", type="primary", on_click=back_to_tune, args=(learner, chapter))


@told
def back_to_tune(learner: str, chapter: Chapter) -> None:
    """To the settings; what runs cost so far is written down."""
    state = folder.state_of(learner, chapter)
    settle(learner, chapter, state)
    if state.stage == "run":
        folder.keep(learner, moves.leave_run(state))
    elif state.stage not in ("brief", "predict", "tune"):
        folder.keep(learner, moves.try_again(state))
    stops.show(chapter.id, "Tune")


def left(learner: str, chapter: Chapter, state: ChapterState) -> ChapterState:
    """The state once a run that is over has been left; while it is on, nothing changes."""
    if state.stage != "run" or is_on(state):
        return state
    settle(learner, chapter, state)
    return moves.leave_run(state)


def settle(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """Write down what every run that is over has cost; the second time it changes nothing."""
    if not state.press_ids:
        return
    settled = {entry.source for entry in folder.entries_of(learner) if entry.kind == "run"}
    for press_id in state.press_ids:
        summary = None if press_id in settled else summary_of_press(chapter, press_id)
        if summary is not None:
            view = status(press_id)
            is_free = view.is_replay or view.state == "failed"
            left = folder.meters_of(learner).budget
            folder.record(learner, run_entry(chapter, press_id, summary, is_free, left))


@told
def _see(learner: str, chapter: Chapter, press_id: str) -> None:
    """From the finished run to the story's answer; what it changed at Lumen is written down."""
    state = folder.state_of(learner, chapter)
    if press_id != state.press_ids[-1]:
        st.toast("You have trained again since, in another tab; this is the newest run.")
        return
    settle(learner, chapter, state)
    summary = summary_of_press(chapter, press_id)
    if summary is None:
        st.toast("This run has nothing to tell yet. Wait until it is over.")
        return
    outcome, written = outcome_of(chapter, summary), shell.as_written(chapter.id)
    folder.record(learner, outcome_entry(written, written.outcome(outcome.id), summary))
    folder.keep(learner, moves.reach(chapter, state, outcome.id, press_id))
    stops.show(chapter.id, "Outcome")


def last_summary(chapter: Chapter, state: ChapterState) -> Summary | None:
    """What the newest run of this chapter measured; None if there is none to speak of."""
    return summary_of_press(chapter, state.press_ids[-1]) if state.press_ids else None


def summary_of_press(chapter: Chapter, press_id: str) -> Summary | None:
    """What the learner saw of a run that is over; None while it is on, or if nothing was seen."""
    view = status(press_id)
    if view.state in tape.LIVE or view.updates_done == 0:
        return None
    last = chapter.experiment.last_updates
    return telling.summary(summary_of(view.address, last, view.updates_done))


@st.cache_data(max_entries=128, show_spinner=False)
def summary_of(address: str, last_updates: int, updates: int) -> Summary:
    """The summary of a recorded run, of its first `updates` updates."""
    config = runs.record_of(address).config
    events = [
        event
        for event in runs.events_of(address)
        if not isinstance(event, UpdateCompleted) or event.update <= updates
    ]
    return summarise(events, config.model_dump(), last_updates)


def _aside(chapter: Chapter, state: ChapterState, now: Tape) -> None:
    paid(chapter, state, now)
    with st.container(border=True, gap="small"):
        brief.said(chapter, state)
    with st.container(border=True, gap="small"):
        st.markdown("**The colours mean the same everywhere**")
        components.legend(
            [
                ("true", "What we want"),
                ("proxy", "What is paid"),
                ("drift", "Drift from the start"),
                ("neutral", "Length and counts"),
            ],
            key="legend",
        )
    if not now.is_live:
        export.panel(now)


def heading(chapter: Chapter) -> str:
    """What the panel is called in which a chapter's settings stand."""
    return "What earns a reward" if chapter.sliders else "How Pip learns"


def _value_of(setting: Setting, config: TrainConfig) -> str:
    if not has_setting(config.algorithm, setting.place):
        return "has none"
    value = value_at(config, setting.place)
    return setting.name_of(value) if isinstance(value, float | int | str) else "none"


def paid(chapter: Chapter, state: ChapterState, now: Tape) -> None:
    """What a run learns by, and whether that can be changed."""
    with st.container(border=True, gap="small"):
        st.subheader(heading(chapter), anchor=False)
        recipe(chapter, state, now.config)
        if now.is_live:
            st.caption("Fixed while the run is on. Stop to change it.")


def recipe(chapter: Chapter, state: ChapterState, config: TrainConfig) -> None:
    """What is paid in a run that can no longer be changed; by term if the sliders still say it."""
    sliders = chapter.sliders if _is_still_set(chapter, state, config) else ()
    terms = [
        components.RecipeTerm(
            slider.label,
            float(state.sliders.get(slider.id, slider.start)),
            float(min(slider.low, 0.0)),
            float(slider.high),
        )
        for slider in sliders
    ]
    settings = [
        components.Setting(f"{s.label}, {s.symbol}", _value_of(s, config)) for s in chapter.settings
    ]
    code = config.reward if chapter.sliders else ""
    components.recipe(terms, code=code, settings=settings, key="recipe")


def _is_still_set(chapter: Chapter, state: ChapterState, config: TrainConfig) -> bool:
    """Whether the sliders stand where they stood for a run; they can be moved after it."""
    if state.reward_code:
        return False
    try:
        return compose(chapter, state.sliders) == config.reward
    except SettingError:
        return False
