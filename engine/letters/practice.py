"""One run at Pip's pager, but for what is learnt from it: what is written, paid and counted."""

from __future__ import annotations

import numpy as np

from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.language.learner import Learner, Lesson, require_finite
from engine.language.luck import generator
from engine.language.practice import PracticeConfig, rounded
from engine.language.probes import shown_group
from engine.language.rollouts import Rollouts
from engine.language.said import Said
from engine.lazy import torch
from engine.letters.alphabet import LENGTH, LETTERS, START, messages
from engine.letters.survey import Survey, exact_log_chances, new_survey
from engine.letters.table import Table
from engine.metrics import MetricName as M
from engine.reward_expression import RewardValueError, within_bounds
from engine.spec import Step
from engine.worlds.letters import reward_of_letters, term_values, true_rewards


class LettersPractice:
    """The luck and the watchers of one run; a `learner` learns from its batches.

    Its steps carry no policy: nobody can talk to a table.
    """

    def __init__(self, config: PracticeConfig, learner: Learner[Table]) -> None:
        """Nothing is written before `begin`."""
        self.config, self.learner = config, learner
        self.work = 0
        self._paid, self._problem = paid_of(config)
        self._survey: Survey = new_survey(
            learner.reference,
            torch.tensor(self._paid),
            torch.tensor(true_rewards()),
            leash_of(config),
        )
        self._luck = generator("luck", config.seed)
        self._log_chances = exact_log_chances(learner.policy)
        self._is_silent = True

    def begin(self) -> Step:
        """Pip as it is; all of it is known."""
        metrics = self._survey.metrics(self._log_chances) | {M.KL: 0.0}
        metrics[M.TRUE_RETURN] = metrics[M.EXPECTED_TRUE]
        metrics[M.PROXY_RETURN] = metrics[M.EXPECTED_PROXY]
        if self._problem:
            for unknown in (M.PROXY_RETURN, M.EXPECTED_PROXY, M.SHORTFALL):
                del metrics[unknown]
        started = RunStarted(
            planned_updates=self.config.updates,
            metrics=rounded(metrics),
            scene=self._survey.scene(self._log_chances),
        )
        return Step(started)

    def batch(self) -> Rollouts:
        """The messages of this update, paid. Raises RewardValueError if some cannot be."""
        if self._problem:
            raise self._problem
        groups, size = self.config.prompts_per_update, self.config.group_size
        rows = torch.multinomial(
            self._log_chances.exp(), groups * size, replacement=True, generator=self._luck
        ).numpy()
        texts = [messages()[row] for row in rows]
        said = Said(
            questions=[],
            prompts=[[START]] * groups,
            replies=[[LETTERS.index(letter) for letter in text] for text in texts],
            words=[list(text) for text in texts],
        )
        values = {term: column[rows] for term, column in term_values().items()}
        values["worth"] = true_rewards()[rows]
        self.work += LENGTH * len(rows)
        return Rollouts(said, values, self._paid[rows].reshape(groups, size))

    def completed(self, update: int, rollouts: Rollouts, lesson: Lesson) -> Step:
        """What the update changed, for those who watch; metrics are of the policy before it.

        Raises RunEnded if a logit is no longer finite.
        """
        policy = self.learner.policy
        require_finite(policy)
        self._is_silent &= lesson.is_silent
        metrics = self._survey.metrics(self._log_chances) | lesson.metrics
        metrics |= {
            M.PROXY_RETURN: float(rollouts.rewards.mean()),
            M.TRUE_RETURN: float(rollouts.values["worth"].mean()),
            M.USEFUL: float(rollouts.values["useful"].mean()),
            M.FILLER: float(rollouts.values["filler"].mean()),
        }
        self._log_chances = exact_log_chances(policy)
        group = shown_group(policy, rollouts, lesson, list(term_values()))
        scene = self._survey.scene(self._log_chances, group)
        event = UpdateCompleted(
            update=update, metrics=rounded(metrics), scene=scene, work=self.work
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if no update had anything to learn from."""
        ending: Ending = "no_signal" if self._is_silent else "done"
        event = RunFinished(updates=self.config.updates, work=self.work, ending=ending)
        return Step(event)


def leash_of(config: PracticeConfig) -> float:
    """What a nat of drift costs in a run, in reward units; 0 if its algorithm has no leash."""
    return float(getattr(config, "kl_coef", 0.0))


def paid_of(config: PracticeConfig) -> tuple[np.ndarray, RewardValueError | None]:
    """What every message is paid, [messages]; zeros and the reason if one of them cannot be."""
    try:
        paid = reward_of_letters(config).evaluate(term_values())
        return within_bounds(paid, "message"), None
    except RewardValueError as problem:
        return np.zeros(len(messages())), problem
