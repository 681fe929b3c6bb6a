"""PPO: its loss by hand, by automatic differentiation and against Stable-Baselines3."""

import math
from itertools import product
from typing import Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger
from torch.distributions import Categorical

from engine.algorithms import ppo
from engine.algorithms.ppo import (
    PPOConfig,
    Used,
    adapted,
    learn,
    loss_gradients,
    scaled_advantages,
    step_losses,
)
from engine.config import parse_config, value_at
from engine.control.actor_critic import OF_A_CART, ActorCritic, shapes_of
from engine.control.batches import Batch, batch_of
from engine.control.carts import Carts, Drive
from engine.control.learner import Learner, new_learner
from engine.kl import kl_k3
from engine.metrics import MetricName as M
from engine.worlds.cart import CartConfig


def config(**settings: Any) -> PPOConfig:
    return PPOConfig.model_validate(settings)


def made_up(count: int = 200, seed: int = 0) -> tuple[Used, Batch]:
    """Steps that have moved far enough to be clipped on every side: double precision."""
    rng = torch.Generator().manual_seed(seed)

    def drawn() -> torch.Tensor:
        return torch.randn(count, generator=rng, dtype=torch.float64)

    pushes, old_log_odds, old_values = drawn().sign(), drawn(), drawn()
    batch = Batch(
        observations=torch.randn(count, 4, generator=rng, dtype=torch.float64),
        taken=pushes,
        old_logits=old_log_odds,
        old_log_probs=F.logsigmoid(pushes * old_log_odds),
        old_values=old_values,
        advantages=drawn(),
        returns=drawn(),
    )
    used = Used(old_log_odds + drawn(), old_values + drawn(), batch.advantages, drawn())
    return used, batch


# The loss of a batch, with Stable-Baselines3's own lines.


@pytest.mark.parametrize("value_clip_range", [None, 0.5])
def test_loss_value_and_gradient_are_those_of_stable_baselines(
    value_clip_range: float | None,
) -> None:
    used, batch = made_up()
    settings = config(value_clip_range=value_clip_range, entropy_coef=0.01)
    logits = torch.stack((torch.zeros_like(used.logits), used.logits), 1).requires_grad_()
    values = used.values.clone().requires_grad_()
    policy = Categorical(logits=logits)
    advantages = (batch.advantages - batch.advantages.mean()) / (batch.advantages.std() + 1e-8)
    ratio = torch.exp(policy.log_prob((batch.taken > 0).long()) - batch.old_log_probs)
    policy_loss = -torch.min(advantages * ratio, advantages * torch.clamp(ratio, 0.8, 1.2)).mean()
    value_loss = F.mse_loss(batch.returns, values)
    if value_clip_range is not None:
        # Theirs takes the kept estimate alone; the larger of both errors is the original's.
        kept = batch.old_values + torch.clamp(
            values - batch.old_values, -value_clip_range, value_clip_range
        )
        errors = [F.mse_loss(batch.returns, one, reduction="none") for one in (values, kept)]
        value_loss = torch.max(*errors).mean()
    loss = policy_loss - 0.01 * policy.entropy().mean() + 0.5 * value_loss
    by_logits, by_values = torch.autograd.grad(loss, (logits, values))

    ours = used._replace(advantages=scaled_advantages(batch.advantages, settings))
    parts = step_losses(ours, batch, settings, kl_coef=0.0)
    assert parts["surrogate"].mean().item() == pytest.approx(policy_loss.item(), abs=1e-12)
    assert parts["value_error"].mean().item() == pytest.approx(value_loss.item(), abs=1e-12)
    assert parts["entropy"].mean().item() == pytest.approx(policy.entropy().mean().item())
    assert parts["step_loss"].mean().item() == pytest.approx(loss.item(), abs=1e-12)
    assert 0.1 < parts["is_clipped"].mean() < 0.9
    found = loss_gradients(ours, batch, settings, kl_coef=0.0)
    assert torch.allclose(found[0], by_logits[:, 1], atol=1e-12)
    assert torch.allclose(found[1], by_values, atol=1e-12)


