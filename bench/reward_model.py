"""Reward modelling steps per second, one core, beside TRL's RewardTrainer; prints JSON.

The work: a fresh two-layer Llama of width 64 with 64 words and a scalar head; one pass over 1,920
pairs, 64 a step: prompts of 8 tokens, completions of 16, one AdamW step. We compute a prompt once
for its pair, TRL for each of the two. Seconds are of the processor, so that a busy machine does not
matter. The two take turns; `ratio` is the median.

    OMP_NUM_THREADS=1 python bench/reward_model.py [--turns 3]
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.grpo import save_model
from engine.language.checkpoint import load_policy
from engine.language.judge import Judge, batches_of, study
from engine.language.learner import new_learner
from engine.language.preferences import Pair
from engine.language.questions import talk_question

WORDS, PROMPT, COMPLETION, PAIRS, STEPS = 64, 8, 16, 64, 30
SKIPPED = 5  # the first steps warm up


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


def rate(stamps: list[float]) -> float:
    """Steps per second, but for the first ones, from when each step ended."""
    return (len(stamps) - SKIPPED - 1) / (stamps[-1] - stamps[SKIPPED])


def ours(folder: Path) -> float:
    """The engine's."""
    rng = random.Random(0)

    def words(count: int) -> list[int]:
        return [rng.randrange(4, WORDS) for _ in range(count)]

    pairs = [
        Pair(talk_question(""), words(PROMPT), words(COMPLETION), words(COMPLETION), (0.0, 0.0))
        for _ in range(PAIRS * STEPS)
    ]
    reader = load_policy(folder)
    learner = new_learner(Judge(reader, torch.zeros(1, reader.embedding.shape[1])), 1e-3)
    stamps: list[float] = []
    for _, batch in zip(range(STEPS), batches_of(pairs, PAIRS, seed=0), strict=False):
        study(learner, batch, 1e-3, 0.01)
        stamps.append(time.process_time())
    return rate(stamps)


def theirs(folder: str) -> float:
    """TRL's, in a process of its own."""
    script = Path(__file__).with_name("trl_reward_model.py")
    done = subprocess.run(
        [sys.executable, str(script), folder, str(PAIRS * STEPS)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return rate(json.loads(done.stdout.strip().splitlines()[-1])["stamps"])


if __name__ == "__main__":
    main()
