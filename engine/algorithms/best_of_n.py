"""Best of n: nothing is learnt; Pip says n replies, and the visitor hears the best-paid one.

(1) c(r)  = how many of the N replies sampled to a question are paid r or less
(2) P(r)  = [C(c(r), n) - C(c(below r), n)] / C(N, n)
            the chance that the best of n, drawn from the N without putting back, is paid r
(3) E     = sum over the replies of value * P(r) / how many are paid r
(4) KL    = sum over the replies of p ln(p N), p = P(r) / how many are paid r
            and no more than ln n - (n - 1) / n

(3) has no bias, for every n up to N from the same N replies; replies that are paid the same are
heard equally often. The bound of (4) is KL(best of n || Pip) exactly if no two replies are ever
paid the same. If they are, less: a tie leaves more of Pip's own choice, and the sum says how much.

Sources: Nakano et al. 2021, arXiv:2112.09332, for (3); Gao et al. 2022, arXiv:2210.10760, for (4);
Beirami et al. 2024, arXiv:2401.01879, for (4) as a bound.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import comb, log
from typing import Literal

import numpy as np
from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, UpdateCompleted
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.labels import ending_on
from engine.language.learner import Lesson
from engine.language.luck import generator
from engine.language.practice import (
    DeskRunConfig,
    judge_of,
    labels_behind,
    opened,
    reward_of_desk,
    rounded,
)
from engine.language.probes import SHOWN_REPLIES, Probes, new_probes, views
from engine.language.quantities import REWARD
from engine.language.questions import draw_question
from engine.language.rollouts import Rollouts, first_group, graded, measured, picked
from engine.language.said import Asked, Said, joined, say
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity, of_rollout
from engine.scenes import SpeechScene
from engine.spec import Algorithm, Step

AT_ONCE = 1024  # replies sampled in one pass: more need more memory and are no faster


class BestOfNConfig(DeskRunConfig):
    """One look at the best of n at Pip's desk."""

    algorithm: Literal["best_of_n"] = "best_of_n"
    most_candidates: int = Field(
        64,
        ge=1,
        le=128,
        title="Most candidates",
        description="How many replies there are to choose from in the end; it begins with one, and "
        "every step doubles them.",
    )
    questions: int = Field(
        64, ge=1, le=128, title="Questions", description="Questions asked, the same at every step."
    )

    @property
    def candidate_counts(self) -> list[int]:
        """How many candidates there are at each step."""
        doubled = (2**step for step in range(self.most_candidates.bit_length()))
        return sorted({*doubled, self.most_candidates})

    @property
    def planned_updates(self) -> int:
        """Steps of the run."""
        return len(self.candidate_counts)


