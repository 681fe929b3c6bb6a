"""Runs of DQN: ends and cut-offs, chance, lessons, and what a run comes to."""

import math

import numpy as np
import pytest

from engine.algorithms import dqn
from engine.algorithms.dqn import (
    DQNConfig,
    Learner,
    Lessons,
    learn,
    new_learner,
    onward_values,
    td_targets,
)
from engine.control.field_practice import Chooser, FieldPractice
from engine.control.q_values import Adam, QTable, new_network
from engine.control.replay import Transitions
from engine.endings import RunEnded
from engine.events import RunFailed, UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train
from tests.engine.dqn_parts import of_networks, settings, some_steps


class Stubborn:
    """Somebody who always takes the same action."""

    def __init__(self, action: int, actions: int) -> None:
        self._action, self._actions = action, actions

    def worth(self, observations: np.ndarray, states: np.ndarray) -> np.ndarray:
        return np.zeros((len(states), self._actions), dtype=np.float32)

    def actions(self, worth: np.ndarray) -> np.ndarray:
        return np.full(len(worth), self._action)


def driven(config: DQNConfig, action: str, time: int) -> Transitions:
    """What the buffer gets from somebody who always takes this action."""
    practice = FieldPractice(config)
    names = practice.field.actions
    nobody = np.zeros((time, config.side_by_side))
    chooser = Stubborn(names.index(action), len(names))
    return practice.drive(chooser, time, nobody.astype(int), nobody.astype(bool))


def test_a_cut_off_is_no_end_and_keeps_its_bootstrap() -> None:
    """Who waits is cut off every 20 steps, and waiting goes on being worth what it was."""
    config = settings(
        world={"world": "trolleys", "step_limit": 20}, side_by_side=1, gamma=0.5, reward="1"
    )
    steps = driven(config, "w", 60)
    leapt = np.flatnonzero(steps.next_states[:-1] != steps.states[1:])
    assert leapt.tolist() == [19, 39]  # a new episode began behind the step
    longer = settings(world={"world": "trolleys"}, side_by_side=1, gamma=0.5, reward="1")
    assert np.array_equal(steps.next_states[:20], driven(longer, "w", 20).next_states)
    assert not steps.ends.any()
    values = QTable(1 + max(steps.states.max(), steps.next_states.max()), 5)
    values.weights[:] = 2.0  # what being paid 1 for ever is worth
    rng = np.random.default_rng(0)
    learner = Learner(values, values, Adam(values.weights), rng, rng)
    assert td_targets(steps, onward_values(learner, steps, config), config).tolist() == [2.0] * 60


def test_a_fall_is_an_end_and_has_no_bootstrap() -> None:
    config = settings(world={"world": "cart", "step_limit": 50}, side_by_side=1, reward="1")
    steps = driven(config, "r", 60)
    fell = np.abs(steps.next_observations[:, 2]) > 12 * math.pi / 180
    assert fell.sum() >= 3 and np.array_equal(steps.ends.astype(bool), fell)


def test_equal_values_are_drawn_by_lot() -> None:
    rng = np.random.default_rng(8)
    learner = of_networks(*(new_network(rng, (2, 4, 4, 3)) for _ in range(2)))
    worth = np.tile(np.array([[1.0, 1.0, 0.5]], dtype=np.float32), (3000, 1))
    counts = np.bincount(learner.actions(worth), minlength=3)
    assert counts[2] == 0 and abs(counts[0] - 1500) < 150
    below = np.tile(np.array([[-1.0, -1.0, -2.0]], dtype=np.float32), (3000, 1))
    counts = np.bincount(learner.actions(below), minlength=3)
    assert counts[2] == 0 and abs(counts[0] - 1500) < 150


def test_epsilon_falls_in_a_straight_line_and_stays() -> None:
    config = settings(epsilon=1.0, epsilon_end=0.2, explore_share=0.5)
    found = [config.epsilon_at(share) for share in (0, 0.25, 0.5, 1)]
    assert found == pytest.approx([1, 0.6, 0.2, 0.2])
    assert settings(explore_share=0, epsilon_end=0.1).epsilon_at(0) == pytest.approx(0.1)


class Watched(FieldPractice):
    """A practice that remembers what it was told to do by chance, and what came of it."""

    shares: list[float]
    steps: list[Transitions]

    def drive(
        self, chooser: Chooser, time: int, actions: np.ndarray, is_any: np.ndarray
    ) -> Transitions:
        Watched.shares.append(float(is_any.mean()))
        Watched.steps.append(super().drive(chooser, time, actions, is_any))
        return Watched.steps[-1]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    Watched.shares, Watched.steps = [], []
    monkeypatch.setattr(dqn, "FieldPractice", Watched)
    return Watched


def test_a_run_does_by_chance_as_much_as_epsilon_says(watched: type[Watched]) -> None:
    config = settings(
        **{"epsilon": 1.0, "epsilon_end": 0.0, "explore_share": 0.5, "updates": 8},
        **{"steps_per_update": 64, "train_every": 64, "side_by_side": 32, "tests": 1},
    )
    events = [e for e in train(config) if isinstance(e, UpdateCompleted)]
    wanted = [1, 0.75, 0.5, 0.25, 0, 0, 0, 0]
    assert watched.shares == pytest.approx(wanted, abs=0.04)
    assert watched.shares[4:] == [0] * 4
    assert [e.metrics[M.EPSILON] for e in events] == pytest.approx(wanted)


