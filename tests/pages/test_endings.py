"""A run that made all its updates in vain is called so, in a chapter and in the Lab."""

import pytest
from streamlit.testing.v1 import AppTest

from backend import runs, worker
from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from engine.endings import MEANINGS, NOTES
from engine.metrics import MetricName
from pages.parts import ending, folder
from pages.parts.tape import Tape
from tests.pages.lab_steps import ROOT, me, opened, trained, words

CHAPTER = load_catalogue().chapter("the_charging_pad")
RUINED = {"algorithm": "ppo", "surrogate": "none", "learning_rate": 1, "updates": 12, "seed": 1}


def test_the_lab_names_a_collapse_and_says_what_to_do(lab: AppTest) -> None:
    trained(me(lab), RUINED)
    shown = words(opened(lab))
    assert "Worse than its start." in shown
    assert MEANINGS["collapsed"] in shown
    assert NOTES["collapsed"].advice in shown


@pytest.mark.usefixtures("routed")
def test_a_chapter_says_what_was_in_vain_and_leaves_the_remedy_to_the_story() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "chapter.py"), default_timeout=30)
    app.query_params["id"] = CHAPTER.id
    app.run()
    learner = me(app)
    folder.open_all(learner, True)
    nothing = next(one for one in CHAPTER.recorded if one.id == "nothing_paid")
    state = moves.skip_prediction(folder.state_of(learner, CHAPTER))
    press = runs.press_train(learner, recorded_config(CHAPTER, nothing, 3), CHAPTER.id)
    folder.keep(learner, moves.press(state, press))
    worker.pull("here")
    shown = words(app.run())
    assert MEANINGS["no_signal"] in shown
    assert NOTES["no_signal"].advice not in shown


@pytest.mark.parametrize(("beyond", "said"), [(0, "mean of all"), (1, "mean of the last")])
def test_the_mean_of_a_short_run_is_said_to_be_of_all_of_it(beyond: int, said: str) -> None:
    now = Tape(recorded_config(CHAPTER, CHAPTER.recorded[0], 3))
    updates = CHAPTER.experiment.last_updates + beyond
    assert said in ending.compared(now, CHAPTER, updates)


def test_the_turn_is_marked_over_the_updates_and_over_the_drift() -> None:
    chapter = load_catalogue().chapter("ruths_favourites")
    over_updates, over_drift = chapter.charts[:2]
    tape = Tape(recorded_config(chapter, chapter.recorded[0], 1))
    tape.updates = [0, 1, 2, 3]
    tape.columns = {MetricName.KL: [0.0, 0.5, 1.5, 2.5]}
    (first,) = ending._turn(tape, over_updates, 2)
    (second,) = ending._turn(tape, over_drift, 2)
    assert (first.x, second.x) == (2, 1.5)
    assert first.text.startswith("update 2: ") and " 1.5: " in second.text
    assert ending._turn(tape, over_drift, None) == ()
    assert ending._turn(tape, over_drift, 9) == ()  # never seen in this tab
