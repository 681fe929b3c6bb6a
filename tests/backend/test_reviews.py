"""Answers in reviews: each counts once, belongs to one learner, and goes with them."""

import threading

import pytest

from backend import learners, reviews
from backend.database import Database
from backend.errors import BackendError
from curriculum.memory import Reviewed
from curriculum.state import ChapterState


def answer(number: int = 1, option: str = "a", right: bool = True) -> Reviewed:
    return Reviewed(chapter="c", question="q", number=number, option=option, right=right, at=5.5)


def test_the_first_answer_of_a_number_stands(ada: str, ben: str) -> None:
    reviews.keep(ada, answer())
    reviews.keep(ada, answer(option="b", right=False))
    reviews.keep(ada, answer(number=2, option="b", right=False))
    kept = sorted(reviews.answers_of(ada), key=lambda one: one.number)
    assert kept == [answer(), answer(number=2, option="b", right=False)]
    assert reviews.answers_of(ben) == []


def test_two_tabs_at_once_keep_one_answer(database: Database, ada: str) -> None:
    options = ["a", "b", "c", "d"]
    tabs = [
        threading.Thread(target=reviews.keep, args=(ada, answer(option=option)))
        for option in options
    ]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    (kept,) = reviews.answers_of(ada)
    assert kept.option in options


def test_nothing_is_kept_for_a_stranger(database: Database) -> None:
    with pytest.raises(BackendError, match="Reload the page"):
        reviews.keep("stranger", answer())


def test_answers_are_forgotten_with_the_learner(ada: str, ben: str) -> None:
    reviews.keep(ada, answer())
    reviews.keep(ben, answer())
    learners.erase(ada)
    assert reviews.answers_of(ada) == []
    assert reviews.answers_of(ben) == [answer()]


def test_it_is_known_when_a_chapter_was_worked_on(
    ada: str, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (3.5, 7.5):
        monkeypatch.setattr("backend.learners.time.time", lambda at=at: at)
        learners.save_chapter(ada, ChapterState(chapter="c", version=1))
    assert reviews.worked_on(ada) == {"c": 7.5}
    assert reviews.worked_on(ben) == {}
