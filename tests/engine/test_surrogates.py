"""PPO's clipped losses: their truth tables, values and gradients."""

import pytest
import torch

from engine.surrogates import clipped_surrogate, clipped_value_loss, is_held_back

TRUTH_TABLE = [  # ratio, advantage, loss, gradient by the ratio
    (1.5, 2.0, -2.4, 0.0),  # gained enough: held back
    (0.5, 2.0, -1.0, -2.0),  # fell although it was good: may rise
    (1.0, 2.0, -2.0, -2.0),
    (1.5, -2.0, 3.0, 2.0),  # rose although it was bad: may fall
    (0.5, -2.0, 1.6, 0.0),  # fell enough: held back
    (1.0, -2.0, 2.0, 2.0),
    (1.5, 0.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("ratio", "advantage", "loss", "slope"), TRUTH_TABLE)
def test_the_clip_holds_back_what_has_gone_far_enough(
    ratio: float, advantage: float, loss: float, slope: float
) -> None:
    variable = torch.tensor([ratio], requires_grad=True)
    value = clipped_surrogate(variable, torch.tensor([advantage]), 0.8, 1.2)
    value.sum().backward()
    assert value.tolist() == pytest.approx([loss])
    assert variable.grad is not None and variable.grad.tolist() == pytest.approx([slope])
    is_held = is_held_back(variable, torch.tensor([advantage]), 0.8, 1.2)
    assert is_held.tolist() == [slope == 0 and advantage != 0]


def test_bounds_need_not_be_symmetric_and_infinite_ones_never_hold() -> None:
    ratio, advantages = torch.tensor([0.1, 1.25, 1.4, 30.0]), torch.tensor([-1.0, 1.0, 1.0, 1.0])
    asymmetric = clipped_surrogate(ratio, advantages, 0.8, 1.3)
    assert asymmetric.tolist() == pytest.approx([0.8, -1.25, -1.3, -1.3])
    free = clipped_surrogate(ratio, advantages, -torch.inf, torch.inf)
    assert free.tolist() == pytest.approx((-ratio * advantages).tolist())


VALUES = [  # value, old value, return, loss with a range of 0.5, gradient
    (1.0, 1.0, 3.0, 4.0, -4.0),  # has not moved
    (1.4, 1.0, 3.0, 2.56, -3.2),  # moved within the range
    (2.0, 1.0, 3.0, 2.25, 0.0),  # moved beyond it towards the return: (1.5 - 3)^2
    (0.0, 1.0, 3.0, 9.0, -6.0),  # moved beyond it away from the return
    (2.0, 1.0, 1.6, 0.16, 0.8),  # beyond, and the return lies between: further away than if kept
    (2.0, 1.0, 1.9, 0.16, 0.0),  # beyond, and nearer than if kept: (1.5 - 1.9)^2
]


@pytest.mark.parametrize(("value", "old", "return_", "loss", "slope"), VALUES)
def test_an_estimate_that_moved_too_far_gains_nothing(
    value: float, old: float, return_: float, loss: float, slope: float
) -> None:
    variable = torch.tensor([value], requires_grad=True)
    error = clipped_value_loss(variable, torch.tensor([old]), torch.tensor([return_]), 0.5)
    error.sum().backward()
    assert error.tolist() == pytest.approx([loss])
    assert variable.grad is not None and variable.grad.tolist() == pytest.approx([slope])


def test_without_a_range_it_is_the_squared_error() -> None:
    values, old, returns = torch.randn(3, 20, generator=torch.Generator().manual_seed(0))
    error = clipped_value_loss(values, old, returns, None)
    assert torch.equal(error, (values - returns) ** 2)
    wide = clipped_value_loss(values, old, returns, 100.0)
    assert torch.allclose(wide, error, rtol=1e-5)
