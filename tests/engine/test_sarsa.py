"""SARSA: one update by hand, its fixed point by linear equations, and the walk along the cliff."""

import statistics
from random import Random
from typing import Any

import numpy as np
import pytest

from engine.algorithms import q_learning, sarsa
from engine.algorithms.sarsa import QUANTITIES, SarsaConfig, expectation, explored, learn_episode
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.gridworld import Grid
from engine.metrics import MetricName as M
from engine.policy_iteration import exploring, policy_action_values
from engine.scenes import GridScene
from engine.tabular.practice import Batch, Table, ground_of, practise
from engine.train import train
from engine.value_iteration import DecisionProcess

HALL = Grid(("S..G",))
RIGHT = 3


def hall(values: list[list[float]], reward: float, rng: Random) -> Table:
    paid = [[0.0] * 4, [0.0] * 4, [0.0, 0.0, 0.0, reward], [0.0] * 4]
    return Table(values, paid, HALL.next_cell.tolist(), start=0, goal=3, rng=rng)


def updates(**settings: Any) -> list[UpdateCompleted]:
    events = train(parse_config(settings))
    return [event for event in events if isinstance(event, UpdateCompleted)]


def test_one_update_goes_towards_the_action_that_is_taken_next() -> None:
    config = SarsaConfig.model_validate({"gamma": 0.5, "learning_rate": 0.25, "reward": "0"})
    table = hall([[0, 0, 0, 1.0], [0, 0, 0, 2.0], [0, 0, 0, 3.0], [9.0] * 4], 10, Random(0))
    batch = Batch()
    learn_episode(table, config, 0.0, batch)
    # Targets: .5 * 2, .5 * 3, and 10 alone at the end. Errors: 0, -.5, 7.
    assert table.values[0] == [0, 0, 0, 1.0]
    assert table.values[1] == [0, 0, 0, 2 - 0.25 * 0.5]
    assert table.values[2] == [0, 0, 0, 3 + 0.25 * 7]
    assert table.values[3] == [9.0] * 4
    assert (batch.lengths, batch.moves, batch.surprise) == ([3], [3, 7, 11], 7.5)


def test_a_random_action_that_comes_next_is_what_the_target_speaks_of() -> None:
    config = SarsaConfig.model_validate({"gamma": 0.5, "learning_rate": 1, "reward": "0"})
    drawn = iter([0.9, 0.05, 0.1, *[0.9] * 9])  # greedy, then random: the first action, up
    rng = Random(0)
    rng.random = lambda: next(drawn)  # type: ignore[method-assign]
    table = hall([[0, 0, 0, 1.0], [-4.0, 0, 0, 2.0], [0, 0, 0, 3.0], [0.0] * 4], 10, rng)
    learn_episode(table, config, 0.1, Batch())
    assert table.values[0][RIGHT] == 0.5 * -4


def test_a_slip_is_credited_to_the_action_chosen_and_paid_by_the_move_taken() -> None:
    world = {"world": "corridor", "slip": 0.1}
    config = SarsaConfig.model_validate(
        {"gamma": 0.5, "learning_rate": 0.25, "reward": "0", "world": world}
    )
    # Greedy for the first action; of a step, whether it slips comes before the next action.
    drawn = iter([0.9, 0.9, 0.9, 0.05, 0.6, *[0.9] * 9])  # the second step slips to 2, left
    rng = Random(0)
    rng.random = lambda: next(drawn)  # type: ignore[method-assign]
    table = hall([[0, 0, 0, 1.0], [0, 0, 0, 2.0], [0, 0, 0, 3.0], [9.0] * 4], 10, rng)
    table.reward[1][2] = 6.0
    batch = Batch()
    learn_episode(table, config, 0.1, batch)
    assert batch.moves == [3, 4 + 2, 3, 4 + 3, 8 + 3]
    # Targets: .5 * 2; 6 + .5 * 1 for the right that became a left; .5 * 3.125; .5 * 3; 10 alone.
    assert table.values[0] == [0, 0, 0, 1 + 0.25 * 0.5625]
    assert table.values[1] == [0, 0, 0, 3.125 - 0.25 * 1.625]
    assert table.values[2] == [0, 0, 0, 3 + 0.25 * 7]


def test_an_expectation_is_over_what_an_exploring_robot_does() -> None:
    row = [1.0, 5.0, 5.0, -3.0]
    choice = exploring(np.array([row]), 0.2)[0]
    assert choice.tolist() == pytest.approx([0.05, 0.45, 0.45, 0.05])
    assert expectation(row, 0.2) == pytest.approx(float((choice * row).sum()))


