"""One run on tray carts, but for what is learnt from it: who drives, what is paid and shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from engine.control.carts import Carts, Drive, Driver, joined
from engine.control.episodes import Tally, Watched
from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.reward_expression import parse, within_bounds
from engine.scenes import CartScene
from engine.spec import Step, TrainConfig
from engine.worlds.cart import TERM_NAMES, CartConfig, term_values, true_reward

WATCHED_STEPS = 32  # of the first cart, whose numbers are shown
DIGITS = 5  # of what is recorded


class DrivingConfig(TrainConfig):
    """What every run has in which a policy and its critic drive carts."""

    world: CartConfig = CartConfig()
    reward: str = Field(
        "upright", max_length=400, title="Reward", description="What a step is paid, as one line."
    )
    updates: int = Field(
        50, ge=1, le=200, title="Updates", description="How often the policy is changed."
    )
    carts: int = Field(
        8, ge=1, le=16, title="Carts", description="How many carts drive at once, each on its own."
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
        0.0,
        ge=0,
        le=1,
        title="Weight of chance",
        description="What the policy's entropy takes off the loss: it keeps trying both pushes.",
    )
    gradient_limit: float = Field(
        0.5,
        ge=0.01,
        le=1000,
        title="Gradient limit",
        description="A longer gradient is shortened to this length.",
    )

    def learning_rate_at(self, update: int) -> float:
        """The learning rate during an update, counted from 1."""
        end = self.learning_rate if self.learning_rate_end is None else self.learning_rate_end
        done = (update - 1) / max(1, self.updates - 1)
        return self.learning_rate + done * (end - self.learning_rate)


class RolloutConfig(DrivingConfig):
    """What is added where carts drive on from update to update, and a critic says what is ahead."""

    steps_per_update: int = Field(
        256,
        ge=16,
        le=512,
        title="Steps in an update",
        description="How many steps every cart takes before the policy is changed.",
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


class Practice:
    """The carts, their pay and the watchers of one run."""

    def __init__(self, config: DrivingConfig, columns: int | None = None) -> None:
        """Nobody drives before `drive`.

        columns: how many rows of steps lie side by side in what is driven; as many as there are
        carts, unless their episodes are laid one behind the other.
        """
        self.config = config
        self._columns = config.carts if columns is None else columns
        self._reward = parse(config.reward, TERM_NAMES)
        self._carts = Carts(config.world, config.carts, config.seed)
        self._tally, self._watched = Tally(self._columns), Watched()
        self._driven: list[tuple[dict[str, np.ndarray], Drive]] = []  # since the last update
        self._work = 0
        self._is_silent = True

    def begin(self) -> Step:
        """The carts as they stand, before any of them has set out."""
        return Step(RunStarted(planned_updates=self.config.updates, scene=CartScene()))

    def drive(self, driver: Driver, steps: int) -> tuple[Drive, np.ndarray]:
        """What the carts go through in so many steps of each, and what it pays: [time, carts].

        Raises RewardValueError if a step cannot be paid.
        """
        return self._paid(self._carts.drive(driver, steps))

    def drive_episodes(self, driver: Driver) -> tuple[Drive, np.ndarray]:
        """One whole episode of every cart, and what it pays: [steps, 1], episode after episode.

        Raises RewardValueError if a step cannot be paid.
        """
        return self._paid(self._carts.drive_episodes(driver))

    def _paid(self, drive: Drive) -> tuple[Drive, np.ndarray]:
        values = term_values(drive.steps)
        rewards = within_bounds(self._reward.evaluate(values), "step")
        wanted = true_reward(drive.steps, self.config.world)
        self._driven.append((values | {"proxy": rewards, "true": wanted}, drive))
        self._work += rewards.size
        self._is_silent &= not rewards.any()
        return drive, rewards

    def completed(
        self,
        update: int,
        metrics: Mapping[M, float],
        numbers: Mapping[str, torch.Tensor],
    ) -> Step:
        """What came of the update, for those who watch.

        numbers: by the name of a quantity, one a step of the batch, time after time.
        """
        drive = joined([drive for _, drive in self._driven])
        values = [values for values, _ in self._driven]
        self._driven = []
        self._tally.add(
            {name: np.concatenate([part[name] for part in values]) for name in values[0]},
            drive.is_last,
        )
        stride = self._columns
        shown = {
            name: tuple(map(significant, column[: WATCHED_STEPS * stride : stride].tolist()))
            for name, column in numbers.items()
        }
        measured = {**self._tally.metrics(), **metrics}
        event = UpdateCompleted(
            update=update,
            metrics={name: significant(value) for name, value in measured.items()},
            scene=self._watched.follow(drive, shown),
            work=self._work,
        )
        return Step(event)

    def finished(self) -> Step:
        """The end; it says so if nothing was ever paid."""
        ending: Ending = "no_signal" if self._is_silent else "done"
        return Step(RunFinished(updates=self.config.updates, work=self._work, ending=ending))


def significant(value: float) -> float:
    """A number as it is recorded: so many digits, wherever the point stands."""
    return float(f"{value:.{DIGITS}g}") + 0.0  # -0.0 becomes 0.0
