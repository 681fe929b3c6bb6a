"""Tabular Q-learning with an epsilon-greedy behaviour policy.

Source: Watkins & Dayan 1992, Machine Learning 8; Sutton & Barto 2018, section 6.5.

(1) a      = uniformly random with probability epsilon, else argmax_a Q(s, a), ties at random
(2) target = r + gamma max_a' Q(s', a'), or r alone if s' ends the episode
(3) Q(s, a) <- Q(s, a) + alpha (target - Q(s, a))

An episode that is cut off at the step limit has not ended: the bootstrap of (2) is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.gridworld import ACTIONS, Grid
from engine.metrics import MetricName
from engine.reward_expression import parse, within_bounds
from engine.scenes import GridScene
from engine.spec import Algorithm, Step, TrainConfig
from engine.value_iteration import optimal_action_values
from engine.worlds.corridor import (
    FORMER_REWARD,
    TERM_NAMES,
    CorridorConfig,
    grid_of,
    process_of,
    reward_table,
    term_tables,
    true_reward_table,
)

DECIMALS = 9  # of a metric as it is recorded; behind them is only what sums of floats leave


class QLearningConfig(TrainConfig):
    """One run of Q-learning on a corridor."""

    length_field: ClassVar[str] = "episodes"

    algorithm: Literal["q_learning"] = "q_learning"
    world: CorridorConfig = CorridorConfig()
    reward: str = Field(
        default="10*delivered - 0.1*step",
        max_length=400,
        title="Reward",
        description="What a step is paid, as one line.",
    )
    episodes: int = Field(
        default=300,
        ge=1,
        le=3000,
        title="Episodes",
        description="How many times the robot sets out from the pharmacy.",
    )
    episodes_per_update: int = Field(
        default=3,
        ge=1,
        le=50,
        title="Episodes in an update",
        description="How many episodes one point of the curves is the mean of.",
    )
    gamma: float = Field(
        default=0.99,
        ge=0,
        le=0.995,
        title="Patience",
        description="Discount: what a reward one step later is worth today.",
    )
    learning_rate: float = Field(
        default=0.3,
        ge=0.01,
        le=1,
        title="Learning rate",
        description="How far a value moves towards its target at each step.",
    )
    epsilon: float = Field(
        default=0.1,
        ge=0,
        le=1,
        title="Curiosity",
        description="Probability of a random action, at the first update.",
    )
    epsilon_end: float | None = Field(
        default=None,
        ge=0,
        le=1,
        title="Curiosity at the end",
        description="Where epsilon goes, in a straight line over the updates; empty: it stays.",
    )
    robot: Literal["new", "experienced"] = Field(
        default="new",
        title="Robot",
        description=f"experienced: it begins with the exact values of {FORMER_REWARD}; new: with "
        "the first guess everywhere.",
    )
    initial_value: float = Field(
        default=0.0,
        ge=-20,
        le=20,
        title="First guess",
        description="What a new robot thinks every action is worth before it tried it.",
    )

    @property
    def planned_updates(self) -> int:
        """Updates of the run; the last may hold fewer episodes."""
        return -(-self.episodes // self.episodes_per_update)

    @property
    def update_word(self) -> str:
        """An update of one episode is a trip."""
        return "trip" if self.episodes_per_update == 1 else super().update_word

    def epsilon_at(self, update: int) -> float:
        """Epsilon during an update, counted from 1."""
        end = self.epsilon if self.epsilon_end is None else self.epsilon_end
        done = (update - 1) / max(1, self.planned_updates - 1)
        return self.epsilon + done * (end - self.epsilon)


@dataclass
class Table:
    """What the robot believes, and what it needs to drive: plain lists, which are fastest here."""

    values: list[list[float]]  # [cells][actions], in reward units
    reward: list[list[float]]
    next_cell: list[list[int]]
    start: int
    goal: int
    rng: Random
    steps: int = 0


@dataclass
class Batch:
    """What happened in the episodes of one update."""

    trails: list[list[int]] = field(default_factory=list)  # cells of each episode, in order
    moves: list[int] = field(default_factory=list)  # cell * 4 + direction really taken, every step
    surprise: float = 0.0  # sum of absolute TD errors


def learn_episode(table: Table, config: QLearningConfig, epsilon: float, batch: Batch) -> None:
    """Drive one episode and learn from every step of it; changes `table` and `batch`."""
    values, reward, next_cell = table.values, table.reward, table.next_cell
    draw, count = table.rng.random, len(ACTIONS)
    gamma, alpha, slip, goal = config.gamma, config.learning_rate, config.world.slip, table.goal
    cell = table.start
    best = max(values[cell])
    trail, moves, surprise = [cell], batch.moves, 0.0
    for _ in range(config.world.step_limit):
        row = values[cell]
        if draw() < epsilon:  # (1)
            action = int(draw() * count)
        elif row.count(best) == 1:
            action = row.index(best)
        else:
            ties = [a for a in range(count) if row[a] == best]
            action = ties[int(draw() * len(ties))]
        taken = int(draw() * count) if slip and draw() < slip else action
        following = next_cell[cell][taken]
        best = max(values[following])
        target = reward[cell][taken]  # (2)
        if following != goal:
            target += gamma * best  # (2)
        error = target - row[action]  # (3)
        row[action] += alpha * error  # (3)
        surprise += abs(error)
        moves.append(cell * count + taken)
        trail.append(following)
        if following == goal:
            break
        if following == cell:
            best = max(row)
        cell = following
    batch.trails.append(trail)
    batch.surprise += surprise
    table.steps += len(trail) - 1


def initial_values(config: QLearningConfig) -> np.ndarray:
    """What the robot believes before its first step: [cells, actions], in reward units."""
    grid, process = grid_of(config.world), process_of(config.world)
    if config.robot == "experienced":
        former = parse(FORMER_REWARD, TERM_NAMES)
        reward = reward_table(config.world, former, config.gamma)
        return optimal_action_values(process, reward, config.gamma)
    values = np.full((grid.cell_count, len(ACTIONS)), config.initial_value)
    values[process.terminal] = 0.0
    return values


def _learnable_reward(config: QLearningConfig) -> np.ndarray:
    """The reward table; raises RewardValueError if a step has no value, or far too large a one."""
    reward = reward_table(config.world, parse(config.reward, TERM_NAMES), config.gamma)
    return within_bounds(reward, "step")  # so every value is bounded too, by reward / (1 - gamma)


def run(config: QLearningConfig) -> Iterator[Step]:
    """Train, one event an update; the policy is a table, and its scene shows it whole."""
    grid = grid_of(config.world)
    first = initial_values(config)
    scene = _scene(grid, first, Batch())
    yield Step(RunStarted(planned_updates=config.planned_updates, scene=scene))
    reward = _learnable_reward(config)
    exact = optimal_action_values(process_of(config.world), reward, config.gamma)
    table = Table(
        first.tolist(),
        reward.tolist(),
        grid.next_cell.tolist(),
        grid.find("S"),
        grid.find("G"),
        Random(config.seed),
    )
    seen, is_silent = np.zeros(grid.cell_count, dtype=bool), True
    for update in range(1, config.planned_updates + 1):
        batch = Batch()
        left = config.episodes - (update - 1) * config.episodes_per_update
        for _ in range(min(config.episodes_per_update, left)):
            learn_episode(table, config, config.epsilon_at(update), batch)
        is_silent &= not batch.surprise
        values = np.array(table.values)
        seen[np.array(batch.moves) // len(ACTIONS)] = True
        metrics = _metrics(config, reward, batch) | {
            MetricName.EPSILON: config.epsilon_at(update),
            MetricName.VALUE_ERROR: float(np.abs(values - exact)[seen].max()),
        }
        metrics = {name: round(value, DECIMALS) for name, value in metrics.items()}
        scene = _scene(grid, values, batch)
        yield Step(UpdateCompleted(update=update, metrics=metrics, scene=scene, work=table.steps))
    ending: Ending = "no_signal" if is_silent else "done"
    yield Step(RunFinished(updates=config.planned_updates, work=table.steps, ending=ending))


def _metrics(config: QLearningConfig, reward: np.ndarray, batch: Batch) -> dict[MetricName, float]:
    """Means over the episodes of an update: how often each move was made, times what it counts."""
    episodes = len(batch.trails)
    made = np.bincount(batch.moves, minlength=reward.size).reshape(reward.shape) / episodes
    terms = term_tables(config.world.map, config.gamma)
    return {
        MetricName.PROXY_RETURN: float((made * reward).sum()),
        MetricName.TRUE_RETURN: float((made * true_reward_table(config.world, config.gamma)).sum()),
        MetricName.DELIVERED: float((made * terms["delivered"]).sum()),
        MetricName.PAD_VISITS: float((made * terms["on_pad"]).sum()),
        MetricName.LENGTH: float(made.sum()),
        MetricName.BUMPS: float((made * terms["bump"]).sum()),
        MetricName.TD_ERROR: batch.surprise / len(batch.moves),
    }


def _scene(grid: Grid, values: np.ndarray, batch: Batch) -> GridScene:
    best = np.where(grid.is_wall, 0.0, values.max(axis=1)).round(3) + 0.0  # no minus zero
    known = ~grid.is_wall & (values.max(axis=1) > values.min(axis=1))
    arrows = values.argmax(axis=1)
    ends = [cell for trail in batch.trails for cell in trail[1:]]
    return GridScene(
        rows=grid.rows,
        trail=tuple(batch.trails[0]) if batch.trails else (),
        values=tuple(best.tolist()),
        actions="".join(ACTIONS[a] if k else " " for a, k in zip(arrows, known, strict=True)),
        visits=tuple(np.bincount(ends, minlength=grid.cell_count).tolist()) if ends else (),
    )


ALGORITHM = Algorithm(
    name="q_learning",
    title="Q-learning",
    config=QLearningConfig,
    run=run,
    metrics=(MetricName.EPSILON, MetricName.TD_ERROR, MetricName.VALUE_ERROR),
    source="Watkins & Dayan 1992, Machine Learning 8",
)
