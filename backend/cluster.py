"""This process's link to the workers: an embedded Dask cluster, or a scheduler elsewhere.

`start()` returns at once and works in the background; a press made before the workers are warm
waits in the database like any other. Nothing of Dask is imported before `start()` is called. A
server that just started draws its first page first: workers wait until `want()` says that it did,
until somebody presses Train, or until their patience is over.
"""

import atexit
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.database import current
from backend.errors import BackendError, WorkersNotReady
from backend.settings import Settings, settings

TICK_SECONDS = 0.5
RETRY_SECONDS = 2.0
START_SECONDS = 60.0
CONNECT_SECONDS = 5.0
TALK_SECONDS = 60.0
PROJECT = Path(__file__).parent.parent

log = logging.getLogger(__name__)
_running: list["Cluster"] = []  # at most one: the cluster of this process
_start_lock = threading.Lock()


class Cluster:
    """The workers that this process can reach; keeps trying until it is closed."""

    def __init__(self, chosen: Settings, patience: float = 0.0) -> None:
        """patience: seconds to wait for `want` before anything is loaded."""
        self.workers = 0  # warm ones
        self.problem: str | None = None
        self._settings = chosen
        self._client: Any = None
        self._process: subprocess.Popen[str] | None = None
        self._patience = patience
        self._wanted = threading.Event()
        self._woken = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._live, name="cluster", daemon=True)
        self._thread.start()

    def want(self) -> None:
        """Begin to warm workers up, if that was not begun yet."""
        self._wanted.set()

    def wake(self) -> None:
        """Look at the queue now."""
        self.want()
        self._woken.set()

    def wait_until_ready(self, workers: int = 1, seconds: float = START_SECONDS) -> bool:
        """Whether that many workers were warm in time. For commands and tests; pages never wait."""
        waiting = threading.Event()
        for _ in range(int(seconds / 0.05)):
            if self.workers >= workers:
                return True
            waiting.wait(0.05)
        return False

    def talk(self, address: str, update: int, question: str, seed: int) -> str:
        """Ask a worker for Pip's reply; it answers beside the runs, on a thread of its own."""
        from backend.calls import reply

        return self._ask(reply, address, update, question, seed)

    def exam(self, address: str, update: int) -> float:
        """Have a worker examine Pip as it was at an update, beside the runs as well."""
        from backend.calls import exam

        return self._ask(exam, address, update)

    def _ask(self, call: Callable[..., Any], *about: Any) -> Any:
        """What a worker answers, with the patience of somebody who waits for it."""
        from distributed import TimeoutError as TimedOut

        if self._client is None or self.workers == 0:
            raise WorkersNotReady()
        future = self._client.submit(call, *about, pure=False, priority=10, resources={"talk": 1})
        try:
            answer = future.result(timeout=TALK_SECONDS)
        except TimedOut:
            future.cancel()
            raise WorkersNotReady("No worker answered in time.") from None
        if isinstance(answer, BackendError):
            raise answer
        return answer

    def close(self) -> None:
        """End the link, and the embedded workers with it; closing twice is harmless."""
        self._is_closing = True
        self.wake()
        self._thread.join(timeout=10)
        self._end_process()
        if self in _running:
            _running.remove(self)

    def _live(self) -> None:
        self._wanted.wait(self._patience)
        while not self._is_closing:
            try:
                self._serve()
            except Exception as error:
                if not self._is_closing:
                    log.warning("The link to the workers broke: %s", error)
                    self.problem = f"The workers cannot be reached ({type(error).__name__})."
            finally:
                self._leave()
            if not self._is_closing:
                self._woken.wait(RETRY_SECONDS)

    def _serve(self) -> None:
        if not self._settings.scheduler:
            self._start_process()
        address = self._scheduler_address()
        # Imported only now: until the cluster answers, this process draws its first page.
        from distributed import Client

        from backend.dispatcher import Dispatcher

        self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="pages")
        dispatcher = Dispatcher(self._client, current(), self.wake)
        while not self._is_closing:
            if self._client.status != "running":
                raise ConnectionError("the scheduler is gone")
            try:
                self.workers = dispatcher.tick()
                self.problem = dispatcher.problem
            except BackendError as error:
                self.problem = error.problem
            self._woken.wait(TICK_SECONDS)
            self._woken.clear()

    def _leave(self) -> None:
        self.workers = 0
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=2)

    def _start_process(self) -> None:
        self._end_process()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend", "cluster", "--workers", str(self._settings.workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            text=True,
            process_group=0,
        )

    def _scheduler_address(self) -> str:
        """The scheduler that the environment names, or that of the embedded workers."""
        if self._process is None:
            return self._settings.scheduler
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError("the embedded cluster did not start")
        return json.loads(said)["scheduler"]

    def _end_process(self) -> None:
        """Close the pipe whose end tells the cluster that nobody needs it any more."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(patience: float = 0.0) -> Cluster | None:
    """Link this process with its workers, once; None if PIP_SCHOOL_SCHEDULER is "none".

    patience: seconds that they wait for `want` or `wake`.
    """
    with _start_lock:
        chosen = settings()
        if chosen.scheduler == "none":
            return None
        if not _running:
            _running.append(Cluster(chosen, patience))
            atexit.register(_running[0].close)
        return _running[0]


def want() -> None:
    """Tell this process's cluster, if it has one, that a run may be wanted soon."""
    for cluster in _running:
        cluster.want()


def wake() -> None:
    """Tell this process's cluster, if it has one, that something changed."""
    for cluster in _running:
        cluster.wake()


def worker_count() -> int:
    """Warm workers that this process knows of."""
    return sum(cluster.workers for cluster in _running)


def why_waiting() -> str | None:
    """Why a run that waits is not being computed, if it is not just its turn that is missing."""
    if not _running:
        return None
    if _running[0].problem:
        return _running[0].problem
    return None if _running[0].workers else "The workers are warming up."


def talk(address: str, update: int, question: str, seed: int) -> str:
    """Pip's reply at an update of a run. Raises WorkersNotReady, QuestionRefused."""
    if not _running:
        raise WorkersNotReady()
    return _running[0].talk(address, update, question, seed)


def exam(address: str, update: int) -> float:
    """The share of right answers of Pip at an update of a run. Raises WorkersNotReady."""
    if not _running:
        raise WorkersNotReady()
    return _running[0].exam(address, update)
