"""Batches of replies, graded and paid: what an update learns from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.language.crowd import true_reward
from engine.language.judge import Judge
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


def graded(
    said: Said, world: DeskConfig, expression: RewardExpression, judge: Judge | None = None
) -> Rollouts:
    """The replies, graded and paid. Raises nothing: what cannot be paid is kept as `problem`.

    judge: whose score may be paid.
    """
    return paid_for(said, reward_values(world, expression, said, judge), expression)


def paid_for(said: Said, values: dict[str, np.ndarray], expression: RewardExpression) -> Rollouts:
    """Replies that are graded already, and what they are paid; raises nothing, as above."""
    shape = len(said.prompts), said.group_size
    try:
        rewards = within_bounds(expression.evaluate(values), "reply")
    except RewardValueError as problem:
        return Rollouts(said, values, np.zeros(shape), problem)
    return Rollouts(said, values, rewards.reshape(shape))


def picked(rollouts: Rollouts, rows: Sequence[int], group_size: int = 1) -> Rollouts:
    """Some of the replies, of which `group_size` in turn belong to one question."""
    said, chosen = rollouts.said, list(rows)
    part = Said(
        [said.questions[row] for row in chosen],
        [said.prompts[row // said.group_size] for row in chosen[::group_size]],
        [said.replies[row] for row in chosen],
        [said.words[row] for row in chosen],
    )
    values = {name: axis[chosen] for name, axis in rollouts.values.items()}
    rewards = rollouts.rewards.ravel()[chosen].reshape(-1, group_size)
    return Rollouts(part, values, rewards, rollouts.problem)


def first_group(rollouts: Rollouts, most: int) -> Rollouts:
    """The replies to the first question, `most` at most."""
    size = min(most, rollouts.said.group_size)
    return picked(rollouts, range(size), size)


def measured(rollouts: Rollouts, weights: np.ndarray | None = None) -> dict[M, float]:
    """The means that the desk reports of a batch; what is paid only if it could be.

    weights: [replies] how much each counts; nothing: all the same.
    """
    values, questions = rollouts.values, rollouts.said.questions

    def share(name: str, counted: list[bool]) -> float:
        """The mean over the replies that count; 0 if none does."""
        rows = np.array(counted)
        kept = None if weights is None else weights[rows]
        return float(np.average(values[name][rows], weights=kept)) if any(counted) else 0.0

    means = {m: float(np.average(values[m], weights=weights)) for m in _AXIS_METRICS}
    means |= {metric: share(metric, [q.kind == "sum" for q in questions]) for metric in _ON_SUMS}
    means[M.SYCOPHANTIC] = share("sycophantic", [q.is_mistaken for q in questions])
    means[M.TRUE_RETURN] = float(np.average(true_reward(values), weights=weights))
    if rollouts.problem is None:
        means[M.PROXY_RETURN] = float(np.average(rollouts.rewards.ravel(), weights=weights))
    return means


def signal(rollouts: Rollouts) -> dict[M, float]:
    """How much of a signal the rewards of groups are."""
    is_silent = np.ptp(rollouts.rewards, axis=1) == 0
    return {
        M.REWARD_SPREAD: float(rollouts.rewards.std(axis=1, ddof=1).mean()),
        M.SILENT_GROUPS: float(is_silent.mean()),
    }
