"""A learner comes back to a chapter that was changed: every page opens, and the chapter says so."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import arcs, gains, learners, runs, worker
from backend.database import current
from backend.tables import ChapterRow
from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from curriculum.state import Decision
from tests.pages.lab_steps import ROOT, words

CATALOGUE = load_catalogue()
PAD = CATALOGUE.chapter("the_charging_pad")


@pytest.fixture(autouse=True)
def no_links(routed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is opened by itself knows no other one to link to."""
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)


def what_pages_say_to_ada() -> str:
    """Open every page that reads what was kept of the pad; what the chapter says first of it."""
    said = {}
    for page in ("story", "record", "review", "chapter"):
        app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)
        app.query_params["id"] = PAD.id
        app.session_state["token"] = "ada"
        said[page] = app.run().info
        assert words(app) and not app.exception
    return said["chapter"][0].value


def test_every_page_opens_for_who_decided_what_is_no_choice_any_more() -> None:
    ada = learners.learner_for("ada")
    press = runs.press_train(ada, recorded_config(PAD, PAD.recorded[0], 3), PAD.id)
    worker.pull("here")
    state = moves.press(moves.skip_prediction(moves.begin(PAD)), press)
    state = moves.reach(PAD, state, PAD.outcomes[0].id, press)
    gone = Decision(option="gone", outcome="gone", press=press)
    learners.save_chapter(ada, state.model_copy(update={"stage": "done", "decision": gone}))
    assert "was changed since you played it" in what_pages_say_to_ada()
    assert arcs.report_of(ada, CATALOGUE).chapters[0].choice == ""


@pytest.mark.parametrize("spoilt", ["cut", "stage", "more"])
def test_a_state_that_cannot_be_read_closes_nothing(spoilt: str) -> None:
    """Cut short, of an unknown stage, or of a newer version of this program."""
    ada = learners.learner_for("ada")
    state = moves.skip_prediction(moves.begin(PAD))
    learners.save_chapter(ada, state)
    other = CATALOGUE.chapter("night_delivery")
    learners.save_chapter(ada, moves.skip_prediction(moves.begin(other)))
    text = state.model_dump_json()
    kept = {
        "cut": text[:-9],
        "stage": text.replace('"tune"', '"dancing"'),
        "more": text.replace("{", '{"mood":1,', 1),
    }
    with current().writing() as session:
        session.get_one(ChapterRow, (ada, PAD.id)).state = kept[spoilt]
    assert "cannot be read here" in what_pages_say_to_ada()
    assert learners.load_progress(ada)[other.id].stage == "tune"
    assert list(gains.pairs_of_learners(CATALOGUE.chapters)) == [[]]
