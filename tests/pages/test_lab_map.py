"""The Lab's drawn map: what is said of it, how it travels, and how a run goes on with another."""

from itertools import islice
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, runs, worker
from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, parse_config
from engine.events import RunStarted, UpdateCompleted
from engine.map_files import MAP_FILES
from engine.scenes import GridScene
from engine.spec import TrainConfig
from engine.train import steps, train
from engine.worlds.corridor import CorridorConfig
from pages.parts import lab_map, map_link
from pages.parts.components import Drawing, Report
from pages.parts.lab_map import Kept
from tests.pages.lab_steps import me, opened, press_button, trained, words

ROOM = Drawing("S.P/.#./..G")
DRAWN = Drawing("S../.#C/..G", "1:0.5")
CONFIG: dict[str, Any] = {
    "algorithm": "q_learning",
    "world": {"world": "corridor", "drawn": DRAWN.drawn, "paint": DRAWN.paint},
    "reward": "7*delivered + painted",
    "episodes": 12,
    "episodes_per_update": 1,
}
LATER = {"after": 4, "drawn": "S.#/..C/..G", "paint": "2:-1"}


def draw(lab: AppTest, drawing: Drawing) -> AppTest:
    """The Lab after the learner drew this map."""
    kept: Kept = lab.session_state[lab_map.KEPT]
    lab.session_state[lab_map.KEPT] = Kept(kept.origin, kept.base, drawing)
    return lab.run()


def newest(lab: AppTest) -> Any:
    return runs.runs_of(me(lab))[0].config


# The next run.


def test_a_run_without_a_drawing_is_the_run_it_always_was(lab: AppTest) -> None:
    press_button(opened(lab), "Train")
    plain = {"algorithm": "q_learning", "world": {"world": "corridor"}, "seed": 1}
    assert newest(lab) == parse_config(plain)


def test_the_drawn_map_is_trained_on(lab: AppTest) -> None:
    press_button(draw(opened(lab), DRAWN), "Train")
    world = newest(lab).world
    assert (world.drawn, world.paint) == (DRAWN.drawn, DRAWN.paint)


def test_amounts_on_a_map_of_the_list_leave_it_that_map(lab: AppTest) -> None:
    named = lab_map._named("night_ward")
    press_button(draw(opened(lab), Drawing(named.drawn, "3:2")), "Train")
    world = newest(lab).world
    assert (world.map, world.drawn, world.paint) == ("night_ward", "", "3:2")


def test_another_map_of_the_list_takes_the_place_of_the_drawing(lab: AppTest) -> None:
    draw(opened(lab), DRAWN)
    lab.selectbox(key="lab_q_learning_world.map").set_value("side_room").run()
    press_button(lab, "Train")
    assert (newest(lab).world.map, newest(lab).world.drawn) == ("side_room", "")


def test_a_map_without_a_start_is_refused_in_words(lab: AppTest) -> None:
    press_button(draw(opened(lab), Drawing("..../...G")), "Train")
    assert "The map has no start; put S on exactly one cell." in words(lab)
    assert not runs.runs_of(me(lab))


def test_no_other_world_asks_for_a_map(lab: AppTest) -> None:
    opened(lab)
    assert "Draw the map" in [box.label for box in lab.expander]
    lab.selectbox(key="lab_world").set_value("cart").run()
    assert not lab.exception
    assert "Draw the map" not in [box.label for box in lab.expander]
    assert "Speed" not in [box.label for box in lab.selectbox]


# What is said of a map.


@pytest.mark.parametrize(
    "drawn, said, is_warning",
    [
        ("S.G", "takes 2 steps", False),
        ("S.#G", "No way leads from the start to the ward", True),
        ("S..", "There is no ward", False),
        ("S#./###", "Walls stand on every side", True),
        ("S", "Walls stand on every side", True),
        ("...", "put S on exactly one cell", True),
        ("SS.", "put S on exactly one cell", True),
        ("S>.", "There is no ward", False),
    ],
)
def test_a_sentence_says_what_a_map_is_good_for(drawn: str, said: str, is_warning: bool) -> None:
    remarks = said_of(drawn)
    assert said in remarks[0].text
    assert remarks[0].warning is is_warning
    assert remarks[0].text.endswith(".")


