"""Adam takes PyTorch's own steps, and loads nothing that it does not need."""

import subprocess
import sys

import torch

from engine.language.adam import EPSILON, MEAN_DECAY, SQUARE_DECAY, Adam

SHAPES = ((3, 4), (5,), ())
LOADED = """
import sys
from engine import train
from engine.config import parse_config
config = parse_config({"algorithm": "grpo", "world": {"world": "desk"}, "reward": "polite"})
steps = train.steps(config)
next(steps), next(steps)
sys.exit("torch._dynamo" in sys.modules)
"""


def weights() -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(3)
    return [torch.randn(shape, generator=rng).requires_grad_() for shape in SHAPES]


def test_its_steps_are_those_of_adamw_to_the_last_bit() -> None:
    own, theirs = weights(), weights()
    adam = Adam(own, 0.01)
    reference = torch.optim.AdamW(
        theirs, 0.01, betas=(MEAN_DECAY, SQUARE_DECAY), eps=EPSILON, weight_decay=0.0, fused=True
    )
    rng = torch.Generator().manual_seed(4)
    for update in range(6):
        for index, (one, other) in enumerate(zip(own, theirs, strict=True)):
            has_gradient = (index + update) % 3  # else it stays, and its clock stands still
            if has_gradient:
                gradient = torch.randn(SHAPES[index], generator=rng)
                one.grad, other.grad = gradient.clone(), gradient.clone()
        if update == 4:
            adam.learning_rate = reference.param_groups[0]["lr"] = 0.002
        adam.step()
        reference.step()
        adam.forget_gradients()
        reference.zero_grad()
        assert all(torch.equal(one, other) for one, other in zip(own, theirs, strict=True))
        assert all(tensor.grad is None for tensor in own)


def test_without_any_gradient_nothing_moves() -> None:
    own = weights()
    Adam(own, 0.01).step()
    assert all(torch.equal(one, other) for one, other in zip(own, weights(), strict=True))


def test_a_run_does_not_load_the_compiler() -> None:
    assert subprocess.run([sys.executable, "-c", LOADED], timeout=120).returncode == 0
