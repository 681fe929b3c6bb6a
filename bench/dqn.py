"""DQN's environment steps a second, one core, beside Stable-Baselines3 on CartPole; prints JSON.

The work: 8 environments, 4 steps each between lessons, 4 gradient steps of 64 a lesson, a buffer of
20 000, a target copied every 200 gradient steps, a network of 64 and 64. The two take turns;
`ratio` is the median. Ours holds the test that closes each update, of one episode.

    OMP_NUM_THREADS=1 python bench/dqn.py [--turns 5] [--updates 5] [--seeds 3]
"""

import argparse
import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import torch
from stable_baselines3 import DQN
from stable_baselines3.common.env_util import make_vec_env

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.algorithms.dqn import DQNConfig
from engine.events import UpdateCompleted
from engine.metrics import MetricName
from engine.train import train

ENVIRONMENTS, STEPS = 8, 256
GAMMA, RATE = 0.99, 0.001


def main() -> None:
    parser = argparse.ArgumentParser(description="DQN beside Stable-Baselines3.")
    parser.add_argument("--turns", type=int, default=5, help="pairs of runs (default 5)")
    parser.add_argument("--updates", type=int, default=5, help="updates of a run (default 5)")
    parser.add_argument("--seeds", type=int, default=3, help="default runs (default 3)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    turns = [(ours(chosen.updates), theirs(chosen.updates)) for _ in range(chosen.turns)]
    whole = [default_run(seed) for seed in range(chosen.seeds)]
    print(
        json.dumps(
            {
                "benchmark": "dqn",
                "ours_steps_per_second": [round(mine) for mine, _ in turns],
                "sb3_steps_per_second": [round(other) for _, other in turns],
                "ratio": round(statistics.median(mine / other for mine, other in turns), 2),
                "default_run_s": [round(seconds, 2) for seconds, _ in whole],
                "delivered": [delivered for _, delivered in whole],
                "threads": torch.get_num_threads(),
            }
        )
    )


def ours(updates: int) -> float:
    """Environment steps per second of the engine; the first update warms up."""
    config = DQNConfig.model_validate(
        {
            "world": {"world": "cart"},
            "updates": updates + 1,
            "side_by_side": ENVIRONMENTS,
            "steps_per_update": STEPS,
            "tests": 1,
            "gamma": GAMMA,
            "learning_rate": RATE,
        }
    )
    stamps = [time.perf_counter() for event in train(config) if isinstance(event, UpdateCompleted)]
    return updates * ENVIRONMENTS * STEPS / (stamps[-1] - stamps[0])


def theirs(updates: int) -> float:
    """Environment steps per second of Stable-Baselines3; the first update warms up."""
    warnings.filterwarnings("ignore")
    usual = DQNConfig.model_validate({})
    model = DQN(
        "MlpPolicy",
        make_vec_env("CartPole-v1", ENVIRONMENTS),
        learning_rate=RATE,
        buffer_size=usual.buffer_size,
        learning_starts=usual.first_steps,
        batch_size=usual.batch_size,
        gamma=GAMMA,
        train_freq=usual.train_every,
        gradient_steps=usual.gradient_steps,
        target_update_interval=usual.target_every * ENVIRONMENTS,  # counted in steps of all
        device="cpu",
        seed=0,
    )
    model.learn(ENVIRONMENTS * STEPS)
    began = time.perf_counter()
    model.learn(updates * ENVIRONMENTS * STEPS, reset_num_timesteps=False)
    return updates * ENVIRONMENTS * STEPS / (time.perf_counter() - began)


def default_run(seed: int) -> tuple[float, float]:
    """Seconds of a run on the trolleys, paid in ones, and the share delivered in its last test."""
    began = time.perf_counter()
    reward = "delivered - 0.01*step - collision"
    config = DQNConfig.model_validate({"seed": seed, "reward": reward, "updates": 28})
    last = [event for event in train(config) if isinstance(event, UpdateCompleted)][-1]
    return time.perf_counter() - began, last.metrics[MetricName.DELIVERED]


if __name__ == "__main__":
    main()
