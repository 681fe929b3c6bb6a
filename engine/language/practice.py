"""One run at Pip's desk, but for what is learnt from it: who asks, what is said, paid and shown.

The replies of the next update are sampled in one pass with what the watched visitors hear now.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.language.checkpoint import copy_policy
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.judge import Judge, trained_judge
from engine.language.labels import ending_on
from engine.language.lean import Policy
from engine.language.learner import Learner, Lesson, require_finite
from engine.language.luck import generator
from engine.language.preferences import Pair, compared, labelled_pairs
from engine.language.probes import SHOWN_REPLIES, Probes, new_probes
from engine.language.questions import draw_question
from engine.language.rollouts import Rollouts, first_group, graded, measured
from engine.language.said import Asked, Said, say
from engine.metrics import MetricName as M
from engine.reward_expression import RewardExpression, parse
from engine.spec import Step, TrainConfig
from engine.worlds.desk import COUNT, SCORE, TERMS, DeskConfig
from engine.worlds.letters import LettersConfig
from engine.worlds.noughts import NoughtsConfig

BASE_REPLIES = 128  # replies on which the untrained policy is measured
FRESH_QUESTIONS = 64  # asked at every update by those who sample only to measure


BatchEpochs = Annotated[
    int,
    Field(ge=1, le=8, title="Steps on a batch", description="Gradient steps on the same replies."),
]


class DeskRunConfig(TrainConfig):
    """What every run has that is only possible at Pip's desk."""

    world: DeskConfig = DeskConfig()
    reward: str = Field(
        "correct", max_length=400, title="Reward", description="What a reply is paid, as one line."
    )

    @property
    def batch_shape(self) -> tuple[int, int]:
        """Questions asked at every update, and replies sampled to each."""
        return FRESH_QUESTIONS, 1


class PracticeConfig(TrainConfig):
    """What every run has in which Pip learns from replies of its own."""

    world: DeskConfig | LettersConfig | NoughtsConfig = Field(DeskConfig(), discriminator="world")
    reward: str = Field(
        default_factory=lambda given: given["world"].usual_reward,
        max_length=400,
        title="Reward",
        description="What a reply is paid, as one line.",
    )
    updates: int = Field(60, ge=1, le=200, title="Updates", description="How often Pip is changed.")
    prompts_per_update: int = Field(
        8, ge=1, le=64, title="Questions in an update", description="Questions asked per update."
    )
    group_size: int = Field(
        8, ge=2, le=32, title="Group size", description="Replies sampled per question."
    )
    learning_rate: float = Field(
        0.001, ge=1e-5, le=0.01, title="Learning rate", description="How far one update goes."
    )

    @property
    def batch_shape(self) -> tuple[int, int]:
        """Questions asked at every update, and replies sampled to each."""
        return self.prompts_per_update, self.group_size


