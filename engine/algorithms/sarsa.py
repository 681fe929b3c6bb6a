"""Tabular SARSA: it learns what actions are worth to a robot that keeps exploring.

Source: Rummery & Niranjan 1994; Sutton & Barto 2018, sections 6.4 and 6.6 (expected SARSA).

(1) a      = uniformly random with probability epsilon, else argmax_a Q(s, a), ties at random
(2) target = r + gamma Q(s', a'), with a' the action that is taken next, by (1)
(3) target = r + gamma sum_a' pi(a' | s') Q(s', a'), the mean of (2) over a'; "expected" uses it
(4) Q(s, a) <- Q(s, a) + alpha (target - Q(s, a))

If s' ends the episode, the target is r alone. An episode that is cut off at the step limit has not
ended: the bootstrap is kept.
"""

from collections.abc import Callable, Iterator
from typing import Literal

from pydantic import Field

from engine.gridworld import ACTIONS
from engine.spec import Algorithm, Step
from engine.tabular.practice import METRICS, Batch, Table, TabularConfig, practise


class SarsaConfig(TabularConfig):
    """One run of SARSA on a corridor."""

    algorithm: Literal["sarsa"] = "sarsa"
    target: Literal["sampled", "expected"] = Field(
        default="sampled",
        title="Target",
        description="sampled: the value of the action that is taken next; expected: the mean over "
        "all that could be taken.",
    )


def explored(row: list[float], epsilon: float, draw: Callable[[], float]) -> int:
    """The action of an epsilon-greedy robot with these action values."""
    count = len(row)
    if draw() < epsilon:  # (1)
        return int(draw() * count)
    best = max(row)
    if row.count(best) == 1:
        return row.index(best)
    ties = [action for action in range(count) if row[action] == best]
    return ties[int(draw() * len(ties))]


def expectation(row: list[float], epsilon: float) -> float:
    """What an epsilon-greedy robot expects of its next action."""
    return (1 - epsilon) * max(row) + epsilon * sum(row) / len(row)  # (3)


def learn_episode(table: Table, config: SarsaConfig, epsilon: float, batch: Batch) -> None:
    """Drive one episode and learn from every step of it; changes `table` and `batch`."""
    values, reward, next_cell = table.values, table.reward, table.next_cell
    draw, count = table.rng.random, len(ACTIONS)
    gamma, alpha, slip, goal = config.gamma, config.learning_rate, config.world.slip, table.goal
    is_expected = config.target == "expected"
    moves, before, surprise = batch.moves, len(batch.moves), 0.0
    cell = table.start
    action = explored(values[cell], epsilon, draw)
    for _ in range(config.world.step_limit):
        taken = int(draw() * count) if slip and draw() < slip else action
        following = next_cell[cell][taken]
        target, chosen = reward[cell][taken], 0
        if following != goal:
            row = values[following]
            chosen = explored(row, epsilon, draw)
            target += gamma * (expectation(row, epsilon) if is_expected else row[chosen])  # (2)
        error = target - values[cell][action]  # (4)
        values[cell][action] += alpha * error  # (4)
        surprise += abs(error)
        moves.append(cell * count + taken)
        if following == goal:
            break
        cell, action = following, chosen
    batch.lengths.append(len(moves) - before)
    batch.surprise += surprise


def run(config: SarsaConfig) -> Iterator[Step]:
    """Train, one event an update."""
    return practise(config, lambda table, *rest: learn_episode(table, config, *rest))


ALGORITHM = Algorithm(
    name="sarsa",
    title="SARSA",
    config=SarsaConfig,
    run=run,
    metrics=METRICS,
    source="Rummery & Niranjan 1994; Sutton & Barto 2018, section 6.4",
)
