"""What the benchmarks on pairs share: random pairs for both sides, and TRL in its own process."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from engine.language.preferences import Pair
from engine.language.questions import talk_question

WORDS, PROMPT, COMPLETION, PAIRS = 64, 8, 16, 64  # PAIRS: of a step
SKIPPED = 5  # the first steps warm up


def of_tokens(count: int) -> list[Pair]:
    """So many pairs as the engine takes them."""
    rng = random.Random(0)

    def tokens(length: int) -> list[int]:
        return [rng.randrange(4, WORDS) for _ in range(length)]

    return [
        Pair(talk_question(""), tokens(PROMPT), tokens(COMPLETION), tokens(COMPLETION), (0.0, 0.0))
        for _ in range(count)
    ]


def of_words(count: int) -> list[dict[str, str]]:
    """So many pairs as TRL takes them."""
    rng = random.Random(0)

    def words(length: int) -> str:
        return " ".join(f"w{rng.randrange(4, WORDS)}" for _ in range(length))

    return [
        {
            "prompt": words(PROMPT),
            "chosen": f" {words(COMPLETION)}",
            "rejected": f" {words(COMPLETION)}",
        }
        for _ in range(count)
    ]


def stamps_of(script: str, *arguments: str) -> list[float]:
    """When each step of a script of TRL's ended, in seconds of its processor."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])["stamps"]


def rate(stamps: list[float]) -> float:
    """Steps per second, but for the first ones, from when each step ended."""
    return (len(stamps) - SKIPPED - 1) / (stamps[-1] - stamps[SKIPPED])
