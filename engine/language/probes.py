"""What a learner watches: the same visitors at every update, and one group of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy, lay_out, log_probs
from engine.language.learner import Lesson
from engine.language.luck import generator
from engine.language.questions import QuestionKind, probe_questions
from engine.language.rollouts import Rollouts
from engine.language.said import Asked
from engine.lazy import torch
from engine.scenes import Reply, SpeechScene

SHOWN_REPLIES = 8  # of the first group
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

    def starting_scene(self, heard: Rollouts) -> SpeechScene:
        """What the probes hear before anything is learnt."""
        return SpeechScene(probes=_views(heard, len(heard.said.replies)))

    def scene(
        self, before: Policy, after: Policy, heard: Rollouts, learnt: Rollouts, lesson: Lesson
    ) -> SpeechScene:
        """What the probes hear after an update, and the first group that it learnt from.

        Credit is the change of each token's log-probability from `before` to `after`, in nats.
        Raises RewardValueError if the reward is not a finite number for what a probe hears.
        """
        if heard.problem is not None:
            raise heard.problem
        asked, shown = len(heard.said.replies), min(SHOWN_REPLIES, learnt.said.group_size)
        group = learnt.said.replies[:shown]
        prompts = heard.said.prompts + [learnt.said.prompts[0]] * shown
        with torch.no_grad():
            now = log_probs(after, lay_out(prompts, heard.said.replies + group))
            then = log_probs(before, lay_out(heard.said.prompts, heard.said.replies))
        lengths = [len(reply) for reply in heard.said.replies + group]
        known = lesson.numbers["old_log_prob"][: sum(lengths[asked:])]
        credits = [part.tolist() for part in (now - torch.cat([then, known])).split(lengths)]
        return SpeechScene(
            probes=_views(heard, asked, credits[:asked]),
            group=_views(learnt, shown, credits[asked:], lesson),
        )


def new_probes(shares: Mapping[QuestionKind, float], seed: int) -> Probes:
    """The probes of a run: fixed questions that fit its mix, and luck of its own."""
    questions = probe_questions(shares)
    noise = draw_noise(generator("probes", seed), REPLY_LIMIT, len(questions))
    return Probes(Asked(questions, 1, noise))


def _views(
    rollouts: Rollouts,
    count: int,
    credits: Sequence[Sequence[float]] = (),
    lesson: Lesson | None = None,
) -> tuple[Reply, ...]:
    """The first replies as they are shown, without the end token and its credit."""
    said, rewards = rollouts.said, rollouts.rewards.ravel().tolist()
    lengths = [len(reply) for reply in said.replies[:count]]
    numbers = numbers_of(lesson, lengths) if lesson else [{}] * count
    return tuple(
        Reply(
            question=said.questions[row].text,
            tokens=tuple(said.words[row]),
            credit=short(credits[row][: len(said.words[row])]) if credits else (),
            axes={axis: float(rollouts.values[axis][row]) for axis in SHOWN_AXES},
            reward=round(rewards[row], 4),
            advantage=round(lesson.advantages[row], 4) if lesson else 0.0,
            numbers=numbers[row],
            totals=totals_of(lesson, row) if lesson else {},
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
