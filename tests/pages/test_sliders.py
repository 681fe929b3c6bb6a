"""A value beyond the bounds of a slider: put back, and the page says so."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import learners
from curriculum import state as moves
from curriculum.loader import load_catalogue
from tests.pages.lab_steps import ROOT, words

POLITE = load_catalogue().chapter("the_polite_assistant")
FORGED = "a value beyond its bounds was sent"


def page_of(name: str) -> AppTest:
    """A page as ada sees it."""
    app = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60)
    app.query_params["id"] = POLITE.id
    app.session_state["token"] = "ada"
    return app.run()


@pytest.mark.parametrize("beyond", [99_999, -99_999, float("inf"), float("nan")])
def test_a_chapter_says_that_a_value_was_forged_and_keeps_its_own(
    beyond: float, routed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)
    ada = learners.learner_for("ada")
    learners.save_chapter(ada, moves.skip_prediction(moves.begin(POLITE)))
    chapter = page_of("chapter")
    first = POLITE.sliders[0]
    key = f"slider_{POLITE.id}_{first.id}"
    assert FORGED not in words(chapter)
    chapter.slider(key=key).set_value(beyond).run()
    said = f"{first.label}: {FORGED}. Choose one from {first.low:g} to {first.high:g}."
    assert said in words(chapter)
    assert chapter.slider(key=key).value == first.start
    assert learners.load_progress(ada)[POLITE.id].sliders.get(first.id, first.start) == first.start
    chapter.slider(key=key).set_value(first.high).run()
    assert FORGED not in words(chapter)
    assert learners.load_progress(ada)[POLITE.id].sliders[first.id] == first.high


def test_the_lab_says_it_too(routed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)
    lab = page_of("lab")
    lab.selectbox(key="lab_world").set_value("cart").run()
    updates = lab.slider(key="lab_ppo_updates")
    before = updates.value
    updates.set_value(99_999).run()
    assert FORGED in words(lab)
    assert lab.slider(key="lab_ppo_updates").value == before
    lab.run()
    assert FORGED not in words(lab)
