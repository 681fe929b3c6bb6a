"""When workers begin to warm up: behind the first page, at once for who asks, never too late."""

import sys
import threading
from collections.abc import Iterator
from subprocess import run

import pytest

from backend import cluster
from backend.cluster import Cluster
from backend.settings import settings

LONG, SHORT = 60.0, 0.05


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set once a cluster begins; no process is started."""
    served = threading.Event()

    def serve(self: Cluster) -> None:
        served.set()
        self._woken.wait()

    monkeypatch.setattr(Cluster, "_serve", serve)
    monkeypatch.delenv("PIP_SCHOOL_SCHEDULER", raising=False)
    yield served
    for one in list(cluster._running):
        one.close()


def test_workers_wait_for_the_first_page(begun: threading.Event) -> None:
    cluster.start(LONG)
    assert not begun.wait(4 * SHORT)
    cluster.want()
    assert begun.wait(LONG)


def test_who_presses_train_waits_for_no_page(begun: threading.Event) -> None:
    cluster.start(LONG)
    cluster.wake()
    assert begun.wait(LONG)


def test_workers_of_a_server_that_nobody_visits_begin_all_the_same(begun: threading.Event) -> None:
    cluster.start(SHORT)
    assert begun.wait(LONG)


def test_without_patience_they_begin_at_once(begun: threading.Event) -> None:
    cluster.start()
    assert begun.wait(LONG)


def test_a_cluster_that_was_never_wanted_closes_and_starts_nothing(begun: threading.Event) -> None:
    waiting = Cluster(settings(), LONG)
    waiting.close()
    assert not waiting._thread.is_alive()
    assert not begun.is_set()


def test_the_process_that_starts_workers_loads_none_of_their_work() -> None:
    heavy = "{'numpy', 'pydantic', 'sqlalchemy', 'curriculum', 'engine'}"
    asked = f"import sys, backend.__main__, backend.supervisor; print({heavy} & set(sys.modules))"
    told = run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
