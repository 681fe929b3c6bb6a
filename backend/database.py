"""One SQL database: SQLite in the data folder, or whatever DATABASE_URL names.

Use `current().reading()` and `current().writing()`; both give a session that is committed at
the end, and turn the driver's errors into sentences.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from backend.errors import (
    BackendError,
    DatabaseBusy,
    DatabaseIsNewer,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DiskFull,
)
from backend.settings import settings
from backend.tables import Table

REVISION = "0006"  # the newest file in backend/migrations/versions
BUSY_MILLISECONDS = 4000

Seen = TypeVar("Seen")

SENTENCES: tuple[tuple[str, type[BackendError]], ...] = (
    ("database is locked", DatabaseBusy),
    ("database table is locked", DatabaseBusy),
    ("lock timeout", DatabaseBusy),
    ("deadlock detected", DatabaseBusy),
    ("readonly database", DatabaseReadOnly),
    ("read-only transaction", DatabaseReadOnly),
    ("disk is full", DiskFull),
    ("no space left", DiskFull),
    ("could not extend file", DiskFull),
    ("disk i/o error", DiskFull),
    ("unable to open database", DatabaseUnreachable),
    ("not a database", DatabaseUnreachable),
    ("disk image is malformed", DatabaseUnreachable),
    ("connection", DatabaseUnreachable),
)


def explained(error: Exception) -> BackendError | None:
    """The sentence for an error of the driver, or None if it is none of those we know."""
    said = str(getattr(error, "orig", error)).lower()
    for words, kind in SENTENCES:
        if words in said:
            return kind()
    return None


class Database:
    """An open database; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writer = self.engine.execution_options(writes=True)
        self._lock = threading.Lock()
        self._turns = threading.Lock()
        self._is_current = False
        self._glances: dict[str, tuple[float, Any]] = {}  # what was seen, and when

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state and changes nothing."""
        with self._session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are all kept at the end, or none of them."""
        with self._turn(), self._session(self._writer) as session:
            yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Threads that write to SQLite take turns.

        SQLite has them look again and again whether it is free, and who finds it free is chance: of
        twenty learners on a busy machine some would look in vain until their time is over.
        """
        is_ours = self.is_sqlite and self._turns.acquire(timeout=BUSY_MILLISECONDS / 1000)
        try:
            yield
        finally:
            if is_ours:
                self._turns.release()

    @contextmanager
    def _session(self, bind: Any) -> Iterator[Session]:
        self.prepare()
        try:
            with Session(bind, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            sentence = self._sentence(error)
            if sentence is None:
                raise
            raise sentence from error

    def _sentence(self, error: DBAPIError) -> BackendError | None:
        sentence = explained(error)
        if isinstance(sentence, DatabaseUnreachable) and self._is_write_protected():
            # SQLite keeps a log beside the file even to read it.
            sentence = DatabaseReadOnly()
        if isinstance(sentence, DatabaseReadOnly):
            # A connection that was opened while nothing could be written stays so for good.
            self.engine.dispose()
        return sentence

    def _is_write_protected(self) -> bool:
        file = Path(self._path())
        return self.is_sqlite and file.exists() and not os.access(file, os.W_OK)

    def prepare(self) -> None:
        """Bring the tables up to date, once; refuse a database of a newer version."""
        if self._is_current:
            return
        with self._lock:
            if self._is_current:
                return
            try:
                self._upgrade()
            except DBAPIError as error:
                raise self._sentence(error) or DatabaseUnreachable() from error
            except OSError as error:
                raise DatabaseUnreachable(
                    remedy=f"Make sure that {self._path()} can be written to."
                ) from error
            self._is_current = True

    def _path(self) -> str:
        return self.engine.url.database or ""

    def _upgrade(self) -> None:
        if self.is_sqlite and not self._path().startswith("file:"):
            Path(self._path()).parent.mkdir(parents=True, exist_ok=True)
        with self.engine.connect() as connection:
            found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise DatabaseIsNewer()
        from backend.migrate import upgrade

        with self._writer.begin() as connection:
            upgrade(connection)

    def glance(
        self, name: str, seconds: float, look: Callable[[], Seen], enough: Callable[[Seen], bool]
    ) -> Seen:
        """What `look` finds, or found at most `seconds` ago if that is `enough` for who asks now.

        For what many ask again and again and need not be told to the moment.
        name: of what is looked at.
        """
        now = time.monotonic()
        seen_at, seen = self._glances.get(name, (-seconds, None))
        if seen is None or now - seen_at > seconds or not enough(seen):
            seen = look()
            self._glances[name] = (now, seen)
        return seen

    def overwrite_deleted(self, session: Session) -> None:
        """What is deleted from here on is overwritten in the file, and not only unlinked."""
        if self.is_sqlite:
            session.connection().exec_driver_sql("PRAGMA secure_delete = ON")

    def forget_log(self) -> None:
        """Empty the log in which SQLite still has what was deleted, unless somebody reads it."""
        if self.is_sqlite:
            with self.engine.connect() as connection:
                raw = connection.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _revision(connection: Connection) -> str | None:
    """The schema's revision that the database was last brought to; None in an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is lazy and deferred: two writers could both read, then both fail.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
    except Exception as error:
        if explained(error) is None:
            raise
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_new(session: Session, table: type[Table], **values: Any) -> None:
    """Insert a row unless one with the same unique key exists already."""
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    session.execute(insert(table).values(**values).on_conflict_do_nothing())


@cache
def open_database(url: str) -> Database:
    """The one Database of this process for `url`."""
    try:
        return Database(url)
    except (ArgumentError, ImportError) as error:
        raise DatabaseUnreachable(
            "DATABASE_URL does not name a database that can be used here.",
            "Write postgresql://user:password@host/name, or leave it unset for SQLite.",
        ) from error


def current() -> Database:
    """The database that the environment names."""
    return open_database(settings().database_url)