def test_an_exploring_robot_draws_its_actions_at_these_rates() -> None:
    draw, row = Random(1).random, [1.0, 5.0, 5.0, -3.0]
    counts = np.bincount([explored(row, 0.2, draw) for _ in range(20_000)], minlength=4)
    assert (counts / 20_000).tolist() == pytest.approx([0.05, 0.45, 0.45, 0.05], abs=0.015)


ROOM = {"world": "corridor", "drawn": "S..#/.C../...G", "step_limit": 100}
PAID = "10*delivered - step - 5*spill"


def learnt(config: SarsaConfig) -> tuple[np.ndarray, np.ndarray]:
    """The values that were learnt, and those of the robot that explores with them, exactly.

    The learnt ones are a mean over the last half of the run: single ones swing about it.
    """
    kept: list[np.ndarray] = []

    def learn(table: Table, epsilon: float, batch: Batch) -> None:
        learn_episode(table, config, epsilon, batch)
        kept.append(np.array(table.values))

    for _ in practise(config, QUANTITIES, learn):
        pass
    process, reward, is_closed = room_of(config)
    values = np.mean(kept[len(kept) // 2 :], axis=0)
    choice = exploring(values, config.epsilon)
    exact = policy_action_values(process, reward, choice, config.gamma)
    is_met = ~(process.terminal | is_closed)
    return values[is_met], exact[is_met]


def room_of(config: SarsaConfig) -> tuple[DecisionProcess, np.ndarray, np.ndarray]:
    ground = ground_of(config, 0)
    grid = ground.floor.grid
    return ground.process, ground.reward, grid.is_wall | grid.having("C")


def room(**settings: Any) -> SarsaConfig:
    data = {"algorithm": "sarsa", "world": ROOM, "reward": PAID, "gamma": 0.9, "epsilon": 0.3}
    config = parse_config(data | settings)
    assert isinstance(config, SarsaConfig)
    return config


def test_expected_sarsa_ends_on_the_exact_values_of_the_robot_that_explores() -> None:
    found, exact = learnt(room(target="expected", episodes=1500, learning_rate=1, epsilon=0.5))
    assert np.abs(found - exact).max() < 1e-6
    optimal = np.abs(exact).max()
    assert optimal > 1  # and it is not nothing that they agree on


@pytest.mark.slow
def test_sampled_sarsa_ends_near_them() -> None:
    world = ROOM | {"drawn": "S...G"}  # one best action in every cell
    found, exact = learnt(room(world=world, episodes=3000, learning_rate=0.03, epsilon=0.5))
    assert np.abs(found - exact).mean() < 0.1 < 2 < np.abs(exact).mean()


def test_what_an_exploring_robot_expects_is_less_than_the_best_plan_is_worth() -> None:
    last = updates(**room(target="expected", episodes=600).model_dump())[-1]
    assert last.metrics[M.VALUE_ERROR] > 0.5


def cliff(algorithm: str, seed: int) -> list[UpdateCompleted]:
    """Sutton & Barto 2018, example 6.6."""
    return updates(
        algorithm=algorithm,
        world={"world": "corridor", "map": "cliff", "step_limit": 500},
        reward="-step - 99*spill",
        gamma=1,
        learning_rate=0.5,
        epsilon=0.1,
        episodes=500,
        episodes_per_update=10,
        seed=seed,
    )


def online(course: list[UpdateCompleted]) -> float:
    return statistics.fmean(event.metrics[M.PROXY_RETURN] for event in course[-10:])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_q_learning_walks_the_edge_and_falls_where_sarsa_keeps_away(seed: int) -> None:
    edge, safe = cliff("q_learning", seed), cliff("sarsa", seed)
    assert edge[-1].metrics[M.GREEDY_RETURN] == edge[-1].metrics[M.BEST_RETURN] == -13
    assert online(edge) < online(safe) - 10
    spilled, kept = (sum(e.metrics[M.SPILLS] for e in course[-10:]) for course in (edge, safe))
    assert spilled > 2 * kept


def test_a_spill_is_a_step_onto_it_and_the_next_one_sets_out_from_the_start() -> None:
    (event,) = updates(
        algorithm="q_learning",
        world={"world": "corridor", "drawn": "SC/.."},
        reward="-step - 99*spill",
        episodes=1,
        epsilon=1,
        seed=1,
    )
    scene = event.scene
    assert isinstance(scene, GridScene)
    after = [there for here, there in zip(scene.trail, scene.trail[1:], strict=False) if here == 1]
    assert after and set(after) <= {0, 1, 2}  # never 3, which lies below the spill
    assert scene.visits[1] == scene.trail.count(1) == event.metrics[M.SPILLS]
    assert len(scene.trail) - 1 == event.metrics[M.LENGTH]


def test_both_algorithms_drive_on_the_same_floor() -> None:
    assert sarsa.ALGORITHM.metrics == q_learning.ALGORITHM.metrics
