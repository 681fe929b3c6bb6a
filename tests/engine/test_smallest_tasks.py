"""Who learns at Pip's desk learns its smallest task, whatever the seed.

Visitors ask for floors alone, and the crowd likes right answers and nothing else. Untrained, Pip
is right in 38 of 100 replies. The tasks of the others are in the tests of their worlds.
"""

from typing import Any

import pytest

from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train

CROWD = {"truth": 5, "length": 0, "flattery": 0, "courtesy": 0, "agreement": 0}
WORLD = {"questions": {"floor": 1.0}, "preferences": {"pairs": 320, "crowd": CROWD}}
# Settings, and how many right answers of 100 there have to be in the end. A liked reply is right in
# 62 of 100, which is the most that imitation can reach, and one of four replies is right in 85.
TASKS: dict[str, tuple[dict[str, Any], int]] = {
    "dpo": ({"updates": 8, "learning_rate": 0.002}, 75),
    "sft": ({"updates": 10, "learning_rate": 0.0015}, 50),
    "reward_model": ({"updates": 6, "learning_rate": 0.002}, 55),
    "best_of_n": ({"reward": "correct", "most_candidates": 16, "questions": 32}, 90),
}


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", TASKS)
@pytest.mark.parametrize("seed", range(10))
def test_the_smallest_task_is_solved_on_every_seed(algorithm: str, seed: int) -> None:
    settings, least = TASKS[algorithm]
    config = parse_config({"algorithm": algorithm, "seed": seed, "world": WORLD, **settings})
    updates = [event for event in train(config) if isinstance(event, UpdateCompleted)]
    right = [event.metrics[M.CORRECT] for event in updates]
    last = right[-1:] if algorithm == "best_of_n" else right[-4:]
    assert right[0] <= 0.5
    assert 100 * sum(last) / len(last) >= least
