"""The story map: where it goes on, and that every chapter can be opened from it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from curriculum import state as moves
from curriculum.loader import load_catalogue
from pages.parts import story_screen

CATALOGUE = load_catalogue()
WAY_UP = [chapter.id for chapter in CATALOGUE.chapters if not chapter.side]
STORIES = [chapter.id for chapter in CATALOGUE.chapters if chapter.side]


def goes_on_with(monkeypatch: pytest.MonkeyPatch, done: list[str], last_place: str = "") -> str:
    """Where a learner goes on who has mastered these chapters."""
    states = {name: moves.begin(CATALOGUE.chapter(name)) for name in done}
    monkeypatch.setattr(story_screen, "mastered", lambda chapter, state: state is not None)
    chapter = story_screen._current(CATALOGUE, states, last_place)
    assert chapter is not None
    return chapter.id


def test_a_newcomer_begins_at_the_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    assert goes_on_with(monkeypatch, []) == WAY_UP[0]


def test_it_goes_on_above_the_highest_that_is_mastered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chapters that were added below since then do not call anybody back."""
    assert goes_on_with(monkeypatch, [WAY_UP[0], WAY_UP[5]]) == WAY_UP[6]


def test_what_was_passed_by_comes_after_the_top_and_side_stories_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert goes_on_with(monkeypatch, [WAY_UP[0], *WAY_UP[2:]]) == WAY_UP[1]
    assert goes_on_with(monkeypatch, WAY_UP) == STORIES[0]
    assert goes_on_with(monkeypatch, [*WAY_UP, *STORIES]) == CATALOGUE.order[-1]


def test_a_chapter_that_was_begun_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = STORIES[1]
    states = {begun: moves.begin(CATALOGUE.chapter(begun))}
    monkeypatch.setattr(story_screen, "mastered", lambda chapter, state: False)
    assert story_screen._current(CATALOGUE, states, begun) == CATALOGUE.chapter(begun)
    assert story_screen._current(CATALOGUE, states, "") == CATALOGUE.chapter(WAY_UP[0])


def test_every_chapter_has_a_door_which_opens_with_the_floors() -> None:
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30).run()
    doors = {name: app.button(key=f"door_{name}") for name in CATALOGUE.order}
    assert [name for name, door in doors.items() if not door.disabled] == [WAY_UP[0]]
    assert any("opens after" in caption.value for caption in app.caption)
    app.toggle(key="open_all").set_value(True).run()
    assert not app.exception
    assert not any(app.button(key=f"door_{name}").disabled for name in CATALOGUE.order)
    assert not any("opens after" in caption.value for caption in app.caption)
