"""Reward modelling. Source: Christiano et al. 2017, arXiv:1706.03741; Bradley & Terry 1952.

(1) s     = w . h               h: the judge's state at the visitor's turn that follows the reply
(2) m     = s(liked) - s(other)                                    the margin of a pair
(3) l     = -log sigmoid(m)     sigmoid(m): the chance that Bradley-Terry gives to this choice
(4) loss  = mean of l + c * mean of (s(liked) + s(other))^2        over the pairs
(5) score = s - mean of s over replies of the untrained Pip

Only differences of s are learnt: a number added to all of them changes nothing in (3). The second
part of (4) keeps it near zero (Eisenstein et al. 2023, arXiv:2312.09244), and (5) says what zero
is. The judge begins as Pip (Ouyang et al. 2022, arXiv:2203.02155).

Pip learns nothing here. What is measured is what a visitor hears if Pip says several replies and
the judge, as it is before the update, picks one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, UpdateCompleted
from engine.language.checkpoint import base_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.judge import (
    CENTRING,
    LEARNING_RATE,
    PAIRS_AT_ONCE,
    Judge,
    Study,
    batches_of,
    centred,
    new_judge,
    study,
)
from engine.language.labels import ending_on
from engine.language.learner import Lesson, new_learner, plain, require_finite
from engine.language.luck import generator
from engine.language.pair_learning import SCORED_PAIRS, PairsConfig, agreement
from engine.language.practice import FRESH_QUESTIONS, opened, reward_of_desk, rounded
from engine.language.preferences import Pair, compared, held_out_pairs, labelled_pairs
from engine.language.probes import SHOWN_REPLIES, new_probes, views
from engine.language.questions import draw_question
from engine.language.rollouts import Rollouts, graded, measured, paid_for, picked
from engine.language.said import Asked, say
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.scenes import SpeechScene
from engine.spec import Algorithm, Step
from engine.worlds.desk import SCORE

BINS = 10  # of the predicted chance, when it is compared with what came


class RewardModelConfig(PairsConfig):
    """One judge, made of preference pairs."""

    algorithm: Literal["reward_model"] = "reward_model"
    reward: str = Field(
        "score",
        max_length=400,
        title="Reward",
        description="What the replies that the judge picks are measured by, as one line. It is not "
        "what the judge learns from: that is which reply of a pair was liked better.",
    )
    updates: int = Field(
        24,
        ge=1,
        le=400,
        title="Updates",
        description="How often the judge is changed. The pairs are gone through again and again.",
    )
    pairs_per_update: int = Field(
        PAIRS_AT_ONCE,
        ge=1,
        le=128,
        title="Pairs in an update",
        description="Pairs learnt from per update.",
    )
    learning_rate: float = Field(
        LEARNING_RATE,
        ge=1e-5,
        le=0.01,
        title="Learning rate",
        description="How far one update goes.",
    )
    centring: float = Field(
        CENTRING,
        ge=0,
        le=1,
        title="Centring",
        description="How strongly the scores of a pair are drawn towards a sum of zero.",
    )
    candidates: int = Field(
        4,
        ge=1,
        le=16,
        title="Candidates",
        description="How many replies of the untrained Pip the judge picks from.",
    )

    @property
    def batch_shape(self) -> tuple[int, int]:
        """Questions asked, the same at every update, and replies sampled to each."""
        return FRESH_QUESTIONS, self.candidates


def calibration_error(margins: torch.Tensor) -> torch.Tensor:
    """Expected calibration error of sigmoid(margins), over ten bins: [], a probability.

    margins: [pairs]. A pair counts twice: for its liked reply, which is liked, and for the other,
    which is not.
    """
    chances = torch.sigmoid(torch.cat([margins, -margins])).double()
    is_liked = torch.arange(len(chances)) < len(margins)
    # Scores that are no numbers end the run at its next gradient step, and not here.
    bins = (chances.nan_to_num() * BINS).long().clamp_(max=BINS - 1)
    gaps = chances.new_zeros(BINS).index_add(0, bins, chances - is_liked.double())
    return gaps.abs().sum() / len(chances)


def favourites(rollouts: Rollouts, scores: np.ndarray) -> Rollouts:
    """The reply to each question that has the highest score; of equals the first."""
    size = rollouts.said.group_size
    best = scores.reshape(-1, size).argmax(1) + size * np.arange(len(scores) // size)
    return picked(rollouts, best.tolist())


def lesson_of(made: Study) -> Lesson:
    """One gradient step, for those who watch."""
    doubt = torch.sigmoid(-made.margins)
    pull = doubt.repeat_interleave(2) * torch.tensor([1.0, -1.0]).repeat(len(doubt))
    parts = {"margin": made.margins, "chance": 1 - doubt, "pair_loss": made.losses}
    totals = {"raw_score": made.scores.view(-1)}
    totals |= {name: part.repeat_interleave(2) for name, part in parts.items()}
    return Lesson(plain({M.LOSS: made.loss, M.GRAD_NORM: made.norm}), pull.tolist(), {}, totals)


class Bench:
    """What a judge is shown at every update: visitors' candidates, and pairs it never learns."""

    def __init__(self, config: RewardModelConfig) -> None:
        """Samples what the judge will pick from."""
        self.world, self.reward = config.world, reward_of_desk(config)
        shares, (count, size) = self.world.questions.shares, config.batch_shape
        rng, luck = random.Random(f"visitors {config.seed}"), generator("luck", config.seed)
        questions = [draw_question(rng, shares) for _ in range(count)]
        self.probes = new_probes(shares, config.seed)
        said = say(
            base_policy(),
            Asked(questions, size, draw_noise(luck, REPLY_LIMIT, count * size)),
            self.probes.with_more(size, config.seed),
        )
        self.candidates, self.heard = (
            graded(part, self.world, self.reward, new_judge()) for part in said
        )
        self.work = sum(map(len, said[0].replies))
        self.held_out = held_out_pairs(self.world.preferences, shares)[:SCORED_PAIRS]

    def picks(self, shown: Rollouts, judge: Judge) -> Rollouts:
        """What a judge picks, paid. Raises RewardValueError if a reply cannot be."""
        scores = judge.scores(shown.said)
        rollouts = paid_for(shown.said, shown.values | {SCORE: scores}, self.reward)
        if rollouts.problem is not None:
            raise rollouts.problem
        return favourites(rollouts, scores)

    def agreement(self, judge: Judge) -> dict[M, torch.Tensor]:
        """How well a judge tells pairs apart that it does not learn from."""
        scores = torch.from_numpy(judge.scores(compared(self.held_out))).float().view(-1, 2)
        margins = scores[:, 0] - scores[:, 1]
        return agreement(self.held_out, scores) | {
            M.MARGIN: margins.mean(),
            M.CALIBRATION_ERROR: calibration_error(margins).float(),
        }

    def scene(self, judge: Judge, batch: list[Pair], lesson: Lesson) -> SpeechScene:
        """What the watched visitors hear by a judge's choice, and the first pairs it learnt."""
        learnt = graded(compared(batch[: SHOWN_REPLIES // 2]), self.world, self.reward, judge)
        unchanged = [[0.0] * len(reply) for reply in learnt.said.replies]
        heard = self.picks(self.heard, judge)
        return SpeechScene(probes=views(heard), group=views(learnt, unchanged, lesson), paired=True)


def run(config: RewardModelConfig) -> Iterator[Step]:
    """Train a judge, one event an update."""
    world, policy = config.world, base_policy()
    learner, bench = new_learner(new_judge(), config.learning_rate), Bench(config)
    judge, is_silent = learner.reference, True
    yield opened(config, world, policy, bench.probes, judge=judge, learns=False)[0]
    pairs = labelled_pairs(world.preferences, world.questions.shares)
    batches = batches_of(pairs, config.pairs_per_update, config.seed)
    for update in range(1, config.updates + 1):
        picked_now, batch = bench.picks(bench.candidates, judge), next(batches)
        seen = bench.agreement(judge)
        rate = config.learning_rate_at(update)
        made = study(learner, batch, rate, config.centring)  # (1), (2), (3), (4)
        require_finite(learner.policy)
        judge = centred(learner.policy, bench.candidates.said)  # (5)
        lesson = lesson_of(made)
        is_silent &= not made.norm
        event = UpdateCompleted(
            update=update,
            metrics=rounded(measured(picked_now) | plain(seen) | lesson.metrics),
            scene=bench.scene(judge, batch, lesson),
            work=bench.work,
        )
        yield Step(event, policy)
    ending: Ending = "no_signal" if is_silent else ending_on(pairs)
    yield Step(RunFinished(updates=config.updates, work=bench.work, ending=ending), policy)


ALGORITHM = Algorithm(
    name="reward_model",
    title="Reward model",
    config=RewardModelConfig,
    run=run,
    metrics=(
        *(M.LOSS, M.PAIR_ACCURACY, M.TRUTH_ACCURACY, M.MARGIN, M.CALIBRATION_ERROR, M.GRAD_NORM),
    ),
    objective=M.LOSS,
    source="Christiano et al. 2017, arXiv:1706.03741; Ouyang et al. 2022, arXiv:2203.02155",
    quantities=(
        Quantity(
            name="raw_score",
            label="Score before it is centred",
            symbol="s",
            meaning="What the judge makes of the reply just before the update, in points.",
            equation=r"w \cdot h",
            tag="(1)",
            of="rollout",
        ),
        Quantity(
            name="margin",
            label="Margin",
            symbol="m",
            meaning="How much higher the liked reply is scored than the other.",
            equation=r"s_{\mathrm{liked}} - s_{\mathrm{other}}",
            tag="(2)",
            of="rollout",
        ),
        Quantity(
            name="chance",
            label="Chance of the choice",
            symbol="p",
            meaning="How likely this choice was, as the judge saw it.",
            equation=r"\sigma(m)",
            of="rollout",
        ),
        Quantity(
            name="pair_loss",
            label="Loss of the pair",
            symbol=r"\ell",
            meaning="How much of a surprise the choice was to the judge, in nats. The loss of the "
            "update is the mean of these, and a little pay for scores around zero.",
            equation=r"-\log p",
            tag="(3)",
            of="rollout",
        ),
        Quantity(
            name="advantage",
            label="Pull",
            symbol="w",
            meaning="How hard the pair pushes the score of this reply up, or of the other one "
            "down: the chance that the judge gave to the other choice.",
            equation=r"\pm (1 - p)",
            of="rollout",
        ),
    ),
)
