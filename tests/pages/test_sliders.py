"""A value beyond the bounds of a slider: put back, and the page says so."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import learners
from curriculum import state as moves
from curriculum.loader import load_catalogue
from engine.algorithms import ALGORITHMS
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


def test_of_sliders_with_equal_bounds_each_speaks_for_itself(
    routed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DQN has three from 1 to 64: the last of them, then the first two at once."""
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)
    lab = page_of("lab")
    lab.selectbox(key="lab_world").set_value("trolleys").run()
    lab.selectbox(key="lab_algorithm_trolleys").set_value(ALGORITHMS["dqn"]).run()
    first, second, last = (
        lab.slider(key=f"lab_dqn_{name}") for name in ("tests", "train_every", "gradient_steps")
    )
    assert {(one.min, one.max) for one in (first, second, last)} == {(1, 64)}
    last.set_value(65).run()
    said = [line.value for line in lab.markdown if FORGED in line.value]
    assert len(said) == 1 and said[0].startswith(f":red[{last.label}: ")
    lab.slider(key="lab_dqn_tests").set_value(0)
    lab.slider(key="lab_dqn_train_every").set_value(99).run()
    said = [line.value for line in lab.markdown if FORGED in line.value]
    assert [line.partition(":red[")[2].partition(":")[0] for line in said] == [
        first.label,
        second.label,
    ]
