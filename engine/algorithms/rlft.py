"""Reinforcement fine-tuning of what a reason leads to. Source: Schmied et al., arXiv:2504.16078.

(1) z(a)  = w . phi(a)                      six weights, the same for every arm
(2) pi(a) = exp z(a) / sum over b of exp z(b)
(3) q(a)  = pi(a) (1[a in S] + 1 - pi(S))   with a second thought; S: what the reason names
    q(a)  = pi(a)                           without
(4) p(a)  = (1 - epsilon) q(a) + epsilon / arms
(5) G     = r + G'                          what is still to come in the game
(6) A     = (G - mean over games of G at the same pull) / spread of all of these differences,
            where games that share their arms, if any do, are compared with one another alone
(7) rho   = p(a) / p_old(a)
(8) loss  = - mean of min(rho A, clip(rho, 1 - clip_range, 1 + clip_range) A)
            + kl_coef mean of KL(pi, pi of the untrained Pip)

With one pass over the games rho is 1, nothing is clipped, and this is REINFORCE. The mean in (6)
holds the game's own return, which shrinks the gradient by 1 / games and leaves its direction. Pulls
that were made for Pip are no choices of its own, and nothing is learnt from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.arms.played import Played
from engine.arms.practice import ArmsRunConfig, ClipRange, Leash, Passes, Player, Practice
from engine.arms.quantities import CHOSEN, PARTS, WATCHED_LETTERS
from engine.endings import diverged
from engine.language.adam import Adam
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import significant
from engine.spec import Algorithm, Step, opened
from engine.worlds.arms import PIPS


class RlftConfig(ArmsRunConfig):
    """One run of reinforcement fine-tuning."""

    algorithm: Literal["rlft"] = "rlft"
    learning_rate: float = Field(
        0.05,
        ge=0,
        le=1,
        title="Learning rate",
        description="How far one gradient step goes; at 0 Pip stays untrained.",
    )
    epsilon: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Random letters",
        description="How often any draft is sent, by chance, whatever Pip prefers.",
    )
    second_thought: Literal["no", "yes"] = Field(
        "no",
        title="Second thought",
        description="yes: if Pip's draft is not one that its reason names, it chooses once more, "
        "and that stands.",
    )
    passes: Passes = 1
    clip_range: ClipRange = Field(
        0.2,
        description="How far a choice may become likelier or rarer before it is left alone.",
    )
    kl_coef: Leash = Field(
        0.0,
        description="What a nat of drift from the untrained Pip costs at each letter.",
    )

    @property
    def may_choose(self) -> bool:
        """Whether any letter of a game can be Pip's own."""
        return self.epsilon < 1 and super().may_choose


class Choices(NamedTuple):
    """Pulls that Pip chose: [choices, ...] each."""

    seen: np.ndarray  # phi, [choices, arms, 6]
    named: np.ndarray  # S, [choices, arms]
    pulled: np.ndarray
    advantages: np.ndarray


