"""DQN: targets by hand, gradients against autograd, Q-learning as its limit, SB3's own update."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.logger import Logger

from engine.algorithms import dqn
from engine.algorithms.dqn import (
    DQNConfig,
    Learner,
    Lessons,
    learn,
    losses,
    new_learner,
    slopes,
    td_targets,
)
from engine.config import parse_config
from engine.control.field_practice import Chooser, FieldPractice
from engine.control.q_values import Adam, QNetwork, QTable, new_network
from engine.control.replay import Replay, Transitions
from engine.divergence import one_update, weights_after
from engine.endings import RunEnded
from engine.events import RunFailed, UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train


def settings(**changes: Any) -> DQNConfig:
    config = parse_config({"algorithm": "dqn", **changes})
    assert isinstance(config, DQNConfig)
    return config


def some_steps(rng: np.random.Generator, rows: int, inputs: int, actions: int) -> Transitions:
    return Transitions(
        rng.normal(size=(rows, inputs)).astype(np.float32),
        rng.integers(5, size=rows),
        rng.integers(actions, size=rows),
        rng.normal(size=rows).astype(np.float32) * 2,
        rng.normal(size=(rows, inputs)).astype(np.float32),
        rng.integers(5, size=rows),
        (rng.random(rows) < 0.3).astype(np.float32),
    )


def of_networks(online: QNetwork, target: QNetwork) -> Learner:
    rng = np.random.default_rng(0)
    return Learner(online, target, Adam(online.weights), rng, rng)


class Fixed(QTable):
    """A table whose values are given."""

    def __init__(self, values: list[list[float]]) -> None:
        self.weights = np.array(values, dtype=np.float32)


def test_both_targets_by_hand() -> None:
    online, target = Fixed([[1, 2], [9, 3]]), Fixed([[5, 4], [6, 8]])
    rng = np.random.default_rng(0)
    learner = Learner(online, target, Adam(online.weights), rng, rng)
    nothing = np.zeros((3, 1), dtype=np.float32)
    batch = Transitions(
        *(nothing, np.array([0, 0, 0]), np.array([0, 0, 0])),
        *(np.array([1, 1, 1], dtype=np.float32), nothing),
        *(np.array([0, 1, 1]), np.array([0, 0, 1], dtype=np.float32)),
    )
    assert td_targets(learner, batch, settings(gamma=0.5)).tolist() == [3.5, 5, 1]
    double = settings(gamma=0.5, targets="double")
    assert td_targets(learner, batch, double).tolist() == [3, 4, 1]


def test_the_losses_by_hand_and_their_slopes_by_differences() -> None:
    errors = np.array([-3, -1, -0.5, 0, 0.25, 2])
    huber, squared = settings(), settings(loss="squared")
    assert losses(errors, huber).tolist() == [2.5, 0.5, 0.125, 0, 0.03125, 1.5]
    assert losses(errors, squared).tolist() == [4.5, 0.5, 0.125, 0, 0.03125, 2]
    step = 1e-6
    for config in (huber, squared):
        for place in (0, 2, 3, 4, 5):  # at 1 the two halves of huber meet
            moved = errors.copy()
            moved[place] += step
            change = losses(moved, config).mean() - losses(errors, config).mean()
            assert slopes(errors, config)[place] == pytest.approx(change / step, abs=1e-5)


def as_torch(network: QNetwork) -> torch.nn.Sequential:
    """The same network, in torch."""
    modules: list[torch.nn.Module] = []
    for weight, bias in network._layers:
        layer = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias.copy()))
        modules += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def flat_gradient(module: torch.nn.Module) -> np.ndarray:
    found = [p.grad for p in module.parameters() if p.grad is not None]
    parts = [(part.T if part.ndim == 2 else part).reshape(-1) for part in found]
    return torch.cat(parts).numpy()


@pytest.mark.parametrize("loss", ["huber", "squared"])
@pytest.mark.parametrize("targets", ["max", "double"])
def test_the_gradient_is_that_of_autograd(loss: str, targets: str) -> None:
    rng = np.random.default_rng(1)
    online, target = (new_network(rng, (7, 12, 12, 3)) for _ in range(2))
    batch = some_steps(rng, 40, 7, 3)
    config = settings(loss=loss, targets=targets, gamma=0.9)
    learner = of_networks(online, target)
    passed = online.forward(batch.observations)
    rows = np.arange(40)
    errors = passed[-1][rows, batch.actions] - td_targets(learner, batch, config)
    by_values = np.zeros_like(passed[-1])
    by_values[rows, batch.actions] = slopes(errors, config)
    ours = online.backward(passed, by_values)

    theirs, frozen = as_torch(online), as_torch(target)
    following = torch.from_numpy(batch.next_observations)
    with torch.no_grad():
        onward = frozen(following).max(1).values
        if targets == "double":
            best = theirs(following).argmax(1, keepdim=True)
            onward = frozen(following).gather(1, best)[:, 0]
        wanted = torch.from_numpy(batch.rewards)
        wanted = wanted + 0.9 * (1 - torch.from_numpy(batch.ends)) * onward
    actions = torch.from_numpy(batch.actions)[:, None]
    found = theirs(torch.from_numpy(batch.observations)).gather(1, actions)[:, 0]
    if loss == "huber":
        value = torch.nn.functional.smooth_l1_loss(found, wanted)
    else:
        value = 0.5 * torch.nn.functional.mse_loss(found, wanted)
    value.backward()
    assert float(losses(errors, config).mean()) == pytest.approx(value.item(), rel=1e-5)
    assert ours == pytest.approx(flat_gradient(theirs), abs=1e-6)


def test_adam_steps_as_torch_does() -> None:
    rng = np.random.default_rng(2)
    weights = rng.normal(size=50).astype(np.float32)
    other = torch.nn.Parameter(torch.from_numpy(weights.copy()))
    theirs, ours = torch.optim.Adam([other], lr=0.01), Adam(weights)
    for _ in range(20):
        gradient = rng.normal(size=50).astype(np.float32)
        other.grad = torch.from_numpy(gradient.copy())
        theirs.step()
        ours.step(gradient, 0.01)
        assert weights == pytest.approx(other.detach().numpy(), abs=1e-6)


@pytest.mark.parametrize("limit", [10.0, 0.05])
def test_a_whole_update_is_that_of_stable_baselines(limit: float) -> None:
    """The same weights, the same target, the same batch: the same weights after it."""
    model = DQN(
        "MlpPolicy",
        "CartPole-v1",
        learning_rate=0.003,
        batch_size=32,
        gamma=0.95,
        max_grad_norm=limit,
        buffer_size=64,
        seed=0,
        device="cpu",
    )
    rng = np.random.default_rng(3)
    online, target = (new_network(rng, (4, 64, 64, 2)) for _ in range(2))
    for ours, theirs in ((online, model.q_net), (target, model.q_net_target)):
        theirs.q_net.load_state_dict(as_torch(ours).state_dict())
    batch = some_steps(rng, 32, 4, 2)
    buffer = model.replay_buffer
    assert buffer is not None
    for row in range(32):
        buffer.add(
            batch.observations[row : row + 1],
            batch.next_observations[row : row + 1],
            batch.actions[row : row + 1],
            batch.rewards[row : row + 1],
            batch.ends[row : row + 1],
            [{}],
        )
    everything = buffer._get_samples(np.arange(32))
    buffer.sample = lambda *args, **kwargs: everything  # type: ignore[method-assign]
    model.set_logger(Logger(None, []))
    model.train(gradient_steps=1, batch_size=32)

    config = settings(gamma=0.95, learning_rate=0.003, gradient_limit=limit)
    learn(of_networks(online, target), batch, config, Lessons())
    for (weight, bias), layer in zip(
        online._layers,
        [m for m in model.q_net.q_net if isinstance(m, torch.nn.Linear)],
        strict=True,
    ):
        assert weight.T == pytest.approx(layer.weight.detach().numpy(), abs=2e-6)
        assert bias == pytest.approx(layer.bias.detach().numpy(), abs=2e-6)


def q_learnt(steps: Transitions, alpha: float, gamma: float) -> np.ndarray:
    """Q-learning as its equations have it, one step after another."""
    table = np.zeros((5, 3))
    for row in range(len(steps.actions)):
        state, action = steps.states[row], steps.actions[row]
        following = 0.0 if steps.ends[row] else gamma * table[steps.next_states[row]].max()
        table[state, action] += alpha * (steps.rewards[row] + following - table[state, action])
    return table


def test_a_table_with_neither_replay_nor_target_is_q_learning() -> None:
    steps = some_steps(np.random.default_rng(4), 300, 1, 3)
    config = settings(values="table", table_rate=0.3, target_every=1, batch_size=1, gamma=0.9)
    learner = new_learner(config, 1, 5, 3)
    memory = Replay(64, 1)
    for row in range(300):
        memory.add(steps.rows(np.array([row])))
        learn(learner, memory.newest(1), config, Lessons())
    assert learner.online.weights == pytest.approx(q_learnt(steps, 0.3, 0.9), abs=1e-5)


def test_a_network_of_one_weight_a_state_is_q_learning_too() -> None:
    """One-hot inputs, no hidden layer, half the squared error, plain steps down the gradient."""
    steps = some_steps(np.random.default_rng(5), 300, 1, 3)
    eye = np.eye(5, dtype=np.float32)
    steps = steps._replace(observations=eye[steps.states], next_observations=eye[steps.next_states])
    config = settings(loss="squared", target_every=1, gamma=0.9)
    weights = np.zeros(5 * 3 + 3, dtype=np.float32)
    network = QNetwork(weights, (5, 3))
    learner = of_networks(network, network)
    for row in range(300):
        batch = steps.rows(np.array([row]))
        passed = network.forward(batch.observations)
        errors = passed[-1][[0], batch.actions] - td_targets(learner, batch, config)
        by_values = np.zeros_like(passed[-1])
        by_values[[0], batch.actions] = slopes(errors, config)
        weights[:15] -= np.float32(0.3) * network.backward(passed, by_values)[:15]  # no bias
    assert weights[:15].reshape(5, 3) == pytest.approx(q_learnt(steps, 0.3, 0.9), abs=1e-5)


def numbered(first: int, count: int) -> Transitions:
    rewards = np.arange(first, first + count, dtype=np.float32)
    states = rewards.astype(np.int64)
    seen = rewards[:, None]
    return Transitions(seen, states, states, rewards, seen, states, np.zeros_like(rewards))


def test_the_buffer_keeps_the_newest_steps_and_draws_each_as_often() -> None:
    memory = Replay(50, 1)
    for first in range(0, 130, 13):
        memory.add(numbered(first, 13))
        assert memory.size == min(50, first + 13)
    assert memory.newest(20).rewards.tolist() == list(range(110, 130))
    assert memory.newest(500).rewards.tolist() == list(range(80, 130))
    drawn = memory.sample(np.random.default_rng(6), 100_000).states
    counts = np.bincount(drawn - 80, minlength=50)
    assert drawn.min() == 80 and drawn.max() == 129
    assert ((counts - 2000) ** 2 / 2000).sum() < 85.4  # chi-square, 49 degrees, one in a thousand


def test_of_more_steps_than_it_holds_a_buffer_keeps_the_newest() -> None:
    memory = Replay(32, 1)
    memory.add(numbered(0, 7))
    memory.add(numbered(7, 100))
    assert sorted(memory.newest(32).rewards.tolist()) == list(range(75, 107))


def test_the_target_is_copied_every_so_many_steps_and_is_the_network_at_one() -> None:
    config = settings(target_every=3, first_steps=0)
    learner = new_learner(config, 4, 10, 2)
    batch = some_steps(np.random.default_rng(7), 16, 4, 2)
    for step in range(1, 7):
        learn(learner, batch, config, Lessons())
        is_copy = np.array_equal(learner.online.weights, learner.target.weights)
        assert is_copy == (step % 3 == 0)
    alone = new_learner(settings(target_every=1), 4, 10, 2)
    assert alone.target is alone.online


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
    assert td_targets(learner, steps, config).tolist() == [2.0] * 60


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


@pytest.mark.parametrize(
    ("gamma", "runs_away"), [(0.0, False), (0.4, False), (0.5, False), (0.6, True), (0.99, True)]
)
def test_one_weight_for_two_states_runs_away_beyond_a_half(gamma: float, runs_away: bool) -> None:
    """Values w and 2w, reward 0: w <- w + alpha (2 gamma - 1) w."""
    assert one_update(3.0, alpha=0.1, gamma=gamma) == pytest.approx(3 + 0.1 * (2 * gamma - 1) * 3)
    course = weights_after(1000, alpha=0.1, gamma=gamma)
    assert len(course) == 1001 and course[0] == 1
    assert (course[-1] > 1e3 * course[0]) == runs_away
    factor = 1 + 0.1 * (2 * gamma - 1)
    assert course[1000] == pytest.approx(factor**1000, rel=1e-9)


def test_a_weight_each_comes_to_rest_on_the_same_steps() -> None:
    """The first state, at first worth 1, leads to one worth 2, which nobody learns about."""
    config = settings(values="table", table_rate=0.1, target_every=1, gamma=0.99)
    learner = new_learner(config, 1, 2, 1)
    learner.online.weights[:] = [[1.0], [2.0]]
    nothing, zero = np.zeros((1, 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    first, second = np.array([0]), np.array([1])
    batch = Transitions(nothing, first, np.array([0]), zero, nothing, second, zero)
    for _ in range(1000):
        learn(learner, batch, config, Lessons())
    assert learner.online.weights[:, 0] == pytest.approx([0.99 * 2, 2])
    assert weights_after(1000, alpha=0.1, gamma=0.99)[-1] > 1e30
