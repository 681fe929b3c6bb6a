"""How much better a rollout was than expected."""

from __future__ import annotations

from typing import Literal

from engine.lazy import torch

AdvantageScale = Literal["group", "batch", "none"]
EPSILON = 1e-4  # keeps the division finite where all rewards are equal


def group_advantages(rewards: torch.Tensor, scale: AdvantageScale = "group") -> torch.Tensor:
    """Reward minus the group's mean, in deviations of the group, of the batch, or in reward units.

    rewards: [groups, group size], at least two in a group. Returns the same shape.
    Source: Shao et al. 2024, arXiv:2402.03300; scale "none" is Liu et al. 2025, arXiv:2503.20783.
    The deviation has Bessel's correction, as in TRL.
    """
    centred = centred_in_groups(rewards)
    if scale == "none":
        return centred
    spread = rewards.std(dim=1, keepdim=True) if scale == "group" else rewards.std()
    return centred / (spread + EPSILON)


def leave_one_out_advantages(rewards: torch.Tensor) -> torch.Tensor:
    """Each reward minus the mean of the others of its group, in reward units.

    rewards: [groups, group size], at least two in a group. Returns the same shape.
    Source: Ahmadian et al. 2024, arXiv:2402.14740.
    """
    size = rewards.shape[1]
    return centred_in_groups(rewards) * (size / (size - 1))


def centred_in_groups(rewards: torch.Tensor) -> torch.Tensor:
    """Rewards minus the mean of their group: [groups, group size], as given.

    Exactly zero in a group of equal rewards, whose mean may differ from them by rounding: an
    optimizer that scales its gradients would make a step of full length of that.
    """
    is_equal = rewards.amax(dim=1, keepdim=True) == rewards.amin(dim=1, keepdim=True)
    return (rewards - rewards.mean(dim=1, keepdim=True)).masked_fill(is_equal, 0.0)


def gae(
    rewards: torch.Tensor,
    next_values: torch.Tensor,
    values: torch.Tensor,
    continues: torch.Tensor,
    gamma: float,
    lam: float,
) -> torch.Tensor:
    """Generalized advantage estimates: [time, rows], in reward units.

    rewards, values: [time, rows]. next_values: the same, of the state that each step led to, and 0
    where that state is terminal; where a time limit cut the episode off, the value of where it
    stood. continues: 1, or 0 where the trajectory ends with this step, whatever the reason: nothing
    behind it counts. Behind the last row of time nothing counts either.
    Source: Schulman et al. 2016, arXiv:1506.02438, eq. 16.
    """
    errors = rewards + gamma * next_values - values
    decay = gamma * lam * continues
    advantages = torch.empty_like(errors)
    behind = torch.zeros_like(errors[0])
    for time in reversed(range(len(errors))):
        behind = torch.addcmul(errors[time], decay[time], behind)
        advantages[time] = behind
    return advantages


def token_advantages(
    rewards: torch.Tensor, values: torch.Tensor, lengths: torch.Tensor, lam: float
) -> torch.Tensor:
    """Generalized advantage estimates along each reply, without a discount: [tokens].

    rewards, values: [tokens], row after row of `lengths` tokens, [replies]; nothing comes behind
    the last token of a row.
    """
    is_token = torch.arange(int(lengths.max()))[:, None] < lengths  # [time, replies]
    padded = [rewards.new_zeros(is_token.T.shape) for _ in range(2)]
    for rows, numbers in zip(padded, (rewards, values), strict=True):
        rows[is_token.T] = numbers
    paid, value = (rows.T for rows in padded)
    following = torch.cat([value[1:], torch.zeros_like(value[:1])])
    continues = torch.cat([is_token[1:], torch.zeros_like(is_token[:1])]).to(value)
    return gae(paid, following, value, continues, 1.0, lam).T[is_token.T]


def whitened(numbers: torch.Tensor) -> torch.Tensor:
    """Numbers with mean 0 and variance 1, but for those that are all the same."""
    centred = numbers - numbers.mean()
    return centred * (numbers.var(correction=min(1, len(numbers) - 1)) + 1e-8).rsqrt()


def explained_variance(missed: torch.Tensor, returns: torch.Tensor) -> float:
    """How much of the returns a critic knew, at most 1; 0 where they do not vary.

    missed: returns minus what it expected; both of one shape.
    """
    varies = float(returns.var(correction=0))
    return 1 - float(missed.var(correction=0)) / varies if varies else 0.0
