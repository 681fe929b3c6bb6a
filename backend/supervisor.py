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
from pathlib import Path

PROJECT = Path(__file__).parent.parent
CHECK_SECONDS = 0.2
HASTY_SECONDS = 10.0  # a worker that lived shorter is not replaced at once
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
    from distributed import Scheduler

    async with Scheduler(
        host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0"
    ) as scheduler:
        print(json.dumps({"scheduler": scheduler.address}), flush=True)  # noqa: T201
        places = [WorkerPlace(scheduler.address) for _ in range(worker_count)]
        while True:
            for place in places:
                place.fill()
            await asyncio.sleep(CHECK_SECONDS)


class WorkerPlace:
    """Room for one worker process."""

    def __init__(self, scheduler: str) -> None:
        self.scheduler = scheduler
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = -HASTY_SECONDS

    def fill(self) -> None:
        """Start a worker if there is none, or if it has died."""
        if self.process is not None and self.process.poll() is None:
            return
        is_first = self.process is None
        if not is_first and time.monotonic() - self.started_at < HASTY_SECONDS:
            return
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend", "worker", "--scheduler", self.scheduler, "--child"],
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
            cwd=PROJECT,
            env=os.environ | ONE_THREAD,
        )
