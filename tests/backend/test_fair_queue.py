"""Everybody's first run before anybody's second; each run to one worker only."""

import threading
import time

import pytest

from backend import fair_queue, learners, runs
from backend.database import Database
from backend.fair_queue import claim_next, fair_order, line_of
from backend.tables import RunRow
from tests.backend.conftest import counting_config


def press(token: str, seed: int) -> str:
    """The address of the run that the learner with this token pressed."""
    learner = learners.learner_for(token)
    return runs.look(runs.press_train(learner, counting_config(seed=seed))).address


def order(database: Database) -> list[str]:
    with database.reading() as session:
        return fair_order(session)


def claim(database: Database) -> str | None:
    with database.writing() as session:
        claimed = claim_next(session, "worker")
    return claimed.address if claimed else None


def test_second_runs_wait_behind_everybodys_first(database: Database) -> None:
    a1, a2, a3 = press("a", 1), press("a", 2), press("a", 3)
    b1, b2 = press("b", 4), press("b", 5)
    c1 = press("c", 6)
    assert order(database) == [a1, b1, c1, a2, b2, a3]


def test_a_run_being_computed_counts_as_its_learners_first(database: Database) -> None:
    a1, a2 = press("a", 1), press("a", 2)
    assert claim(database) == a1
    b1 = press("b", 3)
    assert order(database) == [b1, a2]


def test_a_third_run_does_not_become_a_first_one_by_waiting(database: Database) -> None:
    a1, a2, a3 = press("a", 1), press("a", 2), press("a", 3)
    b1, b2 = press("b", 4), press("b", 5)
    assert claim(database) == a1
    with database.writing() as session:
        run = session.get_one(RunRow, a1)
        run.status, run.finished_at = "finished", time.time()
    assert order(database) == [b1, a2, b2, a3]
    assert press("a", 6) == order(database)[-1]


def test_a_stopped_run_holds_nobody_up(database: Database) -> None:
    learner = learners.learner_for("a")
    first = runs.press_train(learner, counting_config(seed=1))
    second = runs.look(runs.press_train(learner, counting_config(seed=2))).address
    b1 = press("b", 3)
    runs.stop(first)
    assert order(database) == [second, b1]


def test_a_shared_run_stands_at_its_best_place(database: Database) -> None:
    a1, b1 = press("a", 1), press("b", 2)
    a2 = press("a", 3)
    c1 = press("c", 4)
    assert order(database) == [a1, b1, c1, a2]
    assert press("d", 3) == a2
    assert order(database) == [a1, b1, c1, a2]
    assert press("e", 9) == order(database)[-1]


def test_places_are_told(database: Database) -> None:
    first = runs.press_train(learners.learner_for("a"), counting_config(seed=1))
    second = runs.press_train(learners.learner_for("b"), counting_config(seed=2))
    assert [runs.look(one).queue_place for one in (first, second)] == [1, 2]


def test_every_run_is_claimed_once_by_workers_at_once(database: Database) -> None:
    addresses = {press(f"learner {n}", n) for n in range(8)}
    claimed: list[str] = []

    def take() -> None:
        while (address := claim(database)) is not None:
            claimed.append(address)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 8
    assert set(claimed) == addresses


def test_a_lost_run_that_nobody_wants_is_not_queued_again(database: Database, ada: str) -> None:
    one = runs.press_train(ada, counting_config())
    address = claim(database)
    runs.stop(one)
    with database.writing() as session:
        fair_queue.hand_back(session, session.get_one(RunRow, address))
    assert order(database) == []
    assert runs.look(one).state == "stopped"


def test_the_wait_is_guessed_from_finished_runs(database: Database) -> None:
    addresses = [press(f"learner {n}", n) for n in range(4)]
    with database.writing() as session:
        session.get_one(RunRow, addresses[0]).status = "finished"
        session.get_one(RunRow, addresses[0]).seconds = 8.0
        for address, seconds in ((addresses[1], 2.0), (addresses[2], 100.0)):
            run = session.get_one(RunRow, address)
            run.status, run.seconds = "running", seconds
    with database.reading() as session:
        # Six seconds of one, at least a fifth of eight of the other, and one whole run before it.
        line = line_of(session)
        assert line.expected_wait(place=2, workers=2) == pytest.approx((6 + 1.6 + 8) / 2)
        assert line.expected_wait(place=1, workers=3) == 0.0
