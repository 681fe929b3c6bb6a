"""The Lab's next run: the form, how many seeds, how fast, and Train."""

from contextlib import suppress
from typing import Any

import streamlit as st

from backend import experiments, runs
from backend.errors import BackendError
from engine.config import ConfigError
from pages.parts import lab_form, lab_map, session, transport
from pages.parts.refusals import red
from pages.parts.tape import Tape

TRAINED = "lab_trained"  # what the form said when Train was pressed last
BEGUN = "lab_begun"  # the run for which Train was pressed, until it is drawn
ALL_SEEDS = "lab_all_seeds"  # whether the seeds of an experiment are drawn together
SEEDS: dict[str | None, int] = {"One": 1, "Five": 5, "Ten": 10}


def draw(learner: str) -> dict[str, Any]:
    """Draw all of it and return the config that it describes, unchecked."""
    with st.container(border=True, gap="small"):
        st.header("Next run", anchor=False)
        _begin_as_shared()
        data = lab_form.draw()
        seeds = st.segmented_control(
            "Seeds",
            list(SEEDS),
            default="One",
            required=True,
            key="lab_seeds",
            help="The same settings from the seed above on: how much of a curve is luck?",
        )
        pace = _speed() if data["world"]["world"] == lab_map.WORLD else None
        with st.container(key="lab_train", gap="small"):
            _train(learner, data, SEEDS[seeds], pace)
    return data


def _train(learner: str, data: dict[str, Any], seeds: int, pace: float | None) -> None:
    """Train; where the settings cannot be run, why not, as long as that is so."""
    pressed = st.button(
        "Train",
        key="go_lab_train",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
    )
    try:
        config = lab_form.checked(data)
        if pressed:
            presses = experiments.press_seeds(learner, config, seeds, pace)
            session.set_value(lab_map.PRESS, presses[0])
            session.set_value(BEGUN, presses[0])
            session.set_value(TRAINED, config)
            session.set_value(ALL_SEEDS, len(presses) > 1)
            close()
    except (ConfigError, BackendError) as refusal:
        red(refusal)
    else:
        st.caption("An identical run is replayed for free.")


def _speed() -> float | None:
    """Updates a second at which the next run begins."""
    words = list(transport.SPEEDS)
    chosen = session.value_of("lab_speed", words[-1])
    word = st.selectbox(
        "Speed",
        words,
        words.index(chosen),
        key="lab_speed",
        help="Slow enough, there is time to change the map while the robot learns.",
    )
    return transport.SPEEDS[word]


def _begin_as_shared() -> None:
    """A form that was not touched yet begins with the settings of the run that is shared beside."""
    linked = st.query_params.get("run")
    if not linked or lab_form.is_drawn():
        return
    with suppress(BackendError):  # said where the run would stand
        _, _, config = runs.record_of(linked)
        lab_form.start_from(config)
        lab_form.note(config, "These are the settings of the shared run.")


def is_mended(now: Tape, data: dict[str, Any]) -> bool:
    """Whether the form said what this run was when Train was pressed, and says something else."""
    pressed = session.value_of(TRAINED)
    return (
        pressed is not None
        and lab_form.is_run(pressed, now.config)
        and not lab_form.says(data, now.config)
    )


def close() -> None:
    """The address names no run any more."""
    for name in ("run", "beside"):
        st.query_params.pop(name, None)
