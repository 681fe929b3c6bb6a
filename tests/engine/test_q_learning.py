"""Q-learning: one update by hand, convergence to exact values, and the story it has to tell."""

import statistics
from random import Random
from typing import Any

import numpy as np
import pytest

from engine.algorithms.q_learning import QLearningConfig, learn_episode, run
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.gridworld import Grid
from engine.metrics import MetricName
from engine.scenes import GridScene
from engine.tabular.practice import Batch, Table, initial_values
from engine.train import train
from engine.worlds.corridor import CorridorConfig


def q_learning(**settings: Any) -> QLearningConfig:
    return QLearningConfig.model_validate(settings)


def corridor(**settings: Any) -> CorridorConfig:
    return CorridorConfig.model_validate(settings)


SIDE_ROOM = corridor(map="side_room")
HALL = Grid(("S.G",))
M = MetricName


def hall(values: list[list[float]], reward: float = 1.0) -> Table:
    paid = [[0.0] * 4, [0.0, 0.0, 0.0, reward], [0.0] * 4]
    return Table(values, paid, HALL.next_cell.tolist(), start=0, goal=2, rng=Random(0))


def updates(config: QLearningConfig) -> list[UpdateCompleted]:
    return [step.event for step in run(config) if isinstance(step.event, UpdateCompleted)]


def late(config: QLearningConfig, metric: MetricName) -> float:
    return statistics.fmean(event.metrics[metric] for event in updates(config)[-5:])


def test_one_update_moves_a_value_by_alpha_times_the_td_error() -> None:
    config = q_learning(reward="0", gamma=0.5, learning_rate=0.25)
    table = hall([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 2.0], [9.0] * 4], reward=10.0)
    batch = Batch()
    learn_episode(table, config, 0.0, batch)
    # First step: target 0 + 0.5 * 2 = 1, error 0. Second: target 10 without bootstrap, error 8.
    assert table.values[0] == [0.0, 0.0, 0.0, 1.0]
    assert table.values[1] == [0.0, 0.0, 0.0, 2 + 0.25 * 8]
    assert table.values[2] == [9.0] * 4
    assert (batch.lengths, batch.moves, batch.surprise) == ([2], [3, 7], 8.0)


def test_an_episode_cut_off_at_the_step_limit_keeps_its_bootstrap_to_the_last_step() -> None:
    world = corridor(step_limit=10)
    config = q_learning(world=world, reward="0", gamma=0.5, learning_rate=0.5)
    table = hall([[8.0, 0.0, 0.0, 0.0], [0.0] * 4, [0.0] * 4])
    batch = Batch()
    learn_episode(table, config, 0.0, batch)
    # Up is a bump: 8 -> 8 + .5 (.5 * 8 - 8) = 6: three quarters at each of ten steps. Without its
    # bootstrap the last step would leave only half.
    assert table.values[0][0] == pytest.approx(8 * 0.75**10)
    assert batch.lengths == [10]


def test_a_slip_is_credited_to_the_action_chosen_and_paid_by_the_move_taken() -> None:
    world = corridor(step_limit=10, slip=0.1)
    config = q_learning(world=world, reward="0", gamma=0.5, learning_rate=0.25)
    table = hall([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 2.0], [9.0] * 4], reward=10.0)
    table.reward[1][2] = 6.0  # to the left, where only the slip leads
    # Greedy at every step (the first draw); on the second it slips, to action 2, left.
    drawn = iter([0.9, 0.9, 0.9, 0.05, 0.6, *[0.9] * 4])
    table.rng.random = lambda: next(drawn)  # type: ignore[method-assign]
    batch = Batch()
    learn_episode(table, config, 0.1, batch)
    assert batch.moves == [3, 4 + 2, 3, 4 + 3]
    # Targets: .5 * 2; 6 + .5 * 1 for the right that became a left; .5 * 3.125; 10 alone.
    assert table.values[0] == [0, 0, 0, 1 + 0.25 * 0.5625]
    assert table.values[1] == [0, 0, 0, 3.125 + 0.25 * 6.875]


