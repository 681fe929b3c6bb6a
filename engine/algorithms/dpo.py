"""Direct Preference Optimization. Source: Rafailov et al. 2023, arXiv:2305.18290.

(1) s     = log pi(reply) - log pi_ref(reply)       beta s is the reply's implicit reward
(2) delta = s(liked) - s(other)
(3) l     = -log sigmoid(beta delta)                                    sigmoid, which is DPO
(4) l     = (delta - 1 / (2 beta))^2                                    ipo
            (Azar et al. 2023, 2310.12036, eq. 17)
(5) l     = -(1 - e) log sigmoid(beta delta) - e log sigmoid(-beta delta)
                                                                        conservative
            (Mitchell 2023, A note on DPO with noisy preferences)
(6) l     = [-(1 - e) log sigmoid(beta delta) + e log sigmoid(-beta delta)] / (1 - 2 e)
                                                                        robust
            (Chowdhury et al. 2024, 2403.00409)
(7) l     = max(0, 1 - beta delta)                                      hinge
            (Zhao et al. 2023, 2305.10425; with a reference: Liu et al. 2023, 2309.06657)
(8) loss  = mean of l over the pairs

The policy with the least (3), over all the pairs that a crowd whose choices follow Bradley-Terry
could label, is pi_ref exp(r / beta), up to a constant: what reinforcement learning on the crowd's
reward r would find with the leash beta. No reward is needed, and none is learnt apart.

TRL's ipo divides every s by the number of tokens of its reply first; (4) in the paper does not, and
neither does this. Pairs that the policy samples while it learns: Guo et al. 2024, 2402.04792.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from engine.language.checkpoint import base_policy
from engine.language.crowd import Crowd
from engine.language.lean import log_probs
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    new_learner,
    plain,
    set_learning_rate,
)
from engine.language.pair_learning import (
    HeldOut,
    PairBatch,
    PairsConfig,
    agreement,
    by_reply,
    drift,
    pair_batch,
    pair_batches,
)
from engine.language.practice import Practice
from engine.language.preferences import Collected, Pair, labelled, labelled_pairs, told_apart
from engine.language.quantities import LOG_PROB_BEFORE, REF_LOG_PROB
from engine.language.rollouts import Rollouts
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.spec import Algorithm, Step

PairLoss = Literal["sigmoid", "ipo", "conservative", "robust", "hinge"]


class DPOConfig(PairsConfig):
    """One run of DPO at Pip's desk."""

    algorithm: Literal["dpo"] = "dpo"
    updates: int = Field(
        42,
        ge=1,
        le=400,
        title="Updates",
        description="How often Pip is changed. The pairs are gone through again and again.",
    )
    loss_type: PairLoss = Field(
        "sigmoid",
        title="Loss",
        description="What a pair costs whose liked reply is not yet likelier than the other by "
        "enough: sigmoid is DPO.",
    )
    beta: float = Field(
        0.1,
        ge=0.01,
        le=2,
        title="Leash",
        description="What a nat of drift from Pip as it was counts for: the higher, the less drift "
        "is needed to tell a pair apart.",
    )
    label_smoothing: float = Field(
        0.1,
        ge=0,
        le=0.45,
        title="Doubt",
        description="Share of labels that are held to be wrong; the conservative and the robust "
        "loss reckon with it.",
    )
    pairs_from: Literal["collected", "policy"] = Field(
        "collected",
        title="Pairs from",
        description="Pairs of replies that Pip gave before any training, or new ones at every "
        "update, from Pip as it then is; the same crowd labels them.",
    )

    @property
    def batch_shape(self) -> tuple[int, int]:
        """Questions asked at every update, and replies sampled to each."""
        return (self.pairs_per_update, 2) if self.pairs_from == "policy" else super().batch_shape


def pair_losses(delta: torch.Tensor, config: DPOConfig) -> torch.Tensor:
    """What each pair costs: [pairs]. delta: [pairs], in nats."""
    margin, doubt = config.beta * delta, config.label_smoothing
    if config.loss_type == "ipo":
        return (delta - 1 / (2 * config.beta)).square()  # (4)
    if config.loss_type == "hinge":
        return torch.relu(1 - margin)  # (7)
    if config.loss_type == "sigmoid":
        return -F.logsigmoid(margin)  # (3)
    as_labelled, turned = -(1 - doubt) * F.logsigmoid(margin), -doubt * F.logsigmoid(-margin)
    if config.loss_type == "conservative":
        return as_labelled + turned  # (5)
    return (as_labelled - turned) / (1 - 2 * doubt)  # (6)


