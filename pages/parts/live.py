"""The third screen: the run, live. Two fragments tick while it is on; nothing trains here."""

from collections.abc import Callable

import streamlit as st

from backend import learners, runs
from backend.errors import BackendError
from curriculum import state as moves
from curriculum.ledger import outcome_entry, run_entry
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState, MoveRefused
from curriculum.summary import Summary, summarise
from engine.events import UpdateCompleted
from engine.spec import TrainConfig
from pages.parts import brief, components, export, folder, session, talk, tape, transport, watch
from pages.parts.tape import Tape

TICK_SECONDS = 0.3


def begin(learner: str, chapter: Chapter, state: ChapterState, config: TrainConfig) -> None:
    """Press Train: the run is written down before anything else happens."""
    try:
        press_id = runs.press_train(learner, config, chapter.id, chapter.experiment.pace)
        folder.keep(learner, moves.press(state, press_id))
    except (BackendError, MoveRefused) as refusal:
        st.toast(str(refusal))
        return
    session.show_stop(chapter.id, None)


def show(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """The newest run of this chapter, whatever state it is in."""
    if not state.press_ids:
        st.caption("No run yet. Press Train and the curves start here.")
        return
    press_id = state.press_ids[-1]
    now = tape.read(press_id)
    # Live panels tick by themselves; what stands still belongs to the page, so that its buttons do.
    watch_run = st.fragment(_watch, run_every=TICK_SECONDS) if now.is_live else _watch
    controls = st.fragment(_live_transport, run_every=TICK_SECONDS) if now.is_live else _transport
    left, right = st.columns([2.55, 1], gap="large")
    with left:
        # Each fragment has a container of its own, so that it may grow without touching neighbours.
        with st.container():
            watch_run(press_id, chapter)
        if not now.is_live and now.done:
            talk.panel(now.address, now.done)
    with right:
        _aside(chapter, state, now)
    with st.bottom, st.container():
        controls(learner, chapter, press_id)


def _watch(press_id: str, chapter: Chapter) -> None:
    now = tape.read(press_id)
    if now.state == "failed" and now.view:
        with st.container(border=True):
            st.markdown(
                f"**{now.view.problem}** {now.view.remedy or ''} Your budget was given back."
            )
    watch.show(now, chapter.charts, wait="The first reply comes with the first update.")


def _live_transport(learner: str, chapter: Chapter, press_id: str) -> None:
    if not tape.read(press_id).is_live:
        st.rerun()  # The run is over: the page around it changes.
    _transport(learner, chapter, press_id)


def _transport(learner: str, chapter: Chapter, press_id: str) -> None:
    now = tape.read(press_id)
    text, more = transport.words(now)
    with (
        st.container(horizontal_alignment="center"),
        st.container(width=1240, horizontal=True, vertical_alignment="center", gap="small"),
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
    if now.state == "finished":
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
    word = "Change the reward"
    st.button(word, key="go_tune", type="primary", on_click=back_to_tune, args=(learner, chapter))


def back_to_tune(learner: str, chapter: Chapter) -> None:
    """To the settings; what the run cost so far is written down."""
    _settle(learner, chapter, folder.state_of(learner, chapter))
    state = folder.state_of(learner, chapter)
    go: Callable[[ChapterState], ChapterState] = (
        moves.leave_run if state.stage == "run" else moves.try_again
    )
    try:
        folder.keep(learner, go(state))
    except MoveRefused:
        pass
    session.show_stop(chapter.id, None)


def _settle(learner: str, chapter: Chapter, state: ChapterState) -> Summary | None:
    """Write down what the newest run cost; the second time it changes nothing."""
    summary = last_summary(chapter, state)
    if summary is not None:
        view = runs.look(state.press_ids[-1], after_seq=10**9)
        learners.record(learner, run_entry(chapter, state.press_ids[-1], summary, view.is_replay))
    return summary


def _see(learner: str, chapter: Chapter, press_id: str) -> None:
    """From the finished run to the story's answer; what it changed at Lumen is written down."""
    state = folder.state_of(learner, chapter)
    summary = _settle(learner, chapter, state)
    if summary is None:
        return
    outcome = outcome_of(chapter, summary)
    learners.record(learner, outcome_entry(chapter, outcome, summary))
    folder.keep(learner, moves.reach(chapter, state, outcome.id, press_id))
    session.show_stop(chapter.id, None)


def last_summary(chapter: Chapter, state: ChapterState) -> Summary | None:
    """What the newest run of this chapter measured; None if there is none to speak of."""
    if not state.press_ids:
        return None
    view = runs.look(state.press_ids[-1], after_seq=10**9)
    if view.state not in ("finished", "stopped", "failed") or view.updates_done == 0:
        return None
    return summary_of(view.address, chapter.experiment.last_updates, view.updates_done)


@st.cache_data(max_entries=128, show_spinner=False)
def summary_of(address: str, last_updates: int, updates: int) -> Summary:
    """The summary of a recorded run, of its first `updates` updates."""
    config = runs.run_config(address)
    events = [
        event
        for event in runs.events_of(address)
        if not isinstance(event, UpdateCompleted) or event.update <= updates
    ]
    return summarise(events, config.model_dump(), last_updates)


def _aside(chapter: Chapter, state: ChapterState, now: Tape) -> None:
    with st.container(border=True, gap="small"):
        st.subheader("What earns a reward", anchor=False)
        recipe(chapter, state, now.config)
        if now.is_live:
            st.caption("Fixed while the run is on. Stop to change it.")
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


def recipe(chapter: Chapter, state: ChapterState, config: TrainConfig) -> None:
    """What is paid in a run that can no longer be changed."""
    terms = [
        components.RecipeTerm(
            slider.label,
            0.0 if state.reward_code else float(state.sliders.get(slider.id, slider.start)),
            float(min(slider.low, 0.0)),
            float(slider.high),
        )
        for slider in chapter.sliders
    ]
    settings = [
        components.Setting(f"{s.label}, {s.symbol}", f"{getattr(config, s.field):g}")
        for s in chapter.settings
    ]
    components.recipe(
        [] if state.reward_code else terms, code=config.reward, settings=settings, key="recipe"
    )
