"""In whose words a page speaks: the setting that the learner chose, at every border of a page.

Texts for the browser, Pip's tokens in scenes, and what is typed to Pip pass here. Runs, figures
and what the school keeps stay as they are.
"""

from typing import Any

import streamlit as st

from curriculum.catalogue import Catalogue
from curriculum.errors import Problem
from curriculum.evidence import ShownPair
from curriculum.loader import stamp_of
from curriculum.retelling import (
    DEFAULT,
    FOLDER,
    HOSPITAL,
    Model,
    Retelling,
    is_prose,
    load_usable,
    retold_chapter,
    retold_model,
    retold_reply,
    retold_scene,
    retold_summary,
)
from curriculum.summary import Summary
from engine.scenes import Reply, Scene
from pages.parts import session


def settings() -> dict[str, Retelling]:
    """Every setting that can be told, by its id."""
    return _usable(stamp_of(FOLDER))[0]


def broken_settings() -> tuple[Problem, ...]:
    """What is wrong with the settings that had to be left out."""
    return _usable(stamp_of(FOLDER))[1]


@st.cache_resource(show_spinner=False, max_entries=2)
def _usable(stamp: object) -> tuple[dict[str, Retelling], tuple[Problem, ...]]:
    """Read and checked once, and again when a file has changed: `stamp` tells."""
    return load_usable()


def current() -> Retelling:
    """The setting of this tab; the hospital if its file is gone."""
    chosen = session.setting() or DEFAULT
    return HOSPITAL if chosen == DEFAULT else settings().get(chosen, HOSPITAL)


def retold(text: str) -> str:
    """A text of the page in the words of the setting."""
    return current().retold(text)


def drawn(data: Any) -> Any:
    """What a component is given: its texts in the words of the setting, names as they are."""
    setting = current()
    return data if setting is HOSPITAL else _drawn(setting, data)


def _drawn(setting: Retelling, data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _drawn(setting, inner) for key, inner in data.items()}
    if isinstance(data, list | tuple):
        return [_drawn(setting, inner) for inner in data]
    return setting.retold(data) if isinstance(data, str) and is_prose(data) else data


def coded(code: str) -> str:
    """A reward in the words of the setting."""
    return current().coded(code)


def decoded(code: str) -> str:
    """A reward that a learner wrote, in Pip's own words, as runs know it."""
    return current().decoded(code)


def drawings() -> dict[str, str]:
    """What the setting draws in its own way, by part."""
    return current().drawings.model_dump()


def catalogue(written: Catalogue) -> Catalogue:
    """The chapters and the floors in the words of the setting."""
    setting = current()
    if setting is HOSPITAL:
        return written
    levels = tuple(
        level.model_copy(
            update={"title": setting.retold(level.title), "line": setting.retold(level.line)}
        )
        for level in written.levels
    )
    chapters = tuple(retold_chapter(setting, chapter) for chapter in written.chapters)
    return Catalogue(chapters=chapters, levels=levels)


def model(written: Model) -> Model:
    """A method's page or a term in the words of the setting."""
    setting = current()
    return written if setting is HOSPITAL else retold_model(setting, written)


def scene(shown: Scene) -> Scene:
    """What a world shows, what was said in the words of the setting."""
    return shown if current() is HOSPITAL else retold_scene(current(), shown)


def reply(shown: Reply) -> Reply:
    """A reply and its question in the words of the setting."""
    return retold_reply(current(), shown)


def event(of_run: Any) -> Any:
    """An event of a run whose scene, if it has one, speaks in the words of the setting."""
    shown = getattr(of_run, "scene", None)
    if shown is None or current() is HOSPITAL:
        return of_run
    return of_run.model_copy(update={"scene": scene(shown)})


def summary(measured: Summary) -> Summary:
    """A measured run whose replies are in the words of the setting."""
    return measured if current() is HOSPITAL else retold_summary(current(), measured)


def pairs(shown: tuple[ShownPair, ...]) -> tuple[ShownPair, ...]:
    """Pairs of replies in the words of the setting."""
    spoken = current().spoken
    return tuple(
        ShownPair(question=spoken(one.question), first=spoken(one.first), second=spoken(one.second))
        for one in shown
    )
