"""Deep Q-networks. Source: Mnih et al. 2015, Nature 518.

Double targets: van Hasselt et al. 2016, arXiv:1509.06461.

(1) a      = uniformly random with probability epsilon, else argmax_a Q(s, a), ties at random
(2) y      = r + gamma max_a Q_t(s', a), or r alone if s' ends the episode
(3) y      = r + gamma Q_t(s', argmax_a Q(s', a))                  targets double
(4) delta  = Q(s, a) - y
(5) loss   = mean of delta^2 / 2 where |delta| <= 1, else |delta| - 1/2    loss huber, over a batch
    loss   = mean of delta^2 / 2                                           loss squared
(6) Q_t    = Q, every so many gradient steps
(7) Q(s, a) <- Q(s, a) - alpha mean delta of its steps in the batch    values table

The batch is drawn from the replay buffer, or is the newest steps. An episode that is cut off at
its step limit has not ended: the bootstrap of (2) is kept. Every update closes with a test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import Field

from engine.control.field_practice import FieldConfig, FieldPractice, luck_of
from engine.control.q_values import Adam, QNetwork, QTable, new_network
from engine.control.replay import Replay, Transitions
from engine.control.samples import SAMPLES, shown
from engine.endings import diverged
from engine.metrics import MetricName as M
from engine.spec import Algorithm, Step, opened


class DQNConfig(FieldConfig):
    """One run of DQN."""

    algorithm: Literal["dqn"] = "dqn"
    values: Literal["network", "table"] = Field(
        "network",
        title="Where values are kept",
        description="network: a small network works them out from what it sees; table: one number "
        "for each state and action, which says nothing of any other state.",
    )
    width: int = Field(
        64, ge=4, le=128, title="Width", description="Units in each of the two hidden layers."
    )
    learning_rate: float = Field(
        0.001,
        ge=1e-5,
        le=0.1,
        title="Learning rate",
        description="How far one gradient step of the network goes.",
    )
    table_rate: float = Field(
        0.5,
        ge=0.01,
        le=1,
        title="Learning rate of the table",
        description="How far a value of the table moves towards its target.",
    )
    replay: Literal["buffer", "newest"] = Field(
        "buffer",
        title="What it learns from",
        description="buffer: steps drawn from all that are kept; newest: the newest steps alone.",
    )
    buffer_size: int = Field(
        20_000,
        ge=32,
        le=100_000,
        title="Steps kept",
        description="How many steps the replay buffer holds before the oldest make room.",
    )
    batch_size: int = Field(
        64, ge=1, le=512, title="Batch", description="Steps that one gradient step learns from."
    )
    first_steps: int = Field(
        1000,
        ge=0,
        le=20_000,
        title="Steps before it learns",
        description="How many steps are taken before the first gradient step.",
    )
    train_every: int = Field(
        4,
        ge=1,
        le=64,
        title="Steps between lessons",
        description="How many steps every episode takes before the learner learns again.",
    )
    gradient_steps: int = Field(
        4, ge=1, le=64, title="Gradient steps", description="How many of them make a lesson."
    )
    target_every: int = Field(
        200,
        ge=1,
        le=5000,
        title="Target copied every",
        description="After how many gradient steps the target network becomes a copy of the "
        "network; 1: there is none, and a target moves with every step.",
    )
    targets: Literal["max", "double"] = Field(
        "max",
        title="Target",
        description="max: the target network picks the next action and says what it is worth; "
        "double: the network picks, the target network says.",
    )
    loss: Literal["huber", "squared"] = Field(
        "huber",
        title="Loss",
        description="huber: an error beyond 1 pulls no harder than one of 1; squared: an error "
        "pulls as hard as it is large.",
    )
    epsilon: float = Field(
        1.0,
        ge=0,
        le=1,
        title="Curiosity",
        description="Probability of a random action, at the first step.",
    )
    epsilon_end: float = Field(
        0.05,
        ge=0,
        le=1,
        title="Curiosity at the end",
        description="Where epsilon goes in a straight line, and then stays.",
    )
    explore_share: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Until when",
        description="In which share of the run epsilon gets to its end.",
    )
    gradient_limit: float = Field(
        10.0,
        ge=0.01,
        le=1000,
        title="Gradient limit",
        description="A longer gradient is shortened to this length.",
    )

    def epsilon_at(self, share: float) -> float:
        """Epsilon when a share of the run is done."""
        done = min(1.0, share / self.explore_share) if self.explore_share else 1.0
        return self.epsilon + done * (self.epsilon_end - self.epsilon)


@dataclass
class Learner:
    """What a run changes."""

    online: QNetwork | QTable
    target: QNetwork | QTable  # the same as `online` where there is no target network
    adam: Adam
    luck: np.random.Generator  # picks among equals
    batches: np.random.Generator  # draws from the buffer
    steps: int = 0  # gradient steps so far

    def worth(self, observations: np.ndarray, states: np.ndarray) -> np.ndarray:
        """What it thinks that actions are worth: [rows, actions]."""
        return self.online.worth(observations, states)

    def actions(self, worth: np.ndarray) -> np.ndarray:
        """The best action of each row, one of the best if there are several."""
        is_best = worth == np.maximum.reduce(worth, axis=1, keepdims=True)
        return (is_best * (1 + self.luck.random(worth.shape))).argmax(axis=1)  # (1)


@dataclass
class Lessons:
    """What the gradient steps of one update were like."""

    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)  # mean |delta| of each
    norms: list[float] = field(default_factory=list)
    noted: dict[str, np.ndarray] = field(default_factory=dict)  # of the last one, by quantity

    def metrics(self) -> dict[M, float]:
        """Means over the update's gradient steps; 0 if there were none."""
        named = {M.LOSS: self.losses, M.TD_ERROR: self.errors, M.GRAD_NORM: self.norms}
        return {name: float(np.mean(found)) if found else 0.0 for name, found in named.items()}