VARIANTS = list(
    product(("clip", "kl_penalty", "none"), (None, 0.3), (0.0, 0.05), ("minibatch", "none"))
)


@pytest.mark.parametrize(("surrogate", "value_clip_range", "entropy_coef", "scale"), VARIANTS)
def test_the_gradient_written_out_is_that_of_the_loss(
    surrogate: str, value_clip_range: float | None, entropy_coef: float, scale: str
) -> None:
    used, batch = made_up(seed=1)
    settings = config(
        surrogate=surrogate,
        value_clip_range=value_clip_range,
        entropy_coef=entropy_coef,
        scale_advantages=scale,
    )
    kl_coef = 0.7 if surrogate == "kl_penalty" else 0.0
    used = used._replace(
        logits=used.logits.clone().requires_grad_(),
        values=used.values.clone().requires_grad_(),
        advantages=scaled_advantages(batch.advantages, settings),
    )
    loss = step_losses(used, batch, settings, kl_coef)["step_loss"].mean()
    wanted = torch.autograd.grad(loss, (used.logits, used.values))
    plain = Used(*(column.detach() for column in used))
    for found, exact in zip(loss_gradients(plain, batch, settings, kl_coef), wanted, strict=True):
        assert torch.allclose(found, exact, atol=1e-14)


# One whole update beside theirs.


def collected(settings: PPOConfig, seed: int = 3) -> tuple[Learner, Drive, Batch]:
    learner = new_learner(seed)
    drive = Carts(cast(CartConfig, settings.world), settings.carts, seed).drive(
        learner.networks, settings.steps_per_update
    )
    rewards = 1.0 - drive.steps.ends
    batch = batch_of(drive, rewards, learner.networks, settings.gamma, settings.gae_lambda)
    return learner, drive, batch


def linear_parts(networks: ActorCritic) -> list[torch.Tensor]:
    """Weights [networks, out, in] and biases [networks, out] of the layers, as torch has them."""
    shapes = shapes_of(OF_A_CART)
    cut = networks.weights.split([math.prod(shape) for shape in shapes])
    first, b1, second, b2, last, b3 = (p.view(s) for p, s in zip(cut, shapes, strict=True))
    return [first.mT, b1.flatten(1), second.mT, b2.flatten(1), last, b3.flatten(1)]


def their_layers(policy: Any) -> list[list[Any]]:
    """Theirs in our order: the actor's linear layers, then the critic's."""
    extractor = policy.mlp_extractor
    actor = [extractor.policy_net[0], extractor.policy_net[2], policy.action_net]
    return [actor, [extractor.value_net[0], extractor.value_net[2], policy.value_net]]


