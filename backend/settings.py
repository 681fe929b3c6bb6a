"""Where this installation keeps its data and finds its workers, from the environment."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

from backend.errors import BackendError

APPLICATION = "pip-school"


class Settings(NamedTuple):
    """What the environment decides."""

    folder: Path
    database_url: str
    scheduler: str  # "" = an embedded cluster, "none" = no workers here, else tcp://host:port
    workers: int  # of the embedded cluster
    full_speed: bool  # show a chapter's run as fast as it is computed, not at the chapter's pace


def user_data_folder() -> Path:
    """The platform's folder for a program's data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / APPLICATION
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support" / APPLICATION
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / APPLICATION


def normal_url(url: str) -> str:
    """`url` with the driver that we install; hosting services still write postgres://."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _workers() -> int:
    said = os.environ.get("PIP_SCHOOL_WORKERS", "")
    if said and not (said.isascii() and said.isdigit() and 1 <= int(said) <= 256):
        raise BackendError(
            f"PIP_SCHOOL_WORKERS is {said!r}, which is not a number of workers.",
            "Set it to a whole number from 1 to 256, or leave it unset for one on each core.",
        )
    return int(said) if said else usable_cores()


def _full_speed() -> bool:
    said = os.environ.get("PIP_SCHOOL_FULL_SPEED", "")
    if said not in ("", "0", "1"):
        raise BackendError(
            f"PIP_SCHOOL_FULL_SPEED is {said!r}, which is neither 0 nor 1.",
            "Set it to 1 to show runs as fast as they are computed, or leave it unset.",
        )
    return said == "1"


def settings() -> Settings:
    """Read the environment now, so that tests and commands can change it."""
    folder = Path(os.environ.get("PIP_SCHOOL_DATA") or user_data_folder()).expanduser().absolute()
    default_url = f"sqlite:///{(folder / 'school.sqlite').as_posix()}"
    return Settings(
        folder=folder,
        database_url=normal_url(os.environ.get("DATABASE_URL") or default_url),
        scheduler=os.environ.get("PIP_SCHOOL_SCHEDULER", ""),
        workers=_workers(),
        full_speed=_full_speed(),
    )
