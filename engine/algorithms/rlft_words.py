"""Reinforcement fine-tuning of a reason and a letter in words. Source: Schmied et al., 2504.16078.

(1) pi   = the chance of each of two words: the reason, then the letter
(2) G    = r + G'                         what is still to come in the game
(3) A    = (G - mean of G at the same letter of the games compared) / spread of all differences
(4) rho  = pi(word) / pi_old(word)
(5) loss = mean of -min(rho A, clip(rho, 1 - c, 1 + c) A) + beta k3(pi || untrained Pip)

Both words of a reply have its advantage: nothing in the loss knows that one is a reason and the
other a deed. Compared with all games, (3) is the Monte-Carlo baseline of the paper; compared with
the games that have the same drafts, it is the group of GRPO, but for its unit. Letters that were
sent by chance, or once each at the start, are no words of Pip's, and nothing is learnt from them.
Of several thoughts or votes, and of a first and a second thought, only what stands is learnt from,
as if Pip had written it at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.algorithms.rlft import advantages_of, returns_of, surplus_of
from engine.arms.practice import ClipRange, Leash, Passes, Practice
from engine.drafts.base import first_player
from engine.drafts.quantities import WATCHED_LETTERS, WRITTEN
from engine.drafts.text import REPLY_LENGTH, read
from engine.drafts.writer import Writer, WritingConfig, Written
from engine.kl import kl_k1, kl_k3
from engine.language.layout import lay_out
from engine.language.lean import Policy, log_probs, next_token_logits
from engine.language.learner import (
    Learner,
    gradient_step,
    mean_entropy,
    new_learner,
    plain,
    require_finite,
)
from engine.lazy import F, torch
from engine.metrics import MetricName as M
from engine.numerics import significant
from engine.spec import Algorithm, Step, opened
from engine.surrogates import clipped_surrogate, is_held_back


class RlftWordsConfig(WritingConfig):
    """One run of reinforcement fine-tuning in words."""

    algorithm: Literal["rlft_words"] = "rlft_words"
    learning_rate: float = Field(
        2e-3,
        ge=0,
        le=0.1,
        title="Learning rate",
        description="How far one gradient step goes; at 0 Pip stays untrained.",
    )
    passes: Passes = 1
    clip_range: ClipRange = Field(
        0.2,
        description="How far a word may become likelier or rarer before it is left alone.",
    )
    kl_coef: Leash = Field(
        0.0,
        description="What a nat of drift from the untrained Pip costs at each word.",
    )


def loss_of(
    log_prob: torch.Tensor,
    old: torch.Tensor,
    reference: torch.Tensor,
    advantages: torch.Tensor,
    config: RlftWordsConfig,
) -> torch.Tensor:
    """What a gradient step brings down: []. All: [words], log-probabilities in nats."""
    low, high = 1 - config.clip_range, 1 + config.clip_range
    ratio = torch.exp(log_prob - old)  # (4)
    token_loss = clipped_surrogate(ratio, advantages, low, high)  # (5)
    if config.kl_coef:
        token_loss = token_loss + config.kl_coef * kl_k3(log_prob, reference)  # (5)
    return token_loss.mean()  # (5)


class Tuned(NamedTuple):
    """What one update did: figures, and log-probabilities of Pip's own words, [words] each."""

    metrics: dict[M, float]
    advantages: np.ndarray  # [pulls, games]
    old: torch.Tensor
    last: torch.Tensor  # just before the last gradient step
    reference: torch.Tensor


def entropy_of(policy: Policy, written: Written) -> float:
    """The mean entropy of the words that were written, whether or not they were sent."""
    asked, replies = (
        part.reshape(-1, part.shape[-1]).tolist() for part in (written.prompts, written.replies)
    )
    with torch.no_grad():
        logits = next_token_logits(policy, lay_out(asked, replies))
    return float(mean_entropy(F.log_softmax(logits, -1)))


