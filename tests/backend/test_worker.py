"""What a worker records, compared with the engine itself; no cluster."""

import logging
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from backend import database as database_module
from backend import fair_queue, learners, runs, worker
from backend.database import Database
from backend.recorder import read_wishes
from backend.tables import EventRow, PressRow, RunRow
from engine.config import parse_config
from engine.train import train
from tests.backend.conftest import BackgroundWorkers, counting_config, until


def recorded(address: str) -> list[Any]:
    return runs.events_of(address)


def expected(config: dict[str, Any]) -> list[Any]:
    return list(train(parse_config(config)))


def run_row(database: Database, address: str) -> RunRow:
    with database.reading() as session:
        return session.get_one(RunRow, address)


def test_a_run_is_recorded_exactly(database: Database, ada: str) -> None:
    config = counting_config(updates=12, seed=4)
    address = runs.look(runs.press_train(ada, config)).address
    assert worker.pull("here") == 1
    assert recorded(address) == expected(config)
    run = run_row(database, address)
    assert (run.status, run.updates, run.next_seq, run.planned, run.work, run.lease) == (
        "finished", 12, 14, 12, 120, None,
    )  # fmt: skip


def test_q_learning_is_recorded_exactly(database: Database, ada: str) -> None:
    config = {"algorithm": "q_learning", "world": {"world": "corridor"}, "episodes": 30}
    address = runs.look(runs.press_train(ada, config)).address
    worker.pull("here")
    assert recorded(address) == expected(config)


def test_a_run_whose_worker_died_goes_on_without_gap_or_double(
    database: Database, ada: str
) -> None:
    config = counting_config(updates=30)
    press = runs.press_train(ada, config)
    address = runs.look(press).address
    worker.pull("here")
    with database.writing() as session:  # as it stood when the worker was killed after update 11
        for event in session.scalars(select(EventRow).where(EventRow.seq > 11)):
            session.delete(event)
        session.execute(
            update(RunRow).values(
                status="running", updates=11, next_seq=12, lease="dead", worker="gone", work=110
            )
        )
    with database.writing() as session:
        fair_queue.hand_back(session, session.get_one(RunRow, address))
    assert runs.look(press).restarted
    assert worker.pull("another") == 1
    assert recorded(address) == expected(config)
    view = runs.look(press)
    assert (view.state, view.attempt, view.restarted) == ("finished", 2, True)


def test_a_worker_that_lost_its_lease_falls_silent(
    database: Database, ada: str, workers: BackgroundWorkers
) -> None:
    press = runs.press_train(ada, counting_config(updates=200, milliseconds=10))
    workers.work()
    address = until(press, lambda view: view.updates_done >= 3).address
    with database.writing() as session:
        session.execute(update(RunRow).values(lease="somebody else"))
        updates = session.get_one(RunRow, address).updates
    workers.join()
    run = run_row(database, address)
    assert (run.updates, run.status, run.lease) == (updates, "running", "somebody else")


def test_after_three_deaths_a_run_fails_with_a_remedy_and_can_be_pressed_again(
    database: Database, ada: str
) -> None:
    press = runs.press_train(ada, counting_config())
    address = runs.look(press).address
    for _ in range(3):
        with database.writing() as session:
            assert fair_queue.claim_next(session, "doomed")
            fair_queue.hand_back(session, session.get_one(RunRow, address))
    view = runs.look(press)
    assert view.state == "failed"
    assert view.problem == "The worker died 3 times while it computed this run."
    assert "Press Train" in (view.remedy or "")
    again = runs.press_train(ada, counting_config())
    assert again != press
    worker.pull("here")
    assert until(again, lambda view: view.state == "finished").problem is None


def test_a_reward_that_fails_ends_the_run_with_the_engines_own_words(ada: str) -> None:
    press = runs.press_train(ada, counting_config(fails_at=4))
    worker.pull("here")
    view = runs.look(press)
    assert (view.state, view.updates_done, view.problem, view.remedy) == (
        "failed", 3, "It broke.", "Mend it.",
    )  # fmt: skip
    assert [seq for seq, _ in view.events] == [0, 1, 2, 3, 4]


