"""The story map: where it goes on, and that every chapter can be opened from it."""

import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners
from curriculum import catalogue
from curriculum import state as moves
from curriculum.ledger import LedgerEntry
from curriculum.loader import load_catalogue
from curriculum.memory import DAY
from curriculum.pace import length_of
from curriculum.rules import is_sound
from pages.parts import folder, so_far, story_screen
from pages.parts.components import tables
from tests.pages.lab_steps import me

CATALOGUE = load_catalogue()
WAY_UP = [chapter.id for chapter in CATALOGUE.chapters if not chapter.side]
STORIES = [chapter.id for chapter in CATALOGUE.chapters if chapter.side]


def goes_on_with(monkeypatch: pytest.MonkeyPatch, done: list[str], last_place: str = "") -> str:
    """Where a learner goes on who has mastered these chapters."""
    states = {name: moves.begin(CATALOGUE.chapter(name)) for name in done}
    for module in (story_screen, catalogue):
        monkeypatch.setattr(module, "mastered", lambda chapter, state: state is not None)
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


@pytest.fixture
def back(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The map of somebody who decided in the first chapter and looks again 16 days later."""
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30).run()
    chapter = CATALOGUE.chapter(WAY_UP[0])
    assert f"About {round(length_of(chapter).whole / 60)} min" in captions(app)
    learner = me(app)
    decided = moves.Decision(option="both_numbers", outcome="kind")
    learners.save_chapter(
        learner, moves.begin(chapter).model_copy(update={"stage": "done", "decision": decided})
    )
    for kind, source in (("outcome", "kind"), ("decision", "decision")):
        reason = "Pip stays at the hospital."
        content = {"kind": kind, "source": source, "trust": 3, "reason": reason}
        learners.record(learner, LedgerEntry.model_validate({"chapter": chapter.id, **content}))
    later = time.time() + 16 * DAY
    monkeypatch.setattr("backend.reviews.now", lambda: later)
    return app.run()


def captions(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(one.value for one in app.caption)


def test_who_comes_back_after_weeks_is_told_the_story_so_far_until_it_is_put_away(
    back: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Your last step here was 2 weeks ago." in captions(back)
    assert "at your own pace so far" in captions(back)
    assert any(one.label == so_far.TITLE for one in back.expander)
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(tables, "_ROWS", lambda data, key: drawn.update({key: data["rows"]}))
    learners.save_preferences(me(back), {folder.SETTING: "bank"})
    back.run()
    ended, decided = drawn["so_far_card"]
    assert ended[1].startswith("Ended in “") and ended[2].startswith("Trust +2. Pip stays at the")
    assert "hospital" not in ended[2]
    assert decided[1] == f"You decided: {CATALOGUE.chapters[0].decide.options[1].title}"
    assert drawn["so_far"] == drawn["so_far_card"]
    back.button(key="dismiss_so_far").click().run()
    assert "Your last step here" not in captions(back)
    assert any(one.label == so_far.TITLE for one in back.expander)


def test_who_has_mastered_everything_is_told_so_and_not_sent_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30).run()
    learner, last = me(app), CATALOGUE.chapters[-1]
    told: dict[str, Any] = {}
    monkeypatch.setattr(story_screen.components, "scene", lambda *_, **more: told.update(more))
    for chapter in CATALOGUE.chapters:
        goal = next(one.id for one in chapter.outcomes if one.kind == "mastery")
        sound = next(o.id for o in chapter.decide.options if is_sound(chapter, o.id, goal))
        ending = chapter.endings[0].id if chapter.endings else ""
        decided = moves.Decision(option=sound, outcome=goal, ending=ending)
        changes = {"stage": "done", "outcomes": {goal: "p"}, "decision": decided}
        assert app.run().button(key="go_continue").label == "Begin" and "title" in told
        learners.save_chapter(learner, moves.begin(chapter).model_copy(update=changes))
    app.run()
    assert not app.exception
    keys = {one.key for one in app.button}
    assert {"go_record", "end_of_story"} <= keys and "go_continue" not in keys
    ending = last.endings[0]
    assert told["title"] == "All is done"
    assert told["beats"] == [
        f"All {len(CATALOGUE.chapters)} chapters are mastered.",
        f"{ending.title}: {ending.line}",
    ]
    assert not any("The way up" in one.value for one in app.caption)
    app.button(key="end_of_story").click().run()
    assert not app.exception


def test_what_opens_a_floor_is_not_on_that_floor() -> None:
    """Chapters of a floor open each other; only what stands before the first is named."""
    floor = {"Night delivery", "The charging pad"}
    below = story_screen._opens_after(["Five buttons", "Night delivery"], floor)
    assert below == "What is locked opens after Five buttons, one after the other."
    begun = story_screen._opens_after(["Night delivery", "The charging pad"], floor)
    assert begun == "What is locked opens after Night delivery, one after the other."
    alone = story_screen._opens_after(["Five buttons"], floor)
    assert alone == "What is locked opens after Five buttons."
