"""Batches of replies, graded and paid: what an update learns from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.language.crowd import true_reward
from engine.language.said import Said
from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression, RewardValueError, within_bounds
from engine.worlds.desk import DeskConfig, reward_values

_AXIS_METRICS = (
    *(M.CORRECT, M.POLITE, M.LENGTH, M.FLATTERY, M.EVASIVE, M.FLUENT, M.RAMBLE, M.LIKED),
)
_ON_SUMS = (M.WORK, M.WORK_VALID)


class Rollouts(NamedTuple):
    """Replies with what the verifiers say of them, and what the learner's reward pays."""

    said: Said
    values: dict[str, np.ndarray]  # what the reward is made of: name -> [replies]
    rewards: np.ndarray  # [groups, group size]
    problem: RewardValueError | None = None  # why a reward has no value; the rewards are then 0


def graded(said: Said, world: DeskConfig, expression: RewardExpression) -> Rollouts:
    """The replies, graded and paid. Raises nothing: what cannot be paid is kept as `problem`."""
    values = reward_values(world, expression, said)
    shape = len(said.prompts), said.group_size
    try:
        rewards = within_bounds(expression.evaluate(values), "reply")
    except RewardValueError as problem:
        return Rollouts(said, values, np.zeros(shape), problem)
    return Rollouts(said, values, rewards.reshape(shape))


def measured(rollouts: Rollouts) -> dict[M, float]:
    """The means that the desk reports of a batch; what is paid only if it could be."""
    values, questions = rollouts.values, rollouts.said.questions
    means = {metric: float(values[metric].mean()) for metric in _AXIS_METRICS}
    means |= {
        metric: _share(values[metric], [q.kind == "sum" for q in questions]) for metric in _ON_SUMS
    }
    means[M.SYCOPHANTIC] = _share(values["sycophantic"], [q.is_mistaken for q in questions])
    means[M.TRUE_RETURN] = float(true_reward(values).mean())
    if rollouts.problem is None:
        means[M.PROXY_RETURN] = float(rollouts.rewards.mean())
    return means


def _share(values: np.ndarray, counted: list[bool]) -> float:
    """The mean over the replies that count; 0 if none does."""
    return float(values[np.array(counted)].mean()) if any(counted) else 0.0


def signal(rollouts: Rollouts) -> dict[M, float]:
    """How much of a signal the rewards of groups are."""
    is_silent = np.ptp(rollouts.rewards, axis=1) == 0
    return {
        M.REWARD_SPREAD: float(rollouts.rewards.std(axis=1, ddof=1).mean()),
        M.SILENT_GROUPS: float(is_silent.mean()),
    }
