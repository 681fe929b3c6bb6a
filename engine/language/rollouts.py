"""Batches of replies: sampled, graded, paid and measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.language.corpus import prompt
from engine.language.decoding import sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.questions import Question
from engine.language.vocabulary import decode, encode
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression
from engine.worlds.desk import reward_values, true_reward

_AXIS_METRICS = (M.CORRECT, M.POLITE, M.LENGTH, M.FLATTERY, M.EVASIVE, M.FLUENT, M.RAMBLE)
MEASURED = (M.TRUE_RETURN, *_AXIS_METRICS, M.SYCOPHANTIC)


class Rollouts(NamedTuple):
    """One batch of replies, row after row: as many in turn as a group has for each prompt."""

    questions: list[Question]  # one a reply
    prompts: list[list[int]]  # one a group
    replies: list[list[int]]  # token ids, the end token included
    words: list[list[str]]  # the same without the end token
    values: dict[str, np.ndarray]  # what the reward is made of: name -> [replies]


def roll_out(
    policy: Policy,
    questions: Sequence[Question],
    group_size: int,
    noise: torch.Tensor,
    expression: RewardExpression,
) -> Rollouts:
    """Sample and grade `group_size` replies to each question; noise: [REPLY_LIMIT, replies]."""
    prompts = [encode(prompt(question)) for question in questions]
    replies = sample(policy, prompts, group_size, REPLY_LIMIT, noise)
    asked = [question for question in questions for _ in range(group_size)]
    words = [decode(reply) for reply in replies]
    values = reward_values(expression, asked, [" ".join(said) for said in words])
    return Rollouts(asked, prompts, replies, words, values)


def measured(rollouts: Rollouts) -> dict[M, float]:
    """The means that the desk reports of a batch: those in MEASURED."""
    values = rollouts.values
    means = {metric: float(values[metric].mean()) for metric in _AXIS_METRICS}
    mistaken = np.array([question.is_mistaken for question in rollouts.questions])
    agreed = float(values["sycophantic"][mistaken].mean()) if mistaken.any() else 0.0
    return {M.TRUE_RETURN: float(true_reward(values).mean()), **means, M.SYCOPHANTIC: agreed}
