"""REINFORCE: its gradient on every batch there could be, and its numbers by hand."""

import math
from itertools import product
from typing import Any, NamedTuple, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.algorithms.reinforce import (
    ALGORITHM,
    Episodes,
    ReinforceConfig,
    baselines_of,
    episodes_of,
    learn,
    loss_gradient,
    returns_of,
    step_losses,
    teach_critic,
)
from engine.control.carts import Carts
from engine.control.gradient_noise import (
    MEMORY,
    MOST_HARM,
    Compared,
    Noise,
    gradient_variance,
    luck_share,
    noise_metrics,
)
from engine.control.learner import new_learner
from engine.control.practice import Practice
from engine.events import RunFinished, UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import CartScene
from engine.train import train
from engine.worlds.cart import CartConfig


def config(**settings: Any) -> ReinforceConfig:
    return ReinforceConfig.model_validate(settings)


# A decision process so small that every batch can be counted: at most three steps; a push to the
# left from the first or second state ends it, whatever else was to come.

STATES = 3
THETA = np.array([0.4, -0.3, 0.8])  # log-odds of right in each state
PAID = {(0, 1): 9.0, (0, -1): 10.0, (1, 1): 2.0, (1, -1): 5.0, (2, 1): 7.0, (2, -1): -3.0}
CRITIC = np.array([12.0, 5.0, 1.0])


class Path(NamedTuple):
    pushes: tuple[int, ...]
    chance: float

    @property
    def rewards(self) -> list[float]:
        return [PAID[state, push] for state, push in enumerate(self.pushes)]


def paths(theta: np.ndarray) -> list[Path]:
    right = 1 / (1 + np.exp(-theta))
    found = []
    for pushes in ((-1,), (1, -1), (1, 1, 1), (1, 1, -1)):
        chances = [right[s] if push > 0 else 1 - right[s] for s, push in enumerate(pushes)]
        found.append(Path(pushes, float(np.prod(chances))))
    return found


def worth(theta: np.ndarray, gamma: float) -> float:
    """The expected return, for gamma 1; exact."""
    assert gamma == 1
    return sum(path.chance * sum(path.rewards) for path in paths(theta))


def exact_gradient() -> np.ndarray:
    """By finite differences of the exact worth."""
    nudges = np.eye(STATES) * 1e-5
    return np.array([(worth(THETA + n, 1) - worth(THETA - n, 1)) / 2e-5 for n in nudges])


def estimate(batch: list[Path], baseline: str, gamma: float = 1.0) -> np.ndarray:
    """What the algorithm's own functions make of a batch: the gradient it climbs, by theta."""
    lengths = np.array([len(path.pushes) for path in batch])
    rewards = np.concatenate([path.rewards for path in batch])
    states = np.concatenate([np.arange(length) for length in lengths])
    pushes = torch.tensor([push for path in batch for push in path.pushes], dtype=torch.float64)
    returns = returns_of(rewards, lengths, gamma)
    laid = np.concatenate([returns[:length, i] for i, length in enumerate(lengths)])
    advantages = torch.from_numpy(laid - baselines_of(returns, lengths, baseline, CRITIC[states]))
    log_odds = torch.from_numpy(THETA[states])
    by_log_odds = loss_gradient(log_odds, pushes, advantages, 0.0).numpy() / len(batch)
    return -np.bincount(states, by_log_odds, STATES)


def over_all_batches(baseline: str, size: int = 3) -> tuple[np.ndarray, float]:
    """Mean and summed variance of the estimate over every batch of so many episodes."""
    mean, square = np.zeros(STATES), 0.0
    for batch in product(paths(THETA), repeat=size):
        chance = math.prod(path.chance for path in batch)
        found = estimate(list(batch), baseline)
        mean += chance * found
        square += chance * float(found @ found)
    return mean, square - float(mean @ mean)


def test_the_paths_are_all_there_are() -> None:
    assert sum(path.chance for path in paths(THETA)) == pytest.approx(1)


@pytest.mark.parametrize("baseline", ["none", "leave_one_out", "critic"])
def test_over_every_batch_there_could_be_the_gradient_is_the_exact_one(baseline: str) -> None:
    mean, _ = over_all_batches(baseline)
    assert mean == pytest.approx(exact_gradient(), abs=1e-8)


def test_a_baseline_takes_variance_off() -> None:
    variance = {b: over_all_batches(b)[1] for b in ("none", "mean", "leave_one_out", "critic")}
    assert variance["leave_one_out"] < 0.5 * variance["none"]
    assert variance["critic"] < 0.5 * variance["none"]
    assert variance["mean"] < variance["none"]


