"""Servers that are killed and started again, and workers that are started by command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backend import cluster, runs
from backend.database import current, open_database
from tests.backend.conftest import corridor, expected, newcomer, recorded_seqs, until

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[2]


def test_the_pages_process_stays_without_torch_while_its_workers_train(tmp_path: Path) -> None:
    code = (
        "import sys, time; from backend import cluster, learners, runs\n"
        "assert cluster.start().wait_until_ready(1)\n"
        "press = runs.press_train(learners.learner_for('x'), {'algorithm': 'q_learning'})\n"
        "while runs.look(press).state != 'finished': time.sleep(0.05)\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = os.environ | {"PIP_SCHOOL_DATA": str(tmp_path), "PIP_SCHOOL_WORKERS": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)


SERVER = """
import json, os, sys, time
from backend import cluster, learners, runs
cluster.start()
press = runs.press_train(learners.learner_for("ada"), json.loads(sys.argv[1]), pace=20.0)
print(press, flush=True)
time.sleep(600)
"""


def test_a_killed_server_takes_its_workers_along_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = corridor(7, updates=100)
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("PIP_SCHOOL_SCHEDULER", raising=False)
    monkeypatch.setenv("PIP_SCHOOL_WORKERS", "1")

    def serve() -> tuple[subprocess.Popen[str], str]:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, json.dumps(config)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        return server, server.stdout.readline().strip()

    server, press = serve()
    until(press, lambda view: view.updates_done >= 15, seconds=60)
    family = psutil.Process(server.pid).children(recursive=True)
    assert len(family) == 2
    server.kill()
    server.wait()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    seen = len(recorded_seqs(press))
    assert 15 <= seen < 100
    second, again = serve()
    try:
        assert again == press  # the same learner, the same settings, still alive: the same press
        ended = until(press, lambda view: view.state == "finished", seconds=60)
        assert [event for _, event in ended.events] == expected(config)
        assert ended.restarted
    finally:
        for pipe in (server.stdout, second.stdout):
            assert pipe is not None
            pipe.close()
        second.kill()
        second.wait()
        current().close()
        open_database.cache_clear()


def test_a_foreign_scheduler_and_a_worker_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    command = [sys.executable, "-m", "backend"]
    hub = subprocess.Popen(
        [*command, "cluster", "--workers", "0"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert hub.stdout is not None and hub.stdin is not None
    address = json.loads(hub.stdout.readline())["scheduler"]
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", address)
    pages = cluster.start()
    assert pages is not None
    press = runs.press_train(newcomer(), corridor(8))
    waiting = until(press, lambda view: view.note is not None)
    assert (waiting.state, waiting.queue_place) == ("queued", 1)
    worker = subprocess.Popen([*command, "worker", "--scheduler", address], cwd=PROJECT)
    try:
        until(press, lambda view: view.state == "finished", seconds=120)
    finally:
        pages.close()
        hub.stdin.close()
        hub.stdout.close()
        hub.wait(timeout=10)
        worker.wait(timeout=30)
        current().close()
        open_database.cache_clear()