def said_of(drawn: str, reward: str = "delivered", **world: Any) -> list[Any]:
    data = {
        "algorithm": "q_learning",
        "reward": reward,
        "world": {"world": "corridor", "map": "night_ward", "drawn": drawn} | world,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab_map, "place", lambda world: None)
        return lab_map.remarks(data)


def test_a_way_that_is_longer_than_an_episode_is_named() -> None:
    assert "an episode has 10" in said_of("S" + "." * 20 + "G", step_limit=10)[0].text


def test_what_is_drawn_and_not_paid_is_said() -> None:
    texts = [one.text for one in said_of("SCG", paint="2:1")]
    assert any("`+ painted`" in text for text in texts)
    assert any("`spill`" in text for text in texts)
    paid = [one.text for one in said_of("SCG", "delivered + painted - spill", paint="2:1")]
    assert not any("`" in text for text in paid)
    assert any("`+ arrow`" in one.text for one in said_of("S>G"))
    assert not any("`" in one.text for one in said_of("S>G", "delivered + arrow"))


def test_of_a_map_of_the_list_that_wants_laps_no_ward_is_missed() -> None:
    (remark,) = said_of("", "arrow", map="ring8")
    assert remark.text == "There is no ward: every episode lasts until its step limit."


def test_that_a_drawn_map_wants_deliveries_is_said_where_laps_may_be_expected() -> None:
    ring = "/".join(MAP_FILES["ring8"].rows)
    with_ward = ring.replace(".", "G", 1)
    said = "A drawn map wants deliveries; only a map of the list can want laps."
    assert said in [one.text for one in said_of(ring.replace("#", "."))]
    assert said in [one.text for one in said_of(with_ward, map="ring8")]
    assert said not in [one.text for one in said_of(with_ward)]
    assert said not in [one.text for one in said_of(ring, paint="8:1")]


def test_arrow_tiles_are_drawn_shared_and_trained_on(lab: AppTest) -> None:
    press_button(draw(opened(lab), Drawing("S>./^.v/.<G")), "Train")
    assert newest(lab).world.drawn == "S>./^.v/.<G"
    lab.query_params["map"] = "Sdo-ldr-ouG"
    press_button(lab.run(), "Train")
    assert newest(lab).world.drawn == "Sv./<v>/.^G"


# Sharing.


def test_a_link_to_a_map_fills_the_editor(lab: AppTest) -> None:
    for name, value in map_link.link_of(DRAWN).items():
        lab.query_params[name] = value
    press_button(lab.run(), "Train")
    world = newest(lab).world
    assert (world.drawn, world.paint) == (DRAWN.drawn, DRAWN.paint)


def test_a_link_is_taken_over_once(lab: AppTest) -> None:
    lab.query_params["map"] = "SoG"
    press_button(draw(lab.run(), DRAWN), "Train")
    assert newest(lab).world.drawn == DRAWN.drawn


@pytest.mark.parametrize("text", ["", "%00", "<img src=x onerror=alert(1)>", "S" * 9000, "SoS"])
def test_nonsense_in_a_link_is_said_and_the_usual_map_stays(lab: AppTest, text: str) -> None:
    lab.query_params["map"] = text
    assert "The link holds no map that can be used" in words(lab.run())
    press_button(lab, "Train")
    assert newest(lab).world == parse_config({"algorithm": "q_learning"}).world


def test_the_page_shows_the_link_of_its_map(lab: AppTest) -> None:
    draw(opened(lab), DRAWN)
    assert [code.value for code in lab.code if "/lab?map=S2o-oxC-2oG&paint=1:0.5" in code.value]


