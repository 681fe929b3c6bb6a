"""GRPO updates per second, one core, beside TRL's GRPOTrainer on the same work; prints JSON.

The work: a fresh two-layer Llama of width 64 with 64 words, 8 prompts of 8 tokens, 8 completions
each of at most 16, a frozen reference, one AdamW step. The two take turns; `ratio` is the median.

    OMP_NUM_THREADS=1 python bench/grpo.py [--turns 3] [--steps 30]
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
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.advantages import group_advantages
from engine.algorithms.grpo import GRPOConfig, learn
from engine.language.checkpoint import load_policy
from engine.language.decoding import draw_noise, sample
from engine.language.learner import new_learner
from engine.language.said import Said

WORDS, PROMPT, COMPLETION, PROMPTS, GROUP, END = 64, 8, 16, 8, 8, 2
REWARDED = 7
SKIPPED = 5  # the first updates warm up


def main() -> None:
    parser = argparse.ArgumentParser(description="GRPO beside TRL's trainer.")
    parser.add_argument("--turns", type=int, default=3, help="pairs of runs (default 3)")
    parser.add_argument("--steps", type=int, default=30, help="updates of a run (default 30)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder))
        turns = [
            (ours(Path(folder), chosen.steps), theirs(folder, chosen.steps))
            for _ in range(chosen.turns)
        ]
    print(
        json.dumps(
            {
                "benchmark": "grpo",
                "ours_updates_per_second": [round(mine, 2) for mine, _ in turns],
                "trl_updates_per_second": [round(other, 2) for _, other in turns],
                "ratio": round(statistics.median(mine / other for mine, other in turns), 2),
                "threads": torch.get_num_threads(),
            }
        )
    )


def save_model(folder: Path) -> None:
    """A model with random weights and its tokenizer, which both sides load."""
    words = ["<pad>", "<bos>", "<eos>", "<unk>", *(f"w{i}" for i in range(4, WORDS))]
    tokenizer = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS,
        hidden_size=64,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=END,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def ours(folder: Path, steps: int) -> float:
    """Updates per second of the engine."""
    learner, config = (
        new_learner(load_policy(folder), 1e-3),
        GRPOConfig.model_validate({"kl_coef": 0.04}),
    )
    rng, luck = random.Random(0), torch.Generator().manual_seed(0)
    stamps: list[float] = []
    for _ in range(steps):
        prompts = [[rng.randrange(4, WORDS) for _ in range(PROMPT)] for _ in range(PROMPTS)]
        noise = draw_noise(luck, COMPLETION, PROMPTS * GROUP)
        replies = sample(learner.policy, prompts, GROUP, COMPLETION, noise, end=END)
        rewards = torch.tensor([reply.count(REWARDED) / COMPLETION for reply in replies])
        advantages = group_advantages(rewards.view(PROMPTS, GROUP)).view(-1)
        learn(learner, Said([], prompts, replies, []), advantages, config)
        stamps.append(time.perf_counter())
    return (steps - SKIPPED - 1) / (stamps[-1] - stamps[SKIPPED])


def theirs(folder: str, steps: int) -> float:
    """Updates per second of TRL, in a process of its own."""
    script = Path(__file__).with_name("trl_grpo.py")
    done = subprocess.run(
        [sys.executable, str(script), folder, str(steps)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout.strip().splitlines()[-1])["updates_per_second"])


if __name__ == "__main__":
    main()
