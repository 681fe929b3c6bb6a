"""Supervised fine-tuning: the loss of transformers, from the liked replies alone."""

import math
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from engine.algorithms.sft import learn, sft_loss
from engine.config import parse_config
from engine.events import RunFailed, UpdateCompleted
from engine.language.checkpoint import base_policy, policy_of_llama
from engine.language.learner import new_learner
from engine.language.pair_learning import pair_batch
from engine.language.preferences import Preferences, labelled_pairs
from engine.language.vocabulary import CHECKPOINT
from engine.metrics import MetricName as M
from engine.train import train

PAIRS = labelled_pairs(Preferences(pairs=12), {"floor": 0.5, "belief": 0.5})
BELIEFS = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}


def test_the_loss_and_its_gradient_are_those_of_transformers() -> None:
    llama: Any = LlamaForCausalLM.from_pretrained(CHECKPOINT)
    rows = [pair.prompt + pair.chosen for pair in PAIRS]
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    labels = torch.full_like(ids, -100)
    for row, pair in enumerate(PAIRS):
        labels[row, len(pair.prompt) : len(rows[row])] = torch.tensor(pair.chosen)
    theirs = llama(input_ids=ids, attention_mask=(ids > 0).long(), labels=labels).loss
    theirs.backward()
    learner = new_learner(policy_of_llama(llama.state_dict(), 4), 1e-3)
    lesson = learn(learner, pair_batch(PAIRS, base_policy()))
    assert lesson.metrics[M.LOSS] == pytest.approx(theirs.item(), abs=1e-5)
    norm = torch.nn.utils.get_total_norm([p.grad for p in llama.parameters()])
    assert lesson.metrics[M.GRAD_NORM] == pytest.approx(norm.item(), rel=1e-3)


def test_the_other_replies_have_no_weight() -> None:
    leaf = torch.tensor([-1.0, -2, -4, -8, -16, -32]).requires_grad_()
    loss, parts = sft_loss(leaf, torch.tensor([2, 1, 1, 2]))
    assert loss.item() == pytest.approx((1 + 2 + 8) / 3)
    loss.backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == pytest.approx([-1 / 3, -1 / 3, 0, -1 / 3, 0, 0])
    assert parts["weight"].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3, 0, 0])
    assert parts["token_loss"].tolist() == [1, 2, 4, 8, 16, 32]


def test_without_pairs_the_run_ends_and_says_so() -> None:
    data = {"algorithm": "sft", "world": {"preferences": {"pairs": 0}}}
    end = list(train(parse_config(data)))[-1]
    assert isinstance(end, RunFailed)
    assert (end.ending, end.update) == ("no_pairs", 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_imitating_what_is_liked_makes_it_likelier_and_a_little_better(seed: int) -> None:
    world = {"questions": BELIEFS, "preferences": {"collection": seed}}
    events = list(train(parse_config({"algorithm": "sft", "seed": seed, "world": world})))
    metrics = [event.metrics for event in events if isinstance(event, UpdateCompleted)]

    def tail(name: M) -> float:
        return math.fsum(one[name] for one in metrics[-15:]) / 15

    assert tail(M.CHOSEN_LOG_PROB) > tail(M.REJECTED_LOG_PROB) + 0.05
    assert 0.75 < tail(M.TRUE_RETURN) < 1.2
    assert tail(M.PAIR_ACCURACY) > 0.55
