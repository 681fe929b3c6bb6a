"""One run on a gridworld, but for what is learnt from a step: what is paid, counted and shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from engine.endings import Ending
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.gridworld import ACTIONS, Grid
from engine.metrics import MetricName as M
from engine.numerics import Quantity
from engine.policy_iteration import exploring
from engine.reward_expression import parse, within_bounds
from engine.scenes import GridScene
from engine.spec import Step, TrainConfig, opened
from engine.tabular.episode_worth import best_worth, worth_of
from engine.tabular.quantities import Noted, shown
from engine.value_iteration import DecisionProcess, optimal_action_values
from engine.worlds.corridor import (
    FORMER_REWARD,
    TERM_NAMES,
    CorridorConfig,
    Floor,
    floor_of,
    process_of,
    reward_table,
    term_tables,
    true_reward_table,
)

DECIMALS = 9  # of a metric as it is recorded; behind them is only what sums of floats leave
METRICS = (M.EPSILON, M.TD_ERROR, M.VALUE_ERROR, M.GREEDY_RETURN, M.BEST_RETURN)


class TabularConfig(TrainConfig):
    """What every run has in which a robot learns a table of action values."""

    length_field: ClassVar[str] = "episodes"

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
        le=1,
        title="Patience",
        description="Discount: what a reward one step later is worth today. At 1 the exact values "
        "are those of one episode, since a loop that pays would be worth an infinite amount.",
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

    @property
    def horizon(self) -> int | None:
        """Over how many steps exact values are meant: for ever, unless nothing is discounted."""
        return self.world.step_limit if self.gamma == 1 else None

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
    goal: int  # NOWHERE if no cell ends an episode
    rng: Random


@dataclass
class Batch:
    """What happened in the episodes of one update."""

    lengths: list[int] = field(default_factory=list)  # steps of each episode
    moves: list[int] = field(default_factory=list)  # cell * 4 + direction really taken, every step
    surprise: float = 0.0  # sum of absolute TD errors
    noted: list[Noted] = field(default_factory=list)  # every step of the first episode


@dataclass(frozen=True)
class Ground:
    """A floor as one config pays for it: what never changes as long as the map does not."""

    floor: Floor
    process: DecisionProcess
    reward: np.ndarray  # [cells, actions]
    exact: np.ndarray  # [cells, actions], values of the best policy
    best_return: float


def initial_values(config: TabularConfig) -> np.ndarray:
    """What the robot believes before its first step: [cells, actions], in reward units."""
    process, floor = process_of(config.world), floor_of(config.world)
    if config.robot == "experienced":
        former = parse(FORMER_REWARD, TERM_NAMES)
        reward = reward_table(floor, former, config.gamma)
        return optimal_action_values(process, reward, config.gamma, config.horizon)
    values = np.full((floor.grid.cell_count, len(ACTIONS)), config.initial_value)
    values[process.terminal] = 0.0
    return values


def ground_of(config: TabularConfig, updates: int) -> Ground:
    """What is driven on once so many updates are made.

    Raises RewardValueError if a step has no value there, or far too large a one.
    """
    floor, process = floor_of(config.world, updates), process_of(config.world, updates)
    paid = reward_table(floor, parse(config.reward, TERM_NAMES), config.gamma)
    reward = within_bounds(paid, "step")  # so every value is bounded too
    exact = optimal_action_values(process, reward, config.gamma, config.horizon)
    best = best_worth(process, reward, floor.grid.find("S"), config.world.step_limit)
    return Ground(floor, process, reward, exact, best)


def practise(
    config: TabularConfig,
    quantities: Sequence[Quantity],
    learn_episode: Callable[[Table, float, Batch], None],
) -> Iterator[Step]:
    """Train, one event an update; the policy is a table, and its scene shows it whole.

    quantities: what is noted of a step. learn_episode(table, epsilon, batch): drive one episode,
    learn from it, keep its moves.
    """
    first, floor = initial_values(config), floor_of(config.world)
    scene = _scene(floor.grid, first, Batch())
    yield Step(RunStarted(planned_updates=config.planned_updates, scene=scene))
    ground, table = ground_of(config, 0), Table(first.tolist(), [], [], 0, 0, Random(config.seed))
    _drive_on(table, ground)
    changed_after = {change.after for change in config.world.changes}
    seen, is_silent, work = np.zeros(len(first), dtype=bool), True, 0
    for update in range(1, config.planned_updates + 1):
        if update - 1 in changed_after:
            ground = ground_of(config, update - 1)
            _drive_on(table, ground)
        batch = Batch()
        left = config.episodes - (update - 1) * config.episodes_per_update
        for _ in range(min(config.episodes_per_update, left)):
            learn_episode(table, config.epsilon_at(update), batch)
        is_silent &= not batch.surprise
        work += len(batch.moves)
        values = np.array(table.values)
        seen[np.array(batch.moves) // len(ACTIONS)] = True
        metrics = _metrics(config, ground, batch) | _beliefs(config, ground, values, seen)
        metrics[M.EPSILON] = config.epsilon_at(update)
        metrics = {name: round(value, DECIMALS) for name, value in metrics.items()}
        scene = _scene(ground.floor.grid, values, batch)
        step = Step(UpdateCompleted(update=update, metrics=metrics, scene=scene, work=work))
        yield opened(step, shown(batch.noted, ground.floor.grid, quantities))
    ending: Ending = "no_signal" if is_silent else "done"
    if ground.floor.lacks_ward:
        ending = "no_ward"
    elif not ground.floor.has_way:
        ending = "no_way"
    yield Step(RunFinished(updates=config.planned_updates, work=work, ending=ending))


def _drive_on(table: Table, ground: Ground) -> None:
    """Put the robot on another floor, with what it has learnt."""
    grid = ground.floor.grid
    table.reward, table.next_cell = ground.reward.tolist(), grid.next_cell.tolist()
    table.start, table.goal = grid.find("S"), ground.floor.goal


def _metrics(config: TabularConfig, ground: Ground, batch: Batch) -> dict[M, float]:
    """Means over the episodes of an update: how often each move was made, times what it counts."""
    reward, episodes = ground.reward, len(batch.lengths)
    made = np.bincount(batch.moves, minlength=reward.size).reshape(reward.shape) / episodes
    terms = term_tables(ground.floor, config.gamma)
    return {
        M.PROXY_RETURN: float((made * reward).sum()),
        M.TRUE_RETURN: float((made * true_reward_table(ground.floor, config.gamma)).sum()),
        M.DELIVERED: float((made * terms["delivered"]).sum()),
        M.PAD_VISITS: float((made * terms["on_pad"]).sum()),
        M.LENGTH: float(made.sum()),
        M.BUMPS: float((made * terms["bump"]).sum()),
        M.SPILLS: float((made * terms["spill"]).sum()),
        M.BESIDE: min(1.0, float((made * terms["beside"]).sum() / made.sum())),
        M.TD_ERROR: batch.surprise / len(batch.moves),
    }


def _beliefs(
    config: TabularConfig, ground: Ground, values: np.ndarray, seen: np.ndarray
) -> dict[M, float]:
    """What the learnt values are worth beside the exact ones; seen: cells driven on so far."""
    is_meant = seen & ~ground.floor.grid.is_wall & ~ground.process.terminal
    start, limit = ground.floor.grid.find("S"), config.world.step_limit
    greedy = worth_of(ground.process, ground.reward, exploring(values, 0), start, limit)
    return {
        M.VALUE_ERROR: float(np.abs(values - ground.exact)[is_meant].max()),
        M.GREEDY_RETURN: greedy,
        M.BEST_RETURN: ground.best_return,
    }


def _scene(grid: Grid, values: np.ndarray, batch: Batch) -> GridScene:
    is_known = ~(grid.is_wall | grid.having("C") | grid.having("G"))
    best = np.where(is_known, values.max(axis=1), 0.0).round(3) + 0.0  # no minus zero
    known = is_known & (values.max(axis=1) > values.min(axis=1))
    arrows = values.argmax(axis=1)
    ends = grid.entered.ravel()[batch.moves]
    trail = (grid.find("S"), *ends[: batch.lengths[0]].tolist()) if batch.lengths else ()
    return GridScene(
        rows=grid.rows,
        trail=trail,
        values=tuple(best.tolist()),
        actions="".join(ACTIONS[a] if k else " " for a, k in zip(arrows, known, strict=True)),
        visits=tuple(np.bincount(ends, minlength=grid.cell_count).tolist()) if batch.moves else (),
    )
