"""Runs of the Lab side by side: curves, what each came to, and where their settings differ."""

from collections.abc import Mapping

import streamlit as st

from backend import runs
from backend.errors import BackendError
from engine.scenes import LettersScene, SpeechScene
from engine.spec import TrainConfig
from pages.parts import components, lab_charts, lab_spread, pager, pictures, run_names, shell
from pages.parts.tape import Tape


def linked(first: str, of: TrainConfig, names: str) -> dict[str, TrainConfig]:
    """The runs that a link puts beside another one, by their addresses; what cannot be is said.

    first, of: the address of that one, and its config. names: of the others, with commas between.
    """
    found: dict[str, TrainConfig] = {}
    for name in [one for one in names.split(",") if one][: len(lab_spread.OTHERS)]:
        try:
            address, _, config = runs.record_of(name)
        except BackendError as problem:
            shell.trouble(f"Beside it: {problem}")
            continue
        if address == first:
            continue
        if config.world.world == of.world.world:
            found[address] = config
        else:
            shell.trouble(f"Run {run_names.spoken(address)} is of another world; it stands alone.")
    return found


def show(shown: Mapping[components.RunName, Tape]) -> None:
    """Their curves in common charts, what each came to, and the settings in which they differ."""
    groups = [_group(run, now) for run, now in shown.items()]
    axis = lab_spread.choose_axis(groups, "lab_axis")
    lab_spread.charts(groups, lab_charts.charts_of(shown["A"].config), axis)
    _same_scene(shown)
    st.subheader("What differs", anchor=False)
    settings = [_flat(now.config.model_dump()) for now in shown.values()]
    names = dict.fromkeys(name for one in settings for name in one)
    rows = [[name, *(str(one.get(name, "")) for one in settings)] for name in names]
    components.rows_table(
        ["Setting", *shown],
        [row for row in rows if len(set(row[1:])) > 1],
        mono=list(range(1, 1 + len(shown))),
        runs=_columns(shown),
        key="differs",
    )


def _columns(shown: Mapping[components.RunName, Tape]) -> dict[int, components.RunName]:
    """The runs by their column in a table whose first one says what a row is about."""
    return dict(enumerate(shown, start=1))


def _group(run: components.RunName, now: Tape) -> lab_spread.Group:
    trace = lab_spread.trace(now.address, now.config.seed, now.done)
    return lab_spread.Group(run, (trace,), run_names.found(now.address))


def _same_scene(shown: Mapping[components.RunName, Tape]) -> None:
    """What each run came to, side by side; runs of one world have scenes of one kind."""
    scenes = {run: now.scene_now for run, now in shown.items()}
    spoken = [one.probes for one in scenes.values() if isinstance(one, SpeechScene)]
    if len(spoken) == len(shown):
        st.subheader("Same questions, last update", anchor=False)
        rows = [
            [probes[0].question, *(" ".join(probe.tokens) for probe in probes)]
            for probes in zip(*spoken, strict=False)
        ]
        components.rows_table(
            ["Visitor", *shown],
            rows,
            mono=list(range(1 + len(shown))),
            runs=_columns(shown),
            key="same",
        )
        return
    for column, (run, now) in zip(st.columns(len(shown)), shown.items(), strict=True):
        scene = scenes[run]
        with column:
            if isinstance(scene, pictures.Picture):
                pictures.picture(now, scene, key=f"picture_{run}")
            elif isinstance(scene, LettersScene):
                pager.messages(scene, key=f"messages_{run}")


def _flat(data: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            numbered = {str(place): part for place, part in enumerate(value, start=1)}
            flat |= _flat(numbered, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
