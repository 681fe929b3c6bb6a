"""For all tests: torch on one thread, as workers have it, so that sums add up in the same order.

Told so by STEP_BACK, processes that run tests let everything else on the machine go first.
"""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.lazy import torch

# A busy machine is no mistake.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
LEAST_URGENT = 15
OF_ALL_IN_THE_SESSION = Path("/proc/self/autogroup")


def pytest_configure(config: pytest.Config) -> None:
    """In each of several processes, not in the one that hears Ctrl-C and ends the others."""
    if "STEP_BACK" in os.environ and hasattr(config, "workerinput"):
        os.setsid()
        os.nice(LEAST_URGENT)
        with suppress(OSError):  # where Linux shares a core among sessions, nice is not enough
            OF_ALL_IN_THE_SESSION.write_text(str(LEAST_URGENT))


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two threads would give other last digits than a worker's one."""
    torch.set_num_threads(1)
