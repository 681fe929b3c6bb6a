"""The database in good and bad days: one sentence for each, and reading goes on where it can."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from backend import database as database_module
from backend import errors, learners, runs
from backend.database import REVISION, Database, current, open_database
from backend.migrate import alembic_config
from backend.settings import settings
from backend.tables import Table
from tests.backend.conftest import counting_config


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    database.prepare()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_the_newest_migration_is_the_one_that_we_expect() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == REVISION


def test_many_may_open_a_new_database_at_once(database_url: str) -> None:
    opened = [Database(current().url) for _ in range(4)]
    problems: list[Exception] = []

    def prepare(one: Database) -> None:
        try:
            one.prepare()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=prepare, args=(one,)) for one in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in (*opened, current()):
        one.close()
    open_database.cache_clear()
    assert problems == []


def test_a_newer_database_is_refused_and_left_alone(database: Database, ada: str) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = Database(database.url)
    try:
        with pytest.raises(errors.DatabaseIsNewer, match="Update Pip School"), newer.reading():
            pass
    finally:
        newer.close()
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_glance_is_as_good_as_a_look_while_it_is_fresh_and_enough(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("backend.database.time.monotonic", lambda: now[0])
    looks = iter(range(10))

    def glance(least: int = 0, name: str = "line") -> int:
        return database.glance(name, 0.3, lambda: next(looks), lambda seen: seen >= least)

    assert [glance(), glance()] == [0, 0]
    now[0] += 0.31
    assert [glance(), glance()] == [1, 1]
    assert [glance(least=2), glance()] == [2, 2]  # the last one was not enough
    assert [glance(name="other"), glance()] == [3, 2]


def test_half_a_change_is_no_change(database: Database, ada: str) -> None:
    with pytest.raises(ValueError, match="midway"), database.writing() as session:
        session.execute(text("DELETE FROM learner"))
        raise ValueError("midway")
    assert learners.learner_for("ada's token") == ada


@pytest.fixture
def sqlite_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 100)
    yield tmp_path / "school.sqlite"
    current().close()
    open_database.cache_clear()


def test_a_locked_database_can_be_read_and_says_that_nothing_was_saved(sqlite_file: Path) -> None:
    ada = learners.learner_for("ada")
    press = runs.press_train(ada, counting_config())
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(errors.DatabaseBusy, match=r"locked.*Nothing was saved"):
        runs.pause(press)
    assert runs.look(press).state == "queued"
    other.execute("ROLLBACK")
    other.close()
    runs.pause(press)
    assert runs.look(press).state == "paused"


class SeenTurns:
    """The lock of those who write, which tells when somebody asks for a turn."""

    def __init__(self, turns: threading.Lock, asked: threading.Event) -> None:
        self.turns, self.asked, self.release = turns, asked, turns.release

    def acquire(self, timeout: float) -> bool:
        self.asked.set()
        return self.turns.acquire(timeout=timeout)


def test_threads_that_write_stand_in_line_before_they_ask_sqlite(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 10_000)
    asked, written = threading.Event(), threading.Event()
    database, ada = current(), learners.learner_for("ada")

    def save() -> None:
        with database.writing() as session:
            session.execute(text("SELECT 1"))
            written.set()
        learners.save_preferences(ada, {"motion": "less"})

    other = threading.Thread(target=save)
    with database.writing() as session:
        session.execute(text("SELECT 1"))
        monkeypatch.setattr(database, "_turns", SeenTurns(database._turns, asked))
        other.start()
        assert asked.wait(10)
        assert not written.is_set()
    other.join(10)
    assert written.is_set()
    assert learners.preferences_of(ada) == {"motion": "less"}


def test_who_waits_too_long_for_a_turn_is_told_so(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 50)
    ada, said = learners.learner_for("ada"), list[str]()

    def save() -> None:
        try:
            learners.save_preferences(ada, {"motion": "less"})
        except errors.DatabaseBusy as problem:
            said.append(str(problem))

    with current().writing() as session:
        session.execute(text("SELECT 1"))
        other = threading.Thread(target=save)
        other.start()
        other.join(30)
    assert len(said) == 1
    learners.save_preferences(ada, {"motion": "more"})


def test_a_full_disk_is_a_sentence_and_reading_goes_on(sqlite_file: Path) -> None:
    ada = learners.learner_for("ada")
    press = runs.press_train(ada, counting_config())
    with current().engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.rollback()
    with pytest.raises(errors.DiskFull, match="free some space"):
        learners.remember_place(ada, {"page": "x" * 100_000})
    assert runs.look(press).state == "queued"
    assert learners.place_of(ada) == {}


def test_a_read_only_database_can_be_looked_at(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = learners.learner_for("ada")
    press = runs.press_train(ada, counting_config())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///file:{sqlite_file}?mode=ro&uri=true")
    assert runs.look(press).state == "queued"
    assert learners.learner_for("ada") == ada
    with pytest.raises(errors.DatabaseReadOnly, match="make the data folder writable"):
        runs.pause(press)
    current().close()
    monkeypatch.delenv("DATABASE_URL")


def test_a_file_that_is_no_database_is_a_sentence(sqlite_file: Path) -> None:
    sqlite_file.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(errors.DatabaseUnreachable, match="PIP_SCHOOL_DATA"):
        learners.learner_for("ada")


def test_a_folder_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path / "file" / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(errors.DatabaseUnreachable, match="writ"):
        learners.learner_for("ada")


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "oracle+nothing://x", "://"])
def test_a_wrong_database_url_is_a_sentence(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(errors.DatabaseUnreachable, match="DATABASE_URL does not name"):
        learners.learner_for("ada")


@pytest.mark.parametrize("count", ["many", "0", "-1", "1.5", "²", "1000"])
def test_a_wrong_number_of_workers_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    monkeypatch.setenv("PIP_SCHOOL_WORKERS", count)
    with pytest.raises(errors.BackendError, match="whole number from 1 to 256"):
        settings()


@pytest.mark.parametrize("said", ["yes", "2", " 1"])
def test_a_wrong_word_for_full_speed_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("PIP_SCHOOL_FULL_SPEED", said)
    with pytest.raises(errors.BackendError, match="neither 0 nor 1"):
        settings()


def test_hosting_services_urls_get_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("postgres://u:p@h/n", "postgresql://u:p@h/n"):
        monkeypatch.setenv("DATABASE_URL", url)
        assert settings().database_url == "postgresql+psycopg://u:p@h/n"


def test_a_server_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(errors.DatabaseUnreachable, match="server is running"):
        learners.learner_for("ada")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "upgrade"),
        (["worker", "--help"], 0, "tcp://host:port"),
        (["upgrade"], 0, f"revision {REVISION}"),
        ([], 2, "required"),
    ],
)
def test_commands(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "backend", *arguments],
        env=environment | {"PIP_SCHOOL_DATA": str(tmp_path / "new" / "folder")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code
    assert said in done.stdout + done.stderr


def test_upgrade_of_a_newer_database_says_so(tmp_path: Path) -> None:
    store = sqlite3.connect(tmp_path / "school.sqlite")
    store.execute("CREATE TABLE alembic_version (version_num TEXT)")
    store.execute("INSERT INTO alembic_version VALUES ('9999')")
    store.commit()
    store.close()
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "backend", "upgrade"],
        env=environment | {"PIP_SCHOOL_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "newer version" in done.stderr