def test_a_mean_of_which_a_return_is_a_part_takes_a_share_off_episodes_of_one_step() -> None:
    """Exactly 1 / episodes of the gradient."""
    right = 1 / (1 + math.exp(-THETA[0]))
    single = [Path((-1,), 1 - right), Path((1,), right)]
    found = {baseline: np.zeros(STATES) for baseline in ("none", "mean", "leave_one_out")}
    for batch in product(single, repeat=4):
        for baseline in found:
            chance = math.prod(path.chance for path in batch)
            found[baseline] += chance * estimate(list(batch), baseline)
    assert found["mean"] == pytest.approx(found["none"] * 3 / 4)
    assert found["leave_one_out"] == pytest.approx(found["none"])
    assert found["none"][0] != 0


def test_over_longer_episodes_a_mean_is_biased_by_no_such_share() -> None:
    """On the chain above it takes one coordinate down and others up."""
    mean, _ = over_all_batches("mean", size=3)
    share = mean / exact_gradient()
    assert share.min() < 0.9 < 1.05 < share.max()
    assert (np.abs(share - 2 / 3) > 0.1).all()


@pytest.mark.parametrize("baseline", ["none", "leave_one_out", "critic"])
def test_sampled_gradients_lie_about_the_exact_one(baseline: str) -> None:
    """A hundred thousand episodes, in batches of four; equal batches are computed once."""
    rng = np.random.default_rng(7)
    every = paths(THETA)
    drawn = rng.choice(len(every), size=(25_000, 4), p=[path.chance for path in every])
    kinds, counts = np.unique(drawn, axis=0, return_counts=True)
    found = np.array([estimate([every[i] for i in kind], baseline) for kind in kinds])
    mean = counts @ found / counts.sum()
    deviation = np.sqrt(counts @ (found - mean) ** 2 / counts.sum() ** 2)
    assert (np.abs(mean - exact_gradient()) < 4 * deviation).all()


# By hand, and against automatic differentiation.


def test_returns_and_baselines_by_hand() -> None:
    lengths = np.array([3, 1, 2])
    rewards = np.array([1.0, 2, 4, 10, 3, 8])
    returns = returns_of(rewards, lengths, 0.5)
    assert returns.T.tolist() == [[3, 4, 4], [10, 0, 0], [7, 8, 0]]
    none = np.empty(0)
    assert baselines_of(returns, lengths, "none", none).tolist() == [0] * 6
    assert baselines_of(returns, lengths, "mean", none).tolist() == [6] * 6
    others = baselines_of(returns, lengths, "leave_one_out", none)
    assert others.tolist() == [8.5, 4, 0, 5, 6.5, 2]
    guessed = np.arange(6.0)
    assert baselines_of(returns, lengths, "critic", guessed) is guessed


def test_equal_returns_leave_exactly_nothing() -> None:
    lengths = np.array([5, 5, 5, 5, 5, 5, 5])
    returns = returns_of(np.full(35, -3.3), lengths, 0.97)
    others = baselines_of(returns, lengths, "leave_one_out", np.empty(0))
    assert np.array_equal(others, returns.T.ravel())


@pytest.mark.parametrize("entropy_coef", [0.0, 0.3])
def test_the_gradient_written_out_is_that_of_the_loss(entropy_coef: float) -> None:
    rng = torch.Generator().manual_seed(2)
    log_odds, pushes, advantages = torch.randn(3, 50, generator=rng, dtype=torch.float64)
    log_odds.requires_grad_()
    pushes = pushes.sign()
    loss = step_losses(log_odds, pushes, advantages, entropy_coef)["step_loss"].sum()
    (wanted,) = torch.autograd.grad(loss, log_odds)
    found = loss_gradient(log_odds.detach(), pushes, advantages, entropy_coef)
    assert torch.allclose(found, wanted, atol=1e-14)


def test_variance_and_share_of_luck_by_hand() -> None:
    gradients = torch.tensor([[1.0, 0], [3, 0], [2, 3]])
    assert gradient_variance(gradients) == pytest.approx((2 + 6) / 2)
    assert luck_share(gradients) == pytest.approx((4 / 3) / 5)
    assert luck_share(torch.tensor([[1.0], [-1.0]])) == 1
    assert luck_share(torch.zeros(3, 2)) == 0


def test_the_variance_of_a_gradient_is_estimated_without_bias() -> None:
    """Over every batch of three there could be, the estimate is the exact variance."""
    one_of = {path: torch.from_numpy(estimate([path], "none")) for path in paths(THETA)}
    mean = sum(path.chance * g for path, g in one_of.items())
    exact = sum(path.chance * float((g - mean).square().sum()) for path, g in one_of.items())
    found = sum(
        math.prod(path.chance for path in batch)
        * gradient_variance(torch.stack([one_of[path] for path in batch]))
        for batch in product(one_of, repeat=3)
    )
    assert found == pytest.approx(exact)


