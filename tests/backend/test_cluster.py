"""An embedded cluster: real worker processes, shared, steered, and really killed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select

from backend import cluster, runs
from backend.cluster import Cluster
from backend.database import current, open_database
from backend.errors import NothingToTalkTo, QuestionRefused
from backend.tables import RunRow
from tests.backend.conftest import BACKENDS, corridor, expected, newcomer, recorded_seqs, until

pytestmark = pytest.mark.slow


def desk(seed: int, updates: int = 8) -> dict[str, Any]:
    return {
        "algorithm": "grpo",
        "world": {"world": "desk"},
        "reward": "polite",
        "seed": seed,
        "updates": updates,
    }


def worker_of(press: str, embedded: Cluster) -> psutil.Process:
    """The process that computes the press's run."""
    with current().reading() as session:
        address = session.get_one(RunRow, runs.look(press).address).worker
    port = int((address or ":0").rsplit(":", 1)[1])
    assert embedded._process is not None
    for process in psutil.Process(embedded._process.pid).children():
        if any(c.laddr and c.laddr.port == port for c in process.net_connections("tcp")):
            return process
    raise AssertionError(f"no process listens at {address}")


@pytest.fixture(scope="module", params=BACKENDS)
def embedded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Two warm workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_SCHOOL_DATA", str(tmp_path_factory.mktemp("school")))
        patch.delenv("PIP_SCHOOL_SCHEDULER", raising=False)
        patch.delenv("DATABASE_URL", raising=False)
        patch.setenv("PIP_SCHOOL_WORKERS", "2")
        if request.param == "postgresql":
            patch.setenv("DATABASE_URL", f"{request.getfixturevalue('postgres_server')}/postgres")
        started = cluster.start()
        assert started is not None
        assert started.wait_until_ready(2)
        yield started
        started.close()
        current().close()
        open_database.cache_clear()


def test_runs_of_both_algorithms_are_recorded_exactly(embedded: Cluster) -> None:
    for config in (corridor(1), desk(1)):
        press = runs.press_train(newcomer(), config)
        view = until(press, lambda view: view.state == "finished", seconds=20)
        assert [event for _, event in view.events] == expected(config)


def test_three_learners_one_run_and_a_replay(embedded: Cluster) -> None:
    config = corridor(2)
    presses = [runs.press_train(newcomer(), config) for _ in range(3)]
    views = [until(press, lambda view: view.state == "finished") for press in presses]
    assert len({view.address for view in views}) == 1
    assert recorded_seqs(presses[0]) == list(range(62))
    assert runs.look(runs.press_train(newcomer(), config)).state == "replay"


def test_pause_step_pace_and_stop_reach_the_worker(embedded: Cluster) -> None:
    config = corridor(3, updates=200)
    press = runs.press_train(newcomer(), config, pace=5.0)
    until(press, lambda view: view.updates_done >= 5)
    runs.pause(press)
    held = runs.look(press).updates_done
    time.sleep(0.5)
    assert runs.look(press).updates_done == held
    assert len(recorded_seqs(press)) < held + 12
    runs.step(press)
    until(press, lambda view: view.updates_done == held + 1)
    runs.resume(press)
    runs.set_pace(press, 100.0)
    began, before = time.monotonic(), runs.look(press).updates_done
    until(press, lambda view: view.updates_done >= before + 50)
    assert 0.3 < time.monotonic() - began < 8.0  # at the old pace it would take ten seconds
    runs.stop(press)
    stopped = runs.look(press)
    assert stopped.state == "stopped"
    time.sleep(0.5)
    assert len(recorded_seqs(press)) < 200
    assert runs.look(press).updates_done == stopped.updates_done


def test_six_learners_on_two_workers_take_turns(embedded: Cluster) -> None:
    crowd = [newcomer() for _ in range(6)]
    greedy = crowd[0]
    firsts = [runs.press_train(greedy, desk(100))]
    seconds = [runs.press_train(greedy, desk(200 + n)) for n in range(3)]
    firsts += [runs.press_train(learner, desk(101 + n)) for n, learner in enumerate(crowd[1:])]
    for place in (runs.look(press).queue_place for press in firsts + seconds):
        assert place is None or 1 <= place <= 9
    for press in firsts + seconds:
        until(press, lambda view: view.state == "finished", seconds=60)
    with current().reading() as session:
        begun = {run.address: run.started_at or 0.0 for run in session.scalars(select(RunRow))}
    starts = {press: begun[runs.look(press).address] for press in firsts + seconds}
    # Her second run may have begun while nobody else had pressed yet; her others may not.
    assert max(starts[press] for press in firsts) < min(starts[press] for press in seconds[1:])
    assert [starts[p] for p in firsts] == sorted(starts[p] for p in firsts)


def test_a_killed_worker_loses_and_doubles_nothing(embedded: Cluster) -> None:
    config = corridor(4)
    press = runs.press_train(newcomer(), config, pace=20.0)
    until(press, lambda view: view.updates_done >= 10)
    worker_of(press, embedded).send_signal(signal.SIGKILL)
    moved = until(press, lambda view: view.restarted, seconds=10)
    assert moved.attempt == 2
    ended = until(press, lambda view: view.state == "finished", seconds=15)
    assert [event for _, event in ended.events] == expected(config)
    assert ended.restarted
    assert embedded.wait_until_ready(2, seconds=30)


def test_a_killed_scheduler_is_replaced_and_the_run_goes_on(embedded: Cluster) -> None:
    config = corridor(9)
    press = runs.press_train(newcomer(), config, pace=20.0)
    until(press, lambda view: view.updates_done >= 10)
    assert embedded._process is not None
    family = psutil.Process(embedded._process.pid).children()
    embedded._process.kill()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    ended = until(press, lambda view: view.state == "finished", seconds=60)
    assert [event for _, event in ended.events] == expected(config)
    assert embedded.wait_until_ready(2, seconds=60)


def test_pip_answers_while_both_workers_train(embedded: Cluster) -> None:
    press = runs.press_train(newcomer(), desk(5))
    address = until(press, lambda view: view.state == "finished", seconds=20).address
    question = "where is the pharmacy ?"
    busy = [runs.press_train(newcomer(), desk(60 + n, updates=60)) for n in range(2)]
    for one in busy:
        until(one, lambda view: view.updates_done >= 1)
    answers = {runs.talk(address, update, question, 7) for update in (0, 8) for _ in range(2)}
    assert all(runs.look(one).state == "running" for one in busy)
    assert 1 <= len(answers) <= 2
    before = runs.talk(address, 4, question, 7)
    cache = Path(os.environ["PIP_SCHOOL_DATA"]) / "cache" / "snapshots" / address
    (cache / "4.policy").unlink()
    assert runs.talk(address, 4, question, 7) == before
    assert (cache / "4.policy").exists()
    with pytest.raises(QuestionRefused, match="xylophone"):
        runs.talk(address, 8, "where is the xylophone ?", 7)
    for one in busy:
        runs.stop(one)


def test_a_robot_has_no_voice(embedded: Cluster) -> None:
    press = runs.press_train(newcomer(), corridor(6))
    until(press, lambda view: view.state == "finished")
    with pytest.raises(NothingToTalkTo, match="no voice"):
        runs.talk(runs.look(press).address, 1, "where is the pharmacy ?")
