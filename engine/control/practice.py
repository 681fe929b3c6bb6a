"""One run in which a policy practises, but for what is learnt from it: what is paid and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from engine.control.account import Account
from engine.control.actor_critic import ActorCritic, Sizes
from engine.control.all_fields import FieldWorld, field_in, field_of
from engine.control.episodes import Tally
from engine.control.fields import Field as Episodes
from engine.control.fields import Outlook
from engine.control.grounds import CartGrounds, FieldGrounds, Grounds
from engine.control.plays import Play, means, played, probed
from engine.control.reach import is_out_of_reach
from engine.control.rollouts import Rollout
from engine.events import RunStarted, UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import significant
from engine.spec import Step, TrainConfig, WorldConfig, opened
from engine.worlds.cart import CartConfig
from engine.worlds.trolleys import TrolleysConfig

WATCHED_STEPS = 32  # of the first place, whose numbers are shown
TESTS = 64  # episodes of a test


class DrivingConfig(TrainConfig):
    """What every run has in which a policy and its critic drive carts, or act on a field."""

    world: FieldWorld = Field(CartConfig(), discriminator="world")
    reward: str = Field(
        default_factory=lambda given: given["world"].usual_reward,
        max_length=400,
        title="Reward",
        description="What a step is paid, as one line.",
    )
    updates: int = Field(
        50, ge=1, le=200, title="Updates", description="How often the policy is changed."
    )
    carts: int = Field(
        8,
        ge=1,
        le=16,
        title="Side by side",
        description="How many episodes are on at once, each on its own. Before the first one is "
        "over, a run's figures are of those that are on, as far as they are.",
    )
    learning_rate: float = Field(
        0.001,
        ge=1e-5,
        le=1,
        title="Learning rate",
        description="How far one gradient step goes, at the first update.",
    )
    learning_rate_end: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Learning rate at the end",
        description="Where it goes, in a straight line over the updates; empty: it stays.",
    )
    gamma: float = Field(
        0.99,
        ge=0,
        le=0.999,
        title="Patience",
        description="Discount: what a reward one step later is worth today.",
    )
    entropy_coef: float = Field(
        default_factory=lambda given: 0.03 if isinstance(given["world"], TrolleysConfig) else 0.0,
        ge=0,
        le=1,
        title="Weight of chance",
        description="What the policy's entropy takes off the loss: it keeps trying every action.",
    )
    gradient_limit: float = Field(
        0.5,
        ge=0.01,
        le=1000,
        title="Gradient limit",
        description="A longer gradient is shortened to this length.",
    )

    @field_validator("world", mode="before")
    @classmethod
    def _is_a_cart_unless_said(cls, given: Any) -> Any:
        """Older configs do not name the world, since there was one only."""
        is_unsaid = isinstance(given, Mapping) and "world" not in given
        return {"world": "cart", **given} if is_unsaid else given

    def learning_rate_at(self, update: int) -> float:
        """The learning rate during an update, counted from 1."""
        end = self.learning_rate if self.learning_rate_end is None else self.learning_rate_end
        done = (update - 1) / max(1, self.updates - 1)
        return self.learning_rate + done * (end - self.learning_rate)


class RolloutConfig(DrivingConfig):
    """What is added where episodes go on from update to update, and a critic says what is ahead."""

    steps_per_update: int = Field(
        256,
        ge=16,
        le=512,
        title="Steps in an update",
        description="How many steps every episode takes before the policy is changed.",
    )
    gae_lambda: float = Field(
        0.95,
        ge=0,
        le=1,
        title="Trust in what came",
        description="0: an advantage looks one step ahead and asks the critic; 1: it adds up what "
        "really came.",
    )
    value_coef: float = Field(
        0.5,
        ge=0,
        le=5,
        title="Weight of the critic",
        description="What the critic's squared error counts in the loss.",
    )


def grounds_of(config: DrivingConfig) -> Grounds:
    """Where a run practises."""
    if isinstance(config.world, CartConfig):
        return CartGrounds(config.world, config.carts, config.seed)

    def new_field(purpose: str) -> Episodes:
        return field_of(config, config.carts, purpose)

    return FieldGrounds(new_field, config.seed, config.gamma)


class Practice:
    """The grounds, their pay and the watchers of one run."""

    def __init__(
        self, config: DrivingConfig, columns: int | None = None, has_critic: bool = True
    ) -> None:
        """Nobody moves before `roll`.

        has_critic: whether what is learnt from is compared with values that are learnt too.
        columns: how many rows of steps lie side by side in a rollout; as many as episodes are on at
        once, unless they are laid one behind the other.
        """
        self.config = config
        self._columns = config.carts if columns is None else columns
        self._grounds = grounds_of(config)
        self._account = Account(config.reward, self._grounds.terms)
        self._tally = Tally(self._columns, self._grounds.measures)
        self._rolled: list[tuple[dict[str, np.ndarray], Rollout]] = []  # since the last update
        self._has_critic = has_critic
        self._is_out_of_reach = False  # in the last update
        self._policy: ActorCritic | None = None  # the latest that practised

    @property
    def sizes(self) -> Sizes:
        """What a policy sees here, and what it can do."""
        return self._grounds.sizes

    def begin(self) -> Step:
        """The grounds as they stand, before anybody has moved."""
        scene = self._grounds.begin()
        return Step(RunStarted(planned_updates=self.config.updates, scene=scene))

    def roll(self, policy: ActorCritic, steps: int) -> tuple[Rollout, np.ndarray]:
        """What happens in so many steps of everybody, and what it pays: [time, count].

        Raises RewardValueError if a step cannot be paid.
        """
        self._policy = policy
        return self._paid(self._grounds.roll(policy, steps))

    def roll_episodes(self, policy: ActorCritic) -> tuple[Rollout, np.ndarray]:
        """One whole episode of everybody, and what it pays: [steps, 1], episode after episode.

        Raises RewardValueError if a step cannot be paid.
        """
        self._policy = policy
        return self._paid(self._grounds.roll_episodes(policy))

    def _paid(self, rollout: Rollout) -> tuple[Rollout, np.ndarray]:
        values = self._grounds.values(rollout)
        rewards = self._account.practised(values)
        self._rolled.append(({**values, "proxy": rewards}, rollout))
        return rollout, rewards

    def seen(self, observations: torch.Tensor, taken: torch.Tensor) -> dict[str, torch.Tensor]:
        """What was seen and done, as numbers to show: name -> [steps]."""
        return self._grounds.seen(observations, taken)

    def completed(
        self,
        update: int,
        metrics: Mapping[M, float],
        numbers: Mapping[str, torch.Tensor],
    ) -> Step:
        """What came of the update, for those who watch.

        numbers: by the name of a quantity, one a step of the batch, time after time; `value` and
        `return` among them.
        """
        rollouts = [rollout for _, rollout in self._rolled]
        values = [values for values, _ in self._rolled]
        self._rolled = []
        self._tally.add(
            {name: np.concatenate([part[name] for part in values]) for name in values[0]},
            np.concatenate([rollout.is_last for rollout in rollouts]),
        )
        expected, came = numbers["value"].numpy(), numbers["return"].numpy()
        self._is_out_of_reach = self._has_critic and is_out_of_reach(expected, came)
        stride = self._columns
        shown = {
            name: tuple(map(significant, column[: WATCHED_STEPS * stride : stride].tolist()))
            for name, column in numbers.items()
        }
        measures = self._grounds.measures
        test = self._played(None, f"test {update}") if measures.is_compared else None
        probes = probed(measures.probes, self._played, update, test)
        practised, found = self._grounds.follow(rollouts), self._tally.metrics()
        if test is not None:
            practised, found = test.film(None), self._measured(test)
        measured = {**found, **probes.found, **metrics}
        self._account.work += probes.steps + (test.steps if test else 0)
        event = UpdateCompleted(
            update=update,
            metrics={name: significant(value) for name, value in measured.items()},
            scene=practised.model_copy(update=probes.shown),
            work=self._account.work,
        )
        return opened(Step(event), shown)

    def _played(self, world: WorldConfig | None, purpose: str) -> Play:
        """Episodes in which the policy always does what is likeliest, from their beginning."""
        policy, config = self._policy, self.config
        assert policy is not None
        field = field_in(world or config.world, TESTS, config.seed, purpose)

        def act(now: Outlook) -> np.ndarray:
            return policy.outputs(now.observations).argmax(axis=0)

        return played(field, act, config.gamma)

    def _measured(self, test: Play) -> dict[M, float]:
        """What is otherwise measured of practice."""
        values = {**test.values, "proxy": self._account.pay(test.values)}
        measures = self._grounds.measures
        # Step by step, since sums of sums round otherwise, and runs are equal to the last digit.
        steps = {name: values[name] * test.on for name in measures.names}
        return means(measures, steps, TESTS)

    def finished(self) -> Step:
        """The end; it says so if nothing was ever paid, or far too much."""
        return self._account.finished(self.config.updates, is_out_of_reach=self._is_out_of_reach)
