"""Tabular Q-learning with an epsilon-greedy behaviour policy.

Source: Watkins & Dayan 1992, Machine Learning 8; Sutton & Barto 2018, section 6.5.

(1) a      = uniformly random with probability epsilon, else argmax_a Q(s, a), ties at random
(2) target = r + gamma max_a' Q(s', a'), or r alone if s' ends the episode
(3) Q(s, a) <- Q(s, a) + alpha (target - Q(s, a))

An episode that is cut off at the step limit has not ended: the bootstrap of (2) is kept.
"""

from collections.abc import Iterator
from typing import Literal

from engine.gridworld import ACTIONS
from engine.numerics import of_step
from engine.spec import Algorithm, Step
from engine.tabular.practice import METRICS, Batch, Table, TabularConfig, practise
from engine.tabular.quantities import BEFORE, learnt


class QLearningConfig(TabularConfig):
    """One run of Q-learning on a corridor."""

    algorithm: Literal["q_learning"] = "q_learning"


def learn_episode(table: Table, config: QLearningConfig, epsilon: float, batch: Batch) -> None:
    """Drive one episode and learn from every step of it; changes `table` and `batch`."""
    values, reward, next_cell = table.values, table.reward, table.next_cell
    draw, count = table.rng.random, len(ACTIONS)
    gamma, alpha, slip, goal = config.gamma, config.learning_rate, config.world.slip, table.goal
    cell = table.start
    best = max(values[cell])
    moves, before, surprise = batch.moves, len(batch.moves), 0.0
    noted = None if batch.lengths else batch.noted
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
        target = pay = reward[cell][taken]  # (2)
        if following != goal:
            target += gamma * best  # (2)
        known = row[action]
        error = target - known  # (3)
        row[action] += alpha * error  # (3)
        if noted is not None:
            onward = 0.0 if following == goal else best
            noted.append((cell, action, taken, pay, known, onward, target, error, row[action]))
        surprise += abs(error)
        moves.append(cell * count + taken)
        if following == goal:
            break
        if following == cell:
            best = max(row)
        cell = following
    batch.lengths.append(len(moves) - before)
    batch.surprise += surprise


QUANTITIES = (
    *BEFORE,
    of_step(
        "next_value",
        "Best guess behind it",
        r"\max Q(s')",
        "What the table said of the best move from where the step led; 0 at the ward.",
    ),
    of_step(
        "target",
        "Target",
        "t",
        "What the guess should have been, in reward.",
        r"r + \gamma \max_{a'} Q(s', a')",
        "(2)",
    ),
    *learnt("(3)"),
)


def run(config: QLearningConfig) -> Iterator[Step]:
    """Train, one event an update."""
    return practise(config, QUANTITIES, lambda table, *rest: learn_episode(table, config, *rest))


ALGORITHM = Algorithm(
    name="q_learning",
    title="Q-learning",
    config=QLearningConfig,
    run=run,
    metrics=METRICS,
    source="Watkins & Dayan 1992, Machine Learning 8",
    quantities=QUANTITIES,
)