def new_learner(config: DQNConfig, inputs: int, states: int, actions: int) -> Learner:
    """A learner that has not learnt anything."""
    if config.values == "table":
        online: QNetwork | QTable = QTable(states, actions)
        target: QNetwork | QTable = QTable(states, actions)
    else:
        sizes = inputs, config.width, config.width, actions
        online = new_network(luck_of(config, "weights"), sizes)
        target = QNetwork(online.weights.copy(), sizes)
    return Learner(
        online=online,
        target=online if config.target_every == 1 else target,
        adam=Adam(online.weights),
        luck=luck_of(config, "ties"),
        batches=luck_of(config, "batches"),
    )


def onward_values(learner: Learner, batch: Transitions, config: DQNConfig) -> np.ndarray:
    """What the target network says of the actions that follow a batch: [rows] float32."""
    following = batch.next_observations, batch.next_states
    after = learner.target.worth(*following)
    if config.targets == "double":
        best = learner.online.worth(*following).argmax(axis=1)
        return after[np.arange(len(after)), best]  # (3)
    return after.max(axis=1)  # (2)


def td_targets(batch: Transitions, onward: np.ndarray, config: DQNConfig) -> np.ndarray:
    """What the values of a batch should have been: [rows] float32."""
    goes_on = 1 - batch.ends  # nothing is counted behind an end
    return batch.rewards + np.float32(config.gamma) * goes_on * onward  # (2), (3)


def losses(errors: np.ndarray, config: DQNConfig) -> np.ndarray:
    """The loss of each error: [rows]."""
    squared = 0.5 * errors * errors
    if config.loss == "squared":
        return squared  # (5)
    size = np.abs(errors)
    return np.where(size <= 1, squared, size - 0.5)  # (5)


def slopes(errors: np.ndarray, config: DQNConfig) -> np.ndarray:
    """The gradient of the mean loss by each value: [rows]."""
    pulls = errors if config.loss == "squared" else np.clip(errors, -1, 1)
    return pulls / np.float32(len(errors))  # (5)


