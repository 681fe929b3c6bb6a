"""The second screen: what earns a reward, the few settings that matter, and Train."""

import time
from dataclasses import replace
from typing import Any

import streamlit as st

from curriculum import costs
from curriculum import state as moves
from curriculum.experiment import Setting, Slider
from curriculum.parts import SettingValue
from curriculum.recipe import SettingError, compose, config_of
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from engine.config import ConfigError, content_address, has_setting
from engine.reward_expression import RewardSyntaxError
from engine.scenes import BoardScene, LettersScene
from engine.spec import TrainConfig
from pages.parts import (
    asks,
    brief,
    folder,
    labelling,
    live,
    pager,
    pictures,
    session,
    sliders,
    tape,
    telling,
    transport,
    watch,
)
from pages.parts.components import RunState
from pages.parts.lab_form import reward_help
from pages.parts.refusals import red, told

LONGEST_CODE = 20_000  # what is kept of it: more than the language allows, which says so itself
Refusal = (SettingError, ConfigError, RewardSyntaxError)


def show(learner: str, chapter: Chapter, state: ChapterState) -> None:
    """Stage and today's values on the left, the reward on the right, Train at the bottom."""
    is_on = live.is_on(state)
    refusal = "" if is_on else _refusal(chapter, state)
    with st.container(key="phone_first_tune"):
        right, left = st.columns([1, 2.55], gap="large")
    with right:
        if is_on:
            live.paid(chapter, state, tape.read(state.press_ids[-1]))
        else:
            session.see_settings(state)
            _controls(learner, chapter, state, refusal)
        with st.container(border=True, gap="small"):
            brief.said(chapter, state)
        asks.hints(learner, chapter, state, live.last_summary(chapter, state))
    with left:
        labelling.panel(learner, chapter, state)
        _stage(learner, chapter, state)
    if is_on:
        live.bar(learner, chapter, state.press_ids[-1])
    else:
        _bottom(learner, chapter, state, refusal)


def config_now(chapter: Chapter, state: ChapterState, seed: int | None = None) -> TrainConfig:
    """The config that Train would run. Raises one of the refusals, each a sentence."""
    return config_of(
        chapter,
        state.sliders,
        state.settings,
        state.reward_code,
        seed_of(chapter, state) if seed is None else seed,
        state.labels,
    )


def seed_of(chapter: Chapter, state: ChapterState) -> int:
    """The seed that the learner chose, or the chapter's own."""
    return chapter.experiment.seed if state.seed is None else state.seed


def _today(chapter: Chapter, state: ChapterState) -> tape.Tape | None:
    """How things stand before the run; at a board, opposite the guest who is chosen now."""
    today = brief.today(chapter)
    if today is None or not isinstance(today.scene_now, BoardScene):
        return today
    try:
        chosen = config_of(chapter, {}, state.settings, None, seed_of(chapter, state))
    except Refusal:
        return today
    return replace(today, config=chosen)


def _stage(learner: str, chapter: Chapter, state: ChapterState) -> None:
    today = _today(chapter, state)
    if today is None:
        st.caption("Press Train, and the first picture comes with the first update.")
        return
    scene = today.scene_now
    wait = "Press Train. The same question is asked again after every update."
    if isinstance(scene, pictures.Picture):
        left, right = st.columns([1.5, 1], gap="medium")
        with left:
            pictures.picture(today, scene)
        charts = chapter.charts[:2]
    else:
        if isinstance(scene, LettersScene):
            pager.messages(scene)
        else:
            watch.speech(today, wait)
        left, right = st.columns([1.75, 1], gap="medium")
        charts = chapter.charts[:1]
        with left:
            for chart in charts:
                watch.curve(today, chart)
        charts = ()
    with right:
        for chart in charts:
            watch.curve(today, chart, height=148)
        st.markdown("**Three things to look for**")
        st.markdown("\n".join(f"{n}. {text}" for n, text in enumerate(chapter.look_for, start=1)))


def _controls(learner: str, chapter: Chapter, state: ChapterState, refusal: str) -> None:
    with st.container(border=True, gap="small"):
        st.subheader(live.heading(chapter), anchor=False)
        if not chapter.sliders:
            for setting in _settings_now(chapter, state):
                _setting(learner, chapter, state, setting)
            return
        # Who learns decides which of the other settings there are.
        for setting in chapter.settings:
            if setting.place == "algorithm":
                _setting(learner, chapter, state, setting)
        # The line stands above what writes it: so what is wrong with it is never below the page.
        _code(learner, chapter, state, refusal)
        for slider in chapter.sliders:
            _slider(learner, chapter, state, slider)
        others = [s for s in _settings_now(chapter, state) if s.place != "algorithm"]
        if others:
            with st.expander("Training settings"):
                for setting in others:
                    _setting(learner, chapter, state, setting)


