"""Freed memory stays with a process that computes, in whichever thread it does."""

import platform
import subprocess
import sys

import pytest

STEPS, FEW = 20, 200  # new pages of a step; about 1,000 if its tensors are new each time
SCRIPT = f"""
import resource, sys, threading
from engine.lazy import F, torch

def new_pages():
    torch.set_num_threads(1)
    weights = [torch.randn(256, 64, requires_grad=True) for _ in range(6)]
    batch = torch.randn(2688, 64)

    def steps():
        for _ in range({STEPS}):
            stream = batch
            for up in weights:
                stream = stream + F.linear(F.silu(F.linear(stream, up)), up.T)
            stream.square().mean().backward()
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    print(-(steps() - steps()) / {STEPS})

if sys.argv[1] == "thread":
    thread = threading.Thread(target=new_pages)
    thread.start()
    thread.join()
else:
    new_pages()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to keep it")
@pytest.mark.parametrize("place", ["main", "thread"])
def test_a_step_uses_the_memory_of_the_step_before(place: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, place], capture_output=True, text=True, check=True
    )
    assert float(said.stdout) < FEW
