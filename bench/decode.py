"""Lean decode beside the `generate` of transformers on the shipped Pip; prints JSON.

64 prompts of 8 tokens, exactly 16 new tokens each, sampled at temperature 1, one core, in turns.

    OMP_NUM_THREADS=1 python bench/decode.py [--turns 9]
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise, sample
from engine.language.vocabulary import CHECKPOINT, words

PROMPTS, PROMPT, COMPLETION = 64, 8, 16
CALLS = 5  # in one turn


def main() -> None:
    parser = argparse.ArgumentParser(description="Lean decode beside generate.")
    parser.add_argument("--turns", type=int, default=9, help="pairs of measurements (default 9)")
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    rng, luck = random.Random(0), torch.Generator().manual_seed(0)
    prompts = [[rng.randrange(5, len(words())) for _ in range(PROMPT)] for _ in range(PROMPTS)]
    model: Any = LlamaForCausalLM.from_pretrained(CHECKPOINT)
    ids = torch.tensor(prompts)

    def theirs() -> object:
        return model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            top_k=0,
            min_new_tokens=COMPLETION,
            max_new_tokens=COMPLETION,
        )

    def ours() -> object:
        # No token has the id -1: nothing ends early, so both sides do all the work.
        noise = draw_noise(luck, COMPLETION, PROMPTS)
        return sample(base_policy(), prompts, 1, COMPLETION, noise, end=-1)

    for warm_up in (theirs, ours):
        milliseconds(warm_up)
    pairs = [(milliseconds(theirs), milliseconds(ours)) for _ in range(turns)]
    print(
        json.dumps(
            {
                "benchmark": "decode",
                "generate_ms": round(statistics.median(other for other, _ in pairs), 2),
                "lean_ms": round(statistics.median(mine for _, mine in pairs), 2),
                "ratio": round(statistics.median(other / mine for other, mine in pairs), 2),
                "threads": torch.get_num_threads(),
            }
        )
    )


def milliseconds(call: Callable[[], object]) -> float:
    """Mean time of one call."""
    start = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - start) * 1000 / CALLS


if __name__ == "__main__":
    main()
