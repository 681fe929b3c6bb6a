"""What a learner watches: the same visitors at every update, and one group of the batch."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy, lay_out, log_probs
from engine.language.questions import Question, QuestionKind, probe_questions
from engine.language.rollouts import Rollouts, roll_out
from engine.lazy import torch
from engine.reward_expression import RewardExpression, RewardValueError
from engine.scenes import Reply, SpeechScene

SHOWN_REPLIES = 8  # of the first group
SHOWN_AXES = (
    *("correct", "polite", "length", "flattery"),
    *("evasive", "sycophantic", "ramble", "fluent"),
)


@dataclass(frozen=True)
class Probes:
    """Visitors who return at every update, always with the same luck.

    Equal noise means that a reply changes only because the policy did.
    """

    questions: tuple[Question, ...]
    noise: torch.Tensor  # [REPLY_LIMIT, questions]
    expression: RewardExpression

    def starting_scene(self, policy: Policy) -> SpeechScene:
        """What the probes hear before anything is learnt."""
        heard = self._heard(policy)
        try:
            rewards = self.expression.evaluate(heard.values).tolist()
        except RewardValueError:  # The first update will end the run and say why.
            rewards = [0.0] * len(heard.replies)
        return SpeechScene(probes=_views(heard, rewards))

    def scene(
        self,
        before: Policy,
        after: Policy,
        rollouts: Rollouts,
        rewards: Sequence[float],
        advantages: Sequence[float],
    ) -> SpeechScene:
        """What the probes hear after an update, and the first group that it learnt from.

        rewards, advantages: of every reply of the batch. Credit is the change of each token's
        log-probability from `before` to `after`, in nats. Raises RewardValueError if the reward
        is not a finite number for what a probe hears.
        """
        heard = self._heard(after)
        own_rewards = self.expression.evaluate(heard.values).tolist()
        shown = min(SHOWN_REPLIES, len(rollouts.replies) // len(rollouts.prompts))
        group = rollouts._replace(replies=rollouts.replies[:shown])
        prompts = heard.prompts + [rollouts.prompts[0]] * shown
        credits = _credits(before, after, prompts, heard.replies + group.replies)
        asked = len(self.questions)
        return SpeechScene(
            probes=_views(heard, own_rewards, credits[:asked]),
            group=_views(group, rewards, credits[asked:], advantages),
        )

    def _heard(self, policy: Policy) -> Rollouts:
        return roll_out(policy, self.questions, 1, self.noise, self.expression)


def new_probes(
    shares: Mapping[QuestionKind, float], expression: RewardExpression, seed: int
) -> Probes:
    """The probes of a run: fixed questions that fit its mix, and luck of its own."""
    questions = probe_questions(shares)
    generator = torch.Generator().manual_seed(random.Random(f"probes {seed}").getrandbits(63))
    return Probes(questions, draw_noise(generator, REPLY_LIMIT, len(questions)), expression)


def _credits(
    before: Policy, after: Policy, prompts: list[list[int]], replies: list[list[int]]
) -> list[list[float]]:
    layout = lay_out(prompts, replies)
    with torch.no_grad():
        change = log_probs(after, layout) - log_probs(before, layout)
    return [part.tolist() for part in change.split([len(reply) for reply in replies])]


def _views(
    rollouts: Rollouts,
    rewards: Sequence[float],
    credits: Sequence[Sequence[float]] = (),
    advantages: Sequence[float] = (),
) -> tuple[Reply, ...]:
    """Each reply as it is shown, without the end token and its credit."""
    return tuple(
        Reply(
            question=rollouts.questions[row].text,
            tokens=tuple(rollouts.words[row]),
            credit=_short(credits[row][: len(rollouts.words[row])]) if credits else (),
            axes={axis: float(rollouts.values[axis][row]) for axis in SHOWN_AXES},
            reward=round(rewards[row], 4),
            advantage=round(advantages[row], 4) if advantages else 0.0,
        )
        for row in range(len(rollouts.replies))
    )


def _short(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 4) + 0.0 for value in values)  # -0.0 becomes 0.0