@pytest.mark.parametrize("target_kl", [None, 0.002])
def test_a_whole_update_moves_the_weights_as_stable_baselines_does(
    target_kl: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, carts, size, epochs = 64, 4, 64, 4
    settings = config(
        carts=carts, steps_per_update=time, minibatch_size=size, batch_epochs=epochs,
        clip_range=0.1, target_kl=target_kl,
    )  # fmt: skip
    learner, _, batch = collected(settings)
    their = PPO(
        "MlpPolicy", make_vec_env("CartPole-v1", carts), n_steps=time, batch_size=size,
        n_epochs=epochs, learning_rate=0.003, clip_range=0.1, target_kl=target_kl, device="cpu",
    )  # fmt: skip
    their.set_logger(Logger(None, []))
    parts = linear_parts(learner.networks)
    for network, layers in enumerate(their_layers(their.policy)):
        for layer, weight, bias in zip(layers, parts[::2], parts[1::2], strict=True):
            outputs = layer.weight.shape[0]
            layer.weight.data = weight[network, :outputs].clone()
            layer.bias.data = bias[network, :outputs].clone()
    buffer = their.rollout_buffer
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
    # Theirs lays steps out cart after cart; both shall take the same ones in the same order.
    orders = [np.random.default_rng(epoch).permutation(time * carts) for epoch in range(epochs)]
    ours, theirs = iter(orders), iter([o % carts * time + o // carts for o in orders])
    monkeypatch.setattr(np.random, "permutation", lambda count: next(theirs))
    learner.order = type("Order", (), {"permutation": lambda self, count: next(ours)})()  # type: ignore[assignment]

    their._current_progress_remaining = 1.0
    their.train()
    before = learner.networks.weights.clone()
    lesson = learn(learner, batch, settings, rate=0.003, kl_coef=0.0)
    assert (learner.networks.weights - before).abs().max() > 0.01
    if target_kl is None:
        assert lesson.metrics[M.CLIP_FRACTION] > 0.02
    else:
        assert 1 < learner.steps < epochs * time * carts / size
    parts = linear_parts(learner.networks)
    for network, layers in enumerate(their_layers(their.policy)):
        for layer, weight, bias in zip(layers, parts[::2], parts[1::2], strict=True):
            outputs = layer.weight.shape[0]
            assert torch.allclose(layer.weight, weight[network, :outputs], atol=1e-5)
            assert torch.allclose(layer.bias, bias[network, :outputs], atol=1e-5)


def test_the_batch_bootstraps_where_time_ran_out_and_not_where_the_tray_fell() -> None:
    settings = config(
        carts=3, steps_per_update=120, world={"step_limit": 50, "gust": 20}, gamma=0.9,
        gae_lambda=0.0,
    )  # fmt: skip
    learner = new_learner(0)
    # A critic that always says 2, and a policy that is even.
    learner.networks.weights.zero_()
    linear_parts(learner.networks)[5][1, 0] = 2.0
    drive = Carts(cast(CartConfig, settings.world), 3, 11).drive(learner.networks, 120)
    ends, cut = torch.from_numpy(drive.steps.ends), torch.from_numpy(drive.is_cut)
    assert ends.any() and cut.any()
    batch = batch_of(drive, np.ones((120, 3)), learner.networks, 0.9, 0.0)
    advantages = batch.advantages.view(120, 3)
    assert torch.allclose(advantages[ends], torch.tensor(1 - 2.0))
    assert torch.allclose(advantages[~ends], torch.tensor(1 + 0.9 * 2 - 2))
    whole = batch_of(drive, np.ones((120, 3)), learner.networks, 0.9, 1.0)
    last = torch.from_numpy(drive.is_last)
    assert torch.allclose(whole.advantages.view(120, 3)[last & ends], torch.tensor(-1.0))
    assert torch.allclose(whole.advantages.view(120, 3)[cut], torch.tensor(0.8))
    assert torch.allclose(whole.returns, whole.advantages + 2)


def test_policy_and_ratio_are_the_old_ones_at_the_first_gradient_step() -> None:
    settings = config(carts=2, steps_per_update=64, minibatch_size=128, batch_epochs=1)
    learner, _, batch = collected(settings)
    first = learn(learner, batch, settings, rate=0.01, kl_coef=0.0)
    assert first.numbers["ratio"] == pytest.approx(np.ones(128), abs=1e-6)
    assert first.metrics[M.CLIP_FRACTION] == 0
    assert first.metrics[M.STEP_KL] > 1e-4
    assert first.numbers["weight"] == pytest.approx(np.full(128, 1 / 128))


def test_the_numbers_of_a_step_lead_to_its_loss() -> None:
    settings = config(
        carts=4, steps_per_update=64, minibatch_size=64, surrogate="kl_penalty", entropy_coef=0.02
    )
    learner, _, batch = collected(settings)
    numbers = learn(learner, batch, settings, rate=0.003, kl_coef=0.5).numbers
    ratio = (numbers["log_prob"] - batch.old_log_probs).exp()
    assert torch.allclose(ratio, numbers["ratio"])
    assert torch.allclose(numbers["surrogate"], -ratio * numbers["scaled_advantage"])
    assert numbers["kl"].max() > 1e-5 and numbers["entropy"].min() > 0.1
    whole = (
        numbers["surrogate"]
        + 0.5 * numbers["kl"]
        + 0.5 * numbers["value_error"]
        - 0.02 * numbers["entropy"]
    )
    assert torch.allclose(whole, numbers["step_loss"])
    # Advantages are measured in deviations of a minibatch: four of 64, mean 0 each.
    assert numbers["scaled_advantage"].sum().abs() < 1e-3
    assert numbers["scaled_advantage"].square().sum() == pytest.approx(4 * 63, rel=1e-3)


def test_a_step_that_no_gradient_step_has_used_weighs_nothing() -> None:
    settings = config(
        carts=4, steps_per_update=64, minibatch_size=64, batch_epochs=9, target_kl=0.0001
    )
    learner, _, batch = collected(settings)
    lesson = learn(learner, batch, settings, rate=0.003, kl_coef=0.0)
    weight = lesson.numbers["weight"]
    assert learner.steps < 4
    assert (weight > 0).sum() == learner.steps * 64
    unused = weight == 0
    assert torch.equal(lesson.numbers["ratio"][unused], torch.ones(int(unused.sum())))
    assert not lesson.numbers["scaled_advantage"][unused].any()


def test_a_step_that_the_last_pass_did_not_come_to_is_as_the_pass_before_used_it() -> None:
    settings = config(
        carts=4, steps_per_update=64, minibatch_size=64, batch_epochs=9, target_kl=0.002
    )
    learner, _, batch = collected(settings)
    lesson = learn(learner, batch, settings, rate=0.003, kl_coef=0.0)
    assert learner.steps > 4 and learner.steps % 4  # an update that ends amid a later pass
    assert (lesson.numbers["weight"] == 1 / 64).all()


def test_off_the_cart_a_step_is_learnt_from_half_as_often_unless_said() -> None:
    trolleys = {"algorithm": "ppo", "world": {"world": "trolleys"}}
    given = {}, {"world": {"world": "cart"}}, trolleys, trolleys | {"batch_epochs": 10}
    found = [value_at(parse_config({"algorithm": "ppo"} | one), "batch_epochs") for one in given]
    assert found == [10, 10, 5, 10]


def test_with_the_cleaner_a_step_goes_twice_as_far_unless_said() -> None:
    cleaner = {"algorithm": "ppo", "world": {"world": "cleaner"}}
    trolleys = {"world": {"world": "trolleys"}}
    given = {}, trolleys, cleaner, cleaner | {"learning_rate": 0.001}
    found = [value_at(parse_config({"algorithm": "ppo"} | one), "learning_rate") for one in given]
    assert found == [0.001, 0.001, 0.002, 0.001]


def test_step_kl_is_what_the_policy_moved_by() -> None:
    settings = config(carts=4, steps_per_update=128)
    learner, _, batch = collected(settings)
    lesson = learn(learner, batch, settings, rate=0.003, kl_coef=0.0)
    moved = learner.networks.forward(batch.observations).logits
    log_probs = F.logsigmoid(batch.taken * moved)
    estimate = kl_k3(batch.old_log_probs, log_probs).mean().item()
    assert lesson.metrics[M.STEP_KL] == pytest.approx(estimate, rel=0.2)


@pytest.mark.parametrize(
    ("step_kl", "after"),
    [(0.0066, 0.5), (0.0067, 1.0), (0.015, 1.0), (0.0151, 2.0), (math.inf, 2.0)],
)
def test_the_penalty_halves_and_doubles_about_the_wished_step_size(
    step_kl: float, after: float
) -> None:
    settings = config(surrogate="kl_penalty", target_kl=0.01)
    assert adapted(1.0, step_kl, settings) == after
    assert adapted(1.0, step_kl, config(surrogate="kl_penalty")) == 1.0
    assert adapted(0.0, step_kl, config(target_kl=0.01)) == 0.0


def test_the_penalty_stays_within_bounds() -> None:
    settings = config(surrogate="kl_penalty", target_kl=0.01)
    least, largest = ppo.COEF_RANGE
    assert adapted(largest, 1.0, settings) == largest
    assert adapted(least, 0.0, settings) == least
