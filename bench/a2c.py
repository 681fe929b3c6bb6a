"""A2C's environment steps a second, one core, beside Stable-Baselines3 on CartPole; prints JSON.

The work: gradient steps of 5 steps of 8 environments each, and of 1 environment, which is their
default; two networks of 64 and 64, RMSprop. The two take turns; a `ratio` is the median.

    OMP_NUM_THREADS=1 python bench/a2c.py [--turns 5] [--steps 2000]
"""

import argparse
import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import torch
from stable_baselines3 import A2C
from stable_baselines3.common.env_util import make_vec_env

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.algorithms.a2c import A2CConfig
from engine.events import UpdateCompleted
from engine.train import train

N_STEPS, PER_UPDATE = 5, 250


def main() -> None:
    parser = argparse.ArgumentParser(description="A2C beside Stable-Baselines3.")
    parser.add_argument("--turns", type=int, default=5, help="pairs of runs (default 5)")
    parser.add_argument("--steps", type=int, default=2000, help="of each cart (default 2000)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, object] = {"benchmark": "a2c", "threads": torch.get_num_threads()}
    for carts in (8, 1):
        turns = [
            (ours(carts, chosen.steps), theirs(carts, chosen.steps)) for _ in range(chosen.turns)
        ]
        found[f"ours_steps_per_second_{carts}"] = [round(mine) for mine, _ in turns]
        found[f"sb3_steps_per_second_{carts}"] = [round(other) for _, other in turns]
        found[f"ratio_{carts}"] = round(statistics.median(mine / other for mine, other in turns), 2)
    print(json.dumps(found))


def ours(carts: int, steps: int) -> float:
    """Environment steps per second of the engine; the first update warms up."""
    updates = steps // PER_UPDATE
    config = A2CConfig.model_validate(
        {
            "updates": updates + 1,
            "carts": carts,
            "steps_per_update": PER_UPDATE,
            "n_steps": N_STEPS,
        }
    )
    stamps = [time.perf_counter() for event in train(config) if isinstance(event, UpdateCompleted)]
    return updates * carts * PER_UPDATE / (stamps[-1] - stamps[0])


def theirs(carts: int, steps: int) -> float:
    """Environment steps per second of Stable-Baselines3; the first steps warm up."""
    warnings.filterwarnings("ignore")
    environments = make_vec_env("CartPole-v1", carts)
    model = A2C("MlpPolicy", environments, n_steps=N_STEPS, device="cpu", seed=0)
    model.learn(carts * PER_UPDATE)
    began = time.perf_counter()
    model.learn(carts * steps)
    return carts * steps / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
