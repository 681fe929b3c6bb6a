"""The components: what they send to the browser, and what they refuse to draw."""

import re
from collections.abc import Callable
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from engine.language.facts import FACTS
from pages.parts.components import charts, people, running, stages, story, tables
from tests.pages.mounted import Mounted, script


def test_head_opens_every_stop_up_to_the_furthest(mounted: Callable[..., Mounted]) -> None:
    head = mounted(story, "_CHAPTER_HEAD", stop="Brief")
    steps = ["Brief", "Predict", "Tune", "Run"]
    picked = story.chapter_head(
        "The polite assistant",
        meters=[story.Meter("Trust", 60, -6)],
        steps=steps,
        step="Predict",
        reached="Tune",
    )
    assert picked == "Brief"
    assert (head.data["shown"], head.data["furthest"]) == (1, 2)
    assert head.data["meters"] == [{"name": "Trust", "value": 60, "change": -6}]


def test_head_never_closes_the_stop_that_is_shown(mounted: Callable[..., Mounted]) -> None:
    head = mounted(story, "_CHAPTER_HEAD", stop=None)
    assert story.chapter_head("x", steps=["a", "b"], step="b", reached="a") is None
    assert (head.data["shown"], head.data["furthest"]) == (1, 1)
    story.chapter_head("no stops")
    assert (head.data["steps"], head.data["shown"]) == ([], -1)


def test_building_gives_back_the_ground_floor_as_zero(mounted: Callable[..., Mounted]) -> None:
    house = mounted(story, "_BUILDING", pick=0)
    floor = story.Floor(0, "First day", "The polite assistant", "current", "1 of 1 chapters")
    level = story.building(
        [floor], ground="Main entrance", roof_title="Go live", roof_subtitle="x", roof_status="Roof"
    )
    assert level == 0
    assert house.data["roof"] == {
        "level": 11,
        "title": "Go live",
        "subtitle": "x",
        "status": "Roof",
        "lit": False,
    }
    assert house.data["floors"][0]["windows"] == 1


def test_sign_on_the_wall_tells_the_truth(mounted: Callable[..., Mounted]) -> None:
    drawn = mounted(story, "_SCENE")
    story.scene("desk", alt="x", key="s")
    assert drawn.data["signs"] == [
        ["Café", "floor 1"],
        ["Laboratory", "floor 2"],
        ["Pharmacy", "floor 3"],
    ]
    assert [FACTS["floor"][room] for room in ("cafe", "lab", "pharmacy")] == ["one", "two", "three"]
    assert "'floor 1'" not in script("rooms")


def test_scene_fills_in_who_speaks(mounted: Callable[..., Mounted]) -> None:
    drawn = mounted(story, "_SCENE")
    beats = ["Plain.", story.Beat("Hm.", "kenji"), story.Beat("Hm.", "ruth", role="in bed four")]
    story.scene("desk", alt="x", beats=beats, bubbles=["hello"] * 9, key="s")
    assert [beat["name"] for beat in drawn.data["beats"]] == [None, "Kenji", "Ruth"]
    assert [beat["role"] for beat in drawn.data["beats"]] == [None, "operations", "in bed four"]
    assert len(drawn.data["bubbles"]) == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"art": "kitchen"},
        {"mood": "sad"},
        {"robot_at": "roof"},
        {"beats": [story.Beat("x", cast(people.Who, "bob"))]},
    ],
)
def test_scene_refuses_what_cannot_be_drawn(
    wrong: dict[str, Any], mounted: Callable[..., Mounted]
) -> None:
    mounted(story, "_SCENE")
    with pytest.raises(ValueError, match="There is no"):
        story.scene(key="s", **wrong)


def test_speech_stage_refuses_credit_that_does_not_fit(mounted: Callable[..., Mounted]) -> None:
    mounted(stages, "_SPEECH")
    probe = stages.Probe("ruth", "Ruth", "where ?", ["here"], now=["hello", "."], credit=[0.1])
    with pytest.raises(ValueError, match="2 tokens, but 1 credits"):
        stages.speech_stage([probe], key="s")
    with pytest.raises(ValueError, match="at least one probe"):
        stages.speech_stage([], key="s")


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"rows": ["##", "#"]}, "equally long"),
        ({"rows": []}, "equally long"),
        ({"rows": ["S."], "visits": [1]}, "1 visits for a map of 2 cells"),
        ({"rows": ["S."], "actions": "rrr"}, "3 actions for a map of 2 cells"),
    ],
)
def test_grid_stage_refuses_what_does_not_fit_the_map(
    wrong: dict[str, Any], said: str, mounted: Callable[..., Mounted]
) -> None:
    mounted(stages, "_GRID")
    with pytest.raises(ValueError, match=said):
        stages.grid_stage(alt="x", key="g", **wrong)


