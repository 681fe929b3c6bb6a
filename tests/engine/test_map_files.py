"""Maps that ship: every file is whole, and a file that is not is refused with its name."""

from pathlib import Path

import pytest

from engine.config import fields_of, parse_config
from engine.map_files import FOLDER, MAP_FILES, MapFileError, read_map
from engine.worlds.corridor import MAPS, CorridorConfig

GOOD = 'title = "A"\nsentence = "B."\nrows = ["S.G"]\n'


def test_every_file_of_the_folder_is_a_map_and_the_usual_one_comes_first() -> None:
    assert set(MAP_FILES) == {path.stem for path in FOLDER.glob("*.toml")} == set(MAPS)
    choices = next(field.choices for field in fields_of(CorridorConfig) if field.name == "map")
    assert choices == tuple(MAP_FILES)
    assert choices[0] == "night_ward"


@pytest.mark.parametrize("name", MAP_FILES)
def test_every_map_is_whole_and_says_what_it_is(name: str) -> None:
    found = MAP_FILES[name]
    grid = found.grid
    assert found.sentence.endswith(".") and (not found.loophole or found.loophole.endswith("."))
    ways = grid.distances_to(grid.find("G") if "G" in grid.signs else grid.find("S"))
    is_open = ~(grid.is_wall | grid.having("C"))
    assert (ways[is_open] >= 0).all()
    assert found.wanted == "laps" or "G" in grid.signs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "Invalid value"),
        (GOOD.replace('title = "A"\n', ""), "`title`: Field required; correct it there."),
        (GOOD + "colour = 1", "`colour`: Extra inputs are not permitted"),
        (GOOD.replace('"S.G"', '"S.G", "."'), "make all rows equally long."),
        (GOOD.replace("S.G", "S.X"), "`X` is no sign of a map; use one of # . S G P C ^ v < >."),
        (GOOD.replace("S.G", "..G"), "a map has exactly one S and at most one G"),
        (GOOD.replace("S.G", ""), "a row has 1 to 24 cells"),
        (GOOD + 'paint = "9:1"', "cell 9 is not on the map"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_a_remedy(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "attic.toml"
    path.write_text(text)
    with pytest.raises(MapFileError) as refusal:
        read_map(path)
    assert str(refusal.value).startswith(str(path))
    assert words in str(refusal.value)


def test_a_file_may_set_the_defaults_of_its_map(monkeypatch: pytest.MonkeyPatch) -> None:
    slippery = MAP_FILES["side_room"].model_copy(update={"slip": 0.25, "step_limit": 40})
    monkeypatch.setitem(MAP_FILES, "side_room", slippery)
    config = parse_config(
        {"algorithm": "sarsa", "world": {"world": "corridor", "map": "side_room"}}
    )
    assert isinstance(config.world, CorridorConfig)
    assert (config.world.slip, config.world.step_limit) == (0.25, 40)
    kept = parse_config(config.model_dump())
    assert kept == config
