"""How long things took: whose steps they were, and which runs of which chapter computed here."""

import pytest

from backend import learners, pace, reviews, runs, worker
from backend.database import Database, current
from backend.tables import PressRow, RunRow
from curriculum.ledger import LedgerEntry
from curriculum.memory import Reviewed
from curriculum.pace import Stamp
from curriculum.state import ChapterState

QUICK = {"algorithm": "counting", "updates": 2}


def at(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    """What the clock says from here on."""
    monkeypatch.setattr("time.time", lambda: now)


def test_a_learners_steps_come_in_their_order_and_nobody_elses(
    ada: str, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = pace.stamps_of(ada)
    assert (first.chapter, others, pace.last_deed(ada)) == ("", [], None)
    now = first.at + 100
    runs.press_train(ada, QUICK, "c", clicked_at=now)
    runs.press_train(ada, {**QUICK, "seed": 5}, clicked_at=now + 4)
    for later, kind in ((1, "outcome"), (2, "decision")):
        at(monkeypatch, now + later)
        learners.record(ada, LedgerEntry.model_validate(made(kind)))
    answer = Reviewed(chapter="c", question="q", number=1, option="a", right=True, at=now + 3)
    reviews.keep(ada, answer)
    assert pace.stamps_of(ada)[1:] == [
        Stamp(now, "c"),
        Stamp(now + 1, "c"),
        Stamp(now + 2, "c", True),
        Stamp(now + 3),
        Stamp(now + 4),
    ]
    assert pace.last_deed(ada) == now + 4
    at(monkeypatch, now + 9)
    learners.save_chapter(ada, ChapterState(chapter="c", version=1))
    assert pace.last_deed(ada) == now + 9
    assert len(pace.stamps_of(ben)) == 1


def made(kind: str) -> dict[str, str]:
    return {"chapter": "c", "kind": kind, "source": kind}


def test_the_middle_of_the_finished_runs_of_each_chapter(database: Database, ada: str) -> None:
    """Runs of the Lab, replays and runs that did not finish say nothing."""
    for seed, chapter in enumerate(["c", "c", "c", None, "d"]):
        runs.press_train(ada, {**QUICK, "seed": seed}, chapter)
    while worker.pull("here"):
        pass
    runs.press_train(ada, {**QUICK, "seed": 0}, "e")  # a replay
    with current().writing() as session:
        for press in session.query(PressRow):
            run = session.get_one(RunRow, press.address)
            run.seconds = [1.0, 3.0, 8.0, 99.0, 50.0][run_seed(run)]
            if press.chapter_id == "d":
                run.status = "stopped"
    assert pace.run_seconds() == {"c": 3.0}


def run_seed(run: RunRow) -> int:
    return runs.record_of(run.address).config.seed