def test_grid_stage_sends_the_map_as_it_is(mounted: Callable[..., Mounted]) -> None:
    grid = mounted(stages, "_GRID")
    stages.grid_stage(
        ("#S.G#",), trail=(1, 2, 3), actions=" rr  ", update=4, seconds=0.5, alt="x", key="g"
    )
    assert grid.data["trail"] == [1, 2, 3]
    assert (grid.data["update"], grid.data["seconds"], grid.data["values"]) == (4, 0.5, [])
    assert grid.data["places"] == stages.PLACES


LIMITS = stages.ShiftLimits(limit_seconds=10, lane=1, corridor=2.4, level=4, largest_tilt=12)


def shift(**change: Any) -> stages.Shift:
    frames: dict[str, Any] = {
        "positions": [0.0, 0.1],
        "tilts": [0.0, 13.0],
        "pushes": "lr",
        "bumps": (),
        "frame_seconds": 0.02,
        "seconds": 0.04,
        "end": "fell",
    }
    return stages.Shift(**frames | change)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"tilts": [1.0]}, "1 tilts for 2 frames"),
        ({"pushes": "lrl"}, "3 pushes for 2 frames"),
        ({"bumps": [1.0]}, "1 bumps for 2 frames"),
    ],
)
def test_cart_stage_refuses_frames_that_differ_in_number(
    wrong: dict[str, Any], said: str, mounted: Callable[..., Mounted]
) -> None:
    mounted(stages, "_CART")
    with pytest.raises(ValueError, match=said):
        stages.cart_stage(shift(**wrong), LIMITS, alt="x", key="c")


def test_cart_stage_sends_everything_that_its_script_reads(
    mounted: Callable[..., Mounted],
) -> None:
    cart = mounted(stages, "_CART")
    stages.cart_stage(shift(), LIMITS, update=3, live=True, note="n", alt="x", key="c")
    read = set(re.findall(r"\bdata\.([a-z_]+)", script("cart_stage")))
    assert read | {"update"} == set(cart.data)
    assert (cart.data["tilts"], cart.data["end"], cart.data["lane"]) == ([0.0, 13.0], "fell", 1)


def test_cart_stage_may_stand_still(mounted: Callable[..., Mounted]) -> None:
    cart = mounted(stages, "_CART")
    still = shift(positions=(), tilts=(), pushes="", seconds=0, end="on")
    stages.cart_stage(still, LIMITS, alt="x", key="c")
    assert list(cart.data["positions"]) == []


@pytest.mark.parametrize(
    "axes, mood",
    [
        ({"polite": 1.0, "fluent": 1.0}, "talk"),
        ({"polite": 3.0, "fluent": 1.0}, "talk"),
        ({"polite": 4.0, "fluent": 1.0}, "over"),
        ({"polite": 0.0, "fluent": 0.0}, "over"),
        ({}, "talk"),
    ],
)
def test_face_is_overloaded_by_courtesy_or_broken_speech(axes: dict[str, float], mood: str) -> None:
    assert people.reply_mood(axes) == mood


def test_curves_send_whole_lines_and_their_marks(mounted: Callable[..., Mounted]) -> None:
    chart = mounted(charts, "_CURVES")
    line = charts.Series(
        "Right answers", "true", [0, 1], [0.5, 0.6], low=[0.4, 0.5], high=[0.6, 0.7]
    )
    charts.curves(
        "t", series=[line], x_range=(0, 60), moments=[charts.Moment(1, "turned")], alt="x", key="c"
    )
    sent = chart.data["series"][0]
    assert (sent["label"], sent["x"], sent["y"]) == ("Right answers", [0, 1], [0.5, 0.6])
    assert (sent["low"], sent["high"]) == ([0.4, 0.5], [0.6, 0.7])
    assert chart.data["moments"] == [{"x": 1, "text": "turned", "warning": True}]
    assert chart.data["y_range"] is None


