"""Brings the tables up to date with Alembic; imported only when there is something to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

FOLDER = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 7_301_977  # any number, the same in every process that upgrades


def alembic_config() -> Config:
    """Alembic's settings, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, within the caller's transaction.

    Several processes may start at once: the first one works while the others wait for its lock (in
    SQLite the write lock that the transaction holds already).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
