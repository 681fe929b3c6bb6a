"""What a learner watches: the same visitors at every update, and one group of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.endings import diverged
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.layout import lay_out
from engine.language.lean import LanguageModel, Policy, log_probs
from engine.language.learner import Lesson
from engine.language.luck import generator
from engine.language.questions import QuestionKind, probe_questions
from engine.language.rollouts import Rollouts
from engine.language.said import Asked
from engine.lazy import torch
from engine.scenes import Reply, SpeechScene

SHOWN_REPLIES = 8  # of what an update learns from
SHOWN_AXES = (
    *("correct", "polite", "length", "flattery"),
    *("evasive", "sycophantic", "ramble", "fluent", "work", "work_valid"),
)


@dataclass(frozen=True)
class Probes:
    """Visitors who return at every update, always with the same luck.

    Equal noise means that a reply changes only because the policy did.
    """

    asked: Asked

    def with_more(self, replies: int, seed: int) -> Asked:
        """The same visitors, who hear so many replies each: the first is what they always hear."""
        questions, _, noise = self.asked
        luck = generator("more for the probes", seed)
        more = torch.rand(REPLY_LIMIT, len(questions), replies - 1, generator=luck)
        return Asked(questions, replies, torch.cat([noise[:, :, None], more], 2).flatten(1))

    def starting_scene(self, heard: Rollouts) -> SpeechScene:
        """What the probes hear before anything is learnt."""
        return SpeechScene(probes=views(heard))

    def scene(
        self,
        before: Policy,
        after: Policy,
        heard: Rollouts,
        learnt: Rollouts,
        lesson: Lesson,
        paired: bool = False,
    ) -> SpeechScene:
        """What the probes hear after an update, and the first replies that it learnt from.

        learnt: what is shown of them, with which the lesson begins; `paired`: they are pairs.
        Credit is the change of each token's log-probability from `before` to `after`, in nats.
        Raises RewardValueError if the reward is not a finite number for what is shown, and RunEnded
        if a log-probability is not.
        """
        problem = heard.problem or learnt.problem
        if problem is not None:
            raise problem
        size, own = learnt.said.group_size, heard.said
        prompts = own.prompts + [prompt for prompt in learnt.said.prompts for _ in range(size)]
        replies = own.replies + learnt.said.replies
        lengths = [len(reply) for reply in replies]
        asked = len(own.replies)
        with torch.no_grad():
            now = log_probs(after, lay_out(prompts, replies))
            then = log_probs(before, lay_out(own.prompts, own.replies))
        change = now - torch.cat([then, lesson.before[: sum(lengths[asked:])]])
        if not torch.isfinite(change).all():
            raise diverged()
        credits = [part.tolist() for part in change.split(lengths)]
        return SpeechScene(
            probes=views(heard, credits[:asked]),
            group=views(learnt, credits[asked:], lesson),
            paired=paired,
        )


def new_probes(shares: Mapping[QuestionKind, float], seed: int) -> Probes:
    """The probes of a run: fixed questions that fit its mix, and luck of its own."""
    questions = probe_questions(shares)
    noise = draw_noise(generator("probes", seed), REPLY_LIMIT, len(questions))
    return Probes(Asked(questions, 1, noise))


def views(
    rollouts: Rollouts,
    credits: Sequence[Sequence[float]] = (),
    lesson: Lesson | None = None,
) -> tuple[Reply, ...]:
    """Replies as they are shown, without the end token and its credit.

    lesson: what an update did with a batch that begins with these replies.
    """
    said, rewards = rollouts.said, rollouts.rewards.ravel().tolist()
    lengths = [len(reply) for reply in said.replies]
    numbers = numbers_of(lesson, lengths) if lesson else [{}] * len(lengths)
    return tuple(
        Reply(
            question=said.questions[row].text,
            tokens=tuple(words),
            credit=short(credits[row][: len(words)]) if credits else (),
            axes={axis: float(rollouts.values[axis][row]) for axis in SHOWN_AXES},
            reward=round(rewards[row], 4),
            advantage=short([lesson.advantages[row]])[0] if lesson else 0.0,
            numbers=numbers[row],
            totals=totals_of(lesson, row) if lesson else {},
        )
        for row, words in enumerate(said.words)
    )


def shown_group(
    policy: LanguageModel,
    rollouts: Rollouts,
    lesson: Lesson,
    axes: Sequence[str],
    question: str = "",
) -> tuple[Reply, ...]:
    """The first replies that a policy learnt from, all of one length, with the update's numbers.

    Credit is the change of each token's log-probability by the update, in nats. axes: the values of
    the rollouts that are shown.
    """
    said = rollouts.said
    count, length = min(SHOWN_REPLIES, said.group_size), len(said.replies[0])
    with torch.no_grad():
        now = log_probs(policy, lay_out(said.prompts[:1], said.replies[:count], count))
    credit = (now - lesson.before[: length * count]).view(count, length).tolist()
    numbers = numbers_of(lesson, [length] * count)
    rewards = rollouts.rewards.ravel().tolist()
    return tuple(
        Reply(
            question=question,
            tokens=tuple(said.words[row]),
            credit=short(credit[row]),
            axes={axis: float(rollouts.values[axis][row]) for axis in axes},
            reward=round(rewards[row], 4),
            advantage=round(lesson.advantages[row], 4),
            numbers=numbers[row],
            totals=totals_of(lesson, row),
        )
        for row in range(count)
    )


def numbers_of(lesson: Lesson, lengths: Sequence[int]) -> list[dict[str, tuple[float, ...]]]:
    """The update's numbers, cut into replies; the end token keeps its own."""
    parts = {
        name: values[: sum(lengths)].split(list(lengths)) for name, values in lesson.numbers.items()
    }
    return [
        {name: significant(part[row].tolist()) for name, part in parts.items()}
        for row in range(len(lengths))
    ]


def totals_of(lesson: Lesson, row: int) -> dict[str, float]:
    """The numbers of one whole reply."""
    return {name: significant([values[row].item()])[0] for name, values in lesson.totals.items()}


def short(values: Sequence[float]) -> tuple[float, ...]:
    """Values as they are recorded."""
    return tuple(round(value, 4) + 0.0 for value in values)  # -0.0 becomes 0.0


def significant(values: Sequence[float]) -> tuple[float, ...]:
    """Numbers of a loss as they are recorded: four digits, wherever the point stands."""
    return tuple(float(f"{value:.4g}") + 0.0 for value in values)
