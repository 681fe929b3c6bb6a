"""For all tests: torch on one thread, as workers have it, so that sums add up in the same order."""

import pytest
from hypothesis import settings

from engine.lazy import torch

settings.register_profile("untimed", deadline=None)  # a busy machine is no mistake
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two threads would give other last digits than a worker's one."""
    torch.set_num_threads(1)