def _settings_now(chapter: Chapter, state: ChapterState) -> list[Setting]:
    """The settings that the chosen algorithm has; all of them, where there is no choice."""
    chosen = [s for s in chapter.settings if s.place == "algorithm"]
    if not chosen:
        return list(chapter.settings)
    algorithm = str(state.settings.get(chosen[0].field, chosen[0].start))
    known = [s for s in chapter.settings if has_setting(algorithm, s.place)]
    return chosen + [s for s in known if s not in chosen]


def _slider(learner: str, chapter: Chapter, state: ChapterState, slider: Slider) -> None:
    key = f"slider_{chapter.id}_{slider.id}"
    value = float(state.sliders.get(slider.id, slider.start))
    session.show_value(key, value)
    sliders.slider(
        slider.label,
        float(slider.low),
        float(slider.high),
        value,
        step=float(slider.step),
        key=key,
        help=slider.meaning,
        format="%.2f" if slider.step < 0.1 else "%.1f",
        on_change=_keep,
        args=(learner, chapter),
    )


def _code(learner: str, chapter: Chapter, state: ChapterState, refusal: str) -> None:
    """The reward as one line; a slider that moves replaces the whole field.

    One field for all values of the sliders would not do: until the browser has drawn the new line
    it goes on sending the old one, which looks as if the learner had written that.
    """
    in_force = state.reward_code is not None
    composed = compose(chapter, state.sliders)
    code = telling.coded(composed if state.reward_code is None else state.reward_code)
    key = _field(chapter, composed)
    session.show_value(key, code)
    st.text_input(
        "As one line of code",
        code,
        key=key,
        help=reward_help(chapter.world),
        on_change=_keep,
        args=(learner, chapter, composed),
    )
    if refusal:
        red(refusal)
    if in_force:
        st.caption("This line is in force. Moving a reward slider replaces it.")


def _field(chapter: Chapter, composed: str) -> str:
    """The key of the field that is drawn while the sliders say `composed`."""
    return f"code_{chapter.id}_{composed}"


def _refusal(chapter: Chapter, state: ChapterState) -> str:
    """Why nothing can be trained just now; empty if it can."""
    try:
        config_now(chapter, state)
    except Refusal as refusal:
        code = state.reward_code or compose(chapter, state.sliders)
        return telling.current().placed(str(refusal).removeprefix("`reward`: "), code)
    return ""


def _setting(learner: str, chapter: Chapter, state: ChapterState, setting: Setting) -> None:
    key = f"setting_{chapter.id}_{setting.field}"
    value = state.settings.get(setting.field, setting.start)
    if not setting.choices or value in setting.choices:
        session.show_value(key, value if setting.choices else float(value))
    label = f"{setting.label}, {setting.symbol}"
    keeping: dict[str, Any] = {"on_change": _keep, "args": (learner, chapter)}
    if not setting.choices:
        sliders.slider(
            label,
            float(setting.low or 0.0),
            float(setting.high or 1.0),
            float(value),
            step=float(setting.step or 0.01),
            key=key,
            help=setting.meaning,
            **keeping,
        )
        return
    options, is_there = list(setting.choices), value in setting.choices
    same: dict[str, Any] = {"key": key, "format_func": setting.name_of, "help": setting.meaning}
    if any(isinstance(choice, str) for choice in options):
        index = options.index(value) if is_there else 0
        st.selectbox(label, options, index=index, **same, **keeping)
    else:
        st.select_slider(label, options, value if is_there else options[0], **same, **keeping)


