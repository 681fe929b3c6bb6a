"""Multi-domain on-policy distillation, the MOPD of Yang et al. 2026, arXiv:2603.19220.

(1) q    = the teacher of the question's domain
(2) a    = log q(token) - log pi(token)                      a constant
(3) r    = pi(token) / pi_sampler(token)                     a constant
(4) w    = r  where 0.5 <= r <= 2,  0 elsewhere: that token is dropped
(5) l    = -w a log pi(token)
(6) loss = mean over the replies of the mean of l over the tokens of each

The tokens are Pip's own, so the mean of (5) over them has the gradient of KL(pi || q) after every
beginning of a reply (our own algebra, and tested): where nothing is dropped, Pip comes to answer
each question as that question's teacher does. Nobody is paid; the reward is only measured. Small
talk has no domain, and its teacher is Pip as it was.

How far the teachers are is measured on the replies that are learnt from, which an older Pip said if
the sampler lags; right answers and the drift on those of the newest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from pydantic import Field

from engine.distillation import kl_divergence
from engine.kl import kl_k1
from engine.language.checkpoint import base_policy
from engine.language.layout import Layout, lay_out
from engine.language.lean import Policy, log_probs, next_token_logits
from engine.language.learner import (
    Learner,
    Lesson,
    gradient_step,
    mean_entropy,
    new_learner,
    plain,
)
from engine.language.luck import generator
from engine.language.pair_learning import by_reply
from engine.language.practice import Practice, PracticeConfig, rounded
from engine.language.quantities import (
    LOG_PROB_BEFORE,
    REWARD,
    loss_of_token,
    weight_of_token,
)
from engine.language.question_domains import (
    DOMAIN_OF,
    DOMAINS,
    Domain,
    exam_questions,
    examined,
)
from engine.language.rollouts import Rollouts, measured
from engine.language.said import Said
from engine.language.teachers import TeacherName, teacher_policy
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import of_rollout, of_token
from engine.spec import Algorithm, Step
from engine.worlds.desk import DeskConfig

LEAST_RATIO, MOST_RATIO = 0.5, 2.0
REPLIES_OF_TEACHERS = 4  # to each question of the exam; they sit it once

Teachers = Literal[
    "by_domain", "only_duty", "only_rooms", "only_sums", "one_after_another", "turned_round"
]
SPECIALISTS: Mapping[Domain, TeacherName] = MappingProxyType(
    {"duty": "duty_specialist", "rooms": "rooms_specialist", "sums": "sums_specialist"}
)
_ALL_FROM: Mapping[Teachers, TeacherName] = MappingProxyType(
    {
        "only_duty": "duty_specialist",
        "only_rooms": "rooms_specialist",
        "only_sums": "sums_specialist",
        "one_after_another": "three_stages",
    }
)
_TURNED: Mapping[Domain, Domain] = MappingProxyType(
    {"duty": "rooms", "rooms": "sums", "sums": "duty"}
)
RIGHT = dict(zip(DOMAINS, (M.DUTY_RIGHT, M.ROOMS_RIGHT, M.SUMS_RIGHT), strict=True))
TEACHER = dict(zip(DOMAINS, (M.DUTY_TEACHER, M.ROOMS_TEACHER, M.SUMS_TEACHER), strict=True))
APART = dict(zip(DOMAINS, (M.DUTY_APART, M.ROOMS_APART, M.SUMS_APART), strict=True))


class MOPDConfig(PracticeConfig):
    """One run of multi-domain on-policy distillation."""

    algorithm: Literal["mopd"] = "mopd"
    world: DeskConfig = DeskConfig()
    updates: int = Field(40, ge=1, le=200, title="Updates", description="How often Pip is changed.")
    prompts_per_update: int = Field(
        12, ge=1, le=64, title="Questions in an update", description="Questions asked per update."
    )
    group_size: int = Field(
        2,
        ge=1,
        le=32,
        title="Group size",
        description="Replies sampled per question. None is compared with another, so one will do.",
    )
    teachers: Teachers = Field(
        "by_domain",
        title="Teachers",
        description="Who teaches what: each domain its specialist (by_domain), one specialist "
        "everything, one that learnt the three domains one after another, or each "
        "domain the specialist of another (turned_round).",
    )
    sampler_lag: int = Field(
        0,
        ge=0,
        le=8,
        title="Sampler's lag",
        description="How many updates old the Pip is that sampled the replies: at 0 it is the "
        "newest. The first updates have none that old and learn from the first replies again.",
    )


class Sampled(NamedTuple):
    """Replies, and the log-probability of each token by the policy that said it: [tokens]."""

    rollouts: Rollouts
    log_probs: torch.Tensor


def teacher_of(domain: Domain | None, teachers: Teachers) -> TeacherName | None:
    """Who teaches a domain; None for Pip as it was."""
    if teachers in _ALL_FROM:
        return _ALL_FROM[teachers]
    if domain is None:
        return None
    return SPECIALISTS[_TURNED[domain] if teachers == "turned_round" else domain]  # (1)


def policy_of(name: TeacherName | None) -> Policy:
    """The teacher of that name; None is Pip as it was."""
    return base_policy() if name is None else teacher_policy(name)


def teacher_spread(
    layout: Layout, names: Sequence[TeacherName | None], lengths: torch.Tensor
) -> torch.Tensor:
    """Log-probabilities of every next word by each reply's own teacher: [tokens, words].

    names, lengths: [replies]. Every teacher reads the whole batch in one layout, so that one with
    Pip's own weights agrees with it to the last bit.
    """
    found = torch.empty(0)
    for name in dict.fromkeys(names):
        with torch.no_grad():
            spread = F.log_softmax(next_token_logits(policy_of(name), layout), -1)
        is_own = torch.tensor([one == name for one in names]).repeat_interleave(lengths)
        found = torch.where(is_own[:, None], spread, found) if len(found) else spread
    return found


def mopd_loss(
    log_probs: torch.Tensor,
    teacher_log_probs: torch.Tensor,
    sampler_log_probs: torch.Tensor,
    lengths: torch.Tensor,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss, a scalar, and what it is made of, [tokens] each, without gradients.

    log_probs has gradients; all three are [tokens], row after row of `lengths` tokens, [replies].
    """
    current = log_probs.detach()
    advantage = teacher_log_probs - current  # (2)
    ratio = torch.exp(current - sampler_log_probs)  # (3)
    is_kept = (ratio >= LEAST_RATIO) & (ratio <= MOST_RATIO)  # (4)
    trust = torch.where(is_kept, ratio, 0.0)  # (4)
    token_loss = -trust * advantage * log_probs  # (5)
    weight = (1 / (len(lengths) * lengths.to(current))).repeat_interleave(lengths)  # (6)
    parts = {
        "log_prob": current,
        "teacher_log_prob": teacher_log_probs,
        "sampler_log_prob": sampler_log_probs,
        "token_advantage": advantage,
        "ratio": ratio,
        "is_dropped": (~is_kept).to(current),
        "trust": trust,
        "token_loss": token_loss.detach(),
        "weight": weight,
    }
    return (token_loss * weight).sum(), parts  # (6)


