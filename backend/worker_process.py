"""One worker process: warms up, then joins a scheduler and serves until that is gone."""

import asyncio
import logging
import os
import threading
import time
from uuid import uuid4

from pydantic import ValidationError

from backend import conversation, worker  # noqa: F401  # they are there before the first call
from backend.database import current
from backend.settings import settings
from backend.supervisor import FROM_PARENT, end_with_parent, told_by_parent
from engine import train
from engine.algorithms import ALGORITHMS
from engine.lazy import torch
from engine.spec import Algorithm, TrainConfig
from engine.worlds import WORLDS

NICENESS = 10  # pages come first
LARGEST_BYTES = 2_000_000_000
WARM_UP_STEPS = 3

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Load torch, the engine and the checkpoint by taking a few steps in every default world.

    One algorithm a world: a second one finds warm nearly all that costs time.
    """
    torch.set_num_threads(1)
    configs = [default_config(algorithm) for algorithm in ALGORITHMS.values()]
    for config in {config.world.world: config for config in reversed(configs)}.values():
        steps = train.steps(config)
        for _ in range(WARM_UP_STEPS):
            next(steps, None)


def default_config(algorithm: Algorithm) -> TrainConfig:
    """The algorithm's default settings in the first world that it fits."""
    for world in WORLDS.values():
        try:
            return algorithm.config.model_validate(
                {"world": {"world": world.name}, "reward": world.terms[0].name}
            )
        except ValidationError:
            continue
    raise LookupError(f"no world fits {algorithm.name}")


def work(scheduler: str) -> None:
    """Warm up, join `scheduler`, and compute what it sends until it is gone."""
    os.nice(NICENESS)
    warm_up()
    current().prepare()
    if scheduler == FROM_PARENT:
        scheduler = told_by_parent()
        if not scheduler:
            return
        end_with_parent()
    asyncio.run(serve(scheduler))


async def serve(scheduler: str) -> None:
    """Join `scheduler` and stay until it is gone."""
    from distributed import Worker

    threading.Thread(target=_watch_memory, name="memory-watch", daemon=True).start()
    scratch = settings().folder / "cache" / "workers"
    scratch.mkdir(parents=True, exist_ok=True)
    # The second thread answers questions while the first one trains.
    member = Worker(
        scheduler,
        nthreads=2,
        resources={"run": 1, "talk": 1},
        name=f"worker-{uuid4().hex[:12]}",
        local_directory=str(scratch),
        memory_limit=0,
        dashboard=False,
        dashboard_address="127.0.0.1:0",
    )
    async with member:
        await member.finished()


def _watch_memory() -> None:
    """End a worker that grows beyond its limit; its run is then started again elsewhere."""
    import psutil

    process = psutil.Process()
    while process.memory_info().rss < LARGEST_BYTES:
        time.sleep(1.0)
    log.error("This worker uses more than %d MB and ends", LARGEST_BYTES // 1_000_000)
    os._exit(1)