def made(**settings: Any) -> tuple[ReinforceConfig, Any, Any, Episodes]:
    chosen = config(**{"carts": 4, "seed": 5, "world": {"step_limit": 60}} | settings)
    learner, critic = new_learner(3), new_learner(3)
    drive = Carts(cast(CartConfig, chosen.world), chosen.carts, chosen.seed).drive_episodes(
        learner.networks
    )
    return chosen, learner, critic, episodes_of(drive, 1.0 - drive.steps.ends, critic, chosen)


def test_the_gradients_of_episodes_are_those_of_differentiation() -> None:
    _, learner, _, episodes = made()
    passed = learner.networks.forward(episodes.observations)
    ends = np.cumsum(episodes.lengths)
    groups = [slice(end - n, end) for end, n in zip(ends, episodes.lengths, strict=True)]
    by_log_odds = loss_gradient(passed.logits, episodes.taken, episodes.advantages, 0.0)
    found = learner.networks.actor_gradients(passed, by_log_odds, groups)
    both = learner.networks.backward(passed, by_log_odds, torch.zeros_like(by_log_odds))
    assert found.sum(0).square().sum().item() == pytest.approx(both.square().sum().item(), rel=1e-4)
    alone = torch.zeros_like(by_log_odds)
    alone[groups[1]] = by_log_odds[groups[1]]
    wanted = learner.networks.backward(passed, alone, torch.zeros_like(alone))
    assert found[1].square().sum().item() == pytest.approx(wanted.square().sum().item(), rel=1e-4)


def test_noise_is_measured_against_the_same_steps_without_a_baseline() -> None:
    _, learner, _, episodes = made()
    passed = learner.networks.forward(episodes.observations)
    ends = np.cumsum(episodes.lengths)
    groups = [slice(end - n, end) for end, n in zip(ends, episodes.lengths, strict=True)]

    def ratio(advantages: torch.Tensor) -> float:
        noise = noise_metrics(
            learner.networks, passed, episodes.taken, advantages, episodes.returns, groups
        )
        return noise.variance / noise.without

    assert ratio(episodes.returns) == 1
    assert ratio(episodes.returns / 2) == pytest.approx(0.25)
    assert ratio(episodes.returns * 0) == 0


def test_the_ratio_of_a_run_is_that_of_two_fading_sums() -> None:
    compared = Compared()
    assert compared.add(Noise(2.0, 4.0, 0.5)) == 0.5
    second = compared.add(Noise(3.0, 10.0, 0.5))
    assert second == pytest.approx((MEMORY * 2 + 3) / (MEMORY * 4 + 10))
    assert compared.add(Noise(0.0, 90.0, 0.0)) == second  # all alike: nothing was compared


def test_a_policy_that_hardly_varies_any_more_does_not_blow_the_ratio_up() -> None:
    compared = Compared()
    for _ in range(20):
        compared.add(Noise(30.0, 100.0, 0.5))
    late = [compared.add(Noise(1e-6, 1e-12, 0.5)) for _ in range(60)]
    assert late == pytest.approx([0.3] * 60, rel=1e-3)


def test_what_is_compared_with_nothing_stands_at_one_and_harm_has_a_bound() -> None:
    without, harmed = Compared(), Compared()
    assert [without.add(Noise(v, v, 0.5)) for v in (3e5, 0.1, 1e-30)] == [1, 1, 1]
    assert Compared().add(Noise(0.0, 0.0, 0.0)) == 1
    assert [harmed.add(Noise(2.0, v, 0.5)) for v in (0.0, 1e-3)] == [MOST_HARM, MOST_HARM]


# Whole episodes of carts.


def test_a_drive_of_episodes_is_one_whole_episode_of_every_cart() -> None:
    chosen = config(carts=5, world={"step_limit": 50, "gust": 15}, seed=2)
    networks = new_learner(0).networks
    carts = Carts(cast(CartConfig, chosen.world), 5, 2)
    for _ in range(2):
        drive = carts.drive_episodes(networks)
        before, after = drive.steps.before[:, :, 0], drive.steps.after[:, :, 0]
        ends = np.flatnonzero(drive.is_last[:, 0])
        assert len(ends) == 5 and ends[-1] == before.shape[1] - 1
        begins = np.concatenate(([0], ends[:-1] + 1))
        assert (np.abs(before[:, begins]) <= 0.05).all()
        assert (drive.steps.last_push[begins] == 0).all()
        inner = np.setdiff1d(np.arange(before.shape[1]), begins)
        assert np.array_equal(before[:, inner], after[:, inner - 1])
        assert np.array_equal(drive.steps.last_push[inner], drive.steps.push[inner - 1])
        lengths = np.diff(ends, prepend=-1)
        assert (lengths <= 50).all()
        assert (drive.is_cut[ends, 0] == ((lengths == 50) & ~drive.steps.ends[ends, 0])).all()


