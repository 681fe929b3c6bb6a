"""Policies as they were after each update, in a folder that may be emptied at any time.

Whatever is missing is trained again: the folder saves seconds, never facts.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend.settings import settings

LARGEST_FOLDER_BYTES = 500_000_000


def folder() -> Path:
    """Where this machine's snapshots are."""
    return settings().folder / "cache" / "snapshots"


def keep(address: str, update: int, policy: Any) -> None:
    """Keep the policy of a run after `update`; a full or missing disk is no reason to stop."""
    from engine.language.checkpoint import snapshot

    path = _path(address, update)
    with suppress(OSError):
        if path.exists():
            return
        if update == 0:
            make_room()
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside first: a reader or a killed worker never leaves half a file behind.
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(snapshot(policy))
        unfinished.replace(path)


def find(address: str, update: int) -> Any | None:
    """The policy after `update`, or None if it is not kept here."""
    from engine.language.checkpoint import restore

    with suppress(OSError):
        return restore(_path(address, update).read_bytes())
    return None


def make_room(limit: int = LARGEST_FOLDER_BYTES) -> None:
    """Drop the oldest runs' snapshots until the rest fits into `limit` bytes."""
    runs = sorted(folder().glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for run in runs:
        total += sum(file.stat().st_size for file in run.glob("*"))
        if total > limit:
            shutil.rmtree(run, ignore_errors=True)


def drop(address: str) -> None:
    """Forget the policies of a run."""
    shutil.rmtree(folder() / address, ignore_errors=True)


def _path(address: str, update: int) -> Path:
    return folder() / address / f"{update}.policy"
