"""A folder of chapter files: checked against each other, and played without broken ones."""

import shutil
from pathlib import Path

import pytest

from curriculum.errors import ChapterError
from curriculum.loader import CHAPTERS, load_catalogue, load_chapter, load_playable, stamp_of


def test_the_shipped_chapters_stand_in_order() -> None:
    places = [(chapter.level, chapter.place) for chapter in load_catalogue().chapters]
    assert places == sorted(set(places))


def test_a_file_that_an_editor_began_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    name = "00_the_polite_assistant.toml"
    text = (CHAPTERS / name).read_text(encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert load_chapter(tmp_path / name) == load_chapter(CHAPTERS / name)


def test_chapters_are_checked_against_each_other(tmp_path: Path) -> None:
    shutil.copy(CHAPTERS / "02_the_charging_pad.toml", tmp_path / "a.toml")
    shutil.copy(CHAPTERS / "02_the_charging_pad.toml", tmp_path / "b.toml")
    with pytest.raises(ChapterError) as caught:
        load_catalogue(tmp_path)
    text = str(caught.value)
    assert "(the_charging_pad): Another chapter has this id." in text
    assert "(night_delivery): No chapter of that id can come before this one." in text
    assert "(shipped_unmeasured_pip): No chapter declares this fact." in text


def after_the_prologue(text: str) -> str:
    """The pad's chapter, where there is nothing between it and the prologue to remember."""
    for between, prologue in (
        ('requires = ["night_delivery"]', 'requires = ["the_polite_assistant"]'),
        ('"courier_frozen"', '"shipped_unmeasured_pip"'),
        ('"kiosk_gave_out_coffee"', '"shipped_unmeasured_pip"'),
    ):
        text = text.replace(between, prologue)
    return text


def test_chapters_that_require_each_other_are_refused(tmp_path: Path) -> None:
    for name in ("00_the_polite_assistant.toml", "02_the_charging_pad.toml"):
        text = (CHAPTERS / name).read_text(encoding="utf-8")
        circle = text.replace("level = 0\n", 'level = 0\nrequires = ["the_charging_pad"]\n', 1)
        (tmp_path / name).write_text(after_the_prologue(circle), encoding="utf-8")
    with pytest.raises(ChapterError, match="can come before this one"):
        load_catalogue(tmp_path)


def test_a_broken_file_is_left_out_and_the_others_can_be_played(
    tmp_path: Path, pad_text: str
) -> None:
    polite = (CHAPTERS / "00_the_polite_assistant.toml").read_text(encoding="utf-8")
    (tmp_path / "00.toml").write_text(polite, encoding="utf-8")
    (tmp_path / "02.toml").write_text(pad_text.replace("[brief]", "[breif]"), encoding="utf-8")
    catalogue, problems = load_playable(tmp_path)
    assert catalogue.order == ("the_polite_assistant",)
    assert {Path(problem.file).name for problem in problems} == {"02.toml"}
    assert any("breif" in str(problem) for problem in problems)


def test_a_broken_file_leaves_the_chapters_that_require_it_playable(
    tmp_path: Path, pad_text: str
) -> None:
    polite = (CHAPTERS / "00_the_polite_assistant.toml").read_text(encoding="utf-8")
    broken, mended = polite.replace('title = "', 'titel = "', 1), polite
    (tmp_path / "02.toml").write_text(after_the_prologue(pad_text), encoding="utf-8")
    (tmp_path / "00.toml").write_text(broken, encoding="utf-8")
    stamp = stamp_of(tmp_path)
    catalogue, problems = load_playable(tmp_path)
    assert {Path(problem.file).name for problem in problems} == {"00.toml"}
    assert [(chapter.id, chapter.requires) for chapter in catalogue.chapters] == [
        ("the_charging_pad", ())
    ]
    (tmp_path / "00.toml").write_text(mended, encoding="utf-8")
    assert stamp_of(tmp_path) != stamp
    catalogue, problems = load_playable(tmp_path)
    assert not problems
    assert catalogue.chapter("the_charging_pad").requires == ("the_polite_assistant",)
