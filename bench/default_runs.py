"""Processor seconds of every algorithm's default run in every world that it fits; prints JSON.

A default run is a config that names nothing but its algorithm and its world, with seed 0. What
loads before the first run of a kind, such as torch, is not counted. `over` lists the runs that take
longer than they should. Each run is named on standard error as soon as it is over.

    OMP_NUM_THREADS=1 python bench/default_runs.py [--only dqn] [--limit 5]
"""

import argparse
import json
import sys
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.algorithms import ALGORITHMS
from engine.config import parse_config, worlds_of
from engine.events import RunFinished
from engine.train import train

WARM_EVENTS = 2  # the start, and one update
LIMIT = 5.0  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Every default run.")
    parser.add_argument("--only", choices=list(ALGORITHMS), help="the runs of one algorithm")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds (default 5)")
    chosen = parser.parse_args()
    names = [chosen.only] if chosen.only else list(ALGORITHMS)
    taken: dict[str, float] = {}
    for name in names:
        for world in worlds_of(ALGORITHMS[name]):
            taken[f"{name} {world}"] = round(seconds(name, world), 2)
            sys.stderr.write(f"{name} {world}: {taken[f'{name} {world}']} s\n")
    longest = max(taken, key=lambda run: taken[run])
    print(
        json.dumps(
            {
                "benchmark": "default_runs",
                "cpu_s": taken,
                "longest": longest,
                "longest_s": taken[longest],
                "over": [run for run, found in taken.items() if found > chosen.limit],
            }
        )
    )


def seconds(algorithm: str, world: str) -> float:
    """Processor seconds of a whole run."""
    config = parse_config({"algorithm": algorithm, "world": {"world": world}})
    for _ in islice(train(config), WARM_EVENTS):
        pass
    began = time.process_time()
    *_, last = train(config)
    if not isinstance(last, RunFinished):
        raise RuntimeError(f"{algorithm} in {world} did not finish: {last.model_dump_json()}")
    return time.process_time() - began


if __name__ == "__main__":
    main()
