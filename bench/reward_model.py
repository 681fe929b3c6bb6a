"""Reward modelling steps per second, one core, beside TRL's RewardTrainer; prints JSON.

The work: a fresh two-layer Llama of width 64 with 64 words and a scalar head; one pass over 1,920
pairs, 64 a step: prompts of 8 tokens, completions of 16, one AdamW step. We compute a prompt once
for its pair, TRL for each of the two. Seconds are of the processor, so that a busy machine does not
matter. The two take turns; `ratio` is the median.

    OMP_NUM_THREADS=1 python bench/reward_model.py [--turns 3]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.grpo import save_model
from bench.pairs import PAIRS, of_tokens, rate, stamps_of
from engine.language.checkpoint import load_policy
from engine.language.judge import Judge, batches_of, study
from engine.language.learner import new_learner

STEPS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description="Reward modelling beside TRL's trainer.")
    parser.add_argument("--turns", type=int, default=3, help="pairs of runs (default 3)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder))
        turns = [(ours(Path(folder)), theirs(folder)) for _ in range(chosen.turns)]
    print(
        json.dumps(
            {
                "benchmark": "reward_model",
                "ours_steps_per_second": [round(mine, 2) for mine, _ in turns],
                "trl_steps_per_second": [round(other, 2) for _, other in turns],
                "ratio": round(statistics.median(mine / other for mine, other in turns), 2),
                "threads": torch.get_num_threads(),
            }
        )
    )


def ours(folder: Path) -> float:
    """The engine's."""
    pairs = of_tokens(PAIRS * STEPS)
    reader = load_policy(folder)
    learner = new_learner(Judge(reader, torch.zeros(1, reader.embedding.shape[1])), 1e-3)
    stamps: list[float] = []
    for _, batch in zip(range(STEPS), batches_of(pairs, PAIRS, seed=0), strict=False):
        study(learner, batch, 1e-3, 0.01)
        stamps.append(time.process_time())
    return rate(stamps)


def theirs(folder: str) -> float:
    """TRL's, in a process of its own."""
    return rate(stamps_of("trl_reward_model.py", folder, str(PAIRS * STEPS)))


if __name__ == "__main__":
    main()