@pytest.mark.parametrize("first_steps, taught", [(0, 1), (64, 1), (65, 2), (128, 2), (129, 3)])
def test_nothing_is_learnt_before_the_first_steps_are_made(first_steps: int, taught: int) -> None:
    """An update is one drive of 64 steps here, with a lesson behind it."""
    config = settings(
        **{"first_steps": first_steps, "updates": 4, "steps_per_update": 16, "side_by_side": 4},
        **{"train_every": 16, "tests": 1, "reward": "step"},
    )
    events = [e for e in train(config) if isinstance(e, UpdateCompleted)]
    has_learnt = [e.metrics[M.GRAD_NORM] > 0 for e in events]
    assert has_learnt == [update >= taught for update in range(1, 5)]


def test_whoever_learns_from_the_newest_gets_the_newest(
    watched: type[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[Transitions] = []
    monkeypatch.setattr(dqn, "learn", lambda learner, batch, *rest: batches.append(batch))
    config = settings(
        **{"replay": "newest", "batch_size": 8, "gradient_steps": 1, "first_steps": 0},
        **{"updates": 2, "steps_per_update": 16, "train_every": 4, "side_by_side": 4, "tests": 1},
    )
    assert list(train(config))
    assert len(batches) == len(watched.steps) == 8
    for batch, driven_last in zip(batches, watched.steps, strict=True):
        assert np.array_equal(batch.observations, driven_last.observations[-8:])


def test_weights_that_are_no_numbers_end_the_run() -> None:
    config = settings()
    network = new_network(np.random.default_rng(9), (4, 8, 8, 2))
    network.weights[:] = np.inf
    learner = of_networks(network, network)
    batch = some_steps(np.random.default_rng(9), 8, 4, 2)
    with pytest.raises(RunEnded), np.errstate(all="ignore"):
        learn(learner, batch, config, Lessons())


@pytest.mark.parametrize("values", ["network", "table"])
def test_a_target_that_is_no_number_ends_the_run_and_leaves_the_values(values: str) -> None:
    config = settings(values=values)
    learner = new_learner(config, 4, 5, 3)
    steps = some_steps(np.random.default_rng(9), 8, 4, 3)
    steps.rewards[3] = np.nan
    before = learner.online.weights.copy()
    with pytest.raises(RunEnded) as ended:
        learn(learner, steps, config, Lessons())
    assert ended.value.ending == "diverged"
    assert np.array_equal(learner.online.weights, before) and learner.steps == 0


@pytest.mark.slow
def test_a_run_that_runs_away_says_so() -> None:
    """The largest steps, chasing themselves: no target network, and nearly no discount."""
    config = settings(
        reward="1000000*1000*step",
        **{"loss": "squared", "learning_rate": 0.1, "gradient_limit": 1000, "gamma": 0.999},
        **{"target_every": 1, "gradient_steps": 64, "train_every": 1, "batch_size": 1},
        **{"first_steps": 0, "side_by_side": 1, "updates": 2},
    )
    events = list(train(config))
    assert isinstance(events[-1], RunFailed)
    assert events[-1].ending == "diverged"
    assert "Lower the learning rate" in events[-1].remedy
    figures = [v for e in events if isinstance(e, UpdateCompleted) for v in e.metrics.values()]
    assert np.isfinite(figures).all()


def catch_values(gamma: float) -> dict[tuple[int, int, int], float]:
    """Of row, pill and basket: the best that can come, worked out backwards over all of them."""
    values: dict[tuple[int, int, int], float] = {}
    for row in range(4, -1, -1):
        for pill in range(5):
            for basket in range(5):
                moved = {min(4, max(0, basket + move)) for move in (-1, 0, 1)}
                if row == 4:
                    options = [1.0 if to == pill else -1.0 for to in moved]
                else:
                    options = [gamma * values[row + 1, pill, to] for to in moved]
                values[row, pill, basket] = max(options)
    return values


def test_what_is_expected_of_the_chute_is_what_it_is_worth_exactly() -> None:
    gamma = 0.9
    exact = catch_values(gamma)
    powers = {round(gamma**k, 12) for k in range(5)} | {round(-(gamma**k), 12) for k in range(5)}
    assert {round(value, 12) for value in exact.values()} <= powers
    assert [exact[0, pill, 2] for pill in range(5)] == pytest.approx([gamma**4] * 5)
    config = settings(world={"world": "catch"}, gamma=gamma, updates=8)
    last = [e for e in train(config) if isinstance(e, UpdateCompleted)][-1].metrics
    assert last[M.CAUGHT] == 1
    assert last[M.REALISED_VALUE] == pytest.approx(gamma**4, abs=1e-5)
    assert last[M.PREDICTED_VALUE] == pytest.approx(gamma**4, abs=0.05)
