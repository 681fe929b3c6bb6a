"""A2C: returns, loss and one whole update against Stable-Baselines3, and its critic exactly."""

import math
from typing import Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from gymnasium import spaces
from stable_baselines3 import A2C
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

from engine.advantages import gae
from engine.algorithms.a2c import ALGORITHM, A2CConfig, learn, loss_gradients, noise_of, step_losses
from engine.control.actor_critic import OF_A_CART, ActorCritic, shapes_of
from engine.control.batches import Batch, batch_of, joined_batch
from engine.control.carts import Carts
from engine.control.learner import Learner, new_learner
from engine.control.practice import Practice
from engine.events import RunFinished, UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import CartScene
from engine.train import train
from engine.worlds.cart import CartConfig


def config(**settings: Any) -> A2CConfig:
    return A2CConfig.model_validate(settings)


def updates(settings: A2CConfig) -> list[UpdateCompleted]:
    return [event for event in train(settings) if isinstance(event, UpdateCompleted)]


def made_up(count: int = 60) -> Batch:
    rng = torch.Generator().manual_seed(0)

    def drawn() -> torch.Tensor:
        return torch.randn(count, generator=rng, dtype=torch.float64)

    pushes, log_odds = drawn().sign(), drawn()
    seen = torch.randn(count, 4, generator=rng, dtype=torch.float64)
    log_probs = F.logsigmoid(pushes * log_odds)
    return Batch(seen, pushes, log_odds, log_probs, drawn(), drawn(), drawn())


@pytest.mark.parametrize("entropy_coef", [0.0, 0.2])
def test_the_gradients_written_out_are_those_of_the_loss(entropy_coef: float) -> None:
    batch, settings = made_up(), config(entropy_coef=entropy_coef, value_coef=0.7)
    log_odds = batch.old_logits.clone().requires_grad_()
    values = batch.old_values.clone().requires_grad_()
    log_probs = F.logsigmoid(batch.taken * log_odds)
    moving = batch._replace(old_logits=log_odds, old_values=values, old_log_probs=log_probs)
    loss = step_losses(moving, settings)["step_loss"].mean()
    wanted = torch.autograd.grad(loss, (log_odds, values))
    for found, exact in zip(loss_gradients(batch, settings), wanted, strict=True):
        assert torch.allclose(found, exact, atol=1e-14)


@pytest.mark.parametrize("lam", [1.0, 0.9, 0.0])
def test_advantages_and_returns_are_those_of_their_buffer(lam: float) -> None:
    time, carts, gamma = 6, 3, 0.97
    rng = np.random.default_rng(1)
    rewards, values = rng.normal(size=(2, time, carts)).astype(np.float32)
    falls = rng.random((time, carts)) < 0.25
    last_values = rng.normal(size=carts).astype(np.float32)
    box = spaces.Box(-1, 1, (4,))
    theirs = RolloutBuffer(
        time, box, spaces.Discrete(2), "cpu", gae_lambda=lam, gamma=gamma, n_envs=carts
    )
    theirs.reset()
    for now in range(time):
        begins = falls[now - 1] if now else np.zeros(carts)
        theirs.add(
            np.zeros((carts, 4)), np.zeros((carts, 1)), rewards[now], begins,
            torch.from_numpy(values[now]), torch.zeros(carts),
        )  # fmt: skip
    theirs.compute_returns_and_advantage(torch.from_numpy(last_values), falls[-1])
    following = torch.from_numpy(np.concatenate((values[1:], last_values[None])))
    following[torch.from_numpy(falls)] = 0.0
    columns = torch.from_numpy(rewards), following, torch.from_numpy(values)
    found = gae(*columns, torch.from_numpy(~falls).float(), gamma, lam)
    assert torch.allclose(found, torch.from_numpy(theirs.advantages), atol=1e-5)
    assert torch.allclose(found + columns[2], torch.from_numpy(theirs.returns), atol=1e-5)


