"""A fresh database for every test, on SQLite and PostgreSQL; an algorithm that only counts."""

import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest
from pydantic import Field
from sqlalchemy import select

from backend import learners, worker
from backend.database import Database, current, open_database
from backend.runs import RunView, look
from backend.tables import EventRow
from engine.algorithms import ALGORITHMS
from engine.config import parse_config
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName
from engine.scenes import GridScene
from engine.spec import Algorithm, Step, TrainConfig
from engine.train import train
from engine.worlds.corridor import CorridorConfig

SERVER_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
SCENE = GridScene(rows=("SG",))
BACKENDS = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=pytest.mark.skipif(
            not SERVER_BINARIES and shutil.which("initdb") is None,
            reason="no PostgreSQL server is installed",
        ),
    ),
]


class CountingConfig(TrainConfig):
    """Counts to `updates`, taking its time, and may fail or crash on the way."""

    algorithm: Literal["counting"] = "counting"  # pyright: ignore[reportIncompatibleVariableOverride]
    world: CorridorConfig = CorridorConfig.model_validate({})  # pyright: ignore[reportIncompatibleVariableOverride]
    reward: str = "delivered"
    updates: int = Field(10, ge=1, le=1000)
    milliseconds: int = Field(0, ge=0, le=1000)
    fails_at: int = Field(0, ge=0)
    crashes_at: int = Field(0, ge=0)


def count(config: CountingConfig) -> Iterator[Step]:
    yield Step(RunStarted(planned_updates=config.updates, scene=SCENE))
    for update in range(1, config.updates + 1):
        time.sleep(config.milliseconds / 1000)
        if update == config.fails_at:
            yield Step(RunFailed(update=update, problem="It broke.", remedy="Mend it."))
            return
        if update == config.crashes_at:
            raise ZeroDivisionError("a defect of the engine")
        metrics = {MetricName.PROXY_RETURN: update + config.seed / 1000}
        yield Step(UpdateCompleted(update=update, metrics=metrics, scene=SCENE, work=10 * update))
    yield Step(RunFinished(updates=config.updates, work=10 * config.updates))


COUNTING = Algorithm(
    "counting", "Counting", CountingConfig, count, (MetricName.PROXY_RETURN,), source=""
)


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALGORITHMS, "counting", COUNTING)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL server on loopback; the address of its first database."""
    # Not among pytest's own folders, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    binaries = SERVER_BINARIES[-1] if SERVER_BINARIES else Path(shutil.which("initdb") or "").parent
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = folder / "store"
    shutil.chown(folder, "postgres")
    as_postgres: dict[str, Any] = {
        "user": "postgres",
        "cwd": folder,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    initialise = ["-D", store, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"]
    subprocess.run([binaries / "initdb", *initialise], check=True, **as_postgres)
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
    server = subprocess.Popen([binaries / "postgres", "-D", store, *options], **as_postgres)
    address = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    try:
        for _ in range(100):
            try:
                psycopg.connect(address).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGQUIT)  # nothing of it is kept, so nothing need be written
        server.wait(timeout=20)
        # A database for each test: tens of thousands of files, for which nobody need wait.
        subprocess.run(["sh", "-c", 'rm -rf "$0" &', folder], check=True, start_new_session=True)


@pytest.fixture(params=BACKENDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """An empty database that the environment names; no cluster."""
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    if request.param == "sqlite":
        monkeypatch.delenv("DATABASE_URL", raising=False)
        return f"sqlite:///{tmp_path}/school.sqlite"
    server = request.getfixturevalue("postgres_server")
    name = f"school_{time.monotonic_ns()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    monkeypatch.setenv("DATABASE_URL", f"{server}/{name}")
    return f"{server}/{name}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = current()
    yield opened
    opened.close()
    open_database.cache_clear()


@pytest.fixture
def ada(database: Database) -> str:
    return learners.learner_for("ada's token")


@pytest.fixture
def ben(database: Database) -> str:
    return learners.learner_for("ben's token")


class BackgroundWorkers:
    """Threads that each work as one worker process would."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads: list[threading.Thread] = []

    def work(self, name: str = "thread") -> None:
        thread = threading.Thread(target=worker.pull, args=(name,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=20)
            assert not thread.is_alive()


@pytest.fixture
def workers(database: Database) -> Iterator[BackgroundWorkers]:
    background = BackgroundWorkers(database)
    yield background
    background.join()


def counting_config(**changes: Any) -> dict[str, Any]:
    return {
        "algorithm": "counting",
        "world": {"world": "corridor"},
        "reward": "delivered",
    } | changes


def until(
    press_id: str, is_reached: Callable[[RunView], bool], seconds: float = 10.0, after: int = -1
) -> RunView:
    """Look at the press until something is so."""
    deadline = time.monotonic() + seconds
    while True:
        view = look(press_id, after)
        if is_reached(view):
            return view
        assert time.monotonic() < deadline, f"still {view.state}, update {view.updates_done}"
        time.sleep(0.01)


def corridor(seed: int, updates: int = 60) -> dict[str, Any]:
    """A run that costs little, however long a pace makes it."""
    return {
        "algorithm": "q_learning",
        "world": {"world": "corridor"},
        "episodes": updates,
        "episodes_per_update": 1,
        "seed": seed,
    }


def newcomer() -> str:
    return learners.learner_for(learners.new_token())


def expected(config: dict[str, Any]) -> list[Any]:
    import torch

    torch.set_num_threads(1)
    return list(train(parse_config(config)))


def recorded_seqs(press: str) -> list[int]:
    """In rising order, which a database promises only to those who ask for it."""
    address = look(press).address
    with current().reading() as session:
        rows = session.scalars(
            select(EventRow.seq).where(EventRow.address == address).order_by(EventRow.seq)
        )
        return list(rows)