def learn(learner: Learner, batch: Transitions, config: DQNConfig, lessons: Lessons) -> None:
    """One gradient step on a batch; changes the learner in place.

    Raises RunEnded, and leaves the values as they are, if the gradient is not finite.
    """
    rows = np.arange(len(batch.actions))
    onward = onward_values(learner, batch, config)
    targets = td_targets(batch, onward, config)
    if isinstance(learner.online, QNetwork):
        passed = learner.online.forward(batch.observations)
        values = passed[-1][rows, batch.actions]
        errors = values - targets  # (4)
        by_values = np.zeros_like(passed[-1])
        by_values[rows, batch.actions] = slopes(errors, config)  # (5)
        gradient = learner.online.backward(passed, by_values)
        norm = math.sqrt(float(gradient @ gradient))
        if not math.isfinite(norm):
            raise diverged()
        if norm > config.gradient_limit:
            gradient *= config.gradient_limit / (norm + 1e-6)
        learner.adam.step(gradient, config.learning_rate)
        written = {}
    else:
        table = learner.online.weights
        values = table[batch.states, batch.actions]
        errors = values - targets  # (4)
        norm = math.sqrt(float(errors @ errors))
        if not math.isfinite(norm):
            raise diverged()
        places = batch.states * table.shape[1] + batch.actions
        moved, which, counts = np.unique(places, return_inverse=True, return_counts=True)
        sums = np.bincount(which, errors)
        table.reshape(-1)[moved] -= config.table_rate * sums / counts  # (7)
        written = {
            "mean_error": (sums / counts)[which],
            "new_value": table[batch.states, batch.actions],
        }
    step_losses = losses(errors, config)
    lessons.noted = {
        "action": batch.actions + 1,
        "reward": batch.rewards,
        "ends": batch.ends,
        "next_value": onward,
        "target": targets,
        "value": values,
        "error": errors,
        "step_loss": step_losses,
        "weight": np.full(len(rows), 1 / len(rows)),
        **written,
    }
    lessons.losses.append(float(step_losses.mean()))
    lessons.errors.append(float(np.abs(errors).mean()))
    lessons.norms.append(norm)
    learner.steps += 1
    if learner.target is not learner.online and learner.steps % config.target_every == 0:
        learner.target.weights[...] = learner.online.weights  # (6)


def run(config: DQNConfig) -> Iterator[Step]:
    """Train, one event an update."""
    practice = FieldPractice(config)
    yield practice.begin()
    grounds = practice.field
    learner = new_learner(config, grounds.inputs, grounds.states, len(grounds.actions))
    memory = Replay(config.buffer_size, grounds.inputs)
    curiosity = luck_of(config, "curiosity")
    planned = config.updates * config.steps_per_update
    done = 0  # steps of every episode
    for update in range(1, config.updates + 1):
        lessons = Lessons()
        epsilon = config.epsilon_at(done / planned)
        while done < update * config.steps_per_update:
            time = min(config.train_every, update * config.steps_per_update - done)
            shape = time, config.side_by_side
            is_any = curiosity.random(shape) < config.epsilon_at(done / planned)  # (1)
            tried = curiosity.integers(len(grounds.actions), size=shape)
            memory.add(practice.drive(learner, time, tried, is_any))
            done += time
            if done * config.side_by_side >= max(1, config.first_steps):
                _take_lesson(learner, memory, config, lessons)
        drawn_from = memory.size
        if config.replay == "newest":
            drawn_from = min(memory.size, config.batch_size)
        metrics = lessons.metrics() | {M.EPSILON: epsilon, M.MEMORY: drawn_from}
        yield opened(practice.completed(update, learner, metrics), shown(lessons.noted))
    yield practice.finished()


def _take_lesson(learner: Learner, memory: Replay, config: DQNConfig, lessons: Lessons) -> None:
    """The gradient steps that follow some steps of the field."""
    for _ in range(config.gradient_steps):
        if config.replay == "newest":
            batch = memory.newest(config.batch_size)
        else:
            batch = memory.sample(learner.batches, config.batch_size)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite ends the run
            learn(learner, batch, config, lessons)


ALGORITHM = Algorithm(
    name="dqn",
    title="DQN",
    config=DQNConfig,
    run=run,
    metrics=(
        *(M.PREDICTED_VALUE, M.REALISED_VALUE, M.OVERESTIMATE, M.TD_ERROR, M.LOSS, M.NEW_STATES),
        *(M.NO_IDEA, M.EPSILON, M.GRAD_NORM, M.MEMORY),
    ),
    source="Mnih et al. 2015, Nature 518; van Hasselt et al. 2016, arXiv:1509.06461",
    quantities=SAMPLES,
)
