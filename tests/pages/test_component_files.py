"""The files of the components: what scripts and styles must hold, and what they never do."""

import re
from pathlib import Path
from typing import get_args

import pytest

from curriculum import drawings
from pages.parts.components import people, running, story
from pages.parts.components.assets import FOLDER, style
from tests.pages.mounted import script

SCRIPTS = sorted((FOLDER / "js").glob("*.js"))
STYLES = sorted((FOLDER / "css").glob("*.css"))


def keys_of(source: str, constant: str) -> set[str]:
    """The keys of a constant that is an object, written one entry a line or all on one line."""
    found = re.search(rf"const {constant} = \{{(.*?)\n?\}};", source, re.DOTALL)
    assert found, f"{constant} is gone"
    return set(re.findall(r"(?:^|[{,\n])\s*([a-z]\w*)(?=\s*[:,}]|\s*$)", found[1]))


# What the Python side may ask for exists on the other side.


def test_every_room_is_drawn() -> None:
    assert keys_of(script("rooms"), "ROOMS") == set(people.ARTS)


def test_every_face_is_drawn() -> None:
    assert keys_of(script("pip"), "FACES") == set(people.MOODS)


def test_every_person_is_drawn_and_named() -> None:
    drawn = set(re.findall(r"^  (\w+): \{ skin:", script("people"), re.MULTILINE))
    assert drawn | {"pip"} == set(people.WHO) == set(people.NAMES)


@pytest.mark.parametrize(
    ("constant", "names"),
    [
        ("OUTFITS", drawings.OUTFITS),
        ("RESTS", drawings.RESTS),
        ("TROLLEYS", drawings.TROLLEYS),
        ("FALLING", drawings.FALLING),
        ("LOADS", drawings.LOADS),
        ("VEHICLES", drawings.VEHICLES),
    ],
)
def test_every_part_that_a_setting_may_name_is_drawn(constant: str, names: tuple[str]) -> None:
    body = script("furnishings").split(f"const {constant} = {{")[1].split("\n};")[0]
    assert tuple(re.findall(r"^  (\w+): ", body, re.MULTILINE)) == names


def test_every_part_of_a_setting_is_used() -> None:
    """A part that a setting names and no script reads would change nothing."""
    scripts = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    dressed = [f"wears: '{who}'" for who in ("safety", "night")]
    named = [f"DRAWINGS.{part}" for part in drawings.PARTS if part not in ("safety", "night")]
    assert [part for part in (*dressed, *named) if part not in scripts] == []


def test_every_place_of_the_robot_is_known() -> None:
    places = set(re.findall(r"(\w+): \d+", script("rooms").split("const ROBOT_X = ")[1][:90]))
    assert places | {"none"} == set(people.ROBOT_PLACES)


@pytest.mark.parametrize("file, constant", [("chart_axes", "MEANINGS"), ("legend", "SAMPLES")])
def test_every_meaning_has_a_line(file: str, constant: str) -> None:
    body = script(file).split(f"const {constant} = {{")[1].split("\n};")[0]
    lines = re.findall(r"^  (\w+): \{", body, re.MULTILINE)
    assert set(lines) == set(people.MEANINGS)


def test_every_state_of_a_run_has_a_word_and_a_mark() -> None:
    states = set(get_args(running.RunState))
    marks = set(re.findall(r"^\.mark\.(\w+)", style("run_line"), re.MULTILINE))
    assert set(running.WORDS) == marks == states


def test_every_floor_of_the_ladder_has_a_sign() -> None:
    signs = re.findall(r"^  (\d+): \[", script("building"), re.MULTILINE)
    assert [int(sign) for sign in signs] == list(range(story.ROOF))


# Text stays text.


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_no_script_can_turn_text_into_markup(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "srcdoc",
    ):
        assert word not in source


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_files_load_nothing_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"https?://[^'\"\s)]+", path.read_text(encoding="utf-8"))
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}


def test_scripts_have_one_entry_each_and_shared_files_none() -> None:
    entries = {path.stem for path in SCRIPTS if "export default" in path.read_text("utf-8")}
    shared = {
        "base",
        "pip",
        "people",
        "road_art",
        "rooms",
        "keyboard",
        "chart_axes",
        "chart_labels",
        "chart_plot",
        "grid_labels",
        "grid_drawing",
        "amounts",
        "grid_movers",
        "grid_dirt",
        "film",
        "record",
        "board_stage",
        "noughts_stage",
        "furnishings",
    }
    assert entries | shared == {path.stem for path in SCRIPTS}
    assert not entries & shared


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_braces_of_styles_match(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("{") == source.count("}")


def test_motion_stops_for_those_who_ask() -> None:
    assert "prefers-reduced-motion: reduce" in style()
    assert "prefersStillness()" in script("building")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_whatever_draws_frames_asks_whether_motion_is_wanted(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert "requestAnimationFrame(" not in source or "prefersStillness()" in source


def test_films_are_played_by_the_one_player() -> None:
    films = {path.stem for path in SCRIPTS if "showFilm(memory" in path.read_text("utf-8")}
    assert films == {"film", "cart_stage", "shuttle_stage", "trading_stage"}


def test_a_picture_is_written_in_a_font_that_it_is_measured_in() -> None:
    """A font of the page is not there when the picture is drawn, and words would be cut."""
    assert "const font = { family: 'sans-serif'" in script("curves")
