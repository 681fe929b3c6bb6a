"""Policy gradients on fields: exact on the pill chute, beside Stable-Baselines3, and learning."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger
from torch.distributions import Categorical, kl_divergence

from engine.algorithms import ALGORITHMS, a2c, ppo, reinforce
from engine.algorithms.a2c import A2CConfig
from engine.algorithms.ppo import PPOConfig, Used
from engine.config import content_address, parse_config, worlds_of
from engine.control.actor_critic import ActorCritic, Sizes, new_actor_critic, shapes_of
from engine.control.all_fields import FIELDS
from engine.control.batches import Batch, batch_of
from engine.control.catch_field import INPUTS, CatchField, seen
from engine.control.field_practice import FieldConfig
from engine.control.learner import new_learner
from engine.control.practice import Practice
from engine.control.walks import Walk
from engine.events import UpdateCompleted
from engine.gymnasium_worlds import gymnasium_env
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.cart import CartConfig
from engine.worlds.catch import COLUMNS, MIDDLE, MOVES, ROWS, CatchConfig
from tests.engine.courses import Course, followed, late

SIZES = Sizes(INPUTS, len(MOVES))
CATCH = {"world": {"world": "catch"}}
PAID = {"caught": 1.0, "dropped": -0.5, "moved": -0.1}
STEPS = ROWS - 1


# The policy gradient on the chute, from every way that five pills can fall.


def layers(weights: torch.Tensor) -> list[torch.Tensor]:
    shapes = shapes_of(SIZES)
    parts = weights.split([int(np.prod(shape)) for shape in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]


def exact_return(weights: torch.Tensor) -> torch.Tensor:
    """What an episode pays on average, worked out backwards from the last row: differentiable."""
    first, b1, second, b2, last, b3 = (part[0] for part in layers(weights))
    pill, basket = (part.ravel() for part in np.indices((COLUMNS, COLUMNS)))
    following = torch.zeros(COLUMNS, COLUMNS, dtype=weights.dtype)
    for row in reversed(range(STEPS)):
        picture = torch.from_numpy(seen(np.full_like(pill, row), pill, basket)).to(weights)
        hidden = torch.tanh(torch.tanh(picture @ first + b1) @ second + b2)
        chances = (hidden @ last.T + b3[:, 0]).softmax(1)
        worth = torch.zeros(COLUMNS * COLUMNS, dtype=weights.dtype)
        for action in range(len(MOVES)):
            after = np.clip(basket + action - 1, 0, COLUMNS - 1)
            paid = PAID["moved"] * torch.from_numpy(after != basket).to(weights)
            if row == STEPS - 1:
                is_caught = torch.from_numpy(after == pill)
                paid = paid + torch.where(is_caught, PAID["caught"], PAID["dropped"])
            worth = worth + chances[:, action] * (paid + following[pill, after])
        following = worth.view(COLUMNS, COLUMNS)
    return following[:, MIDDLE].mean()


def every_way(networks: ActorCritic) -> tuple[Walk, np.ndarray, torch.Tensor]:
    """All 5 * 3^5 episodes side by side, what they pay, and how likely each of them is."""
    actions = np.array(list(product(range(len(MOVES)), repeat=STEPS))).T
    pills = np.repeat(np.arange(COLUMNS), actions.shape[1])
    actions = np.tile(actions, COLUMNS)
    field = CatchField(CatchConfig(), len(pills), 0)
    field._pill = pills
    before, passages = [], []
    for chosen in actions:
        before.append(field.observations())
        passages.append(field.step(chosen))
    ends = np.stack([passage.ends for passage in passages])
    values = field.values(passages, 1.0)
    after = np.stack([passage.after for passage in passages])
    nothing = np.zeros_like(ends)
    walk = Walk(np.stack(before), after, after[-1], actions, ends, nothing, values, ())
    rewards = sum(weight * values[name] for name, weight in PAID.items())
    assert isinstance(rewards, np.ndarray)
    observations = torch.from_numpy(walk.seen_before).view(-1, INPUTS)
    log_probs = networks.forward(observations).logits.log_softmax(1)
    of_steps = log_probs[torch.arange(actions.size), torch.from_numpy(actions).view(-1)]
    return walk, rewards, of_steps.view(actions.shape).sum(0).exp() / COLUMNS


def policy_part(name: str, batch: Batch, returns: torch.Tensor) -> torch.Tensor:
    """The gradient of the summed losses of these steps by their logits."""
    if name == "a2c":
        return a2c.loss_gradients(batch, A2CConfig.model_validate({}))[0] * len(returns)
    if name == "ppo":
        settings = PPOConfig.model_validate({"scale_advantages": "none"})
        used = Used(batch.old_logits, batch.old_values, batch.advantages, returns)
        return ppo.loss_gradients(used, batch, settings, 0.0)[0] * len(returns)
    return reinforce.loss_gradient(batch.old_logits, batch.taken, returns, 0.0)


@pytest.mark.parametrize("name", ["reinforce", "a2c", "ppo"])
def test_on_average_over_all_episodes_the_gradient_is_that_of_the_return(name: str) -> None:
    networks = new_actor_critic(np.random.default_rng(3), SIZES)
    layers(networks.weights)[4][0] *= 80  # so that it prefers some actions by far
    weights = networks.weights.double().requires_grad_()
    exact = exact_return(weights)
    (wanted,) = torch.autograd.grad(exact, weights)
    walk, rewards, chances = every_way(networks)
    assert chances.sum().item() == pytest.approx(1, abs=1e-5)
    mean = (chances * torch.from_numpy(rewards).sum(0)).sum().item()
    assert mean == pytest.approx(exact.item(), abs=1e-5)
    batch = batch_of(walk, rewards, networks, 1.0, 1.0)
    assert 0.01 < batch.old_values.std() and chances.max() > 5 * chances.min()
    returns = torch.from_numpy(rewards[::-1].cumsum(0)[::-1].copy()).float().view(-1)
    by_logits = policy_part(name, batch, returns) * chances.repeat(STEPS)[:, None]
    passed = networks.forward(batch.observations)
    found = networks.backward(passed, by_logits, torch.zeros_like(returns)).double()
    assert wanted.abs().max() > 0.01
    assert torch.allclose(-found, wanted, atol=2e-6, rtol=1e-3)


# Whole updates beside Stable-Baselines3.


def their_layers(policy: Any) -> list[list[Any]]:
    extractor = policy.mlp_extractor
    actor = [extractor.policy_net[0], extractor.policy_net[2], policy.action_net]
    return [actor, [extractor.value_net[0], extractor.value_net[2], policy.value_net]]


def paired(networks: ActorCritic, policy: Any) -> list[tuple[Any, torch.Tensor, torch.Tensor]]:
    """Each of their linear layers with the weights and biases that it should have."""
    first, b1, second, b2, last, b3 = layers(networks.weights)
    ours = [(first.mT, b1.flatten(1)), (second.mT, b2.flatten(1)), (last, b3.flatten(1))]
    return [
        (layer, weight[network, : len(layer.weight)], bias[network, : len(layer.weight)])
        for network, chain in enumerate(their_layers(policy))
        for layer, (weight, bias) in zip(chain, ours, strict=True)
    ]


@pytest.mark.parametrize("name", ["a2c", "ppo"])
def test_a_whole_update_moves_the_weights_as_stable_baselines_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, count, epochs = (8, 4, 1) if name == "a2c" else (64, 4, 3)
    settings = parse_config(
        {"algorithm": name, "carts": count, "entropy_coef": 0.01, "seed": 3} | CATCH
    )
    assert isinstance(settings, A2CConfig | PPOConfig)
    practice = Practice(settings)
    learner = new_learner(3, "rmsprop" if name == "a2c" else "adam", practice.sizes)
    chute = FieldConfig.model_validate({"algorithm": "", "reward": "caught"} | CATCH)
    envs = make_vec_env(lambda: gymnasium_env(chute), count)
    shared: dict[str, Any] = {
        "n_steps": time, "ent_coef": 0.01, "learning_rate": 0.003, "device": "cpu"
    }  # fmt: skip
    their: Any = (
        A2C("MlpPolicy", envs, **shared)
        if name == "a2c"
        else PPO("MlpPolicy", envs, batch_size=64, n_epochs=epochs, **shared)
    )
    their.set_logger(Logger(None, []))
    their._current_progress_remaining = 1.0
    for layer, weight, bias in paired(learner.networks, their.policy):
        layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
    before = learner.networks.weights.clone()
    rollout, rewards = practice.roll(learner.networks, time)
    batch = batch_of(rollout, rewards, learner.networks, 0.99, settings.gae_lambda)
    buffer = their.rollout_buffer
    buffer.observations = batch.observations.view(time, count, INPUTS).numpy().copy()
    buffer.actions = batch.taken.float().view(time, count, 1).numpy().copy()
    for column, values in {
        "values": batch.old_values,
        "log_probs": batch.old_log_probs,
        "advantages": batch.advantages,
        "returns": batch.returns,
    }.items():
        setattr(buffer, column, values.view(time, count).numpy().copy())
    buffer.full = True
    orders = [np.random.default_rng(epoch).permutation(time * count) for epoch in range(epochs)]
    if isinstance(settings, PPOConfig):
        # Theirs lays steps out place after place; both shall take the same ones in the same order.
        ours, theirs = iter(orders), iter([o % count * time + o // count for o in orders])
        monkeypatch.setattr(np.random, "permutation", lambda count: next(theirs))
        learner.order = type("Order", (), {"permutation": lambda self, count: next(ours)})()  # type: ignore[assignment]
        settings = settings.model_copy(update={"minibatch_size": 64, "batch_epochs": epochs})
        ppo.learn(learner, batch, settings, rate=0.003, kl_coef=0.0)
    else:
        a2c.learn(learner, batch, settings, rate=0.003)
    their.train()
    assert (learner.networks.weights - before).abs().max() > 0.003
    for layer, weight, bias in paired(learner.networks, their.policy):
        assert torch.allclose(layer.weight, weight, atol=2e-5)
        assert torch.allclose(layer.bias, bias, atol=2e-5)


# What a config may say.


@pytest.mark.parametrize("name", ["dqn", "reinforce", "a2c", "ppo"])
def test_every_field_is_open_to_every_learner_of_fields(name: str) -> None:
    fields = {config.model_fields["world"].default for config in FIELDS}
    assert set(worlds_of(ALGORITHMS[name])) == fields


@pytest.mark.parametrize("name", ["reinforce", "a2c", "ppo"])
def test_a_config_that_names_no_world_is_of_the_cart_as_it_always_was(name: str) -> None:
    old = parse_config({"algorithm": name, "world": {"step_limit": 200}})
    new = parse_config({"algorithm": name, "world": {"world": "cart", "step_limit": 200}})
    assert content_address(old) == content_address(new) and old.reward == "upright"
    assert parse_config({"algorithm": name}).world == CartConfig()
    assert parse_config({"algorithm": name} | CATCH).reward == "caught - dropped"


# The gradients written out, where there are four actions.


def made_up(seed: int = 0, count: int = 120) -> tuple[Used, Batch]:
    """Steps that have moved far enough to be clipped on every side: double precision."""
    rng = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=rng, dtype=torch.float64)

    old_logits, taken = drawn(count, 4), torch.arange(count) % 4
    old_log_probs = Categorical(logits=old_logits).log_prob(taken)
    columns = drawn(count), drawn(count), drawn(count)
    batch = Batch(drawn(count, 9), taken, old_logits, old_log_probs, *columns)
    logits = (old_logits + 0.5 * drawn(count, 4)).requires_grad_()
    values = (batch.old_values + drawn(count)).requires_grad_()
    return Used(logits, values, batch.advantages, drawn(count)), batch


@pytest.mark.parametrize(
    ("surrogate", "kl_coef"), [("clip", 0.0), ("none", 0.0), ("kl_penalty", 0.7)]
)
def test_ppos_gradient_is_that_of_its_loss(surrogate: str, kl_coef: float) -> None:
    used, batch = made_up()
    settings = PPOConfig.model_validate({"surrogate": surrogate, "entropy_coef": 0.05})
    parts = ppo.step_losses(used, batch, settings, kl_coef)
    policy, old = Categorical(logits=used.logits), Categorical(logits=batch.old_logits)
    assert torch.allclose(parts["log_prob"], policy.log_prob(batch.taken))
    assert torch.allclose(parts["entropy"], policy.entropy())
    if kl_coef:
        assert torch.allclose(parts["kl"], kl_divergence(old, policy))
    wanted = torch.autograd.grad(parts["step_loss"].mean(), (used.logits, used.values))
    plain = Used(*(column.detach() for column in used))
    found = ppo.loss_gradients(plain, batch, settings, kl_coef)
    assert all(map(torch.allclose, found, wanted))


def test_a2cs_and_reinforces_gradients_are_those_of_their_losses() -> None:
    used, batch = made_up(1)
    logits, values, chance = used.logits, used.values, 0.05
    moving = batch._replace(
        old_logits=logits,
        old_values=values,
        old_log_probs=Categorical(logits=logits).log_prob(batch.taken),
    )
    settings = A2CConfig.model_validate({"entropy_coef": chance})
    loss = a2c.step_losses(moving, settings)["step_loss"].mean()
    wanted = torch.autograd.grad(loss, (logits, values))
    still = Batch(*(column.detach() for column in moving))
    assert all(map(torch.allclose, a2c.loss_gradients(still, settings), wanted))

    of_steps = logits, batch.taken, batch.advantages, chance
    loss = reinforce.step_losses(*of_steps)["step_loss"].sum()
    (by_logits,) = torch.autograd.grad(loss, logits)
    found = reinforce.loss_gradient(logits.detach(), *of_steps[1:])
    assert torch.allclose(found, by_logits)


# Learning.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ppo", {"updates": 20, "minibatch_size": 256}),
        ("a2c", {"updates": 50, "entropy_coef": 0.02}),
        ("reinforce", {"updates": 120, "carts": 16, "entropy_coef": 0.02}),
    ],
)
def test_the_pill_is_caught_on_every_seed(name: str, settings: dict[str, Any]) -> None:
    """The mean over five updates: of the policy that still tries things."""

    def is_caught(course: Course) -> bool:
        return late(course, M.CAUGHT) >= 0.95

    missed = []
    for seed in range(10):
        config = parse_config({"algorithm": name, "seed": seed} | CATCH | settings)
        course = followed(config, is_caught)
        assert course[0][M.CAUGHT] < 0.5
        missed += [] if is_caught(course) else [seed]
    assert not missed


@pytest.mark.slow
def test_chance_leads_across_where_a_policy_without_it_never_gets() -> None:
    """On one seed of ten PPO without an entropy bonus stays where no trolley hits it: seed 1."""
    chosen: dict[str, Any] = {"algorithm": "ppo", "world": {"world": "trolleys"}, "seed": 1}

    def returned(**settings: Any) -> float:
        events = train(parse_config(chosen | settings))
        updates = [event for event in events if isinstance(event, UpdateCompleted)]
        return float(np.mean([event.metrics[M.TRUE_RETURN] for event in updates[-5:]]))

    assert returned() > 0.8
    assert returned(entropy_coef=0.0) < 0.5
