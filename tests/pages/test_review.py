"""Questions asked again: on the map when they are due, answered once, and gone until next time."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, reviews
from curriculum import state as moves
from curriculum.loader import load_catalogue
from curriculum.memory import DAY, questions_of
from curriculum.state import ChapterState, mastered
from pages.parts import components, review_screen
from tests.pages.test_screens import words

PAD = load_catalogue().chapter("the_charging_pad")
START = 1_800_000_000.0


def mastery(chapter_id: str = PAD.id) -> ChapterState:
    """The state of a learner who has mastered a chapter, without the run behind it."""
    chapter = load_catalogue().chapter(chapter_id)
    goal = next(outcome.id for outcome in chapter.outcomes if outcome.kind == "mastery")
    sound = next(option.id for option in chapter.decide.options if option.sound)
    state = moves.press(moves.skip_prediction(moves.begin(chapter)), "press")
    state = moves.explain(moves.reach(chapter, state, goal, "press"))
    state = moves.decide(chapter, moves.to_decision(state), sound)
    assert mastered(chapter, state)
    return state.model_copy(update={"press_ids": ()})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is, to be turned; chapters are saved at START."""
    now = [START]
    monkeypatch.setattr("backend.reviews.now", lambda: now[0])
    monkeypatch.setattr("backend.learners.time.time", lambda: START)
    return now


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The rows of every table of our own."""
    rows: list[list[str]] = []
    monkeypatch.setattr(components, "rows_table", lambda _, given, **__: rows.extend(given))
    return rows


@pytest.fixture
def app(clock: list[float]) -> AppTest:
    """The map of a learner who has mastered the charging pad just now."""
    opened = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30).run()
    learners.save_chapter(learners.learner_for(opened.session_state["token"]), mastery())
    return opened


def learner(app: AppTest) -> str:
    return learners.learner_for(app.session_state["token"])


def give(app: AppTest, right: bool) -> str:
    """Answer the question that is shown; its id."""
    radio = app.radio[0]
    asked = next(one for one in questions_of(PAD).values() if one.question == radio.label)
    radio.set_value(next(option.id for option in asked.options if option.right == right))
    app.button(key="go_answer").click().run()
    return asked.id


def test_the_map_says_nothing_until_something_is_due(app: AppTest, clock: list[float]) -> None:
    assert "Due today" not in words(app.run())
    clock[0] += DAY
    count = len(questions_of(PAD))
    assert f"Due today: {count} questions" in words(app.run())


def test_a_sitting_asks_each_question_once_and_says_when_it_comes_again(
    app: AppTest, clock: list[float]
) -> None:
    clock[0] += DAY
    app.run().button(key="review_due").click().run()
    app.switch_page("pages/review.py").run()
    count = len(questions_of(PAD))
    asked = []
    for number in range(1, count + 1):
        assert f"Question {number} of {count}" in words(app)
        assert "go_next_question" not in [button.key for button in app.button]
        asked.append(give(app, right=number > 1))
        shown = words(app)
        assert ("What holds up" in shown) == (number == 1)
        assert number > 1 or "Yes. " not in shown  # nobody who was wrong hears a yes
        box, wait = ("1", "1 day.") if number == 1 else ("2", "3 days.")
        assert f"Box {box} of 5. It is asked again in {wait}" in shown
        app.button(key="go_next_question").click().run()
    assert sorted(asked) == sorted(questions_of(PAD))
    assert f"{count - 1} of {count} questions answered as it holds up" in words(app)
    assert "The next question is asked in 1 day." in words(app)
    app.switch_page("pages/story.py").run()
    assert "Due today" not in words(app)
    clock[0] += DAY
    assert "Due today: 1 question**" in words(app.run())


def test_without_a_choice_nothing_is_kept(app: AppTest, clock: list[float]) -> None:
    clock[0] += DAY
    app.switch_page("pages/review.py").run()
    app.button(key="go_answer").click().run()
    assert "Question 1 of" in words(app)
    assert reviews.answers_of(learner(app)) == []


def test_what_another_tab_answered_stands_and_is_shown(
    app: AppTest, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    toasts: list[str] = []
    monkeypatch.setattr(review_screen.st, "toast", toasts.append)
    clock[0] += DAY
    app.switch_page("pages/review.py").run()
    asked = next(one for one in questions_of(PAD).values() if one.question == app.radio[0].label)
    wrong = next(option for option in asked.options if not option.right)
    there = app.session_state["review"][0]
    reviews.keep(
        learner(app),
        reviews.Reviewed(
            chapter=PAD.id,
            question=asked.id,
            number=there.number,
            option=wrong.id,
            right=False,
            at=clock[0],
        ),
    )
    give(app, right=True)
    assert f"You answered: *{wrong.text}*" in words(app)
    assert [one.option for one in reviews.answers_of(learner(app))] == [wrong.id]
    assert [toast.partition(",")[0] for toast in toasts] == ["You have answered this since"]


def test_a_question_that_left_its_chapter_is_passed_over(app: AppTest, clock: list[float]) -> None:
    clock[0] += DAY
    app.switch_page("pages/review.py").run()
    kept = app.session_state["review"]
    app.session_state["review"] = [kept[0]._replace(question="no_more"), *kept[1:]]
    count = len(kept)
    assert f"Question 1 of {count - 1}" in words(app.run())


def test_a_chapter_that_was_rewritten_is_not_asked_about(app: AppTest, clock: list[float]) -> None:
    clock[0] += DAY
    older = mastery().model_copy(update={"version": PAD.version - 1 or 99})
    learners.save_chapter(learner(app), older)
    assert "Due today" not in words(app.run())


def test_gains_are_shown_and_the_map_leads_to_them(app: AppTest, told: list[list[str]]) -> None:
    chapter = PAD
    state = mastery()
    for check, right in zip(chapter.check, (False, True), strict=True):
        option = next(one.id for one in check.options if one.right == right)
        state = moves.answer(chapter, state, check.id, option)
    learners.save_chapter(learner(app), state)
    app.run()
    assert [link.proto.page for link in app.get("page_link")].count("review") == 1
    told.clear()  # of what the map told
    app.switch_page("pages/review.py").run()
    assert "Before and after" in words(app)
    assert [row[1:] for row in told] == [["1", "0\u202f%", "100\u202f%", "100\u202f%"]] * len(
        chapter.concepts
    )
    assert app.get("download_button")


def test_a_newcomer_is_told_when_questions_come(clock: list[float]) -> None:
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30).run()
    assert "Due today" not in words(app)
    app.switch_page("pages/review.py").run()
    assert "Nothing is due. A day after you last worked on a chapter" in words(app)
