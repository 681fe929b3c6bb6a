"""The exact plan of a map in words and curves: the counts are those of the methods themselves."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import parse_config
from engine.planning import planning
from engine.tabular.practice import TabularConfig
from pages.parts import exact_plan
from tests.pages.lab_steps import opened, words
from tests.pages.test_methods import app_at_method


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is drawn, by key."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(
        exact_plan.draw, "curves", lambda *a, key, **given: found.update({key: given})
    )
    monkeypatch.setattr(exact_plan.draw, "prose", lambda text, key: found.update({key: text}))
    return found


def config_of(**settings: Any) -> TabularConfig:
    found = parse_config({"algorithm": "sarsa", **settings})
    assert isinstance(found, TabularConfig)
    return found


HALL = {
    "world": {"world": "corridor", "drawn": "S.G"},
    "reward": "8*delivered - step",
    "gamma": 0.5,
}


def test_a_hall_is_told_as_it_is_worked_out_by_hand(drawn: dict[str, Any]) -> None:
    exact_plan.panel(config_of(**HALL), key="p")
    swept, improved = drawn["p_words_0"], drawn["p_words_1"]
    assert "all 2 cells" in swept and "[[3]] sweeps, [[6]] cell backups" in swept
    assert "The last one changes nothing. It puts the start at [[2.5]]." in swept
    assert "[[3]] rounds, [[6]] cell backups" in improved and "start at [[2.5]]" in improved
    assert "its curve of changes ends at [[4.5]], what the last plan brought" in improved
    by_sweeps, by_rounds = drawn["p_starts"]["series"]
    assert (list(by_sweeps.x), list(by_sweeps.y)) == ([0, 1, 2, 3], [0, -1, 2.5, 2.5])
    assert list(by_rounds.x) == [1, 2, 3] and by_rounds.y == pytest.approx([-2, -2, 2.5])
    changes = drawn["p_changes"]["series"]
    assert (list(changes[0].x), list(changes[0].y)) == ([1, 2, 3], [7, 3.5, 0])
    assert drawn["p_changes"]["x_range"] == (0, 3)


def test_what_is_not_done_is_said(drawn: dict[str, Any]) -> None:
    world = {"world": "corridor", "drawn": "SP"}
    exact_plan.panel(config_of(world=world, reward="on_pad", gamma=0.99), key="p")
    assert "[[1,000]] sweeps, [[2,000]] cell backups" in drawn["p_words_0"]
    assert "It is not done: the last one still changes a value by [[" in drawn["p_words_0"]
    assert "changes nothing" not in drawn["p_words_0"]


@pytest.mark.parametrize(
    "settings", [{"gamma": 1}, {"reward": "1/delivered"}, {"reward": "1000000*delivered*1000000"}]
)
def test_where_there_is_no_plan_nothing_is_drawn(
    drawn: dict[str, Any], settings: dict[str, Any]
) -> None:
    exact_plan.panel(config_of(**settings))
    assert not drawn


def test_the_usual_map_is_told_as_it_is_computed(drawn: dict[str, Any]) -> None:
    exact_plan.panel(config_of(), key="p")
    found = planning(config_of())
    count = len(found.by_rounds.starts)
    assert f"[[{count}]] rounds, [[{count * found.cells}]] cell backups" in drawn["p_words_1"]


@pytest.mark.parametrize("name, has", [("q_learning", True), ("sarsa", True), ("ucb", False)])
@pytest.mark.usefixtures("routed")
def test_the_pages_of_methods_on_maps_have_it(name: str, has: bool) -> None:
    app = app_at_method(name)
    assert not app.exception
    assert ("The best plan, worked out exactly" in "".join(m.value for m in app.markdown)) is has


def test_the_lab_plans_on_its_map_and_not_on_one_that_is_none(lab: AppTest) -> None:
    assert "The best plan, worked out exactly" in words(opened(lab))
    lab.number_input(key="lab_q_learning_gamma").set_value(1.0).run()
    assert "Set the patience below 1" in words(lab)
    lab.selectbox(key="lab_world").set_value("cart").run()
    assert "The best plan, worked out exactly" not in words(lab)
