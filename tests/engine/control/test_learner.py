"""A gradient step: Adam and the limit on the gradient's length, against torch's own."""

import numpy as np
import pytest
import torch

from engine.control.learner import gradient_step, new_learner
from engine.endings import RunEnded


def test_steps_are_those_of_torch_with_a_clipped_gradient() -> None:
    learner = new_learner(0)
    networks, rng = learner.networks, torch.Generator().manual_seed(0)
    copy = networks.weights.clone().requires_grad_()
    optimizer = torch.optim.Adam([copy], lr=0.003, eps=1e-5)
    shortened = 0
    for step in range(12):
        passed = networks.forward(torch.randn(20, 4, generator=rng))
        slopes = torch.randn(2, 20, generator=rng) * (0.2 if step % 2 else 1e-3)
        copy.grad = networks.backward(passed, *slopes)
        norm = torch.nn.utils.clip_grad_norm_([copy], 0.5)
        optimizer.step()
        assert gradient_step(learner, passed, *slopes, rate=0.003, limit=0.5) == pytest.approx(
            norm.item(), rel=1e-5
        )
        shortened += bool(norm > 0.5)
        assert torch.allclose(networks.weights, copy, atol=1e-7)
    assert 0 < shortened < 12


def test_a_gradient_that_is_not_finite_ends_the_run_and_changes_nothing() -> None:
    learner = new_learner(0)
    before = learner.networks.weights.clone()
    passed = learner.networks.forward(torch.zeros(2, 4))
    with pytest.raises(RunEnded) as end:
        gradient_step(learner, passed, torch.tensor([np.nan, 0]), torch.zeros(2), 0.1, 0.5)
    assert end.value.ending == "diverged"
    assert torch.equal(learner.networks.weights, before)


def test_the_same_seed_begins_with_the_same_networks() -> None:
    one, same, other = (new_learner(seed).networks.weights for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