def test_every_value_converges_to_the_exact_one_when_every_action_is_tried() -> None:
    config = q_learning(
        world=SIDE_ROOM,
        reward="delivered - 0.1*step + 0.3*on_pad",
        gamma=0.9,
        learning_rate=0.5,
        epsilon=1,
        episodes=600,
        episodes_per_update=50,
    )
    assert updates(config)[-1].metrics[M.VALUE_ERROR] < 1e-6


def test_metrics_are_means_over_the_episodes_of_an_update() -> None:
    config = q_learning(
        world=SIDE_ROOM,
        reward="10*delivered - 0.1*step",
        robot="experienced",
        epsilon=0,
        episodes=5,
        episodes_per_update=4,
        seed=1,
    )
    first, second = updates(config)
    assert first.metrics[M.DELIVERED] == 1
    assert first.metrics[M.LENGTH] == 4
    assert first.metrics[M.PROXY_RETURN] == pytest.approx(10 - 4 * 0.1)
    assert first.metrics[M.TRUE_RETURN] == pytest.approx(1 - 4 * 0.002)
    assert first.metrics[M.PAD_VISITS] in (0, 0.25, 0.5, 0.75, 1)
    assert first.metrics[M.BUMPS] == 0
    assert (first.work, second.work) == (16, 20)
    scene = first.scene
    assert isinstance(scene, GridScene)
    assert (scene.trail[0], scene.trail[-1], len(scene.trail)) == (0, 8, 5)
    assert sum(scene.visits) == 16
    assert (scene.visits[8], scene.visits[4]) == (4, 0)
    assert (scene.values[4], scene.values[8], scene.actions[4], scene.actions[8]) == (
        0,
        0,
        " ",
        " ",
    )


def test_the_scene_before_the_first_step_shows_what_the_robot_believes() -> None:
    new = next(run(q_learning(world=SIDE_ROOM, reward="1", initial_value=2))).event
    assert isinstance(new, RunStarted) and isinstance(new.scene, GridScene)
    assert new.scene.values == (2, 2, 2, 2, 0, 2, 2, 2, 0)
    assert new.scene.actions == " " * 9
    experienced = next(run(q_learning(world=SIDE_ROOM, reward="1", robot="experienced"))).event
    assert isinstance(experienced, RunStarted) and isinstance(experienced.scene, GridScene)
    assert experienced.scene.actions == "drd" + "d d" + "rr "
    assert experienced.scene.values[5] == 9.9


def test_an_experienced_robot_begins_with_the_exact_values_of_its_former_reward() -> None:
    config = q_learning(reward="10*delivered - 0.1*step", robot="experienced", episodes=30)
    assert all(event.metrics[M.VALUE_ERROR] < 1e-9 for event in updates(config))
    assert initial_values(config).max() == pytest.approx(9.9)


def test_epsilon_goes_in_a_straight_line_to_its_end() -> None:
    config = q_learning(
        world=SIDE_ROOM, reward="1", epsilon=0.5, epsilon_end=0.1, episodes=5, episodes_per_update=1
    )
    seen = [event.metrics[M.EPSILON] for event in updates(config)]
    assert seen == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1])


def test_slips_change_where_a_move_ends_and_not_what_is_chosen() -> None:
    world = corridor(map="side_room", slip=0.5)
    config = q_learning(
        world=world,
        reward="10*delivered - 0.1*step",
        robot="experienced",
        epsilon=0,
        episodes=400,
        episodes_per_update=50,
        learning_rate=0.01,
    )
    length = statistics.fmean(event.metrics[M.LENGTH] for event in updates(config))
    assert 6 < length < 15
    assert statistics.fmean(event.metrics[M.BUMPS] for event in updates(config)) > 0.5


