"""Steps a second of processor time of Q-learning and SARSA on the corridor; prints JSON.

The work: a loop over the pad, which makes every episode as long as it may be. Then the default run
of each gridworld chapter.

    OMP_NUM_THREADS=1 python bench/q_learning.py [--turns 5] [--episodes 1500]
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from curriculum.loader import load_catalogue
from curriculum.recipe import starting_config
from engine.config import parse_config
from engine.events import RunFinished
from engine.spec import TrainConfig
from engine.train import train

WORK = {
    "world": {"world": "corridor", "map": "night_ward"},
    "reward": "10*delivered + 0.5*on_pad - 0.1*step",
    "episodes_per_update": 20,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Steps a second of tabular learning.")
    parser.add_argument("--turns", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--episodes", type=int, default=1500, help="of a run (default 1500)")
    chosen = parser.parse_args()
    configs = {
        name: parse_config(WORK | {"algorithm": name, "episodes": chosen.episodes})
        for name in ("q_learning", "sarsa")
    }
    rates = {
        name: [steps_per_second(config) for _ in range(chosen.turns)]
        for name, config in configs.items()
    }
    catalogue = load_catalogue()
    chapters = ("night_delivery", "the_charging_pad")
    print(
        json.dumps(
            {
                "benchmark": "q_learning",
                "steps_per_second": {
                    name: list(map(round, found)) for name, found in rates.items()
                },
                "median": {name: round(statistics.median(found)) for name, found in rates.items()},
                "default_run_s": {
                    name: round(seconds(starting_config(catalogue.chapter(name)))[0], 3)
                    for name in chapters
                },
            }
        )
    )


def seconds(config: TrainConfig) -> tuple[float, int]:
    """Processor seconds of a whole run, and how many steps it made."""
    began = time.process_time()
    *_, last = train(config)
    assert isinstance(last, RunFinished)
    return time.process_time() - began, last.work


def steps_per_second(config: TrainConfig) -> float:
    taken, work = seconds(config)
    return work / taken


if __name__ == "__main__":
    main()