def test_with_lambda_one_the_return_is_that_of_n_steps() -> None:
    """What came within the n steps, and what the critic says of the state behind them."""
    learner = new_learner(0)
    settings = config(carts=2, n_steps=4, gamma=0.9)
    drive = Carts(cast(CartConfig, settings.world), 2, 3).drive(learner.networks, 4)
    assert not drive.is_last.any()
    rewards = np.arange(8.0).reshape(4, 2)
    batch = batch_of(drive, rewards, learner.networks, 0.9, 1.0)
    onward = torch.from_numpy(drive.onward.T.astype(np.float32))
    ahead = learner.networks.forward(onward).values
    wanted = rewards[0] + 0.9 * rewards[1] + 0.81 * rewards[2] + 0.729 * rewards[3]
    found = batch.returns.view(4, 2)[0]
    assert torch.allclose(found, torch.from_numpy(wanted).float() + 0.6561 * ahead, atol=1e-5)


def linear_parts(networks: ActorCritic) -> list[torch.Tensor]:
    shapes = shapes_of(OF_A_CART)
    cut = networks.weights.split([math.prod(shape) for shape in shapes])
    first, b1, second, b2, last, b3 = (p.view(s) for p, s in zip(cut, shapes, strict=True))
    return [first.mT, b1.flatten(1), second.mT, b2.flatten(1), last, b3.flatten(1)]


def their_layers(policy: Any) -> list[list[Any]]:
    extractor = policy.mlp_extractor
    actor = [extractor.policy_net[0], extractor.policy_net[2], policy.action_net]
    return [actor, [extractor.value_net[0], extractor.value_net[2], policy.value_net]]


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam"])
def test_whole_updates_move_the_weights_as_stable_baselines_does(optimizer: Any) -> None:
    time, carts = 5, 4
    settings = config(carts=carts, n_steps=time, entropy_coef=0.01)
    learner = new_learner(3, optimizer)
    their = A2C(
        "MlpPolicy", make_vec_env("CartPole-v1", carts), n_steps=time, ent_coef=0.01,
        learning_rate=0.003, device="cpu", use_rms_prop=optimizer == "rmsprop",
    )  # fmt: skip
    their.set_logger(Logger(None, []))
    their._current_progress_remaining = 1.0
    parts = linear_parts(learner.networks)
    for network, layers in enumerate(their_layers(their.policy)):
        for layer, weight, bias in zip(layers, parts[::2], parts[1::2], strict=True):
            outputs = layer.weight.shape[0]
            layer.weight.data = weight[network, :outputs].clone()
            layer.bias.data = bias[network, :outputs].clone()
    before = learner.networks.weights.clone()
    world = Carts(cast(CartConfig, settings.world), carts, 3)
    for _ in range(3):  # three, so that the optimizers' memory is compared as well
        drive = world.drive(learner.networks, time)
        rewards = 1.0 - drive.steps.ends
        batch = batch_of(drive, rewards, learner.networks, 0.99, 1.0)
        buffer = their.rollout_buffer
        buffer.reset()
        buffer.observations = batch.observations.view(time, carts, 4).numpy().copy()
        buffer.actions = (batch.taken > 0).float().view(time, carts, 1).numpy().copy()
        for name, column in {
            "values": batch.old_values,
            "log_probs": batch.old_log_probs,
            "advantages": batch.advantages,
            "returns": batch.returns,
        }.items():
            setattr(buffer, name, column.view(time, carts).numpy().copy())
        buffer.full = True
        their.train()
        learn(learner, batch, settings, rate=0.003)
    assert (learner.networks.weights - before).abs().max() > 0.003
    parts = linear_parts(learner.networks)
    for network, layers in enumerate(their_layers(their.policy)):
        for layer, weight, bias in zip(layers, parts[::2], parts[1::2], strict=True):
            outputs = layer.weight.shape[0]
            assert torch.allclose(layer.weight, weight[network, :outputs], atol=2e-5)
            assert torch.allclose(layer.bias, bias[network, :outputs], atol=2e-5)