def ranks(rewards: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Where each reply stands among all to its question, and what follows from that, by quantity.

    rewards: [questions, sampled], at least `count` sampled. Each has the same shape.
    """
    sampled = rewards.shape[1]
    up_to = (rewards[:, None, :] <= rewards[:, :, None]).sum(2)  # (1)
    below = (rewards[:, None, :] < rewards[:, :, None]).sum(2)  # (2)
    reached = np.array([comb(c, count) / comb(sampled, count) for c in range(sampled + 1)])  # (2)
    return {
        "up_to": up_to,
        "below": below,
        "reached": reached[up_to],
        "missed": reached[below],
        "chance": (reached[up_to] - reached[below]) / (up_to - below),  # (2), shared among equals
    }


def best_chances(rewards: np.ndarray, count: int) -> np.ndarray:
    """How likely each reply is to be heard as the best paid of `count`; rows sum to 1.

    rewards: as in `ranks`. Returns the same shape.
    """
    return ranks(rewards, count)["chance"]


def largest_kl(count: int) -> float:
    """KL(best of `count` || policy) in nats, if no two replies are ever paid the same."""
    return log(count) - (count - 1) / count  # (4)


def choice_kl(chances: np.ndarray, count: int) -> float:
    """KL(best of `count` || policy) in nats, estimated over the questions; 0 if all are paid alike.

    A little too high where the best pay is rare among the sampled, and never above the bound.
    chances: of each reply to be heard, [questions, sampled]; rows sum to 1.
    """
    sampled = chances.shape[1]
    gains = np.log(chances * sampled, where=chances > 0, out=np.zeros_like(chances))
    return min(float((chances * gains).sum(1).mean()), largest_kl(count))  # (4)


def candidates(config: BestOfNConfig) -> Rollouts:
    """All replies to all questions, paid. Raises RewardValueError if they cannot be."""
    rng, luck = random.Random(f"visitors {config.seed}"), generator("luck", config.seed)
    shares, most = config.world.questions.shares, config.most_candidates
    questions = [draw_question(rng, shares) for _ in range(config.questions)]
    asked, parts = max(1, AT_ONCE // most), []
    for start in range(0, len(questions), asked):
        part = questions[start : start + asked]
        noise = draw_noise(luck, REPLY_LIMIT, len(part) * most)
        parts += say(base_policy(), Asked(part, most, noise))
    return paid(joined(parts), config)


def probe_candidates(config: BestOfNConfig, probes: Probes) -> Rollouts:
    """All replies to the watched visitors, paid; the first to each is what it always hears."""
    (said,) = say(base_policy(), probes.with_more(config.most_candidates, config.seed))
    return paid(said, config)


def paid(said: Said, config: BestOfNConfig) -> Rollouts:
    """The replies, graded and paid. Raises RewardValueError if one cannot be."""
    judge = judge_of(config, config.world)
    rollouts = graded(said, config.world, reward_of_desk(config), judge)
    if rollouts.problem is not None:
        raise rollouts.problem
    return rollouts


def scene(
    heard: Rollouts, rollouts: Rollouts, ranked: dict[str, np.ndarray], count: int
) -> SpeechScene:
    """The best paid of `count` replies to each probe, and how likely replies of a group are."""
    rewards = rollouts.rewards
    best = heard.rewards[:, :count].argmax(1) + np.arange(len(heard.rewards)) * rewards.shape[1]
    group = first_group(rollouts, SHOWN_REPLIES)
    lesson = Lesson(
        metrics={},
        advantages=(rewards - rewards.mean(1, keepdims=True)).ravel().tolist(),
        numbers={},
        totals={name: torch.from_numpy(figures.ravel()) for name, figures in ranked.items()},
    )
    unchanged = [[0.0] * len(reply) for reply in group.said.replies]
    return SpeechScene(
        probes=views(picked(heard, best.tolist())), group=views(group, unchanged, lesson)
    )


def run(config: BestOfNConfig) -> Iterator[Step]:
    """Choose among more and more replies, one event a number of candidates."""
    policy, probes = base_policy(), new_probes(config.world.questions.shares, config.seed)
    judge = judge_of(config, config.world)
    yield opened(config, config.world, policy, probes, judge=judge)[0]
    rollouts, heard = candidates(config), probe_candidates(config, probes)
    work = sum(map(len, rollouts.said.replies))
    for update, count in enumerate(config.candidate_counts, 1):
        ranked = ranks(rollouts.rewards, count)
        chances = ranked["chance"]
        metrics = measured(rollouts, chances.ravel())  # (3)
        metrics |= {M.KL: choice_kl(chances, count), M.CANDIDATES: count}
        event = UpdateCompleted(
            update=update,
            metrics=rounded(metrics),
            scene=scene(heard, rollouts, ranked, count),
            work=work,
        )
        yield Step(event, policy)
    is_silent = not np.ptp(rollouts.rewards, axis=1).any()
    labels = labels_behind(judge, config.world)
    ending: Ending = "no_signal" if is_silent else ending_on(labels)
    yield Step(RunFinished(updates=config.planned_updates, work=work, ending=ending), policy)


ALGORITHM = Algorithm(
    name="best_of_n",
    title="Best of n",
    config=BestOfNConfig,
    run=run,
    metrics=(M.KL, M.CANDIDATES),
    source="Nakano et al. 2021, arXiv:2112.09332; Gao et al. 2022, arXiv:2210.10760",
    quantities=(
        REWARD,
        Quantity(
            name="advantage",
            label="Advantage",
            symbol="A",
            meaning="How far the reward lies above the mean of all replies to the question.",
            equation=r"r - \operatorname{mean}(r)",
            of="rollout",
        ),
        of_rollout(
            "up_to",
            "Paid as much or less",
            "c(r)",
            "How many of all replies to the question are paid no more than this one.",
            "",
            "(1)",
        ),
        of_rollout("below", "Paid less", "c(<r)", "How many of them are paid less."),
        of_rollout(
            "reached",
            "Chance that none is better",
            "F",
            "Of n replies drawn from all without putting back.",
            r"\binom{c(r)}{n} / \binom{N}{n}",
            "(2)",
        ),
        of_rollout(
            "missed",
            "Chance that all are worse",
            "G",
            "Of n replies drawn from all without putting back.",
            r"\binom{c(<r)}{n} / \binom{N}{n}",
            "(2)",
        ),
        Quantity(
            name="chance",
            label="Chance to be heard",
            symbol="P",
            meaning="How likely this reply is to be the best paid of n drawn from all that were "
            "sampled to its question.",
            equation=r"\frac{F - G}{c(r) - c(<r)}",
            tag="(2)",
            of="rollout",
        ),
    ),
)
