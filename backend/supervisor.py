"""A scheduler and its workers on this machine, while the process that asked for them lives.

Every process watches the pipe from its parent: when the parent is gone, even by SIGKILL, the pipe
ends and so does the process. Workers that die are replaced.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).parent.parent
CHECK_SECONDS = 0.2
HASTY_SECONDS = 10.0  # a worker that lived shorter is not replaced at once
FROM_PARENT = "-"  # in place of an address: it will be told on standard input
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def end_with_parent() -> None:
    """End this process as soon as its standard input ends."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


async def supervise(worker_count: int) -> None:
    """Run a scheduler on loopback, say its address as a line of JSON, and keep workers alive."""
    places = [WorkerPlace() for _ in range(worker_count)]
    for place in places:
        place.fill()
    # Imported while the workers warm up; they are told the address when there is one.
    from distributed import Scheduler

    async with Scheduler(
        host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0"
    ) as scheduler:
        sys.stdout.write(json.dumps({"scheduler": scheduler.address}) + "\n")
        sys.stdout.flush()
        while True:
            for place in places:
                place.fill()
                place.tell(scheduler.address)
            await asyncio.sleep(CHECK_SECONDS)


class WorkerPlace:
    """Room for one worker process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = -HASTY_SECONDS
        self._is_told = False

    def fill(self) -> None:
        """Start a worker if there is none, or if it has died."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            if time.monotonic() - self._started_at < HASTY_SECONDS:
                return
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._started_at, self._is_told = time.monotonic(), False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend", "worker", "--scheduler", FROM_PARENT],
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
            cwd=PROJECT,
            env=os.environ | ONE_THREAD,
        )

    def tell(self, scheduler: str) -> None:
        """Say where the scheduler is; the pipe then stays open as a sign of life."""
        if self._process is None or self._process.stdin is None or self._is_told:
            return
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{scheduler}\n".encode())
            self._process.stdin.flush()
            self._is_told = True


def told_by_parent() -> str:
    """The scheduler's address, as `WorkerPlace.tell` writes it; empty if the parent is gone."""
    said = b""
    while not said.endswith(b"\n"):
        letter = os.read(0, 1)
        if not letter:
            return ""
        said += letter
    return said.decode().strip()