def learn(learner: Learner[Policy], sampled: Sampled, teachers: Teachers) -> Lesson:
    """The gradient step of one update; changes the policy in place.

    Raises RunEnded, and leaves the policy as it is, if the gradient is not finite.
    """
    said = sampled.rollouts.said
    layout = lay_out(said.prompts, said.replies, said.group_size)
    lengths = torch.tensor([len(reply) for reply in said.replies])
    domains: list[Domain | None] = [DOMAIN_OF.get(one.kind) for one in said.questions]
    names: list[TeacherName | None] = [teacher_of(domain, teachers) for domain in domains]
    taught = teacher_spread(layout, names, lengths)  # (1)
    spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
    targets = layout.targets[:, None]
    current, told = spread.gather(1, targets)[:, 0], taught.gather(1, targets)[:, 0]
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    loss, parts = mopd_loss(current, told, sampled.log_probs, lengths)
    seen = {
        M.DROPPED: parts["is_dropped"].mean(),
        M.TEACHER_KL: kl_divergence(spread.detach(), taught).mean(),
        M.ENTROPY: mean_entropy(spread.detach()),
        M.KL: kl_k1(current.detach(), reference).sum() / len(lengths),
        M.GRAD_NORM: gradient_step(learner, loss),
    }
    for domain in dict.fromkeys(domains):
        if domain is not None:
            is_own = torch.tensor([one == domain for one in domains]).repeat_interleave(lengths)
            seen[APART[domain]] = parts["token_advantage"][is_own].abs().mean()
    advantages = by_reply(parts["token_advantage"], lengths)
    return Lesson(plain(seen), advantages.tolist(), parts)


def sampled_by(policy: Policy, rollouts: Rollouts) -> Sampled:
    """Replies as the policy that said them saw them."""
    said: Said = rollouts.said
    with torch.no_grad():
        seen = log_probs(policy, lay_out(said.prompts, said.replies, said.group_size))
    return Sampled(rollouts, seen)