def softmax(weights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """How much Pip prefers each arm: [..., arms]; seen: [..., arms, 6]."""
    logits = seen @ weights  # (1)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)  # (2)


def chances_of(
    weights: np.ndarray, seen: np.ndarray, named: np.ndarray, config: RlftConfig
) -> np.ndarray:
    """How likely each arm is pulled: [..., arms]."""
    preferred = softmax(weights, seen)
    if config.second_thought == "yes":
        kept = (preferred * named).sum(axis=-1, keepdims=True)
        preferred = preferred * (named + 1 - kept)  # (3)
    return (1 - config.epsilon) * preferred + config.epsilon / preferred.shape[-1]  # (4)


def slopes_of(weights: np.ndarray, choices: Choices, config: RlftConfig) -> np.ndarray:
    """The gradient of each p(a) that was pulled, by the six weights: [choices, 6]."""
    preferred = softmax(weights, choices.seen)
    rows = np.arange(len(choices.pulled))
    expected = np.einsum("na,naf->nf", preferred, choices.seen)
    own = preferred[rows, choices.pulled, None]
    slope = own * (choices.seen[rows, choices.pulled] - expected)
    if config.second_thought == "yes":
        inside = preferred * choices.named
        kept = inside.sum(axis=1, keepdims=True)
        kept_slope = np.einsum("na,naf->nf", inside, choices.seen) - kept * expected
        agrees = choices.named[rows, choices.pulled, None]
        slope = slope * (agrees + 1 - kept) - own * kept_slope
    return (1 - config.epsilon) * slope


def returns_of(rewards: np.ndarray) -> np.ndarray:
    """What a game pays from each pull on: [pulls, games]."""
    return rewards[::-1].cumsum(axis=0)[::-1]  # (5)


def surplus_of(returns: np.ndarray, same: int = 1) -> np.ndarray:
    """How much better a game went on than those it is compared with: [pulls, games].

    same: how many games in turn share their arms; at 1 all games are compared.
    """
    size = returns.shape[1] if same == 1 else same
    groups = np.split(returns, range(size, returns.shape[1], size), axis=1)
    return np.hstack([_surplus_in(group) for group in groups])


def _surplus_in(group: np.ndarray) -> np.ndarray:
    is_equal = np.ptp(group, axis=1, keepdims=True) == 0
    return np.where(is_equal, 0.0, group - group.mean(axis=1, keepdims=True))


def advantages_of(rewards: np.ndarray, same: int = 1) -> np.ndarray:
    """The surplus of each pull in the spread of all: [pulls, games]; same: as above."""
    surplus = surplus_of(returns_of(rewards), same)
    spread = surplus.std()
    return surplus / spread if spread > 0 else surplus  # (6)


def choices_of(played: Played, rewards: np.ndarray, same: int = 1) -> Choices:
    """Pip's own choices in some games, with what they led to."""
    own = played.is_own
    arms = played.worths.shape[1]
    return Choices(
        seen=played.seen[own].reshape(-1, arms, played.seen.shape[-1]),
        named=played.named[own].reshape(-1, arms),
        pulled=played.pulled[own].reshape(-1),
        advantages=advantages_of(rewards, same)[own].reshape(-1),
    )


def loss_of(
    weights: np.ndarray,
    choices: Choices,
    old: np.ndarray,
    first: np.ndarray,
    config: RlftConfig,
) -> float:
    """What a gradient step brings down. old: p of each choice when it was made. first: w then."""
    now = pulled_chances(weights, choices, config)
    ratios = now / old  # (7)
    low, high = 1 - config.clip_range, 1 + config.clip_range
    clipped = np.clip(ratios, low, high) * choices.advantages
    gain = np.minimum(ratios * choices.advantages, clipped).mean()
    return float(config.kl_coef * drift_of(weights, choices, first) - gain)  # (8)


def gradient_of(
    weights: np.ndarray,
    choices: Choices,
    old: np.ndarray,
    first: np.ndarray,
    config: RlftConfig,
) -> tuple[np.ndarray, float]:
    """The gradient of the loss by the six weights, and the share of choices that are clipped."""
    ratios = pulled_chances(weights, choices, config) / old
    is_above = (ratios > 1 + config.clip_range) & (choices.advantages > 0)
    is_beyond = is_above | (ratios < 1 - config.clip_range) & (choices.advantages < 0)
    pushes = np.where(is_beyond, 0.0, choices.advantages / old)
    gradient = -(pushes[:, None] * slopes_of(weights, choices, config)).mean(axis=0)
    if config.kl_coef:
        gradient += config.kl_coef * drift_slope(weights, choices, first)
    return gradient, float(is_beyond.mean())


def pulled_chances(weights: np.ndarray, choices: Choices, config: RlftConfig) -> np.ndarray:
    """How likely each choice is under these weights: [choices]."""
    chances = chances_of(weights, choices.seen, choices.named, config)
    return chances[np.arange(len(choices.pulled)), choices.pulled]


def drift_of(weights: np.ndarray, choices: Choices, first: np.ndarray) -> float:
    """The mean drift of all choices, in nats."""
    return float(drifts_of(weights, choices, first).mean())


def drifts_of(weights: np.ndarray, choices: Choices, first: np.ndarray) -> np.ndarray:
    """KL(pi, pi of the first weights) in nats, exactly, at each choice: [choices]."""
    logs, first_logs = (_log_softmax(one, choices.seen) for one in (weights, first))
    return (np.exp(logs) * (logs - first_logs)).sum(axis=1)


def drift_slope(weights: np.ndarray, choices: Choices, first: np.ndarray) -> np.ndarray:
    """The gradient of `drift_of` by the six weights."""
    logs, first_logs = (_log_softmax(one, choices.seen) for one in (weights, first))
    preferred, apart = np.exp(logs), logs - first_logs
    surplus = preferred * (apart - (preferred * apart).sum(axis=1, keepdims=True))
    return np.einsum("na,naf->f", surplus, choices.seen) / len(surplus)


def _log_softmax(weights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    logits = seen @ weights
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def learn(
    weights: torch.Tensor,
    optimizer: Adam,
    choices: Choices,
    first: np.ndarray,
    config: RlftConfig,
) -> tuple[dict[M, float], np.ndarray]:
    """Gradient steps with the games of one update; changes the weights in place.

    Returns what was measured, and the weights just before the last step. Raises RunEnded, and
    leaves the weights as they are, if a gradient is not finite.
    """
    start = last = weights.numpy().copy()
    norms, clipped = [0.0], [0.0]
    if len(choices.pulled):
        old = pulled_chances(start, choices, config)
        norms, clipped = [], []
        for _ in range(config.passes):
            gradient, share = gradient_of(weights.numpy(), choices, old, first, config)
            if not np.isfinite(gradient).all():
                raise diverged()
            last = weights.numpy().copy()
            weights.grad = torch.from_numpy(gradient)
            optimizer.step()
            norms.append(float(np.linalg.norm(gradient)))
            clipped.append(share)
    measured = {
        M.ENTROPY: entropy_of(start, choices),
        M.GRAD_NORM: float(np.mean(norms)),
        M.CLIP_FRACTION: float(np.mean(clipped)),
        M.FREQUENCY_WEIGHT: float(weights[1]),
        M.REASON_WEIGHT: float(weights[5]),
    }
    return measured, last


def entropy_of(weights: np.ndarray, choices: Choices) -> float:
    """Mean entropy of what Pip prefers, in nats; 0 if it had no choice."""
    if not len(choices.pulled):
        return 0.0
    logs = _log_softmax(weights, choices.seen)
    return float(-(np.exp(logs) * logs).sum(axis=1).mean())


def numbers_of(
    played: Played,
    rewards: np.ndarray,
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    config: RlftConfig,
) -> dict[str, tuple[float, ...]]:
    """What the first letters that Pip chose in the first game led to, by quantity.

    weights: the untrained Pip's, those that chose, and those just before the last step.
    """
    times = np.flatnonzero(played.is_own)[:WATCHED_LETTERS]
    if not len(times):
        return {}
    first, old, last = weights
    looks, named = played.seen[times, 0], played.named[times, 0]
    pulled, rows = played.pulled[times, 0], np.arange(len(times))
    returns = returns_of(rewards)
    surplus = surplus_of(returns, config.same_drafts)
    advantages = advantages_of(rewards, config.same_drafts)[times, 0]
    shown = Choices(looks, named, pulled, advantages)
    parts, logits, preferred = old * looks[rows, pulled], looks @ old, softmax(old, looks)
    now, before = (pulled_chances(one, shown, config) for one in (last, old))
    no_lot = config.model_copy(update={"epsilon": 0.0})
    ratios = now / before  # (7)
    clipped = np.clip(ratios, 1 - config.clip_range, 1 + config.clip_range) * advantages
    drifts = drifts_of(last, shown, first)
    columns = {
        "step": times + 1,
        "action": pulled + 1,
        **{f"part_{name}": parts[:, place] for place, (name, _) in enumerate(PARTS)},
        "preference": logits[rows, pulled],
        "log_sum": np.logaddexp.reduce(logits, axis=1),
        "preferred": preferred[rows, pulled],
        "named": named[rows, pulled],
        "named_chance": (preferred * named).sum(axis=1),
        "considered": pulled_chances(old, shown, no_lot),
        "chance": before,
        "reward": rewards[times, 0],
        "return": returns[times, 0],
        "mean_return": (returns - surplus)[times, 0],
        "spread": np.full(len(times), surplus.std()),
        "advantage": advantages,
        "new_chance": now,
        "ratio": ratios,
        "drift": drifts,
        "step_loss": config.kl_coef * drifts - np.minimum(ratios * advantages, clipped),  # (8)
        "weight": np.full(len(times), 1 / (played.is_own.sum() * config.games)),
    }
    return {name: tuple(map(significant, column.tolist())) for name, column in columns.items()}


def run(config: RlftConfig) -> Iterator[Step]:
    """Train, one event an update."""
    first = np.array(PIPS[config.world.pip])
    weights = torch.tensor(first)
    optimizer = Adam([weights], config.learning_rate)
    practice = Practice(config)

    def policy(seen: np.ndarray, named: np.ndarray) -> np.ndarray:
        return chances_of(weights.numpy(), seen, named, config)

    player = Player(policy, config)
    yield practice.begin(player.opening(), player.habit, first.tolist())
    for update in range(1, config.updates + 1):
        played = player.games()
        rewards = practice.rewards(played)
        choices = choices_of(played, rewards, config.same_drafts)
        old = weights.numpy().copy()
        lesson, last = learn(weights, optimizer, choices, first, config)
        habit, left = player.habit, weights.tolist()
        step = practice.completed(update, played, rewards, lesson, habit, left)
        yield opened(step, numbers_of(played, rewards, (first, old, last), config))
    yield practice.finished()


ALGORITHM = Algorithm(
    name="rlft",
    title="Reinforcement fine-tuning",
    config=RlftConfig,
    run=run,
    metrics=(M.REASON_WEIGHT, M.FREQUENCY_WEIGHT, M.ENTROPY, M.GRAD_NORM, M.CLIP_FRACTION),
    source="Schmied et al. 2025, arXiv:2504.16078",
    quantities=CHOSEN,
)
