"""One run on a field, but for what is learnt from it: steps taken and paid, and tests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pydantic import Field as Setting

from engine.control.board_field import BoardField
from engine.control.cart_field import CartField
from engine.control.carts import fresh_rng
from engine.control.catch_field import CatchField
from engine.control.cleaner_field import CleanerField
from engine.control.elsewhere import measured_elsewhere
from engine.control.fields import Beliefs, Field, FieldScene, Passage
from engine.control.reach import is_out_of_reach
from engine.control.rehearsal import beside, played
from engine.control.replay import Transitions, transitions_of
from engine.control.shuttle_field import ShuttleField
from engine.control.trading_field import TradingField
from engine.control.trolley_field import TrolleyField
from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.numerics import significant
from engine.reward_expression import parse, within_bounds
from engine.scenes import TradingScene
from engine.spec import Step, TrainConfig, WorldConfig
from engine.worlds.board import BoardConfig
from engine.worlds.cart import CartConfig
from engine.worlds.catch import CatchConfig
from engine.worlds.cleaner import CleanerConfig
from engine.worlds.shuttle import ShuttleConfig
from engine.worlds.trading import TradingConfig
from engine.worlds.trolleys import TrolleysConfig

# Every world that is a field, whoever learns there: a new one is a line here.
FIELDS = {
    TrolleysConfig: TrolleyField,
    CartConfig: CartField,
    CatchConfig: CatchField,
    CleanerConfig: CleanerField,
    BoardConfig: BoardField,
    TradingConfig: TradingField,
    ShuttleConfig: ShuttleField,
}
if TYPE_CHECKING:
    FieldWorld = WorldConfig
else:
    FieldWorld = reduce(or_, FIELDS)


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


def field_of(config: TrainConfig, count: int, purpose: str = "") -> Field:
    """The field of a config's world; purpose: for which its random numbers are drawn."""
    return field_in(config.world, count, config.seed, purpose)


def field_in(world: WorldConfig, count: int, seed: int, purpose: str = "") -> Field:
    """The field of a world; purpose: for which its random numbers are drawn."""
    return FIELDS[type(world)](world, count, seed, purpose)  # type: ignore[index]


class FieldPractice:
    """The field, its pay and the tests of one run."""

    def __init__(self, config: FieldConfig) -> None:
        """Nobody has taken a step yet."""
        self.config = config
        self.field = field_of(config, config.side_by_side)
        self._reward = parse(config.reward, self.field.terms)
        self._known = np.zeros(self.field.states, dtype=bool)
        self._work, self._new = 0, 0
        self._is_silent = True
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
        seen, passages = [], []
        for now in range(time):
            observations, states = self.field.observations(), self.field.state()
            chosen = chooser.actions(chooser.worth(observations, states))
            chosen = np.where(is_any[now], actions[now], chosen)
            seen.append((observations, states, chosen))
            passages.append(self.field.step(chosen))
        rewards = self._paid(self.field.values(passages, self.config.gamma))
        self._is_silent &= not rewards.any()
        self._work += rewards.size
        steps = transitions_of(seen, passages, rewards)
        self._new += int((~self._known[np.unique(steps.states)]).sum())
        self._known[steps.states] = True
        return steps

    def completed(self, update: int, chooser: Chooser, metrics: Mapping[M, float]) -> Step:
        """Test the learner, and tell of the update."""
        found, scene = self._test(update, chooser)
        found |= self._elsewhere(update, chooser)
        if isinstance(scene, TradingScene):
            found, scene = self._rehearsed(update, chooser, found, scene)
        steps = self.config.steps_per_update * self.config.side_by_side
        measured = {**found, **metrics, M.NEW_STATES: self._new / steps}
        self._new = 0
        event = UpdateCompleted(
            update=update,
            metrics={name: significant(value) for name, value in measured.items()},
            scene=scene,
            work=self._work,
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if nothing was ever paid, or far too much."""
        ending: Ending = "out_of_reach" if self._is_out_of_reach else "done"
        ending = "no_signal" if self._is_silent else ending
        return Step(RunFinished(updates=self.config.updates, work=self._work, ending=ending))

    def _paid(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        terms = {name: values[name] for name in self.field.terms}
        return within_bounds(self._reward.evaluate(terms), "step")

    def _rehearsed(
        self, update: int, chooser: Chooser, found: dict[M, float], scene: TradingScene
    ) -> tuple[dict[M, float], TradingScene]:
        """A test, and beside it the same on days of practice."""
        field = field_of(self.config, self.config.tests, f"rehearsal {update}")
        assert isinstance(field, TradingField)
        rehearsal = played(
            field, lambda on: chooser.actions(chooser.worth(on.observations(), on.state()))
        )
        self._work += field.count * field.step_limit
        measured = beside(rehearsal.earned, found[M.TRUE_RETURN])
        return found | measured, scene.model_copy(update={"practised": rehearsal.day})

    def _test(self, update: int, chooser: Chooser) -> tuple[dict[M, float], FieldScene]:
        """Episodes in which the learner always does what it thinks best, from their beginning."""
        field = field_of(self.config, self.config.tests, f"test {update}")
        expected = chooser.worth(field.observations(), field.state()).max(axis=1)
        passages: list[Passage] = []
        is_over = np.zeros(field.count, dtype=bool)
        counts: list[np.ndarray] = []  # whether an episode was still on
        blanks: list[np.ndarray] = []  # whether every action was worth the same
        while not is_over.all():
            worth = chooser.worth(field.observations(), field.state())
            counts.append(~is_over)
            blanks.append(worth.max(axis=1) == worth.min(axis=1))
            passages.append(field.step(chooser.actions(worth)))
            is_over |= passages[-1].is_last
        on, gamma = np.array(counts), self.config.gamma
        values = field.values(passages, gamma)
        values = values | {"proxy": self._paid(values)}
        self._work += int(on.sum())
        came = (values["proxy"] * on * gamma ** np.arange(len(on))[:, None]).sum(axis=0)
        self._is_out_of_reach = is_out_of_reach(expected, came)
        sums = {name: (values[name] * on).sum(axis=0) for name in field.measures.names}
        found = {
            metric: float(sums[name].mean()) for metric, name in field.measures.an_episode.items()
        }
        for metric, name in field.measures.a_step.items():
            found[metric] = float(sums[name].sum() / sums["step"].sum())
        found |= {
            M.NO_IDEA: float((np.array(blanks) & on).sum() / on.sum()),
            M.PREDICTED_VALUE: float(expected.mean()),
            M.REALISED_VALUE: float(came.mean()),
            M.OVERESTIMATE: float(expected.mean() - came.mean()),
        }
        first = passages[: int(on[:, 0].sum())]
        return found, field.film(first, chooser)

    def _elsewhere(self, update: int, chooser: Chooser) -> dict[M, float]:
        """What comes of the learner where it does not practise."""
        config = self.config

        def new_field(world: WorldConfig, purpose: str) -> Field:
            return field_in(world, config.tests, config.seed, f"test {update} {purpose}")

        def act(field: Field) -> np.ndarray:
            return chooser.actions(chooser.worth(field.observations(), field.state()))

        found, work = measured_elsewhere(self.field.measures, new_field, act, config.gamma)
        self._work += work
        return found


def luck_of(config: FieldConfig, purpose: str) -> np.random.Generator:
    """The random numbers of one purpose of a run."""
    return fresh_rng(purpose, config.seed)
