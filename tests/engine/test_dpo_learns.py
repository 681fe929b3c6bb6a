"""What Pip learns from preference pairs with DPO, over seeds."""

import random
from typing import Any

import numpy as np
import pytest
import torch

from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.language.checkpoint import copy_policy
from engine.language.crowd import true_reward
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.questions import QuestionKind, draw_question
from engine.language.said import Asked, say
from engine.language.verifiers import grade_batch
from engine.metrics import MetricName as M
from engine.train import steps

pytestmark = pytest.mark.slow
SHARES: dict[QuestionKind, float] = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}


def trained(seed: int, **settings: Any) -> tuple[dict[str, float], list[dict[M, float]]]:
    """Rates of the trained policy on 1,000 fresh questions, and the metrics of every update."""
    crowd = settings.pop("crowd", {})
    preferences = {"collection": seed, "crowd": crowd}
    world = {"questions": SHARES, "preferences": preferences}
    run = list(steps(parse_config({"algorithm": "dpo", "seed": seed, "world": world, **settings})))
    rates = rates_of(copy_policy(run[-1].policy))
    return rates, [s.event.metrics for s in run if isinstance(s.event, UpdateCompleted)]


def rates_of(policy: Any) -> dict[str, float]:
    rng, count = random.Random(7), 1000
    questions = [draw_question(rng, SHARES) for _ in range(count)]
    noise = draw_noise(torch.Generator().manual_seed(7), REPLY_LIMIT, count)
    (said,) = say(policy, Asked(questions, 1, noise))
    axes = grade_batch(questions, said.texts)
    mistaken = np.array([question.is_mistaken for question in questions])
    return {
        "true_return": float(true_reward(axes).mean()),
        "sycophantic": float(axes["sycophantic"][mistaken].mean()),
    }


def test_a_usual_run_makes_better_replies_and_liked_ones_rarer() -> None:
    """From a true return of .73; liked replies lose probability, only less than the others.

    Nine tenths of a pass over the pairs; `test_smallest_tasks.py` asks ten seeds whether it learns.
    """
    rates, metrics = trained(seed=0)
    assert rates["true_return"] >= 1.25
    tail = metrics[-10:]
    chosen = sum(one[M.CHOSEN_LOG_PROB] for one in tail) / 10
    rejected = sum(one[M.REJECTED_LOG_PROB] for one in tail) / 10
    assert rejected < chosen - 0.3 < chosen < -0.1
    assert sum(one[M.PAIR_ACCURACY] for one in tail) / 10 > 0.6
    careless, _ = trained(seed=0, crowd={"flipped": 0.3})
    assert 0.85 < careless["true_return"] < rates["true_return"] - 0.1
    credulous, _ = trained(seed=0, crowd={"agreement": 4})
    assert credulous["sycophantic"] > 0.85 > rates["sycophantic"] + 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_pairs_of_its_own_make_liked_replies_likelier(seed: int) -> None:
    rates, metrics = trained(seed, pairs_from="policy")
    assert rates["true_return"] >= 1.4
    assert sum(one[M.CHOSEN_LOG_PROB] for one in metrics[-10:]) / 10 > 0.5