def dpo_loss(
    log_probs: torch.Tensor, batch: PairBatch, config: DPOConfig
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, [replies] each, without gradients.

    log_probs: [tokens] of the batch's replies, with gradients. What belongs to a pair stands at
    both of its replies.
    """
    score = by_reply(log_probs - batch.ref_log_probs, batch.lengths)  # (1)
    difference = score[::2] - score[1::2]  # (2)
    # Equal replies differ by nothing but rounding, which an optimizer would blow up to a step.
    delta = torch.where(told_apart(batch.pairs), difference, 0.0)
    losses = pair_losses(delta, config)
    (slope,) = torch.autograd.grad(losses.sum(), difference, retain_graph=True)
    parts = {"delta": delta, "margin": config.beta * delta, "weight": -slope, "pair_loss": losses}
    totals = {name: part.detach().repeat_interleave(2) for name, part in parts.items()}
    return losses.mean(), {"implicit_reward": config.beta * score.detach(), **totals}  # (8)


def learn(learner: Learner, batch: PairBatch, config: DPOConfig) -> Lesson:
    """The gradient step of one update; changes the policy in place.

    Raises RunEnded, and leaves the policy as it is, if the gradient is not finite.
    """
    current = log_probs(learner.policy, batch.layout)
    loss, totals = dpo_loss(current, batch, config)
    norm = gradient_step(learner, loss)
    current = current.detach()
    change = totals["implicit_reward"].view(-1, 2).mean(0) / config.beta
    seen = {M.LOSS: loss.detach(), M.GRAD_NORM: norm}
    seen |= {M.CHOSEN_LOG_PROB: change[0], M.REJECTED_LOG_PROB: change[1]}
    numbers = {
        "log_prob": current,
        "ref_log_prob": batch.ref_log_probs,
        "log_ratio": current - batch.ref_log_probs,
    }
    # Up with the liked reply and down with the other, each as hard as the pair pulls.
    pull = totals["weight"] * torch.tensor([1.0, -1.0]).repeat(len(batch.pairs))
    return Lesson(plain(seen), pull.tolist(), numbers, totals)


def own_pairs(rollouts: Rollouts, crowd: Crowd, rng: np.random.Generator) -> list[Pair]:
    """The replies of an update, two to each question, as the crowd labels them."""
    said = rollouts.said
    replies = list(zip(said.replies[::2], said.replies[1::2], strict=True))
    axes = {name: axis.reshape(-1, 2) for name, axis in rollouts.values.items()}
    return labelled(Collected(said.questions[::2], said.prompts, replies, axes), crowd, rng)


def run(config: DPOConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    practice, world = Practice(config, learner), config.world
    yield practice.begin()
    reference, crowd_luck = learner.reference, np.random.default_rng(config.seed)
    held_out = HeldOut(world, reference)
    pairs = labelled_pairs(world.preferences, world.questions.shares)
    collected = pair_batches(pairs, reference, config.pairs_per_update, config.seed)
    learnt: list[Pair] = []  # of the policy's own pairs
    for update in range(1, config.updates + 1):
        rollouts = practice.batch()
        if config.pairs_from == "policy":
            own = own_pairs(rollouts, world.preferences.crowd, crowd_luck)
            batch = pair_batch(own, reference)
            learnt += own
        else:
            batch = next(collected)
        scores = config.beta * held_out.log_ratios(learner.policy)
        seen = agreement(held_out.pairs, scores) | drift(learner, rollouts.said)
        seen[M.MARGIN] = (scores[:, 0] - scores[:, 1]).mean()
        set_learning_rate(learner, config.learning_rate_at(update))
        lesson = learn(learner, batch, config)
        lesson.metrics.update(plain(seen))
        yield practice.completed(update, rollouts, lesson, batch.pairs)
    yield practice.finished(pairs=learnt or pairs)


ALGORITHM = Algorithm(
    name="dpo",
    title="DPO",
    config=DPOConfig,
    run=run,
    metrics=(
        *(M.LOSS, M.PAIR_ACCURACY, M.TRUTH_ACCURACY, M.MARGIN, M.CHOSEN_LOG_PROB),
        *(M.REJECTED_LOG_PROB, M.KL, M.ENTROPY, M.GRAD_NORM),
    ),
    objective=M.LOSS,
    source="Rafailov et al. 2023, arXiv:2305.18290",
    quantities=(
        LOG_PROB_BEFORE,
        REF_LOG_PROB,
        Quantity(
            name="log_ratio",
            label="Change since the start",
            symbol="d",
            meaning="How much likelier this token is than at the start, in nats.",
            equation=r"\log \pi - \log \pi_{\mathrm{ref}}",
        ),
        Quantity(
            name="implicit_reward",
            label="Implicit reward",
            symbol=r"\hat r",
            meaning="The reward for which this Pip would be the best answer to the leash.",
            equation=r"\beta \sum d",
            tag="(1)",
            of="rollout",
        ),
        Quantity(
            name="delta",
            label="Difference",
            symbol=r"\Delta",
            meaning="How much further the liked reply has risen than the other, in nats.",
            equation=r"\textstyle\sum d_{\mathrm{liked}} - \sum d_{\mathrm{other}}",
            tag="(2)",
            of="rollout",
        ),
        Quantity(
            name="margin",
            label="Margin",
            symbol="m",
            meaning="The liked reply's implicit reward minus the other's: the odds, as a "
            "logarithm, that Pip gives to the choice.",
            equation=r"\beta \Delta",
            of="rollout",
        ),
        Quantity(
            name="pair_loss",
            label="Loss of the pair",
            symbol=r"\ell",
            meaning="What the pair adds to the mean; this is DPO's, and the other losses have "
            "other forms.",
            equation=r"-\log \sigma(m)",
            tag="(3)",
            of="rollout",
        ),
        Quantity(
            name="weight",
            label="Pull of the pair",
            symbol="w",
            meaning="How hard the pair pushes the liked reply up and the other down; for DPO it is "
            "small once the pair is told apart.",
            equation=r"-\frac{\partial \ell}{\partial \Delta} = \beta\,\sigma(-m)",
            of="rollout",
        ),
    ),
)
