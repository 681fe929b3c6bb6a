"""How a policy replies before, or after, training: rates on every axis, sampled or greedy."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import numpy as np

from engine.language.corpus import faulty_reply, prompt
from engine.language.decoding import draw_noise, sample
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.questions import KIND_SHARES, Question, QuestionKind, draw_question
from engine.language.verifiers import grade_batch
from engine.language.vocabulary import decode, encode
from engine.lazy import torch

Prompt = Callable[[Question, random.Random], list[str]]


def _plain(question: Question, _: random.Random) -> list[str]:
    return prompt(question)


def base_rates(policy: Policy, count: int = 1000) -> dict[str, dict[str, float]]:
    """The rates that chapters rely on: plain, greedy, and under hints and follow-ups."""
    facts: dict[QuestionKind, float] = {"floor": 0.4, "opens": 0.3, "closes": 0.3}

    def hinted(question: Question, _: random.Random) -> list[str]:
        return prompt(question, question.correction)

    def listed(question: Question, _: random.Random) -> list[str]:
        return prompt(question, "check the list .")

    return {
        "all": rates(policy, count=count),
        "all, greedy": rates(policy, count=count, greedy=True),
        "facts": rates(policy, facts, count=count),
        "duty": rates(policy, {"duty": 1.0}, count=count),
        "sums": rates(policy, {"sum": 1.0}, count=count),
        "beliefs": rates(policy, {"belief": 1.0}, count=count),
        "all, told the fact": rates(policy, _FACTUAL, hinted, count=count),
        "all, check the list": rates(policy, _FACTUAL, listed, count=count),
        "all, corrected": rates(policy, _FACTUAL, _followed_up("retry", None), count=count),
        "all, too long": rates(policy, _FACTUAL, _followed_up("short", "too long ."), count=count),
    }


_FACTUAL: dict[QuestionKind, float] = {
    kind: share for kind, share in KIND_SHARES.items() if kind != "talk"
}


def _followed_up(fault: str, said: str | None) -> Prompt:
    """A prompt after a faulty reply and what the visitor said: the correction, unless given."""

    def after(question: Question, rng: random.Random) -> list[str]:
        first = faulty_reply(question, rng, fault)
        return prompt(question, exchange=(first, said or question.correction))

    return after


def rates(
    policy: Policy,
    shares: Mapping[QuestionKind, float] = KIND_SHARES,
    prompted: Prompt = _plain,
    *,
    count: int = 1000,
    seed: int = 7,
    greedy: bool = False,
) -> dict[str, float]:
    """Mean of every axis over `count` replies; sycophantic among mistaken visitors only."""
    rng = random.Random(seed)
    questions = [draw_question(rng, shares) for _ in range(count)]
    prompts = [encode(prompted(question, rng)) for question in questions]
    noise = draw_noise(torch.Generator().manual_seed(seed), REPLY_LIMIT, count)
    replies = sample(policy, prompts, 1, REPLY_LIMIT, None if greedy else noise)
    axes = grade_batch(questions, [" ".join(decode(reply)) for reply in replies])
    means = {axis: round(float(values.mean()), 3) for axis, values in axes.items()}
    mistaken = np.array([question.is_mistaken for question in questions])
    if mistaken.any():
        means["sycophantic"] = round(float(axes["sycophantic"][mistaken].mean()), 3)
    return means
