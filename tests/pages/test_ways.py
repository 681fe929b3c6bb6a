"""From every stop past the reading, past the story, and to the Lab with the same settings."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, runs, worker
from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.recipe import config_of, starting_config
from curriculum.schema import Chapter
from curriculum.state import ChapterState
from engine.spec import TrainConfig
from pages.parts import folder
from tests.pages.lab_steps import me, words

pytestmark = pytest.mark.usefixtures("routed")
CATALOGUE = load_catalogue()
PAD = CATALOGUE.chapter("the_charging_pad")
LABELLED = CATALOGUE.chapter("ruths_favourites")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The map of a learner for whom every floor is open."""
    monkeypatch.setattr(folder, "opens_all", lambda learner: True)
    return AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60).run()


def at(app: AppTest, chapter: Chapter, state: ChapterState, stop: str) -> AppTest:
    """A stop of a chapter for somebody who stands so."""
    learners.save_chapter(me(app), state)
    app.query_params["id"] = chapter.id
    app.query_params["stop"] = stop
    return app.switch_page("pages/chapter.py").run()


def in_lab(app: AppTest) -> TrainConfig:
    """What the Lab would train that was opened from a stop, and the way back from there."""
    app.button(key="to_lab").click().run()
    app.switch_page("pages/lab.py").run()
    assert "These are the settings of" in words(app)
    app.button(key="go_lab_train").click().run()
    assert not app.exception
    (trained,) = [one for one in runs.runs_of(me(app)) if one.chapter_id is None]
    return trained.config


def test_what_is_tuned_is_what_the_lab_trains_and_a_button_leads_back(app: AppTest) -> None:
    slider = PAD.sliders[0]
    state = moves.tune(moves.skip_prediction(moves.begin(PAD)), {slider.id: slider.high}, {})
    config = in_lab(at(app, PAD, moves.choose_seed(state, 5), "tune"))
    assert config != starting_config(PAD, 5)
    assert config.reward.startswith(f"{slider.high:g}*{slider.expression}")
    assert config.seed == 5
    app.button(key="back_to_chapter").click().run()
    app.switch_page("pages/chapter.py").run()
    assert app.session_state["opened_chapter"] == PAD.id


def test_labels_by_hand_go_to_the_lab_as_well(app: AppTest) -> None:
    state = moves.skip_prediction(moves.begin(LABELLED))
    for letter in "ab-a":
        state = moves.label(LABELLED, state, letter)
    wanted = config_of(LABELLED, {}, {}, None, LABELLED.experiment.seed, "ab-a")
    assert in_lab(at(app, LABELLED, state, "tune")) == wanted


def test_after_a_run_it_is_the_settings_of_that_run(app: AppTest) -> None:
    """Whatever was tuned since."""
    ran = starting_config(PAD, 3)
    press = runs.press_train(me(app), ran, PAD.id)
    worker.pull("here")
    outcome = PAD.outcomes[0].id
    state = moves.press(moves.skip_prediction(moves.begin(PAD)), press)
    state = moves.reach(PAD, state, outcome, press)
    tuned = state.model_copy(update={"sliders": {PAD.sliders[0].id: PAD.sliders[0].high}})
    shown = at(app, PAD, tuned, "outcome")
    assert shown.button(key="skip_reading").label == "Skip to the decision"
    assert in_lab(shown) == ran
    app.query_params["id"] = PAD.id  # its press is no longer the newest of this run
    app.switch_page("pages/chapter.py").run()
    app.button(key="to_lab").click().run()
    app.switch_page("pages/lab.py").run()
    assert not app.exception


def test_a_newcomer_may_skip_what_is_read_first(app: AppTest) -> None:
    shown = at(app, PAD, moves.begin(PAD), "brief")
    shown.button(key="skip_reading").click().run()
    assert folder.state_of(me(app), PAD).stage == "tune"
    assert "skip_reading" not in [button.key for button in shown.button]
    shown.button(key="lab_view").click().run()
    assert folder.state_of(me(app), PAD).lab_view


def test_what_cannot_run_does_not_open_the_lab(app: AppTest) -> None:
    state = moves.skip_prediction(moves.begin(PAD)).model_copy(update={"reward_code": "delivred"})
    shown = at(app, PAD, state, "tune")
    shown.button(key="to_lab").click().run()
    assert not shown.exception
    assert "Did you mean" in str([toast.value for toast in shown.toast])
    assert "lab_world" not in shown.session_state
