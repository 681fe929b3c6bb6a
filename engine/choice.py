"""What a policy picks, from its logits: a coin for two actions, a softmax for more.

Where there are two actions, a row has one logit, the log-odds of the second: `engine/coin.py`, and
what was taken is 1, or -1 for the first. Where there are more, a row has a logit for each, and what
was taken is the action's number. Learners need not know which of the two they have before them.
"""

from __future__ import annotations

from engine.coin import coin_entropy, coin_entropy_slope, coin_kl, coin_log_probs, coin_score
from engine.lazy import F, torch


def is_coin(logits: torch.Tensor) -> bool:
    """Whether these are log-odds, [rows], and not a logit for each action, [rows, actions]."""
    return logits.ndim == 1


def choice_log_probs(logits: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of what was taken, in nats: [rows]."""
    if is_coin(logits):
        return coin_log_probs(logits, taken)
    return F.log_softmax(logits, dim=1).gather(1, taken[:, None])[:, 0]


def choice_entropy(logits: torch.Tensor) -> torch.Tensor:
    """Entropy of the choice, in nats: [rows]."""
    if is_coin(logits):
        return coin_entropy(logits)
    log_probs = F.log_softmax(logits, dim=1)
    return -(log_probs.exp() * log_probs).sum(1)


def choice_kl(logits: torch.Tensor, ref_logits: torch.Tensor) -> torch.Tensor:
    """KL(policy || reference), in nats, exactly: [rows]."""
    if is_coin(logits):
        return coin_kl(logits, ref_logits)
    log_probs, ref_log_probs = F.log_softmax(logits, dim=1), F.log_softmax(ref_logits, dim=1)
    return (log_probs.exp() * (log_probs - ref_log_probs)).sum(1)


def choice_score(logits: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    """The gradient of the log-probability of what was taken, by the logits: the score."""
    if is_coin(logits):
        return coin_score(logits, taken)
    return torch.zeros_like(logits).scatter_(1, taken[:, None], 1.0) - logits.softmax(1)


def choice_entropy_slope(logits: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    """The gradient of the entropy by the logits, times a weight."""
    if is_coin(logits):
        return coin_entropy_slope(logits, weight)
    log_probs = F.log_softmax(logits, dim=1)
    probs = log_probs.exp()
    entropy = -(probs * log_probs).sum(1, keepdim=True)
    return -weight * probs * (log_probs + entropy)


def choice_kl_slope(logits: torch.Tensor, ref_logits: torch.Tensor) -> torch.Tensor:
    """The gradient of KL(reference || policy) by the policy's logits."""
    if is_coin(logits):
        return torch.sigmoid(logits) - torch.sigmoid(ref_logits)
    return logits.softmax(1) - ref_logits.softmax(1)


def times(weights: torch.Tensor, by_logits: torch.Tensor) -> torch.Tensor:
    """A gradient by logits with a weight for each of its rows, [rows]."""
    return weights * by_logits if is_coin(by_logits) else weights[:, None] * by_logits
