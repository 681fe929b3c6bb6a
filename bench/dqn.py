"""DQN's environment steps a second, one core, beside Stable-Baselines3 on CartPole; prints JSON.

The work: 8 environments, 4 steps each between lessons, 4 gradient steps of 64 a lesson, a buffer of
20 000, a target copied every 200 gradient steps, a network of 64 and 64. The two take turns;
`ratio` is the median. Ours holds the test that closes each update, of one episode.

    OMP_NUM_THREADS=1 python bench/dqn.py [--turns 5] [--updates 5] [--seeds 3]
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from stable_baselines3 import DQN

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.beside_sb3 import carts, compared, ours, theirs
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
    config = DQNConfig.model_validate(
        {
            "world": {"world": "cart"},
            "updates": chosen.updates + 1,
            "side_by_side": ENVIRONMENTS,
            "steps_per_update": STEPS,
            "tests": 1,
            "gamma": GAMMA,
            "learning_rate": RATE,
        }
    )
    steps = ENVIRONMENTS * STEPS
    found = compared(
        chosen.turns,
        lambda: ours(config, steps),
        lambda: theirs(peer(), steps, chosen.updates * steps),
    )
    whole = [default_run(seed) for seed in range(chosen.seeds)]
    found |= {
        "default_run_s": [round(seconds, 2) for seconds, _ in whole],
        "delivered": [delivered for _, delivered in whole],
        "threads": torch.get_num_threads(),
    }
    print(json.dumps({"benchmark": "dqn", **found}))


def peer() -> DQN:
    """The same work there."""
    usual = DQNConfig.model_validate({})
    return DQN(
        "MlpPolicy",
        carts(ENVIRONMENTS),
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


def default_run(seed: int) -> tuple[float, float]:
    """Seconds of a run on the trolleys, paid in ones, and the share delivered in its last test."""
    began = time.perf_counter()
    reward = "delivered - 0.01*step - collision"
    config = DQNConfig.model_validate({"seed": seed, "reward": reward, "updates": 28})
    last = [event for event in train(config) if isinstance(event, UpdateCompleted)][-1]
    return time.perf_counter() - began, last.metrics[MetricName.DELIVERED]


if __name__ == "__main__":
    main()