@pytest.mark.parametrize("changes", [[], [LATER]])
def test_the_map_of_a_shared_run_is_taken_over_whole(lab: AppTest, changes: list[Any]) -> None:
    content = CONFIG | {"world": CONFIG["world"] | {"changes": changes}}
    press = trained(learners.learner_for("somebody else"), content)
    shared = runs.look(press)
    opened(lab, shared.address)
    press_button(press_button(lab, "Use these settings"), "Train")
    assert runs.address_of(newest(lab)) == shared.address


def test_later_changes_can_be_left_out(lab: AppTest) -> None:
    content = CONFIG | {"world": CONFIG["world"] | {"changes": [LATER]}}
    press = trained(learners.learner_for("somebody else"), content)
    opened(lab, runs.look(press).address)
    press_button(lab, "Use these settings")
    press_button(press_button(lab, "Leave the later changes out"), "Train")
    assert newest(lab) == parse_config(CONFIG)


# While a run is on.


def test_a_changed_run_is_equal_up_to_the_change() -> None:
    plain = parse_config(CONFIG)
    other = lab_map.changed(plain, 5, Drawing(LATER["drawn"]))
    ours, theirs = (list(islice(steps(one), 7)) for one in (plain, other))
    assert [step.event for step in ours[:6]] == [step.event for step in theirs[:6]]
    rows = [
        step.event.scene.rows
        for step in theirs
        if isinstance(step.event, RunStarted | UpdateCompleted)
        and isinstance(step.event.scene, GridScene)
    ]
    assert rows[5] == tuple(DRAWN.drawn.split("/"))
    assert rows[6] == tuple(LATER["drawn"].split("/"))


def test_a_change_replaces_those_that_were_still_to_come() -> None:
    config = parse_config(CONFIG | {"world": CONFIG["world"] | {"changes": [LATER]}})
    at_six = world_of(lab_map.changed(config, 6, DRAWN))
    assert [change.after for change in at_six.changes] == [4, 6]
    at_four = world_of(lab_map.changed(config, 4, DRAWN))
    assert [(change.after, change.drawn) for change in at_four.changes] == [(4, DRAWN.drawn)]
    at_once = world_of(lab_map.changed(config, 0, ROOM))
    assert (at_once.drawn, at_once.changes) == (ROOM.drawn, ())


def world_of(config: TrainConfig) -> CorridorConfig:
    assert isinstance(config.world, CorridorConfig)
    return config.world


def test_a_map_of_another_size_cannot_be_put_under_a_run() -> None:
    with pytest.raises(ConfigError, match="size"):
        lab_map.changed(parse_config(CONFIG), 3, Drawing("S.G"))


@pytest.mark.usefixtures("hasty")
def test_a_map_of_another_size_is_not_offered_to_a_run_and_a_sentence_says_why(
    lab: AppTest,
) -> None:
    press = runs.press_train(me(lab), parse_config(CONFIG), pace=8.0)
    runs.pause(press)
    for _ in range(3):
        runs.step(press)
    worker.pull("here")
    opened(lab)
    draw(lab, Drawing("S..G/..../...."))
    button = next(one for one in lab.button if one.label == "Apply to this run")
    assert button.disabled
    said = "keeps the size of its map, 3 rows of 3, and this one has 3 rows of 4."
    assert said in words(lab)
    draw(lab, Drawing(LATER["drawn"]))
    assert not next(one for one in lab.button if one.label == "Apply to this run").disabled
    assert said not in words(lab)


def test_what_a_run_cannot_take_is_refused_in_the_words_of_a_drawer() -> None:
    config = parse_config(CONFIG | {"episodes": 60})
    for update in range(1, 21):
        config = lab_map.changed(config, update, DRAWN if update % 2 else Drawing(DRAWN.drawn))
    refused = {
        "at most 20 times": (config, 30, DRAWN),
        "keeps the size of its map": (config, 20, Drawing("S")),
        "put S on exactly one cell": (config, 20, Drawing(".../.../..G")),
    }
    for said, what in refused.items():
        with pytest.raises(ConfigError, match=said) as refusal:
            lab_map.changed(*what)
        text = str(refusal.value)
        assert text[0].isupper() and text.endswith(".") and not set("[]{}`") & set(text)