def drift_of(newest: Sampled, reference: Policy) -> float:
    """How far the Pip that said these replies has gone from the reference, in nats a reply."""
    said = newest.rollouts.said
    with torch.no_grad():
        before = log_probs(reference, lay_out(said.prompts, said.replies, said.group_size))
    return float(kl_k1(newest.log_probs, before).sum()) / len(said.replies)


def teachers_examined(config: MOPDConfig) -> dict[M, float]:
    """How often each domain's teacher is right in it."""
    luck, found = generator("exam of teachers", config.seed), {}
    for domain, questions in exam_questions().items():
        teacher = policy_of(teacher_of(domain, config.teachers))
        right = examined(teacher, {domain: questions}, REPLIES_OF_TEACHERS, luck)
        found[TEACHER[domain]] = right[domain]
    return found


def run(config: MOPDConfig) -> Iterator[Step]:
    """Train Pip, one event an update."""
    learner = new_learner(base_policy(), config.learning_rate)
    practice, luck = Practice(config, learner), generator("exam", config.seed)
    waiting: deque[Sampled] = deque(maxlen=config.sampler_lag + 1)
    exam, known = exam_questions(), teachers_examined(config)
    apart = dict.fromkeys(APART.values(), 0.0)  # as it was when somebody last asked
    yield practice.begin()
    for update in range(1, config.updates + 1):
        fresh = practice.batch()
        waiting.append(sampled_by(learner.policy, fresh))
        right = examined(learner.policy, exam, 1, luck)
        lesson = learn(learner, waiting[0], config.teachers)
        if waiting[0] is not waiting[-1]:
            lesson.metrics[M.KL] = drift_of(waiting[-1], learner.reference)
        apart |= {metric: lesson.metrics[metric] for metric in apart.keys() & lesson.metrics.keys()}
        lesson.metrics.update(known | apart | {RIGHT[domain]: right[domain] for domain in DOMAINS})
        lesson.metrics[M.WEAKEST_DOMAIN] = min(right.values())
        lesson.metrics.update(rounded(measured(fresh)))
        yield practice.completed(update, waiting[0].rollouts, lesson)
    yield practice.finished("agreed")


ALGORITHM = Algorithm(
    name="mopd",
    title="Multi-domain on-policy distillation",
    config=MOPDConfig,
    run=run,
    metrics=(
        *(*RIGHT.values(), M.WEAKEST_DOMAIN, *TEACHER.values(), *APART.values()),
        *(M.TEACHER_KL, M.DROPPED, M.KL, M.ENTROPY, M.GRAD_NORM),
    ),
    source="Yang et al. 2026, arXiv:2603.19220",
    quantities=(
        REWARD,
        of_token(
            "sampler_log_prob",
            "Log-probability by the sampler",
            r"\log \pi_{\mathrm{sampler}}",
            "Of this token, in nats, by the Pip that said it, which may be some updates old.",
        ),
        LOG_PROB_BEFORE,
        of_token(
            "teacher_log_prob",
            "Log-probability by the teacher",
            r"\log q",
            "Of this token, in nats, by the teacher of the question's domain.",
        ).tagged("(1)"),
        of_token(
            "token_advantage",
            "What the teacher thinks of this token",
            "a",
            "Above zero if the teacher would rather say it than Pip, below if less.",
            r"\log q - \log \pi",
        ).tagged("(2)"),
        of_rollout(
            "advantage",
            "What the teacher thinks of the reply",
            r"\textstyle\sum a",
            "The sum over its tokens.",
        ),
        of_token(
            "ratio",
            "Ratio to the sampler",
            r"r",
            "How much likelier the token is by Pip as it is than by the Pip that said it.",
            r"\exp(\log \pi - \log \pi_{\mathrm{sampler}})",
        ).tagged("(3)"),
        of_token(
            "is_dropped",
            "Dropped",
            r"\mathrm{dropped}",
            "1 if the token became more than twice or less than half as likely since it was "
            "sampled, so that it has no gradient, else 0.",
        ).tagged("(4)"),
        of_token(
            "trust",
            "Trust in the token",
            "w",
            "The ratio, or 0 where the token is dropped.",
            r"r\,(1 - \mathrm{dropped})",
        ).tagged("(4)"),
        loss_of_token(
            "Its gradient makes the token likelier where the teacher likes it better.",
            r"-w\,a \log \pi",
        ).tagged("(5)"),
        weight_of_token(
            r"1/(n\,|y|)",
            "One over the replies of the batch, times the tokens of this one.",
        ).tagged("(6)"),
    ),
)