def test_a_reward_that_is_not_a_number_ends_the_run_with_a_reason() -> None:
    events = list(train(q_learning(reward="1/on_pad")))
    assert [type(event) for event in events] == [RunStarted, RunFailed]
    failed = events[-1]
    assert isinstance(failed, RunFailed)
    assert failed.update == 1
    assert failed.problem == "`1/on_pad` divided by zero where `on_pad` was 0."
    assert failed.remedy == (
        "Change the reward so that every step pays a finite number; a term that may be 0 can be "
        "divided by as in 1/(1 + term)."
    )


def test_a_reward_too_large_to_learn_from_ends_the_run_and_the_largest_one_does_not() -> None:
    world = corridor(map="side_room")
    too_large = q_learning(world=world, reward="(100*step)**8*on_pad")
    failed = list(train(too_large))[-1]
    assert isinstance(failed, RunFailed)
    assert failed.problem == "One step pays 1e+16, which is too much to learn from."
    largest = q_learning(world=world, reward="1000000*1000*step", gamma=0.995, episodes=50)
    assert isinstance(list(train(largest))[-1], RunFinished)


def test_a_run_ends_with_what_it_did() -> None:
    events = [step.event for step in run(q_learning(world=SIDE_ROOM, reward="1", episodes=7))]
    assert isinstance(events[0], RunStarted)
    assert events[0].planned_updates == 3
    assert events[-1] == RunFinished(updates=3, work=7 * 200)


SEEDS = range(3)


def story(reward: str, seed: int, **settings: Any) -> QLearningConfig:
    base = {"robot": "experienced", "learning_rate": 0.5}
    return QLearningConfig.model_validate({**base, **settings, "reward": reward, "seed": seed})


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_learning_delivers_when_deliveries_pay(seed: int) -> None:
    config = q_learning(reward="10*delivered - 0.1*step", seed=seed)
    assert updates(config)[0].metrics[M.DELIVERED] < 1
    assert late(config, M.DELIVERED) > 0.95
    assert late(config, M.LENGTH) < 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_bonus_makes_a_robot_that_delivered_circle_while_its_pay_rises(seed: int) -> None:
    config = story("10*delivered + 0.5*on_pad - 0.1*step", seed)
    first = updates(config)[:5]
    assert statistics.fmean(event.metrics[M.DELIVERED] for event in first) > 0.9
    assert late(config, M.DELIVERED) < 0.5
    assert late(config, M.PAD_VISITS) > 60
    assert late(config, M.PROXY_RETURN) > 2 * first[0].metrics[M.PROXY_RETURN]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_bonus_makes_it_charge_once_and_deliver(seed: int) -> None:
    config = story("10*delivered + 0.2*on_pad - 0.1*step", seed)
    assert late(config, M.DELIVERED) > 0.95
    assert 0.8 < late(config, M.PAD_VISITS) < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_naive_bonus_makes_it_pace_and_a_potential_does_not(seed: int) -> None:
    assert late(story("10*delivered + 0.5*closer - 0.1*step", seed), M.LENGTH) > 50
    assert late(story("10*delivered + 0.5*progress - 0.1*step", seed), M.LENGTH) < 20


@pytest.mark.slow
def test_a_potential_shortens_the_search_for_the_ward() -> None:
    def steps_of_the_first_updates(reward: str) -> float:
        runs = [updates(q_learning(reward=reward, seed=seed, episodes=15)) for seed in range(8)]
        return statistics.fmean(run[-1].work for run in runs)

    plain = steps_of_the_first_updates("10*delivered - 0.1*step")
    shaped = steps_of_the_first_updates("10*delivered + 0.5*progress - 0.1*step")
    assert shaped < 0.6 * plain


def test_the_reward_table_and_the_moves_agree_with_the_proxy_return() -> None:
    config = q_learning(reward="delivered + 2*on_pad - 0.5*bump", episodes=3, seed=5)
    (event,) = updates(config)
    metrics = event.metrics
    expected = metrics[M.DELIVERED] + 2 * metrics[M.PAD_VISITS] - 0.5 * metrics[M.BUMPS]
    assert metrics[M.PROXY_RETURN] == pytest.approx(expected)
    assert np.isfinite(list(metrics.values())).all()
