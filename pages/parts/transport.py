"""The bar at the bottom of the page: what can be done with the run, and how far it is."""

from collections.abc import Callable

import streamlit as st

from backend import runs
from engine.endings import NOTES
from engine.spec import TrainConfig
from pages.parts import components, shell
from pages.parts.components import RunState
from pages.parts.refusals import told
from pages.parts.tape import Tape

LONGEST_SILENCE = 5.0  # seconds; a worker that can write does so every second
SPEEDS: dict[str, float | None] = {
    "2 updates a second": 2.0,
    "8 updates a second": 8.0,
    "30 updates a second": 30.0,
    "As fast as it goes": None,
}


def bar(
    buttons: Callable[[], None],
    state: RunState,
    *,
    text: str,
    more: str = "",
    progress: float | None = 0.0,
) -> None:
    """Buttons on the left, the run line filling the rest; pinned to the bottom of the page."""
    with (
        st.bottom,
        st.container(horizontal_alignment="center"),
        st.container(width=shell.WIDTH, horizontal=True, vertical_alignment="center", gap="small"),
    ):
        buttons()
        with st.container(width="stretch"):
            components.run_line(state, text=text, more=more, progress=progress, key="run_line")


def controls(press_id: str, tape: Tape) -> None:
    """Pause, step, stop and speed, as the state of the run allows."""
    state = tape.buttons_for = tape.state
    if state == "queued":
        _stop("Cancel", "close", press_id)
        return
    if state == "paused":
        _button("Resume", "go_resume", "play_arrow", told(runs.resume), press_id)
        st.button("Step", icon=":material/skip_next:", on_click=told(runs.step), args=(press_id,))
    else:
        _button("Pause", "go_pause", "pause", told(runs.pause), press_id)
    if tape.view and tape.view.is_replay:
        st.button(
            "Skip to the end",
            icon=":material/fast_forward:",
            on_click=told(runs.skip_to_end),
            args=(press_id,),
        )
    else:
        _stop("Stop", "stop", press_id)
    _speed(press_id, tape)


def _speed(press_id: str, tape: Tape) -> None:
    pace = tape.view.pace if tape.view else None
    label = "Speed" if pace is None else f"{pace:g} a second"
    chosen = st.menu_button(label, list(SPEEDS), icon=":material/speed:", key="speed")
    if chosen:
        told(runs.set_pace)(press_id, SPEEDS[chosen])


def _stop(label: str, icon: str, press_id: str) -> None:
    # One key for both words: the browser keeps what a fragment around this one replaces by another.
    icon = f":material/{icon}:"
    st.button(label, key="stop", icon=icon, on_click=told(runs.stop), args=(press_id,))


def _button(
    label: str, key: str, icon: str, on_click: Callable[[str], None], press_id: str
) -> None:
    st.button(
        label,
        key=key,
        type="primary",
        icon=f":material/{icon}:",
        on_click=on_click,
        args=(press_id,),
    )


def words(tape: Tape) -> tuple[str, str]:
    """The fact of the run line, and what a phone leaves out."""
    view = tape.view
    if view is None:
        return "", ""
    if tape.state == "queued":
        return _queue(view), ""
    if tape.state == "failed":
        return view.problem or "", ""
    text = f"update {tape.done} of {tape.planned}"
    if tape.silent_seconds > LONGEST_SILENCE:
        return f"{text}; {_silence(tape.silent_seconds)}", ""
    if tape.state in ("finished", "stopped"):
        text = f"{tape.done} updates"
    if tape.ending in NOTES:
        text = f"{text}, and {NOTES[tape.ending].brief}"
    if tape.state == "replay":
        return text, ", the same run as before, free"
    again = ", began again after its worker was lost" if view.restarted else ""
    return text, f", {view.seconds:.1f} s, {seed_words(tape.config)}{again}"


def seed_words(config: TrainConfig) -> str:
    """The seed of a run, in words."""
    return f"seed {config.seed}"


def _silence(seconds: float) -> str:
    return (
        f"nothing recorded for {seconds:.0f} s; if the disk is full, free some space: "
        "the run goes on by itself"
    )


def _queue(view: runs.RunView) -> str:
    if view.note:
        return view.note
    place = f"place {view.queue_place} in line" if view.queue_place else "in line"
    about = f", about {view.eta_seconds:.0f} s" if view.eta_seconds else ""
    return f"{place}{about}; you can keep reading, the run will wait for you"
