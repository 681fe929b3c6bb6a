"""Maps that ship: every file is whole, and a file that is not is refused with its name."""

from pathlib import Path

import pytest

from engine.__main__ import main
from engine.config import fields_of, parse_config
from engine.map_files import (
    FOLDER,
    MAP_FILES,
    MAP_PROBLEMS,
    MapFileError,
    read_map,
    read_maps,
)
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
        ("title = ", ", its end: Invalid value, so it is no TOML; correct it there."),
        ("\ntitle = A", ", line 2, column 9: Invalid value, so it is no TOML; correct it there."),
        (GOOD.replace('title = "A"\n', ""), ": `title` is missing; add a line `title = ...`."),
        (GOOD + "colour = 1", ", line 4: `colour` is no setting of a map; take it out, or use"),
        (GOOD + "slip = 2", ", line 4: `slip`: Input should be less than or equal to 0.5; correct"),
        (GOOD.replace('"S.G"', '"S.G", "."'), ", line 3: `rows`: row 2 has 1 cells and row 1 has"),
        (GOOD.replace("S.G", "S.X"), ", line 3: `rows`: `X` in row 1, column 3 is no sign of a"),
        (GOOD.replace("S.G", "S/G"), ", line 3: `rows`: `/` in row 1, column 2 is no sign of a"),
        (
            GOOD.replace("S.G", "..G"),
            ", line 3: `rows`: the map has no start; put S on exactly one",
        ),
        (GOOD.replace("S.G", ""), ", line 3: `rows`: the map has no start"),
        (GOOD + 'paint = "9:1"', ", line 4: `paint`: cell 9 is not on the map"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_a_remedy(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "attic.toml"
    path.write_text(text)
    with pytest.raises(MapFileError) as refusal:
        read_map(path)
    assert str(refusal.value).startswith(f"{path}{words}")
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["Attic.toml", "my attic.toml", "1.toml", "a" * 41 + ".toml"])
def test_the_name_of_a_file_has_to_be_an_id(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD)
    with pytest.raises(MapFileError, match="a letter first; rename the file"):
        read_map(tmp_path / name)


def test_a_file_that_cannot_be_used_is_left_out_and_the_others_are_there(tmp_path: Path) -> None:
    for name in ("attic", "zoo", "night_ward"):
        (tmp_path / f"{name}.toml").write_text(GOOD)
    (tmp_path / "zoo.toml").write_bytes(b"\xff")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "Upper.TOML").write_text(GOOD)
    (tmp_path / "notes.md").write_text("no map")
    (tmp_path / "bom.toml").write_text(f"\ufeff{GOOD}")
    maps, problems = read_maps(tmp_path)
    assert list(maps) == ["night_ward", "attic", "bom"]
    assert set(problems) == {"zoo", "folder", "Upper"}
    assert problems["zoo"] == f"{tmp_path}/zoo.toml: it is not a text in UTF-8; save it as one."
    assert "it cannot be read (Is a directory); let it be read" in problems["folder"]


def test_a_folder_without_a_map_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "zoo.toml").write_text("")
    with pytest.raises(
        MapFileError, match=r"holds no map; add one\. .*zoo\.toml: `title` is missing"
    ):
        read_maps(tmp_path)


def test_what_is_left_out_is_said_where_it_is_listed_and_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(MAP_PROBLEMS, "attic", "attic.toml, line 3: it leaks; mend it.")
    assert main(["list"]) == 1
    shown = capsys.readouterr()
    assert "world corridor" in shown.out
    assert shown.err == "Left out: attic.toml, line 3: it leaks; mend it.\n"
    config = tmp_path / "config.json"
    config.write_text('{"algorithm": "sarsa", "world": {"map": "attic"}}')
    assert main(["train", str(config)]) == 2
    assert capsys.readouterr().err == (
        '`world.map` is "attic"; that map cannot be used: attic.toml, line 3: it leaks; mend it.\n'
    )


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
