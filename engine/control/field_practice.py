"""One run on a field, but for what is learnt from it: steps taken and paid, and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from pydantic import Field as Setting

from engine.control.account import Account
from engine.control.all_fields import FieldWorld, field_in, field_of
from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Outlook, Passage, outlook
from engine.control.plays import Play, means, played, probed
from engine.control.reach import is_out_of_reach
from engine.control.replay import Transitions, transitions_of
from engine.events import RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.numerics import significant
from engine.spec import Step, TrainConfig, WorldConfig
from engine.worlds.trolleys import TrolleysConfig


class FieldConfig(TrainConfig):
    """What every run has that learns on a field."""

    world: FieldWorld = Setting(TrolleysConfig(), discriminator="world")
    reward: str = Setting(
        default_factory=lambda given: given["world"].usual_reward,
        max_length=400,
        title="Reward",
        description="What a step is paid, as one line.",
    )
    updates: int = Setting(
        24, ge=1, le=200, title="Updates", description="How often the learner is tested."
    )
    side_by_side: int = Setting(
        8, ge=1, le=32, title="Side by side", description="How many episodes are on at once."
    )
    steps_per_update: int = Setting(
        256,
        ge=16,
        le=1024,
        title="Steps in an update",
        description="How many steps every episode takes between two tests.",
    )
    tests: int = Setting(
        16,
        ge=1,
        le=64,
        title="Episodes of a test",
        description="In how many episodes, without a random action, the learner is tested.",
    )
    gamma: float = Setting(
        0.97,
        ge=0,
        le=0.999,
        title="Patience",
        description="Discount: what a reward one step later is worth today.",
    )


class Chooser(Beliefs, Protocol):
    """Whoever picks the actions."""

    def actions(self, worth: np.ndarray) -> np.ndarray:
        """[count, actions] -> [count] int."""
        ...


class FieldPractice:
    """The field, its pay and the tests of one run."""

    def __init__(self, config: FieldConfig) -> None:
        """Nobody has taken a step yet."""
        self.config = config
        self.field = field_of(config, config.side_by_side)
        self._now = outlook(self.field)
        self._account = Account(config.reward, self.field.terms)
        self._known = np.zeros(self.field.states, dtype=bool)
        self._new = 0
        self._is_out_of_reach = False  # in the last test

    def begin(self) -> Step:
        """The field as it stands, before anybody has moved."""
        scene = self.field.film((), None)
        return Step(RunStarted(planned_updates=self.config.updates, scene=scene))

    def drive(
        self, chooser: Chooser, time: int, actions: np.ndarray, is_any: np.ndarray
    ) -> Transitions:
        """Take `time` steps with everybody, and what they pay.

        actions, is_any: [time, count]: the random actions, and where they are taken.
        Raises RewardValueError if a step cannot be paid.
        """
        seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        passages: list[Passage] = []
        for now in range(time):
            chosen = chooser.actions(chooser.worth(*self._now))
            chosen = np.where(is_any[now], actions[now], chosen)
            seen.append((self._now.observations, self._now.states, chosen))
            passages.append(self.field.step(chosen))
            self._now = outlook(self.field, passages[-1])
        rewards = self._account.practised(self.field.values(passages, self.config.gamma))
        steps = transitions_of(seen, passages, rewards)
        first_seen = steps.states[~self._known[steps.states]]
        if first_seen.size:
            self._new += len(np.unique(first_seen))
            self._known[first_seen] = True
        return steps

    def completed(self, update: int, chooser: Chooser, metrics: Mapping[M, float]) -> Step:
        """Test the learner, and tell of the update."""
        test, found = self._test(update, chooser)
        probes = probed(
            self.field.measures.probes,
            lambda world, purpose: self._played(chooser, world, purpose),
            update,
            test,
        )
        self._account.work += test.steps + probes.steps
        steps = self.config.steps_per_update * self.config.side_by_side
        measured = {**found, **probes.found, **metrics, M.NEW_STATES: self._new / steps}
        self._new = 0
        event = UpdateCompleted(
            update=update,
            metrics={name: significant(value) for name, value in measured.items()},
            scene=test.film(chooser).model_copy(update=probes.shown),
            work=self._account.work,
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if nothing was ever paid, or far too much."""
        return self._account.finished(self.config.updates, is_out_of_reach=self._is_out_of_reach)

    def _played(self, chooser: Chooser, world: WorldConfig | None, purpose: str) -> Play:
        """Episodes in which the learner always does what it thinks best, from their beginning."""
        config = self.config
        field = field_in(world or config.world, config.tests, config.seed, purpose)

        def act(now: Outlook) -> np.ndarray:
            return chooser.actions(chooser.worth(*now))

        return played(field, act, config.gamma)

    def _test(self, update: int, chooser: Chooser) -> tuple[Play, dict[M, float]]:
        """A test where the learner practises, and what it expected beside what came."""
        config = self.config
        field = field_of(config, config.tests, f"test {update}")
        expected = chooser.worth(*outlook(field)).max(axis=1)
        blanks: list[np.ndarray] = []  # whether every action was worth the same

        def act(now: Outlook) -> np.ndarray:
            worth = chooser.worth(*now)
            blanks.append(worth.max(axis=1) == worth.min(axis=1))
            return chooser.actions(worth)

        test = played(field, act, config.gamma)
        proxy = self._account.pay(test.values)
        test = test._replace(values={**test.values, "proxy": proxy})
        discounts = config.gamma ** np.arange(len(test.on))[:, None]
        came = (proxy * test.on * discounts).sum(axis=0)
        self._is_out_of_reach = is_out_of_reach(expected, came)
        sums = {name: test.sums(name) for name in field.measures.names}
        found = means(field.measures, sums, field.count)
        found |= {
            M.NO_IDEA: float((np.array(blanks) & test.on).sum() / test.steps),
            M.PREDICTED_VALUE: float(expected.mean()),
            M.REALISED_VALUE: float(came.mean()),
            M.OVERESTIMATE: float(expected.mean() - came.mean()),
        }
        return test, found


def luck_of(config: FieldConfig, purpose: str) -> np.random.Generator:
    """The random numbers of one purpose of a run."""
    return fresh_rng(purpose, config.seed)
