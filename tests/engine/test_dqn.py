"""DQN: targets by hand, gradients against autograd, Q-learning as its limit, SB3's own update."""

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.logger import Logger

from engine.algorithms.dqn import (
    Learner,
    Lessons,
    learn,
    losses,
    new_learner,
    onward_values,
    slopes,
    td_targets,
)
from engine.control.q_values import Adam, QNetwork, QTable, new_network
from engine.control.replay import Replay, Transitions
from tests.engine.dqn_parts import of_networks, settings, some_steps


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
    assert td_targets(
        batch, onward_values(learner, batch, settings(gamma=0.5)), settings(gamma=0.5)
    ).tolist() == [3.5, 5, 1]
    double = settings(gamma=0.5, targets="double")
    assert td_targets(batch, onward_values(learner, batch, double), double).tolist() == [3, 4, 1]


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
    errors = passed[-1][rows, batch.actions] - td_targets(
        batch, onward_values(learner, batch, config), config
    )
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


def test_means_that_have_faded_are_dropped_and_no_weight_moves_otherwise() -> None:
    """Half of the weights have no gradient any more, as behind a unit that is never active."""
    rng = np.random.default_rng(4)
    weights = rng.normal(size=50).astype(np.float32)
    other = torch.nn.Parameter(torch.from_numpy(weights.copy()))
    theirs, ours = torch.optim.Adam([other], lr=0.01), Adam(weights)
    for step in range(1500):
        gradient = rng.normal(size=50).astype(np.float32)
        gradient[:25] *= step < 20
        other.grad = torch.from_numpy(gradient.copy())
        theirs.step()
        ours.step(gradient, 0.01)
        sizes = np.abs(ours._mean[ours._mean != 0])
        assert (sizes >= np.finfo(np.float32).tiny).all()
    assert (ours._mean[:25] == 0).all() and (ours._mean[25:] != 0).all()
    assert weights == pytest.approx(other.detach().numpy(), abs=1e-5)


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
        errors = passed[-1][[0], batch.actions] - td_targets(
            batch, onward_values(learner, batch, config), config
        )
        by_values = np.zeros_like(passed[-1])
        by_values[[0], batch.actions] = slopes(errors, config)
        weights[:15] -= np.float32(0.3) * network.backward(passed, by_values)[:15]  # no bias
    assert weights[:15].reshape(5, 3) == pytest.approx(q_learnt(steps, 0.3, 0.9), abs=1e-5)


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
