"""A2C's environment steps a second, one core, beside Stable-Baselines3 on CartPole; prints JSON.

The work: gradient steps of 5 steps of 8 environments each, and of 1 environment, which is their
default; two networks of 64 and 64, RMSprop. The two take turns; a `ratio` is the median.

    OMP_NUM_THREADS=1 python bench/a2c.py [--turns 5] [--steps 2000]
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from stable_baselines3 import A2C

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.beside_sb3 import carts, compared, ours, theirs
from engine.algorithms.a2c import A2CConfig

N_STEPS, PER_UPDATE = 5, 250


def main() -> None:
    parser = argparse.ArgumentParser(description="A2C beside Stable-Baselines3.")
    parser.add_argument("--turns", type=int, default=5, help="pairs of runs (default 5)")
    parser.add_argument("--steps", type=int, default=2000, help="of each cart (default 2000)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, object] = {"benchmark": "a2c", "threads": torch.get_num_threads()}
    for count in (8, 1):
        found |= beside(count, chosen.steps, chosen.turns)
    print(json.dumps(found))


def beside(count: int, steps: int, turns: int) -> dict[str, object]:
    """Both with so many carts, and so many steps of each."""
    config = A2CConfig.model_validate(
        {
            "updates": steps // PER_UPDATE + 1,
            "carts": count,
            "steps_per_update": PER_UPDATE,
            "n_steps": N_STEPS,
        }
    )

    def peer() -> A2C:
        return A2C("MlpPolicy", carts(count), n_steps=N_STEPS, device="cpu", seed=0)

    return compared(
        turns,
        lambda: ours(config, count * PER_UPDATE),
        lambda: theirs(peer(), count * PER_UPDATE, count * steps),
        f"_{count}",
    )


if __name__ == "__main__":
    main()
