"""RLOO: equal to TRL's loss, and on average the gradient of reward minus drift."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from trl.trainer.rloo_trainer import RLOOTrainer

from engine.advantages import leave_one_out_advantages
from engine.algorithms.rloo import RLOOConfig, learn, rloo_loss
from engine.config import parse_config
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise, sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.learner import new_learner
from engine.language.rollouts import Rollouts
from engine.language.said import Said
from engine.language.vocabulary import encode
from engine.metrics import MetricName as M
from tests.engine.courses import Course, followed, late

CLIP = 0.2


def trl_loss(padded: torch.Tensor, old: torch.Tensor, mask: torch.Tensor, advantages: Any) -> Any:
    """The loss of TRL's trainer for padded tensors, called without a trainer."""
    stub = SimpleNamespace(
        beta=0.0,
        epsilon_low=CLIP,
        epsilon_high=CLIP,
        aux_loss_enabled=False,
        model=SimpleNamespace(training=True),
        _metrics={"train": defaultdict(list)},
        accelerator=SimpleNamespace(
            gather=lambda x: x, reduce=lambda x, **_: x, device="cpu", num_processes=1
        ),
        _get_per_token_logps_and_entropies=lambda *_, **__: (
            padded,
            torch.zeros_like(padded),
            None,
        ),
        args=SimpleNamespace(),
    )
    ones = torch.ones(len(padded), 2, dtype=torch.long)
    inputs = {
        "prompt_ids": ones,
        "prompt_mask": ones,
        "completion_ids": torch.ones(padded.shape, dtype=torch.long),
        "completion_mask": mask.long(),
        "advantages": advantages,
        "old_logps": (old * mask).sum(1),
    }
    return cast(Any, RLOOTrainer)._compute_loss(stub, None, inputs)


def test_loss_and_gradient_equal_trl() -> None:
    """Values and gradients, with ratios on both sides of the clip and advantages of both signs."""
    rng = torch.Generator().manual_seed(0)
    lengths = torch.tensor([3, 7, 1, 5, 2, 6])
    mask = torch.arange(7) < lengths[:, None]
    old = -3 * torch.rand(6, 7, generator=rng)
    padded = (old + 0.15 * torch.randn(6, 7, generator=rng)).requires_grad_()
    advantages = torch.tensor([1.5, -0.5, 0.7, -2.0, 1.0, -1.0])
    theirs = trl_loss(padded, old, mask, advantages)
    packed = padded.detach()[mask].requires_grad_()
    ours, ratio, _ = rloo_loss(packed, old[mask], advantages, lengths, CLIP)
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)
    theirs.backward()
    ours.backward()
    assert packed.grad is not None and padded.grad is not None
    assert (packed.grad - padded.grad[mask]).abs().max() < 1e-6
    assert ((ratio > 1 + CLIP) | (ratio < 1 - CLIP)).any()


def test_advantages_compare_each_with_the_others() -> None:
    rewards = torch.tensor([[1.0, 0, 0, 0], [3, 1, 1, 3]])
    found = leave_one_out_advantages(rewards)
    assert found[0].tolist() == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])
    assert found[1].tolist() == pytest.approx([4 / 3, -4 / 3, -4 / 3, 4 / 3])
    assert found.sum(1).abs().max() < 1e-6


def test_the_toll_is_the_leash_times_the_drift_of_the_reply() -> None:
    prompts = [encode(f"<visitor> where is the {room} ? <pip>".split()) for room in ("lab", "cafe")]
    noise = draw_noise(torch.Generator().manual_seed(0), REPLY_LIMIT, 8)
    replies = sample(base_policy(), prompts, 4, REPLY_LIMIT, noise)
    config = cast(RLOOConfig, parse_config({"algorithm": "rloo", "kl_coef": 0.5}))
    learner = new_learner(base_policy(), 1e-3)
    rewards = torch.arange(8.0).view(2, 4).numpy()
    rollouts = Rollouts(Said([], prompts, replies, []), {}, rewards)
    first = learn(learner, rollouts, config)
    assert first.totals["toll"].abs().max() < 1e-4
    assert first.advantages == pytest.approx([-2, -2 / 3, 2 / 3, 2] * 2, abs=1e-3)
    second = learn(learner, rollouts, config)
    lengths = [len(reply) for reply in replies]
    drift = torch.stack([part.sum() for part in second.numbers["drift"].split(lengths)])
    assert torch.allclose(second.totals["toll"], 0.5 * drift, atol=1e-5)
    paid = torch.arange(8.0) - second.totals["toll"]
    expected = leave_one_out_advantages(paid.view(2, 4)).view(-1)
    assert second.advantages == pytest.approx(expected.tolist(), abs=1e-4)
    assert second.metrics[M.KL] == pytest.approx(drift.mean().item(), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_right_answers_buys_them(seed: int) -> None:
    def is_right(course: Course) -> bool:
        return late(course, M.CORRECT) >= 0.9

    config = parse_config({"algorithm": "rloo", "reward": "correct", "seed": seed})
    assert is_right(followed(config, is_right))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_paying_for_valid_steps_buys_workings_that_lead_to_the_sum(seed: int) -> None:
    """From less than a working in ten that is valid."""

    def leads_to_the_sum(course: Course) -> bool:
        return late(course, M.WORK_VALID) >= 0.8 and late(course, M.CORRECT) >= 0.8

    world = {"world": "desk", "questions": {"sum": 1.0}}
    settings = {"reward": "work_valid", "seed": seed, "updates": 25, "world": world}
    config = parse_config({"algorithm": "rloo", **settings})
    assert leads_to_the_sum(followed(config, leads_to_the_sum))