def test_a_failure_is_told_to_one_who_has_seen_its_event_already(ada: str) -> None:
    press = runs.press_train(ada, counting_config(fails_at=4))
    worker.pull("here")
    assert runs.look(press, after_seq=4).problem == "It broke."


def test_a_defect_of_the_engine_is_a_sentence(ada: str, caplog: pytest.LogCaptureFixture) -> None:
    press = runs.press_train(ada, counting_config(crashes_at=3))
    worker.pull("here")
    view = runs.look(press)
    assert (view.state, view.updates_done) == ("failed", 2)
    assert view.problem == "The engine stopped unexpectedly (ZeroDivisionError)."
    assert "a defect of the engine" in caplog.text


def test_a_pace_spreads_the_updates(ada: str, workers: BackgroundWorkers) -> None:
    press = runs.press_train(ada, counting_config(updates=10), pace=20.0)
    began = time.monotonic()
    workers.work()
    assert until(press, lambda view: view.updates_done >= 1).updates_done < 10
    workers.join()
    assert 0.45 <= time.monotonic() - began


def test_a_pace_does_not_hold_the_worker_while_others_wait(
    database: Database, ada: str, ben: str
) -> None:
    slow = runs.press_train(ada, counting_config(updates=50, seed=1), pace=1.0)
    runs.press_train(ben, counting_config(updates=5, seed=2))
    began = time.monotonic()
    with database.writing() as session:
        claim = fair_queue.claim_next(session, "here")
    assert claim is not None
    worker.execute(claim, database)
    assert time.monotonic() - began < 5.0
    assert runs.look(slow).updates_done <= 1 + (time.monotonic() - began)


def test_the_fastest_going_press_decides(database: Database, ada: str, ben: str) -> None:
    config = counting_config()
    first, second = runs.press_train(ada, config, pace=2.0), runs.press_train(ben, config, pace=5.0)
    address = runs.look(first).address

    def wishes() -> tuple[bool, float, float]:
        with database.reading() as session:
            return read_wishes(session, address)[:3]

    assert wishes() == (True, float("inf"), 5.0)
    runs.pause(second)
    assert wishes() == (True, float("inf"), 2.0)
    runs.pause(first)
    assert wishes() == (True, 0.0, float("inf"))
    runs.step(first)
    assert wishes() == (True, 1.0, float("inf"))
    runs.stop(first)
    assert wishes() == (True, 0.0, float("inf"))
    runs.stop(second)
    assert wishes()[0] is False


def test_a_lock_in_mid_run_delays_but_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 50)
    config = counting_config(updates=30, milliseconds=20)
    press = runs.press_train(learners.learner_for("ada"), config)
    thread = threading.Thread(target=worker.pull, args=("here",))
    thread.start()
    until(press, lambda view: view.updates_done >= 3)
    other = sqlite3.connect(tmp_path / "school.sqlite", isolation_level=None)
    locked = False
    while not locked:
        with suppress(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
            locked = True
    time.sleep(0.8)
    assert runs.look(press).updates_done < 30
    other.execute("ROLLBACK")
    other.close()
    thread.join(timeout=10)
    assert [event for _, event in runs.look(press).events] == expected(config)
    database_module.current().close()
    database_module.open_database.cache_clear()


def test_a_changed_engine_is_noticed(
    database: Database, ada: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = counting_config(updates=3)
    address = runs.look(runs.press_train(ada, config)).address
    worker.pull("here")
    with database.writing() as session:
        session.delete(session.get_one(EventRow, (address, 4)))
        event = session.get_one(EventRow, (address, 3))
        event.payload = event.payload.replace("3.0", "7.0")
        session.execute(update(RunRow).values(status="queued", next_seq=4, updates=3))
        session.execute(update(PressRow).values(anchor=0))
    with caplog.at_level(logging.WARNING):
        worker.pull("here")
    assert "raise its VERSION" in caplog.text
