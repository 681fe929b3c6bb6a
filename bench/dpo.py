"""DPO steps per second, one core, beside TRL's DPOTrainer on the same work; prints JSON.

The work: a fresh two-layer Llama of width 64 with 64 words; three passes, as many as TRL makes if
nobody says otherwise, over 1,280 pairs, 64 a step: prompts of 8 tokens, completions of 16, a frozen
reference, one AdamW step. What the reference makes of a pair never changes: we compute it in the
first pass and keep it, TRL at every step. Seconds are of the processor, so that a busy machine does
not matter. The two take turns; `ratio` is the median over all steps,
`first_pass_ratio` over those in which every pair is new to both.

    OMP_NUM_THREADS=1 python bench/dpo.py [--turns 3]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.grpo import save_model
from bench.pairs import PAIRS, of_tokens, rate, stamps_of
from engine.algorithms.dpo import DPOConfig, learn
from engine.language.checkpoint import load_policy
from engine.language.learner import new_learner
from engine.language.pair_learning import pair_batches

STEPS_OF_A_PASS, PASSES = 20, 3

Rates = tuple[float, float]  # steps per second: of all steps, and of those in the first pass


def main() -> None:
    parser = argparse.ArgumentParser(description="DPO beside TRL's trainer.")
    parser.add_argument("--turns", type=int, default=3, help="pairs of runs (default 3)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder))
        turns = [(ours(Path(folder)), theirs(folder)) for _ in range(chosen.turns)]
    whole, first = ([(mine[i], other[i]) for mine, other in turns] for i in (0, 1))
    print(
        json.dumps(
            {
                "benchmark": "dpo",
                "ours_steps_per_second": [round(mine, 2) for mine, _ in whole],
                "trl_steps_per_second": [round(other, 2) for _, other in whole],
                "ratio": round(statistics.median(mine / other for mine, other in whole), 2),
                "first_pass_ratio": round(
                    statistics.median(mine / other for mine, other in first), 2
                ),
                "threads": torch.get_num_threads(),
            }
        )
    )


def rates(stamps: list[float]) -> Rates:
    """Steps per second, but for the first ones, from when each step ended."""
    return rate(stamps), rate(stamps[:STEPS_OF_A_PASS])


def ours(folder: Path) -> Rates:
    """The engine's."""
    learner, config = (
        new_learner(load_policy(folder), 1e-3),
        DPOConfig.model_validate({"beta": 0.1}),
    )
    stamps: list[float] = []
    batches = pair_batches(of_tokens(PAIRS * STEPS_OF_A_PASS), learner.reference, PAIRS, seed=0)
    for batch in islice(batches, STEPS_OF_A_PASS * PASSES):
        learn(learner, batch, config)
        stamps.append(time.process_time())
    return rates(stamps)


def theirs(folder: str) -> Rates:
    """TRL's, in a process of its own."""
    return rates(stamps_of("trl_dpo.py", folder, str(PAIRS * STEPS_OF_A_PASS), str(PASSES)))


if __name__ == "__main__":
    main()
