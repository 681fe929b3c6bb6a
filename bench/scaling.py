"""How the time of a GRPO update grows with its work, and how near it is to the machine's limit.

A fresh two-layer Llama with 64 words, 8 prompts of 8 tokens and a frozen reference. The standard
size is 64 completions of 16 tokens at width 64; completions, their length and the width grow to 2,
4 and 8 times that. Time is processor time, the least of many updates, so that others on the machine
matter little. Prints JSON:

beyond_linear    time over the work that is done, against that of the standard size, less one
share_of_matmul  work a second at the standard size over that of one product of large matrices; here
                 the work is counted as if no row shared its prompt with others

    OMP_NUM_THREADS=1 python bench/scaling.py [--turns 3]
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.advantages import group_advantages
from engine.algorithms.grpo import GRPOConfig, learn
from engine.language import lean
from engine.language.checkpoint import policy_of_llama
from engine.language.decoding import draw_noise, sample
from engine.language.lean import Policy
from engine.language.learner import Learner, new_learner
from engine.language.said import Said

WORDS, LAYERS, HEADS, PROMPTS, PROMPT = 64, 2, 4, 8, 8
TIMES = (1, 2, 4, 8)
SECONDS = 1.0  # measured at least, in one turn of one size
MATRIX = 1024  # of the product that says what the machine can do

lean.CONTEXT = 256  # the longest rows here are longer than Pip's


@dataclass(frozen=True)
class Size:
    """How much is done in one update."""

    completions: int = 64
    length: int = 16
    width: int = 64

    def flops(self, is_shared: bool) -> float:
        """Operations of an update: sampling, reference, and forward and backward of the policy.

        is_shared: a prompt is computed once for its group, as it really is, or for every row.
        """
        row = PROMPT + self.length - 1  # the last token predicts nothing
        prompts = PROMPTS if is_shared else self.completions
        tokens = prompts * PROMPT + self.completions * (self.length - 1)
        products = tokens * 2 * (4 * self.width**2 + 3 * self.width * 4 * self.width)
        attention = self.completions * 4 * self.width * row * (row + 1) / 2
        head = self.completions * self.length * 2 * self.width * WORDS
        return 5 * (LAYERS * (products + attention) + head)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time of a GRPO update against its work.")
    parser.add_argument("--turns", type=int, default=3, help="measurements of each (default 3)")
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    standard = Size()
    grown = {
        axis: [replace(standard, **{axis: getattr(standard, axis) * times}) for times in TIMES]
        for axis in ("completions", "length", "width")
    }
    updates = {size: update_of(size) for sizes in grown.values() for size in sizes}
    spent: dict[Size, list[float]] = {size: [] for size in updates}
    limits: list[float] = []
    for _ in range(turns):
        limits.append(matmul_flops_per_second())
        for size, update in updates.items():
            spent[size].append(seconds_of(update))
    seconds = {size: statistics.median(times) for size, times in spent.items()}
    reached = statistics.median(
        standard.flops(is_shared=False) / one / limit
        for one, limit in zip(spent[standard], limits, strict=True)
    )
    rates = {size: time / size.flops(is_shared=True) for size, time in seconds.items()}
    print(
        json.dumps(
            {
                "benchmark": "scaling",
                "times": TIMES,
                "ms": {
                    axis: [round(1000 * seconds[s], 1) for s in sizes]
                    for axis, sizes in grown.items()
                },
                "beyond_linear": {
                    axis: [round(rates[s] / rates[standard] - 1, 2) for s in sizes[1:]]
                    for axis, sizes in grown.items()
                },
                "matmul_gflop_per_second": round(statistics.median(limits) / 1e9, 1),
                "share_of_matmul": round(reached, 3),
                "threads": torch.get_num_threads(),
            }
        )
    )


def matmul_flops_per_second() -> float:
    """What one product of large matrices reaches here and now."""
    left, right = torch.randn(2, MATRIX, MATRIX)
    return 2 * MATRIX**3 / seconds_of(lambda: left @ right)


def seconds_of(call: Callable[[], object]) -> float:
    """The fastest of some calls: whatever else runs here can only slow one down."""
    call()
    times: list[float] = []
    while sum(times) < SECONDS or len(times) < 3:
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def fresh(width: int) -> Policy:
    """A policy with random weights."""
    luck = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=luck) * 0.02

    state = {
        "model.embed_tokens.weight": drawn(WORDS, width),
        "model.norm.weight": torch.ones(width),
    }
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            state[f"{at}{name}.weight"] = torch.ones(width)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            state[f"{at}self_attn.{name}.weight"] = drawn(width, width)
        for name in ("gate_proj", "up_proj"):
            state[f"{at}mlp.{name}.weight"] = drawn(4 * width, width)
        state[f"{at}mlp.down_proj.weight"] = drawn(width, 4 * width)
    return policy_of_llama(state, HEADS)


def update_of(size: Size) -> Callable[[], object]:
    """One GRPO update of this size: sample, pay, learn."""
    learner: Learner[Policy] = new_learner(fresh(size.width), 1e-5)
    config = GRPOConfig.model_validate({"kl_coef": 0.04})
    rng, luck = random.Random(0), torch.Generator().manual_seed(0)
    group = size.completions // PROMPTS

    def update() -> None:
        prompts = [[rng.randrange(4, WORDS) for _ in range(PROMPT)] for _ in range(PROMPTS)]
        noise = draw_noise(luck, size.length, size.completions)
        # No token has the id -1: nothing ends early, so that all the work is done.
        replies = sample(learner.policy, prompts, group, size.length, noise, end=-1)
        rewards = torch.tensor([reply.count(7) / size.length for reply in replies])
        advantages = group_advantages(rewards.view(PROMPTS, group)).view(-1)
        learn(learner, Said([], prompts, replies, []), advantages, config)

    return update


if __name__ == "__main__":
    main()
