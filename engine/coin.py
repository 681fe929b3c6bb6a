"""A choice between two actions, from its log-odds: log p - log(1 - p), of any one shape."""

from __future__ import annotations

from engine.lazy import F, torch


def coin_log_probs(log_odds: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of what was taken, in nats; taken: 1, or -1 for the other action."""
    return F.logsigmoid(taken * log_odds)


def coin_entropy(log_odds: torch.Tensor) -> torch.Tensor:
    """Entropy of the choice, in nats."""
    yes, no = F.logsigmoid(log_odds), F.logsigmoid(-log_odds)
    return -(yes.exp() * yes + no.exp() * no)


def coin_kl(log_odds: torch.Tensor, ref_log_odds: torch.Tensor) -> torch.Tensor:
    """KL(policy || reference), in nats, exactly; both log-odds are of the same action."""
    yes, no = F.logsigmoid(log_odds), F.logsigmoid(-log_odds)
    ref_yes, ref_no = F.logsigmoid(ref_log_odds), F.logsigmoid(-ref_log_odds)
    return yes.exp() * (yes - ref_yes) + no.exp() * (no - ref_no)


def coin_score(log_odds: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    """The gradient of the log-probability of what was taken, by the log-odds: the score."""
    return (taken > 0).to(log_odds) - torch.sigmoid(log_odds)


def coin_entropy_slope(log_odds: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    """The gradient of the entropy by the log-odds, times a weight."""
    yes = torch.sigmoid(log_odds)
    return -weight * yes * (1 - yes) * log_odds
