"""When workers are sent to the queue, and when a run counts as lost; a fake client, a set clock."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from backend import fair_queue, runs
from backend.database import Database
from backend.dispatcher import Dispatcher
from backend.errors import DatabaseBusy
from backend.tables import RunRow
from tests.backend.conftest import counting_config


class Pull:
    """What Dask calls a future."""

    def __init__(self) -> None:
        self.status = "pending"
        self.failure: Exception | None = None
        self.is_cancelled = False

    def done(self) -> bool:
        return self.status != "pending"

    def exception(self) -> Exception | None:
        return self.failure

    def cancel(self) -> None:
        self.is_cancelled = True

    def add_done_callback(self, _call: Callable[[Any], object]) -> None:
        pass


class FakeClient:
    """A scheduler with named workers that do nothing."""

    def __init__(self, *workers: str) -> None:
        self.workers = list(workers)
        self.sent: list[tuple[str, Pull]] = []

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.workers, 2)

    def submit(self, _work: Any, worker: str, **_options: Any) -> Pull:
        self.sent.append((worker, Pull()))
        return self.sent[-1][1]

    def sent_to(self) -> list[str]:
        return [worker for worker, _ in self.sent]


class Clock:
    """Replaces time.monotonic."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def dispatcher(client: FakeClient, database: Database) -> Dispatcher:
    return Dispatcher(client, database, wake=lambda: None)


def begin(database: Database, learner: str, worker: str) -> str:
    """A press whose run `worker` has claimed."""
    press = runs.press_train(learner, counting_config())
    with database.writing() as session:
        assert fair_queue.claim_next(session, worker)
    return press


def beat(database: Database, press: str) -> None:
    with database.writing() as session:
        run = session.get_one(RunRow, runs.look(press).address)
        run.heartbeat = (run.heartbeat or 0.0) + 1.0


def test_no_more_workers_are_sent_than_runs_wait(database: Database, ada: str, ben: str) -> None:
    client = FakeClient("w1", "w2", "w3")
    dispatch = dispatcher(client, database)
    assert dispatch.tick() == 3
    assert client.sent == []
    runs.press_train(ada, counting_config(seed=1))
    runs.press_train(ben, counting_config(seed=2))
    dispatch.tick()
    assert client.sent_to() == ["w1", "w2"]
    dispatch.tick()
    assert client.sent_to() == ["w1", "w2", "w3"]
    dispatch.tick()
    assert len(client.sent) == 3  # everybody is on the way


def test_a_worker_that_came_back_is_sent_again(database: Database, ada: str) -> None:
    client = FakeClient("w1")
    dispatch = dispatcher(client, database)
    runs.press_train(ada, counting_config())
    dispatch.tick()
    client.sent[0][1].status = "finished"
    dispatch.tick()
    assert client.sent_to() == ["w1", "w1"]


def test_the_run_of_a_departed_worker_is_queued_at_once(database: Database, ada: str) -> None:
    client = FakeClient("w1", "w2")
    dispatch = dispatcher(client, database)
    dispatch.tick()
    press = begin(database, ada, "w1")
    client.workers.remove("w1")
    dispatch.tick()
    view = runs.look(press)
    assert (view.state, view.attempt, view.restarted) == ("queued", 2, True)
    assert client.sent_to() == ["w2"]


def test_a_pull_of_a_departed_worker_is_withdrawn(database: Database, ada: str) -> None:
    client = FakeClient("w1")
    dispatch = dispatcher(client, database)
    runs.press_train(ada, counting_config())
    dispatch.tick()
    client.workers = ["w2"]
    dispatch.tick()
    assert client.sent[0][1].is_cancelled
    assert client.sent_to() == ["w1", "w2"]


@pytest.mark.parametrize(("worker", "patience"), [("another cluster's", 4.0), ("w1", 30.0)])
def test_a_silent_worker_loses_its_run(
    database: Database, ada: str, monkeypatch: pytest.MonkeyPatch, worker: str, patience: float
) -> None:
    clock = Clock(monkeypatch)
    dispatch = dispatcher(FakeClient("w1"), database)
    press = begin(database, ada, worker)
    dispatch.tick()
    clock.now += patience - 0.1
    dispatch.tick()
    assert runs.look(press).attempt == 1
    beat(database, press)
    dispatch.tick()
    clock.now += patience - 0.1
    dispatch.tick()
    assert runs.look(press).attempt == 1
    clock.now += 0.2
    dispatch.tick()
    assert runs.look(press).attempt == 2


def test_two_web_processes_rescue_a_run_once(
    database: Database, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    both = [dispatcher(FakeClient("w1"), database) for _ in range(2)]
    press = begin(database, ada, "gone")
    for one in both:
        one.tick()
    clock.now += 5.0
    for one in both:
        one.tick()
    assert runs.look(press).attempt == 2


def test_a_worker_that_cannot_read_the_queue_is_heard(database: Database, ada: str) -> None:
    client = FakeClient("w1")
    dispatch = dispatcher(client, database)
    runs.press_train(ada, counting_config())
    dispatch.tick()
    client.sent[0][1].status, client.sent[0][1].failure = "error", DatabaseBusy()
    dispatch.tick()
    assert dispatch.problem == "The database is locked by another program."
    client.sent[1][1].status = "finished"
    dispatch.tick()
    assert dispatch.problem is None