def test_the_moment_of_a_change_is_drawn_once_it_has_come() -> None:
    config = parse_config(CONFIG | {"world": CONFIG["world"] | {"changes": [LATER]}})
    assert lab_map.moments(config, 3) == []
    assert [(one.x, one.warning) for one in lab_map.moments(config, 4)] == [(4, False)]
    assert lab_map.moments(parse_config({"algorithm": "grpo"}), 9) == []


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that leaves a paused run at once, and does not wait for somebody to resume it."""
    monkeypatch.setattr(worker, "REST_SECONDS", 0.1)


@pytest.mark.usefixtures("hasty")
def test_the_run_that_is_on_goes_on_with_the_drawn_map(lab: AppTest) -> None:
    old = runs.press_train(me(lab), parse_config(CONFIG), pace=8.0)
    runs.pause(old)
    for _ in range(3):
        runs.step(old)
    worker.pull("here")
    opened(lab)
    after = Drawing(LATER["drawn"], LATER["paint"])
    press_button(draw(lab, after), "Apply to this run")
    assert not lab.exception
    new = runs.runs_of(me(lab))[0]
    assert new.config == lab_map.changed(parse_config(CONFIG), 3, after)
    assert {row.press_id: row.state for row in runs.runs_of(me(lab))}[old] == "stopped"
    worker.pull("here")
    view = runs.look(new.press_id)
    assert (view.state, view.updates_done) == ("paused", 3)


def test_the_map_that_a_run_drives_on_need_not_be_applied(lab: AppTest) -> None:
    runs.press_train(me(lab), parse_config(CONFIG))
    draw(opened(lab), DRAWN)
    button = next(one for one in lab.button if one.label == "Apply to this run")
    assert button.disabled


def test_nothing_is_offered_for_a_run_that_is_over(lab: AppTest) -> None:
    trained(me(lab), CONFIG)
    draw(opened(lab), ROOM)
    assert "Apply to this run" not in [one.label for one in lab.button]


# What the browser reports.


def test_a_stroke_is_kept_and_its_undoing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    store = {lab_map.KEPT: Kept("o", "night_ward")}
    monkeypatch.setattr(lab_map.session, "value_of", store.get)
    monkeypatch.setattr(lab_map.session, "set_value", store.__setitem__)
    lab_map._drawn(Report("o", DRAWN))
    assert store[lab_map.KEPT] == Kept("o", "night_ward", DRAWN)
    lab_map._drawn(Report("of another drawing", ROOM))
    assert store[lab_map.KEPT].drawing == DRAWN
    lab_map._drawn(Report("o", lab_map._named("night_ward")))
    assert store[lab_map.KEPT].drawing is None


def test_a_tab_brings_its_drawing_into_a_new_session() -> None:
    first = Kept("new", "night_ward", is_first=True)
    found = lab_map._with_what_was_drawn(first, Report("old", ROOM))
    assert found == Kept("old", "night_ward", ROOM)
    assert lab_map._with_what_was_drawn(first, None) == Kept("new", "night_ward")


def test_every_algorithm_of_the_corridor_takes_the_drawing(lab: AppTest) -> None:
    draw(opened(lab), DRAWN)
    for title in lab.selectbox(key="lab_algorithm_corridor").options:
        chosen = next(one for one in ALGORITHMS.values() if one.title == title)
        lab.selectbox(key="lab_algorithm_corridor").set_value(chosen).run()
        press_button(lab, "Train")
        assert (newest(lab).algorithm, newest(lab).world.drawn) == (chosen.name, DRAWN.drawn)


def test_a_drawn_run_is_watched_without_an_error(lab: AppTest) -> None:
    for drawn in ("S#G", "S..", "S", "SCG/...", "S.P/.#./..G"):
        content = CONFIG | {"world": {"world": "corridor", "drawn": drawn}}
        assert any(isinstance(one, UpdateCompleted) for one in train(parse_config(content)))
        trained(me(lab), content)
        opened(lab)
        assert not lab.exception, drawn
