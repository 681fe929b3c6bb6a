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
from engine.numerics import of_step
from engine.spec import Algorithm, Step
from engine.tabular.practice import METRICS, Batch, Table, TabularConfig, practise
from engine.tabular.quantities import BEFORE, learnt


class SarsaConfig(TabularConfig):
    """One run of SARSA on a corridor."""

    algorithm: Literal["sarsa"] = "sarsa"
    target: Literal["sampled", "expected"] = Field(
        default="sampled",
        title="Target",
        description="sampled: the value of the action that is taken next; expected: the mean over "
        "all that could be taken.",
    )


NOTHING = [0.0]  # what is to be had behind the end of an episode


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
    noted = None if batch.lengths else batch.noted
    cell = table.start
    action = explored(values[cell], epsilon, draw)
    for _ in range(config.world.step_limit):
        taken = int(draw() * count) if slip and draw() < slip else action
        following = next_cell[cell][taken]
        target = pay = reward[cell][taken]
        row, chosen, onward = NOTHING, 0, 0.0
        if following != goal:
            row = values[following]
            chosen = explored(row, epsilon, draw)
            onward = expectation(row, epsilon) if is_expected else row[chosen]
            target += gamma * onward  # (2)
        known = values[cell][action]
        error = target - known  # (4)
        new = known + alpha * error  # (4)
        if noted is not None:
            behind = max(row), sum(row) / len(row), onward
            noted.append((cell, action, taken, pay, known, *behind, target, error, new))
        values[cell][action] = new  # (4)
        surprise += abs(error)
        moves.append(cell * count + taken)
        if following == goal:
            break
        cell, action = following, chosen
    batch.lengths.append(len(moves) - before)
    batch.surprise += surprise


QUANTITIES = (
    *BEFORE,
    of_step(
        "next_best",
        "Best guess behind it",
        r"\max Q(s')",
        "What the table said of the best move from where the step led; 0 at the ward.",
    ),
    of_step(
        "next_mean",
        "Mean guess behind it",
        r"\operatorname{mean} Q(s')",
        "Over every move from there.",
    ),
    of_step(
        "next_value",
        "What is counted of it",
        "q",
        "The guess for the move that is made next, or what is expected of all; 0 at the ward.",
    ),
    of_step(
        "target",
        "Target",
        "t",
        "What the guess should have been, in reward.",
        r"r + \gamma q",
        "(2)",
    ),
    *learnt("(4)"),
)


def run(config: SarsaConfig) -> Iterator[Step]:
    """Train, one event an update."""
    return practise(config, QUANTITIES, lambda table, *rest: learn_episode(table, config, *rest))


ALGORITHM = Algorithm(
    name="sarsa",
    title="SARSA",
    config=SarsaConfig,
    run=run,
    metrics=METRICS,
    source="Rummery & Niranjan 1994; Sutton & Barto 2018, section 6.4",
    quantities=QUANTITIES,
)