def test_an_update_shows_the_first_steps_of_the_first_cart() -> None:
    settings = config(updates=1, carts=3, reward="upright - 0.5*switched", seed=4)
    practice, learner = Practice(settings, columns=1), new_learner(4)
    drive, rewards = practice.roll_episodes(learner.networks)
    (event,) = [e for e in train(settings) if isinstance(e, UpdateCompleted)]
    assert isinstance(event.scene, CartScene)
    numbers = event.scene.numbers
    of_carts = {quantity.name for quantity in ALGORITHM.quantities} - {"action"}
    assert set(numbers) == of_carts
    assert numbers["push"] == tuple(drive.taken[:32, 0])
    assert numbers["reward"] == pytest.approx(rewards[:32, 0], rel=1e-4)
    length = int(np.flatnonzero(drive.is_last)[0]) + 1
    assert event.scene.steps == length
    assert event.metrics[M.LENGTH] == pytest.approx(len(rewards) / 3, rel=1e-4)
    assert event.metrics[M.FELL] == 1
    assert event.work == len(rewards)


# One update.


def test_an_update_is_one_step_of_adam_down_the_mean_over_episodes() -> None:
    chosen, learner, critic, episodes = made(baseline="none", entropy_coef=0.1)
    networks = learner.networks
    passed = networks.forward(episodes.observations)
    loss_by = loss_gradient(passed.logits, episodes.taken, episodes.returns, 0.1) / 4
    gradient = networks.backward(passed, loss_by, torch.zeros_like(loss_by))
    copy = networks.weights.clone().requires_grad_()
    optimizer = torch.optim.Adam([copy], lr=0.01, eps=1e-5)
    copy.grad = gradient
    optimizer.step()
    lesson = learn(learner, critic, episodes, chosen, 0.01, Compared())
    assert torch.allclose(networks.weights, copy, atol=1e-6)
    assert lesson.metrics[M.GRAD_NORM] == pytest.approx(gradient.norm().item(), rel=1e-5)
    assert lesson.metrics[M.GRADIENT_VARIANCE] == 1
    assert torch.equal(critic.networks.weights, new_learner(3).networks.weights)


def test_the_critic_comes_nearer_to_the_returns_and_leaves_the_policy_alone() -> None:
    chosen, learner, critic, episodes = made(baseline="critic", critic_steps=20)

    def error() -> float:
        values = critic.networks.forward(episodes.observations).values
        return float((values - episodes.returns).square().mean())

    before = error()
    old = learner.networks.weights.clone()
    teach_critic(critic, episodes, chosen, 0.01)
    assert error() < 0.5 * before
    assert torch.equal(learner.networks.weights, old)


def test_an_update_teaches_its_critic_and_that_of_no_other_baseline() -> None:
    for baseline in ("critic", "leave_one_out"):
        chosen, learner, critic, episodes = made(baseline=baseline, critic_steps=3)
        old = critic.networks.weights.clone()
        other = new_learner(3)
        teach_critic(other, episodes, chosen, 0.01)
        learn(learner, critic, episodes, chosen, 0.01, Compared())
        wanted = other.networks.weights if baseline == "critic" else old
        assert torch.equal(critic.networks.weights, wanted)
        assert not torch.equal(other.networks.weights, old)


def test_the_numbers_of_a_step_lead_to_its_loss() -> None:
    chosen, learner, critic, episodes = made(baseline="leave_one_out", entropy_coef=0.05)
    numbers = learn(learner, critic, episodes, chosen, 0.01, Compared()).numbers
    assert torch.allclose(numbers["advantage"], numbers["return"] - numbers["value"])
    whole = -numbers["log_prob"] * numbers["advantage"] - 0.05 * numbers["entropy"]
    assert torch.allclose(whole, numbers["step_loss"])
    assert torch.allclose(
        numbers["log_prob"], F.logsigmoid(episodes.taken * odds(made()[1], episodes))
    )
    assert numbers["weight"].unique().tolist() == [0.25]


def odds(learner: Any, episodes: Episodes) -> torch.Tensor:
    return learner.networks.forward(episodes.observations).logits


def test_nothing_paid_ends_without_a_signal_and_teaches_nothing() -> None:
    *_, before, last = train(config(updates=3, carts=2, reward="0", baseline="none"))
    assert isinstance(last, RunFinished) and last.ending == "no_signal"
    assert isinstance(before, UpdateCompleted) and before.metrics[M.STEP_KL] == 0
