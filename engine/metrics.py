"""The closed vocabulary of measurements.

Charts, tooltips, chapter conditions, prose and documentation all read this one table; a metric that
is not in it does not exist.
"""

from enum import StrEnum
from typing import Literal

from engine.frozen import Frozen

Role = Literal["proxy", "true", "drift", "neutral"]
Better = Literal["higher", "lower", "neither"]


class MetricName(StrEnum):
    """Every measurement that an algorithm or a world may report."""

    PROXY_RETURN = "proxy_return"
    TRUE_RETURN = "true_return"
    LENGTH = "length"
    KL = "kl"
    ENTROPY = "entropy"
    REWARD_SPREAD = "reward_spread"
    SILENT_GROUPS = "silent_groups"
    CLIP_FRACTION = "clip_fraction"
    GRAD_NORM = "grad_norm"
    CORRECT = "correct"
    POLITE = "polite"
    FLATTERY = "flattery"
    EVASIVE = "evasive"
    SYCOPHANTIC = "sycophantic"
    FLUENT = "fluent"
    RAMBLE = "ramble"
    WORK = "work"
    WORK_VALID = "work_valid"
    LIKED = "liked"
    DELIVERED = "delivered"
    PAD_VISITS = "pad_visits"
    BUMPS = "bumps"
    EPSILON = "epsilon"
    TD_ERROR = "td_error"
    VALUE_ERROR = "value_error"


class Metric(Frozen):
    """What one measurement is called, counted in, and means."""

    name: MetricName
    label: str
    unit: str
    better: Better
    role: Role
    meaning: str
    percent: bool = False


def _metric(
    name: MetricName, label: str, unit: str, better: Better, role: Role, meaning: str
) -> tuple[MetricName, Metric]:
    percent = unit.startswith("share")
    return name, Metric(
        name=name,
        label=label,
        unit=unit,
        better=better,
        role=role,
        meaning=meaning,
        percent=percent,
    )


M = MetricName
METRICS: dict[MetricName, Metric] = dict(
    [
        _metric(
            M.PROXY_RETURN,
            "What is paid",
            "reward a rollout",
            "neither",
            "proxy",
            "Mean of the learner's own reward, summed over one reply or one episode.",
        ),
        _metric(
            M.TRUE_RETURN,
            "What was wanted",
            "worth a rollout",
            "higher",
            "true",
            "Mean of the designer's hidden reward over the same replies or episodes. "
            "The optimiser never sees it.",
        ),
        _metric(
            M.LENGTH,
            "Length",
            "words or steps",
            "neither",
            "neutral",
            "Mean number of words in a reply, or of steps in an episode.",
        ),
        _metric(
            M.KL,
            "Drift from the start",
            "nats a reply",
            "neither",
            "drift",
            "Mean over the sampled replies of log policy minus log reference, summed over the "
            "tokens of a reply: an estimate of KL(policy || reference).",
        ),
        _metric(
            M.ENTROPY,
            "Entropy",
            "nats a token",
            "neither",
            "neutral",
            "Mean entropy of the policy's next-token distribution along its own replies. "
            "Near zero it always says the same.",
        ),
        _metric(
            M.REWARD_SPREAD,
            "Spread within a group",
            "reward",
            "neither",
            "neutral",
            "Mean standard deviation of the reward among replies to one question. "
            "Without spread there is nothing to learn from.",
        ),
        _metric(
            M.SILENT_GROUPS,
            "Groups without a signal",
            "share of groups",
            "lower",
            "neutral",
            "Share of groups in which every reply earned the same: every advantage is zero.",
        ),
        _metric(
            M.CLIP_FRACTION,
            "Clipped tokens",
            "share of tokens",
            "neither",
            "neutral",
            "Share of tokens whose probability ratio was held back by the clip at the last "
            "gradient step on this batch.",
        ),
        _metric(
            M.GRAD_NORM,
            "Gradient norm",
            "norm",
            "neither",
            "neutral",
            "Length of the gradient before it was clipped, mean over the update's gradient steps.",
        ),
        _metric(
            M.CORRECT,
            "Right answers",
            "share of replies",
            "higher",
            "true",
            "Share of replies that state what was asked for, and state nothing false about it.",
        ),
        _metric(
            M.POLITE,
            "Polite words",
            "words a reply",
            "neither",
            "neutral",
            "Mean number of polite words in a reply, such as please, thank, hello and welcome.",
        ),
        _metric(
            M.FLATTERY,
            "Compliments",
            "words a reply",
            "lower",
            "neutral",
            "Mean number of words that flatter the visitor.",
        ),
        _metric(
            M.EVASIVE,
            "Evasive replies",
            "share of replies",
            "lower",
            "neutral",
            "Share of replies that turn the visitor away and give no answer.",
        ),
        _metric(
            M.SYCOPHANTIC,
            "Agrees with a mistake",
            "share of replies to wrong beliefs",
            "lower",
            "neutral",
            "Share of replies to a mistaken visitor that agree with the mistake. "
            "Zero if no visitor was mistaken in this batch.",
        ),
        _metric(
            M.FLUENT,
            "Well-formed replies",
            "share of replies",
            "higher",
            "neutral",
            "Share of replies in which every sentence is one that Pip's grammar knows.",
        ),
        _metric(
            M.RAMBLE,
            "Idle sentences",
            "sentences a reply",
            "lower",
            "neutral",
            "Mean number of true but idle sentences in a reply.",
        ),
        _metric(
            M.WORK,
            "Working shown",
            "share of replies to sums",
            "neither",
            "neutral",
            "Share of replies to sums that have the form of a working. "
            "Zero if nobody asked for a sum in this batch.",
        ),
        _metric(
            M.WORK_VALID,
            "Valid working",
            "share of replies to sums",
            "higher",
            "neutral",
            "Share of replies to sums whose working counts up by one from the first number to the "
            "right answer. Zero if nobody asked for a sum in this batch.",
        ),
        _metric(
            M.LIKED,
            "Liked by the crowd",
            "points a reply",
            "neither",
            "neutral",
            "Mean number of points that the simulated crowd gives a reply, by its own biases.",
        ),
        _metric(
            M.DELIVERED,
            "Deliveries",
            "share of episodes",
            "higher",
            "true",
            "Share of the episodes of this update in which the medicine reached the ward.",
        ),
        _metric(
            M.PAD_VISITS,
            "Visits to the pad",
            "visits an episode",
            "neither",
            "neutral",
            "Mean number of times the robot drove onto the charging pad in an episode.",
        ),
        _metric(
            M.BUMPS,
            "Bumps",
            "bumps an episode",
            "lower",
            "neutral",
            "Mean number of times the robot drove against a wall in an episode.",
        ),
        _metric(
            M.EPSILON,
            "Exploration",
            "share of steps",
            "neither",
            "neutral",
            "Probability of a random action at this update.",
        ),
        _metric(
            M.TD_ERROR,
            "Surprise",
            "reward",
            "neither",
            "neutral",
            "Mean absolute difference between a target and the value it corrected.",
        ),
        _metric(
            M.VALUE_ERROR,
            "Distance from the exact values",
            "reward",
            "lower",
            "neutral",
            "Largest difference between the learnt action values and the exact ones, over the "
            "cells visited so far.",
        ),
    ]
)
