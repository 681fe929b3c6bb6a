"""The page of every algorithm, what it hands to the Lab, and one update from the inside."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, runs, worker
from curriculum.inspection import Link
from curriculum.methods import load_methods, trial_config
from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from pages.parts import inspector

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("routed")
SHORT: dict[str, dict[str, Any]] = {
    "rloo": {"world": {"world": "letters"}, "updates": 2, "group_size": 4},
    "ppo": {"updates": 2, "carts": 2, "steps_per_update": 64, "batch_epochs": 2},
    "grpo": {"updates": 2, "prompts_per_update": 2, "group_size": 4},
    "q_learning": {"episodes": 6},
}


def at(page: str) -> AppTest:
    return AppTest.from_file(str(ROOT / page), default_timeout=30)


def app_at_method(name: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    app.query_params["id"] = name
    return app.switch_page("pages/method.py").run()


def words(app: AppTest) -> str:
    assert not app.exception, app.exception
    kinds = (app.markdown, app.caption, app.subheader, app.header, app.button, app.code, app.latex)
    return "\n".join(
        str(getattr(element, "value", "")) + str(getattr(element, "label", ""))
        for kind in kinds
        for element in kind
    )


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_method_shows_its_equations_code_and_failures(name: str) -> None:
    shown = words(app_at_method(name))
    method = load_methods()[name]
    for equation in method.equations:
        assert f"**({equation.number})** {equation.text}" in shown
        assert f"# ({equation.number})" in shown or f", ({equation.number})" in shown
    for failure in method.failures:
        assert failure.title in shown
    assert shown.count("Break it in the Lab") == len(method.trials)


def test_an_unknown_method_is_explained_and_the_others_are_offered() -> None:
    app = app_at_method("alchemy")
    assert "There is no method “alchemy”." in words(app)
    assert "arXiv:2402.14740" in words(click(app, "RLOO"))
    assert app.query_params["id"] in ("rloo", ["rloo"])


def test_a_trial_fills_the_form_of_the_lab_and_says_what_to_watch() -> None:
    method = load_methods()["rloo"]
    failure, trial = method.trials[0]
    app = app_at_method("rloo")
    app.button(key=f"break_{failure.id}").click().run()
    app.switch_page("pages/lab.py").run()
    assert trial.watch in words(app)
    click(app, "Train")
    rows = runs.runs_of(learners.learner_for(app.session_state["token"]))
    assert [row.config for row in rows] == [trial_config("rloo", trial)]
    app.text_area[0].set_value("useful").run()
    assert trial.watch not in words(app)


@pytest.mark.parametrize("name", SHORT)
def test_an_update_is_opened_number_by_number(name: str) -> None:
    lab = at("pages/lab.py").run()
    learner = learners.learner_for(lab.session_state["token"])
    runs.press_train(learner, parse_config({"algorithm": name, **SHORT[name]}))
    worker.pull("here")
    lab.run()
    assert "Inside update" not in words(lab)
    next(
        one for one in lab.toggle if one.label == "Look inside this update, in slow motion"
    ).set_value(True).run()
    shown = words(lab)
    assert "Inside update 2" in shown
    assert "**Loss of the " in shown or "**New guess: " in shown
    assert f"engine/algorithms/{name}.py, equation (" in shown
    click(lab, "From the first")
    assert "nothing that is shown here leads to it" in words(lab)
    seen = [words(click(lab, "Next")) for _ in range(4)]
    assert len(set(seen)) == 4
    assert click(lab, "Back").selectbox(key="inspect_link").value == 3


def test_the_last_number_of_a_token_is_what_the_weight_step_made_of_it() -> None:
    lab = at("pages/lab.py").run()
    learner = learners.learner_for(lab.session_state["token"])
    runs.press_train(learner, parse_config({"algorithm": "grpo", **SHORT["grpo"]}))
    worker.pull("here")
    lab.run()
    next(one for one in lab.toggle if one.label.startswith("Look inside")).set_value(True).run()
    picker = lab.selectbox(key="inspect_link")
    assert picker.options[-1].endswith("Probability after the weight step")
    shown = words(picker.select_index(len(picker.options) - 2).run())
    assert "learner.optimizer.step()" in shown
    assert "engine/language/learner.py, gradient_step" in shown


def test_digits_that_hide_a_difference_are_said_to_hide_it() -> None:
    link = Link(ALGORITHMS["q_learning"].quantities[-2], 2e-9, filled="14.874 - 14.874")
    hidden = inspector._outcome(replace(link, combined=0.0))
    assert hidden == "0 with these digits, 2e\N{MINUS SIGN}09 with all of them"
    assert inspector._outcome(replace(link, combined=2.001e-9)) == "2e\N{MINUS SIGN}09"
    assert inspector._outcome(link) == "2e\N{MINUS SIGN}09"