def test_with_the_true_values_an_advantage_is_on_average_what_an_action_adds() -> None:
    """On a chain of three states that goes round at random: E[A | s] = 0, and V solves its line."""
    rng = np.random.default_rng(5)
    moves, paid, gamma = rng.dirichlet(np.ones(3), size=3), np.array([1.0, -2.0, 5.0]), 0.9
    values = np.linalg.solve(np.eye(3) - gamma * moves, paid)
    states = np.zeros((6, 20_000), dtype=int)
    for now in range(1, 6):
        luck = rng.random(20_000)[:, None]
        states[now] = (luck > moves[states[now - 1]].cumsum(1)).sum(1)
    at = torch.from_numpy(values[states])
    rewards = torch.from_numpy(paid[states[:5]])
    found = gae(rewards, at[1:], at[:5], torch.ones(5, 20_000, dtype=at.dtype), gamma, 1.0)
    assert abs(found[0].mean()) < 4 * found[0].std() / np.sqrt(20_000)
    # Values that follow their n-step returns end at the same place.
    guess = torch.zeros(3, dtype=at.dtype)
    for _ in range(60):
        seen = guess[states]
        returns = seen[:5] + gae(rewards, seen[1:], seen[:5], torch.ones_like(rewards), gamma, 1.0)
        guess = torch.tensor([returns[states[:5] == s].mean() for s in range(3)]).to(guess)
    assert guess.numpy() == pytest.approx(values, abs=0.15)


# Whole updates.

TINY = {"updates": 2, "carts": 2, "steps_per_update": 40, "n_steps": 7}


def test_an_update_makes_as_many_gradient_steps_as_fit_and_shows_their_steps() -> None:
    settings = config(**TINY, reward="upright - 0.5*switched", seed=4)
    practice, learner = Practice(settings), new_learner(4, "rmsprop")
    batches = []
    for steps in (7, 7, 7, 7, 7, 5):
        drive, rewards = practice.roll(learner.networks, steps)
        batches.append(batch_of(drive, rewards, learner.networks, 0.99, 1.0))
        learn(learner, batches[-1], settings, 0.0007)
    whole = joined_batch(batches)
    event = updates(settings)[0]
    assert isinstance(event.scene, CartScene)
    numbers = event.scene.numbers
    of_carts = {quantity.name for quantity in ALGORITHM.quantities} - {"action"}
    assert set(numbers) == of_carts
    assert numbers["push"] == tuple(whole.taken[:64:2].tolist())
    assert numbers["advantage"] == pytest.approx(whole.advantages[:64:2].tolist(), rel=1e-4)
    assert numbers["weight"] == pytest.approx([1 / 14] * 32, rel=1e-4)
    assert event.work == 80
    missed = whole.returns - whole.old_values
    assert event.metrics[M.VALUE_LOSS] == pytest.approx(missed.square().mean().item(), rel=1e-4)


def test_episodes_are_counted_across_gradient_steps() -> None:
    event = updates(config(updates=1, carts=2, steps_per_update=200, reward="2*step", seed=2))[0]
    found = event.metrics
    assert found[M.PROXY_RETURN] == pytest.approx(2 * found[M.LENGTH], rel=1e-4)
    assert 9 < found[M.LENGTH] < 80 and found[M.FELL] == 1


def test_noise_is_that_of_the_carts_gradients() -> None:
    learner: Learner = new_learner(1)
    settings = config(carts=4, n_steps=5)
    drive = Carts(cast(CartConfig, settings.world), 4, 1).drive(learner.networks, 5)
    batch = batch_of(drive, 1.0 - drive.steps.ends, learner.networks, 0.99, 1.0)
    found = noise_of(learner, batch, 4)
    assert 0 < found.share <= 1 and 0 < found.variance
    plain = noise_of(learner, batch._replace(advantages=batch.returns), 4)
    assert plain.variance == plain.without == found.without
    single = Batch(*(column[::4] for column in batch))
    assert noise_of(learner, single, 1) == (0.0, 0.0, 0.0)


def test_nothing_paid_ends_without_a_signal() -> None:
    *_, last = train(config(**TINY, reward="0"))
    assert isinstance(last, RunFinished) and last.ending == "no_signal"