@told
def _keep(learner: str, chapter: Chapter, written_over: str | None = None) -> None:
    """Write the settings down as they are in the widgets; code and sliders replace each other.

    written_over: where the field has changed, the line in whose place the learner wrote. A field
    that a slider has replaced may still report what it held; that is nobody's wish any more.
    A browser that is slow to draw the run goes on reporting the settings it was begun with.
    What another tab has changed since these were drawn stands, but for what is changed here.
    """
    state = live.left(learner, chapter, folder.state_of(learner, chapter))
    seen = session.settings_seen(chapter.id) or state
    old_sliders, seen_sliders = _sliders(chapter, state), _sliders(chapter, seen)
    own = {
        name: float(session.value_of(f"slider_{chapter.id}_{name}", value))
        for name, value in seen_sliders.items()
    }
    sliders = {**old_sliders, **_changed(own, seen_sliders)}
    old_settings, seen_settings = _settings(chapter, state), _settings(chapter, seen)
    chosen: dict[str, SettingValue] = {
        field: session.value_of(f"setting_{chapter.id}_{field}", value)
        for field, value in seen_settings.items()
    }
    settings = {**old_settings, **_changed(chosen, seen_settings)}
    code = state.reward_code
    if own != seen_sliders:
        code = None
    elif written_over is not None and written_over == compose(chapter, own):
        shown = str(session.value_of(_field(chapter, written_over), "")).strip()
        written = telling.decoded(shown[:LONGEST_CODE])
        code = None if written in ("", written_over) else written
    if (sliders, settings, code) != (old_sliders, old_settings, state.reward_code):
        kept = moves.tune(state, sliders, settings, code)
        folder.keep(learner, kept)
        if _tuned(seen) == _tuned(state):
            session.see_settings(kept)


def _sliders(chapter: Chapter, state: ChapterState) -> dict[str, float]:
    return {s.id: float(state.sliders.get(s.id, s.start)) for s in chapter.sliders}


def _settings(chapter: Chapter, state: ChapterState) -> dict[str, SettingValue]:
    return {s.field: state.settings.get(s.field, s.start) for s in chapter.settings}


def _changed(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in now.items() if value != before[name]}


def _tuned(state: ChapterState) -> tuple[object, ...]:
    """All that decides what Train would run."""
    return state.sliders, state.settings, state.reward_code, state.seed, state.labels


def _bottom(learner: str, chapter: Chapter, state: ChapterState, refusal: str) -> None:
    seed = seed_of(chapter, state)
    price = "" if refusal else _price(learner, chapter, state)
    too_dear = "" if refusal else _too_dear(learner, chapter, state)
    waiting: RunState = "refused" if refusal or too_dear else "idle"
    what = "the reward" if chapter.sliders else "the settings"

    def buttons() -> None:
        st.button(
            "Train",
            key="go_train",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_train,
            args=(learner, chapter),
        )
        options = ["This seed again", "A new seed"]
        chosen = st.menu_button(f"Seed {seed}", options, icon=":material/casino:", key="seed")
        if chosen == options[1]:
            _choose_seed(learner, state, (seed + 1) % 2**31)
            st.rerun()

    transport.bar(
        buttons,
        waiting,
        text=f"mend {what} first" if refusal else "beyond the budget" if too_dear else price,
        more=f": {refusal or too_dear}"
        if refusal or too_dear
        else "; an identical run is replayed for free",
        progress=None if refusal or too_dear else 0.0,
    )


def _price(learner: str, chapter: Chapter, state: ChapterState) -> str:
    """What Train would cost, and how far the budget goes."""
    config, left = config_now(chapter, state), folder.meters_of(learner).budget
    return costs.price(chapter, config, left)


def _too_dear(learner: str, chapter: Chapter, state: ChapterState) -> str:
    """Why the budget does not pay for what is set now; empty if it does, or if it ran before."""
    config, left = config_now(chapter, state), folder.meters_of(learner).budget
    refused = costs.refusal(chapter, config, left)
    address = content_address(config) if refused else ""
    ran = refused and any(live.status(one).address == address for one in state.press_ids)
    return "" if ran else refused


@told
def _choose_seed(learner: str, state: ChapterState, seed: int) -> None:
    folder.keep(learner, moves.choose_seed(state, seed))


@told
def _train(learner: str, chapter: Chapter) -> None:
    clicked_at = time.time()
    state = folder.state_of(learner, chapter)
    seen = session.settings_seen(chapter.id)
    if seen is not None and _tuned(seen) != _tuned(state) and not live.is_on(state):
        raise moves.MoveRefused(
            "The settings were changed in another tab. They are shown here now; Train runs them."
        )
    try:
        config = config_now(chapter, state)
    except Refusal as refusal:
        st.toast(str(refusal))
        return
    if too_dear := _too_dear(learner, chapter, state):
        st.toast(too_dear)
        return
    live.begin(learner, chapter, state, config, clicked_at)