def learn(
    learner: Learner[Policy], written: Written, rewards: np.ndarray, config: RlftWordsConfig
) -> Tuned:
    """Gradient steps with the games of one update; changes the policy in place.

    rewards: [pulls, games]. Raises RunEnded, and leaves the policy as it is, if a gradient is not
    finite.
    """
    own, ahead = written.is_own, advantages_of(rewards, config.same_drafts)  # (3)
    if not own.any():
        nothing: dict[M, float] = dict.fromkeys(ALGORITHM.metrics, 0.0)
        unmoved = nothing | {M.ENTROPY: entropy_of(learner.policy, written)}
        return Tuned(unmoved, ahead, *[torch.empty(0)] * 3)
    advantages = torch.from_numpy(ahead[own].repeat(REPLY_LENGTH).astype(np.float32))
    layout = lay_out(written.prompts[own].tolist(), written.replies[own].tolist())
    with torch.no_grad():
        reference = log_probs(learner.reference, layout)
    old = last = torch.empty(0)
    seen, norms, clipped = dict[M, torch.Tensor](), [], []
    for _ in range(config.passes):
        spread = F.log_softmax(next_token_logits(learner.policy, layout), -1)
        current = spread.gather(1, layout.targets[:, None])[:, 0]  # (1)
        last = current.detach()
        if not norms:
            old = last
            seen = {M.ENTROPY: mean_entropy(spread.detach()), M.KL: kl_k1(old, reference).mean()}
        bounds = 1 - config.clip_range, 1 + config.clip_range
        clipped.append(is_held_back(torch.exp(last - old), advantages, *bounds).float().mean())
        norms.append(gradient_step(learner, loss_of(current, old, reference, advantages, config)))
    seen |= {M.GRAD_NORM: torch.stack(norms).mean(), M.CLIP_FRACTION: torch.stack(clipped).mean()}
    return Tuned(plain(seen), ahead, old, last, reference)


def numbers_of(
    written: Written, rewards: np.ndarray, tuned: Tuned, config: RlftWordsConfig
) -> dict[str, tuple[float, ...]]:
    """What the first letters that Pip wrote itself in the first game led to, by quantity."""
    own = written.is_own
    times = np.flatnonzero(own[:, 0])[:WATCHED_LETTERS]
    if not len(times):
        return {}
    returns = returns_of(rewards)
    surplus = surplus_of(returns, config.same_drafts)  # (2)
    ahead = tuned.advantages[times, 0]
    places = (own.ravel().cumsum() - 1).reshape(own.shape)[times, 0]  # among Pip's own letters
    of_words = tuned.old, tuned.last, tuned.reference
    old, last, reference = (part.view(-1, REPLY_LENGTH)[places] for part in of_words)
    ratios = torch.exp(last - old)
    leash = kl_k3(last, reference).sum(1).numpy()
    bounds = 1 - config.clip_range, 1 + config.clip_range
    losses = clipped_surrogate(ratios, torch.from_numpy(ahead)[:, None], *bounds).sum(1).numpy()
    said = read(written.replies[times, 0])
    columns = {
        "step": times + 1,
        "reason": said.reason + 1,
        "action": said.letter + 1,
        "reward": rewards[times, 0],
        "return": returns[times, 0],
        "mean_return": (returns - surplus)[times, 0],
        "spread": np.full(len(times), surplus.std()),
        "advantage": ahead,
    }
    for place, word in enumerate(("reason", "letter")):
        columns[f"old_{word}"] = old[:, place].numpy()
        columns[f"new_{word}"] = last[:, place].numpy()
        columns[f"ratio_{word}"] = ratios[:, place].numpy()
    columns |= {
        "leash": leash,
        "step_loss": config.kl_coef * leash + losses,
        "weight": np.full(len(times), 1 / (REPLY_LENGTH * own.sum())),
    }
    return {name: tuple(map(significant, column.tolist())) for name, column in columns.items()}


def run(config: RlftWordsConfig) -> Iterator[Step]:
    """Train, one event an update."""
    learner = new_learner(first_player(config.world.pip), config.learning_rate)
    practice, writer = Practice(config), Writer(learner.policy, config)
    opening = Writer(learner.policy, config, "before").games()
    yield practice.begin(opening.played, writer.habit)
    for update in range(1, config.updates + 1):
        written = writer.games()
        rewards = practice.rewards(written.played)
        tuned = learn(learner, written, rewards, config)
        require_finite(learner.policy)
        played, metrics = written.played, tuned.metrics
        step = practice.completed(update, played, rewards, metrics, writer.habit)
        yield opened(step, numbers_of(written, rewards, tuned, config))
    yield practice.finished()


ALGORITHM = Algorithm(
    name="rlft_words",
    title="Fine-tuning in words",
    config=RlftWordsConfig,
    run=run,
    metrics=(M.KL, M.ENTROPY, M.GRAD_NORM, M.CLIP_FRACTION),
    source="Schmied et al. 2025, arXiv:2504.16078",
    quantities=WRITTEN,
)
