"""The numbers of a reply and its tokens from which Pip learns, shared by several algorithms.

A number that follows from an equation gets its tag from the algorithm: `RATIO.tagged("(2)")`.
"""

from __future__ import annotations

from functools import partial

from engine.numerics import Quantity, of_rollout, of_token

# What these mean differs from algorithm to algorithm, and what they are called does not.
advantage_of_token = partial(of_token, "token_advantage", "Advantage of the token")
loss_of_token = partial(of_token, "token_loss", "Loss of the token", r"\ell")
weight_of_token = partial(of_token, "weight", "Weight in the loss")


def reward_of_reply(meaning: str, symbol: str = "r") -> Quantity:
    """What the reward says of a whole reply."""
    return of_rollout("reward", "Reward", symbol, meaning)


REWARD = reward_of_reply("What the learner's reward pays the whole reply.")


def group_advantage(unit: str) -> Quantity:
    """How much better a reply was paid than its group, in a unit such as `its deviations`."""
    return of_rollout(
        "advantage",
        "Advantage",
        "A",
        f"How far the reward lies above the mean of its group, in {unit}.",
        r"\frac{r - \operatorname{mean}(r)}{\operatorname{std}(r) + \varepsilon}",
    )


OLD_LOG_PROB = of_token(
    "old_log_prob",
    "Log-probability when it was sampled",
    r"\log \pi_{\mathrm{old}}",
    "Of this token, in nats, by the policy that said it.",
)
LOG_PROB = of_token(
    "log_prob",
    "Log-probability at the last gradient step",
    r"\log \pi",
    "Of this token, in nats, just before the last gradient step on this batch.",
)
LOG_PROB_BEFORE = of_token(
    "log_prob",
    "Log-probability",
    r"\log \pi",
    "Of this token, in nats, by Pip just before the update.",
)
REF_LOG_PROB = of_token(
    "ref_log_prob",
    "Log-probability at the start",
    r"\log \pi_{\mathrm{ref}}",
    "Of this token, in nats, by Pip before any training.",
)
DRIFT = of_token(
    "drift",
    "Drift of this token",
    "k_1",
    "The estimate of KL(policy || reference) from this token, in nats.",
    r"\log \pi_{\mathrm{old}} - \log \pi_{\mathrm{ref}}",
)
RATIO = of_token(
    "ratio",
    "Probability ratio",
    r"\rho",
    "How much likelier the token became since it was sampled.",
    r"\exp(\log \pi - \log \pi_{\mathrm{old}})",
)
IS_CLIPPED = of_token(
    "is_clipped",
    "Clipped",
    r"\mathrm{clipped}",
    "1 if the clip holds the token back, so that it has no gradient, else 0.",
)
APART = of_token(
    "apart",
    "Divergence at this place",
    "d",
    "How far Pip and its teacher are apart about the next word, over all words.",
)
EQUAL_WEIGHT = weight_of_token("1/n", "One over all tokens of the batch.")
