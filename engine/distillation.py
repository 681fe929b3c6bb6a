"""How far two distributions over words are apart, as a loss that a student can learn from."""

from __future__ import annotations

from engine.lazy import F, torch


def kl_divergence(log_probs: torch.Tensor, of_others: torch.Tensor) -> torch.Tensor:
    """KL(first || second) in nats, of log-probabilities: [..., words] twice -> [...]."""
    return F.kl_div(of_others, log_probs, reduction="none", log_target=True).sum(-1)


def divergence(student: torch.Tensor, teacher: torch.Tensor, alpha: float) -> torch.Tensor:
    """KL(teacher || student) at alpha 0, KL(student || teacher) at 1, Jensen-Shannon between.

    Between, both are compared with their mixture m = (1 - alpha) student + alpha teacher:
    (1 - alpha) KL(student || m) + alpha KL(teacher || m), which stays finite whatever the two are.
    student, teacher: [..., words] log-probabilities, in nats; returns [...].
    Source: Agarwal et al. 2024, arXiv:2306.13649, eq. 1, with the two sides named as above.
    """
    if alpha == 0:
        return kl_divergence(teacher, student)
    if alpha == 1:
        return kl_divergence(student, teacher)
    shares = torch.tensor([1 - alpha, alpha], dtype=student.dtype).log()
    mixture = torch.logaddexp(student + shares[0], teacher + shares[1])
    apart = kl_divergence(student, mixture), kl_divergence(teacher, mixture)
    return (1 - alpha) * apart[0] + alpha * apart[1]


def likeliest_words(
    student: torch.Tensor, teacher: torch.Tensor, count: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both on the `count` words that the student thinks likeliest, and all others as one more.

    student, teacher: [..., words] log-probabilities; returns [..., count + 1] each.
    """
    kept, words = student.topk(count, -1)
    return with_the_rest(kept), with_the_rest(teacher.gather(-1, words))


def with_the_rest(log_probs: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of some words, and behind them that of all others: [..., words + 1]."""
    covered = log_probs.logsumexp(-1, keepdim=True).clamp(max=-1e-7)  # so that a rest is left
    return torch.cat([log_probs, torch.log(-torch.expm1(covered))], -1)