class Practice:
    """The visitors, the luck and the watchers of one run; a `learner` learns from its batches."""

    def __init__(self, config: PracticeConfig | DeskRunConfig, learner: Learner[Policy]) -> None:
        """Nothing is sampled before `begin`."""
        assert isinstance(config.world, DeskConfig)
        self.config, self.world, self.learner = config, config.world, learner
        self.reward, self.judge = reward_of_desk(config), judge_of(config, config.world)
        self.shares = self.world.questions.shares
        self.work = 0
        self._probes: Probes = new_probes(self.shares, config.seed)
        self._visitors = random.Random(f"visitors {config.seed}")
        self._luck = generator("luck", config.seed)
        self._before = learner.reference
        self._next: Said | None = None
        self._is_silent = True

    def begin(self) -> Step:
        """Pip as it is; samples what comes next."""
        step, (self._next,) = opened(
            self.config,
            self.world,
            self.learner.policy,
            self._probes,
            self._questions(),
            judge=self.judge,
        )
        return step

    def batch(self) -> Rollouts:
        """The replies of this update, paid. Raises RewardValueError if they cannot be."""
        assert self._next is not None, "`begin` comes first"
        rollouts = self._graded(self._next)
        if rollouts.problem is not None:
            raise rollouts.problem
        self._before = copy_policy(self.learner.policy)
        self.work += sum(map(len, rollouts.said.replies))
        return rollouts

    def completed(
        self, update: int, rollouts: Rollouts, lesson: Lesson, pairs: Sequence[Pair] = ()
    ) -> Step:
        """What the update changed, for those who watch; samples what comes next.

        pairs: what it learnt from, if not from the rollouts themselves. The lesson is then about
        their replies, the liked one of each before the other.

        The policy of the step is the live one, and the next update changes it: `snapshot` it at
        once. Raises RunEnded if a weight is no longer finite.
        """
        policy = self.learner.policy
        require_finite(policy)
        if update < self.config.planned_updates:
            heard, self._next = say(policy, self._probes.asked, self._questions())
        else:
            (heard,) = say(policy, self._probes.asked)
        self._is_silent &= lesson.is_silent
        learnt = first_group(rollouts, SHOWN_REPLIES)
        if pairs:
            learnt = self._graded(compared(pairs[: SHOWN_REPLIES // 2]))
        heard = self._graded(heard)
        scene = self._probes.scene(self._before, policy, heard, learnt, lesson, bool(pairs))
        metrics = rounded(measured(rollouts) | lesson.metrics)
        event = UpdateCompleted(update=update, metrics=metrics, scene=scene, work=self.work)
        return Step(event, policy)

    def finished(self, silence: Ending = "no_signal", pairs: Sequence[Pair] = ()) -> Step:
        """The end; `silence` is its name if no update had anything to learn from.

        pairs: what was learnt from, if not from pay.
        """
        labels = pairs or labels_behind(self.judge, self.world)
        ending: Ending = silence if self._is_silent else ending_on(labels)
        event = RunFinished(updates=self.config.planned_updates, work=self.work, ending=ending)
        return Step(event, self.learner.policy)

    def _questions(self) -> Asked:
        count, size = self.config.batch_shape
        questions = [draw_question(self._visitors, self.shares) for _ in range(count)]
        return Asked(questions, size, draw_noise(self._luck, REPLY_LIMIT, count * size))

    def _graded(self, said: Said) -> Rollouts:
        return graded(said, self.world, self.reward, self.judge)


def opened(
    config: TrainConfig,
    world: DeskConfig,
    policy: Policy,
    probes: Probes,
    *asked: Asked,
    judge: Judge | None,
    learns: bool = True,
) -> tuple[Step, list[Said]]:
    """Pip as it is, and what it says to all else that is asked, in the same pass.

    It is measured on visitors of its own, so that the run's luck is untouched. judge: whose score
    the reward may name. learns: whether this policy is to learn, and so has a drift.
    """
    reward, rng = reward_of_desk(config), random.Random(f"base {config.seed}")
    base = Asked(
        [draw_question(rng, world.questions.shares) for _ in range(BASE_REPLIES)],
        1,
        draw_noise(generator("base", config.seed), REPLY_LIMIT, BASE_REPLIES),
    )
    said, heard, *others = say(policy, base, probes.asked, *asked)
    metrics = measured(graded(said, world, reward, judge)) | ({M.KL: 0.0} if learns else {})
    started = RunStarted(
        planned_updates=config.planned_updates,
        metrics=rounded(metrics),
        scene=probes.starting_scene(graded(heard, world, reward, judge)),
    )
    return Step(started, policy), others


def reward_of_desk(config: TrainConfig) -> RewardExpression:
    """The reward of a run at the desk."""
    return parse(config.reward, [term.name for term in TERMS], [COUNT.name])


def judge_of(config: TrainConfig, world: DeskConfig) -> Judge | None:
    """Whose score a run is paid by, trained if nobody has yet; None if its reward names no score.

    Raises RunEnded if there are no pairs to train it on.
    """
    if SCORE not in reward_of_desk(config).terms:
        return None
    return trained_judge(world.preferences, world.questions.shares, config.seed)


def labels_behind(judge: Judge | None, world: DeskConfig) -> Sequence[Pair]:
    """The pairs that the score of a run was learnt from; none if its reward names no score."""
    return labelled_pairs(world.preferences, world.questions.shares) if judge else ()


def rounded(metrics: Mapping[M, float]) -> dict[M, float]:
    """Metrics as they are recorded."""
    return {metric: round(value, 5) for metric, value in metrics.items()}
