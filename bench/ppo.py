"""PPO's environment steps a second, one core, beside Stable-Baselines3 on CartPole; prints JSON.

The work: 8 environments, 256 steps each an update, minibatches of 256, 10 passes, two networks of
64 and 64. The two take turns; `ratio` is the median. Then the default run, until it is solved.

    OMP_NUM_THREADS=1 python bench/ppo.py [--turns 5] [--updates 10] [--seeds 3]
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from stable_baselines3 import PPO

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.beside_sb3 import carts, compared, ours, theirs
from engine.algorithms.ppo import PPOConfig
from engine.events import UpdateCompleted
from engine.metrics import MetricName
from engine.train import train

CARTS, STEPS = 8, 256
SOLVED, IN_A_ROW = 475, 3  # steps of an episode, mean of an update; updates


def main() -> None:
    parser = argparse.ArgumentParser(description="PPO beside Stable-Baselines3.")
    parser.add_argument("--turns", type=int, default=5, help="pairs of runs (default 5)")
    parser.add_argument("--updates", type=int, default=10, help="updates of a run (default 10)")
    parser.add_argument("--seeds", type=int, default=3, help="default runs (default 3)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    config = PPOConfig.model_validate(
        {
            "updates": chosen.updates + 1,
            "carts": CARTS,
            "steps_per_update": STEPS,
            "minibatch_size": 256,
        }
    )
    found = compared(
        chosen.turns,
        lambda: ours(config, CARTS * STEPS),
        lambda: theirs(peer(), CARTS * STEPS, chosen.updates * CARTS * STEPS),
    )
    solved = [seconds_to_solve(seed) for seed in range(chosen.seeds)]
    found |= {
        "seconds_to_solve": [round(first, 2) for first, _ in solved],
        "default_run_s": [round(whole, 2) for _, whole in solved],
        "threads": torch.get_num_threads(),
    }
    print(json.dumps({"benchmark": "ppo", **found}))


def peer() -> PPO:
    """The same work there."""
    return PPO(
        "MlpPolicy",
        carts(CARTS),
        n_steps=STEPS,
        batch_size=256,
        n_epochs=10,
        learning_rate=0.001,
        device="cpu",
        seed=0,
    )


def seconds_to_solve(seed: int) -> tuple[float, float]:
    """Seconds of the default run until it is solved, infinite if it never is, and of all of it."""
    began, solved = time.perf_counter(), float("inf")
    lengths: list[float] = []
    for event in train(PPOConfig.model_validate({"seed": seed})):
        if isinstance(event, UpdateCompleted):
            lengths.append(event.metrics[MetricName.LENGTH])
            if len(lengths) >= IN_A_ROW and min(lengths[-IN_A_ROW:]) >= SOLVED:
                solved = min(solved, time.perf_counter() - began)
    return solved, time.perf_counter() - began


if __name__ == "__main__":
    main()