@pytest.mark.parametrize(
    "line",
    [
        charts.Series("a", "true", [0, 1], [0.5]),
        charts.Series("a", "true", [0], [0.5], low=[0.4]),
        charts.Series("a", "true", [0, 1], [0.5, 0.5], low=[0.4], high=[0.6]),
    ],
)
def test_curves_refuse_parts_of_unequal_length(
    line: charts.Series, mounted: Callable[..., Mounted]
) -> None:
    mounted(charts, "_CURVES")
    with pytest.raises(ValueError, match="a: "):
        charts.curves("t", series=[line], x_range=(0, 60), alt="x", key="c")


@pytest.mark.parametrize("length", [1, 2, 499, 500, 501, 1000, 1001, 2500])
def test_long_lines_are_thinned_but_keep_both_ends(length: int) -> None:
    kept = charts._thinned(range(length), charts._stride(length))
    assert len(kept) <= charts.MOST_POINTS + 1
    assert (kept[0], kept[-1]) == (0, length - 1)
    assert kept == sorted(set(kept))


def test_a_growing_line_keeps_the_points_it_has() -> None:
    assert charts._thinned(range(300), charts._stride(300)) == list(range(300))
    shorter = charts._thinned(range(601), charts._stride(601))
    assert charts._thinned(range(901), charts._stride(901))[: len(shorter)] == shorter


def test_recipe_says_what_is_not_paid(mounted: Callable[..., Mounted]) -> None:
    recipe = mounted(tables, "_RECIPE")
    terms = [
        tables.RecipeTerm("Polite", 1.0, -1, 2),
        tables.RecipeTerm("Right floor", 0, 0, 3),
        tables.RecipeTerm("Step", -0.1, -1, 1),
    ]
    tables.recipe(terms, code="polite", settings=[tables.Setting("Seed", "7")], key="r")
    assert [term["text"] for term in recipe.data["terms"]] == ["1", "not paid", "\N{MINUS SIGN}0.1"]
    assert recipe.data["settings"] == [{"label": "Seed", "text": "7"}]


@pytest.mark.parametrize("progress, sent", [(None, None), (0.5, 0.5), (1.2, 1.0), (-1.0, 0.0)])
def test_run_line_keeps_progress_within_bounds(
    progress: float | None, sent: float | None, mounted: Callable[..., Mounted]
) -> None:
    line = mounted(running, "_RUN_LINE")
    running.run_line("failed", progress=progress)
    assert (line.data["word"], line.data["progress"]) == ("Stopped by an error", sent)


# They mount.


def every_component() -> None:
    from pages.parts import components as ui

    ui.base_style()
    ui.chapter_head(
        "Title", plate="2", steps=["Brief", "Run"], step="Run", meters=[ui.Meter("Trust", 60)]
    )
    ui.building([], ground="g", roof_title="r", roof_subtitle="s", roof_status="t")
    ui.scene("ward", alt="x", beats=["y"], key="scene")
    ui.voice("noor", "Noor would thank you", key="voice")
    ui.prose("It said [[9]] words.", key="prose")
    ui.speech_stage([ui.Probe("ruth", "Ruth", "where ?", ["here", "."])], key="speech")
    ui.grid_stage(["#S.G#"], trail=[1, 2], movers=[[2, 3]], end="collided", alt="x", key="grid")
    ui.cart_stage(
        ui.Shift([0.1], [2.0], "r", [], 0.02, 0.02, "on"),
        ui.ShiftLimits(10, 1, 2.4, 4, 12),
        alt="x",
        key="cart",
    )
    ui.curves("t", series=[], x_range=(0, 1), alt="x", key="curves")
    ui.legend([("true", "Right answers")], key="legend")
    ui.credit_table([ui.CreditRow(["hi"], [0.1], 1.0, 0.5)], title="t", key="credit")
    ui.chances_table([ui.ChanceRow("abba", 0.1, 0.2, 0.3)], title="t", alt="x", key="chances")
    ui.recipe([], key="recipe")
    ui.figures_strip([ui.Figure("a", "0", "1", "drift")], key="figures")
    ui.rows_table(["a"], [["b"]], key="rows")
    ui.run_line("idle", key="line")


def test_every_component_mounts() -> None:
    page = AppTest.from_function(every_component).run()
    assert not page.exception


def test_a_picture_is_named_after_its_run(mounted: Callable[..., Mounted]) -> None:
    drawn = mounted(charts, "_CURVES")
    charts.curves("Pay", series=[], x_range=(0, 1), file="run-ab12 Pay", alt="", key="pay")
    assert drawn.data["file"] == "run-ab12 Pay"
    assert "data.file || data.title" in script("curves")
