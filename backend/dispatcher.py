"""Keeps every worker pulling while runs wait, and queues runs again whose worker was lost.

Several web processes may each run one: a pull that finds the queue empty costs nothing, and a lost
run changes hands in one atomic statement.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from backend.database import Database
from backend.errors import BackendError
from backend.fair_queue import hand_back
from backend.tables import RunRow

FOREIGN_SILENCE_SECONDS = 4.0  # of a worker that this cluster does not know
KNOWN_SILENCE_SECONDS = 30.0  # of a worker that is still connected


class Dispatcher:
    """Works on behalf of one Dask client; `tick` is called a few times a second."""

    def __init__(self, client: Any, database: Database, wake: Callable[[], object]) -> None:
        self.problem: str | None = None  # why workers could not even look at the queue
        self._client = client
        self._database = database
        self._wake = wake
        self._pulls: dict[str, Any] = {}  # the outstanding pull of each worker
        self._workers: set[str] = set()
        self._departed: set[str] = set()
        self._last_beats: dict[str, tuple[str, float, float]] = {}

    def tick(self) -> int:
        """Look once at workers, lost runs and the queue; return the number of workers."""
        self._see_workers()
        waiting = self._rescue_lost_runs()
        idle = [worker for worker in sorted(self._workers) if worker not in self._pulls]
        for worker in idle[:waiting]:
            self._pull(worker)
        return len(self._workers)

    def _see_workers(self) -> None:
        present = set(self._client.nthreads())
        self._departed |= self._workers - present
        self._workers = present
        for worker, future in list(self._pulls.items()):
            if future.done():
                failure = future.exception() if future.status == "error" else None
                self.problem = failure.problem if isinstance(failure, BackendError) else None
            if worker not in present or future.done():
                future.cancel()
                del self._pulls[worker]

    def _pull(self, worker: str) -> None:
        from backend.calls import pull

        future = self._client.submit(
            pull,
            worker,
            key=f"pull-{uuid4().hex}",
            pure=False,
            workers=[worker],
            resources={"run": 1},
        )
        future.add_done_callback(lambda _future: self._wake())
        self._pulls[worker] = future

    def _rescue_lost_runs(self) -> int:
        """Queue lost runs again; return how many runs wait now."""
        with self._database.reading() as session:
            running = session.execute(
                select(RunRow.address, RunRow.lease, RunRow.worker, RunRow.heartbeat).where(
                    RunRow.status == "running"
                )
            ).all()
            waiting = session.scalar(select(func.count()).where(RunRow.status == "queued")) or 0
        lost = [row for row in running if self._is_lost(row.lease, row.worker, row.heartbeat)]
        still_running = {row.lease for row in running}
        self._last_beats = {k: v for k, v in self._last_beats.items() if k in still_running}
        for row in lost:
            with self._database.writing() as session:
                run = session.get(RunRow, row.address, with_for_update=True)
                if run is not None and run.status == "running" and run.lease == row.lease:
                    hand_back(session, run)
                    waiting += run.status == "queued"
        return waiting

    def _is_lost(self, lease: str, worker: str, heartbeat: float) -> bool:
        """Whether a run's worker is gone; silence is timed by our own clock, not by theirs."""
        if worker in self._departed:
            return True
        now = time.monotonic()
        _, last_beat, since = self._last_beats.get(lease, ("", 0.0, now))
        if last_beat != heartbeat:
            since = now
        self._last_beats[lease] = (worker, heartbeat, since)
        is_known = worker in self._workers
        return now - since > (KNOWN_SILENCE_SECONDS if is_known else FOREIGN_SILENCE_SECONDS)
