"""Learners come back, nothing is paid twice, and everything can be forgotten."""

import json

import pytest
from sqlalchemy import select

from backend import learners, runs, worker
from backend.database import Database
from backend.errors import BackendError, UnknownRun
from backend.tables import EventRow, Learner, LedgerRow, RunRow
from curriculum.ledger import LedgerEntry
from curriculum.state import ChapterState
from tests.backend.conftest import counting_config

OUTCOME = LedgerEntry(
    chapter="first-day", kind="outcome", source="babbler", trust=-10, facts=("shipped",), reason="x"
)


def test_the_same_token_is_the_same_learner(database: Database) -> None:
    token = learners.new_token()
    assert len(token) >= 43
    assert learners.learner_for(token) == learners.learner_for(token)
    assert learners.learner_for(token) != learners.learner_for(learners.new_token())


def test_only_a_hash_of_the_token_is_kept(database: Database) -> None:
    learners.learner_for("secret token")
    with database.reading() as session:
        row = session.scalars(select(Learner)).one()
    assert "secret" not in json.dumps([row.id, row.token_hash, row.place, row.preferences])


def test_place_and_preferences_are_remembered(ada: str) -> None:
    assert learners.place_of(ada) == {}
    learners.remember_place(ada, {"page": "chapter", "chapter": "first-day"})
    learners.remember_place(ada, {"page": "chapter", "chapter": "first-day"})
    learners.save_preferences(ada, {"open_all": True})
    assert learners.place_of(ada) == {"page": "chapter", "chapter": "first-day"}
    assert learners.preferences_of(ada) == {"open_all": True}


def test_chapter_states_come_back_unchanged(ada: str, ben: str) -> None:
    state = ChapterState(
        chapter="first-day", version=1, hints_shown=0, stage="tune", sliders={"polite": 1.5}
    )
    learners.save_chapter(ada, ChapterState(chapter="first-day", version=1, hints_shown=0))
    learners.save_chapter(ada, state)
    assert learners.load_chapter(ada, "first-day") == state
    assert learners.load_progress(ada) == {"first-day": state}
    assert learners.load_chapter(ada, "another") is None
    assert learners.load_progress(ben) == {}


def test_an_effect_counts_once(ada: str) -> None:
    cost = LedgerEntry(chapter="first-day", kind="run", source="press", budget=-3, reason="60")
    assert learners.record(ada, OUTCOME) is True
    assert learners.record(ada, OUTCOME) is False
    assert learners.record(ada, cost) is True
    assert learners.entries(ada) == [OUTCOME, cost]


def test_effects_belong_to_one_learner(ada: str, ben: str) -> None:
    learners.record(ada, OUTCOME)
    assert learners.entries(ben) == []
    assert learners.record(ben, OUTCOME) is True


def test_nothing_can_be_kept_for_a_stranger(database: Database) -> None:
    for keep in (
        lambda: learners.record("stranger", OUTCOME),
        lambda: learners.save_chapter(
            "stranger", ChapterState(chapter="c", version=1, hints_shown=0)
        ),
        lambda: learners.remember_place("stranger", {"page": "lab"}),
        lambda: learners.place_of("stranger"),
    ):
        with pytest.raises(BackendError, match="Reload the page"):
            keep()


def test_erasing_a_learner_leaves_nothing_of_theirs(database: Database, ada: str, ben: str) -> None:
    own = runs.press_train(ada, counting_config(seed=1))
    shared = runs.press_train(ben, counting_config(seed=2))
    runs.press_train(ada, counting_config(seed=2))
    worker.pull("here")
    learners.record(ada, OUTCOME)
    learners.save_chapter(ada, ChapterState(chapter="first-day", version=1, hints_shown=0))
    learners.erase(ada)
    with pytest.raises(UnknownRun):
        runs.look(own)
    assert runs.look(shared).updates_done == 10
    with database.reading() as session:
        assert [run.address for run in session.scalars(select(RunRow))] == [
            runs.look(shared).address
        ]
        assert len(session.scalars(select(EventRow)).all()) == 12
        assert session.scalars(select(LedgerRow)).all() == []
    assert learners.learner_for("ada's token") != ada
