"""Fields in Gymnasium: its own checker, CartPole beside the cart, and SB3 on the trolleys."""

import builtins
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import DQN

from engine.algorithms.dqn import DQNConfig
from engine.config import parse_config
from engine.gymnasium_worlds import GymnasiumMissing, gymnasium_env, gymnasium_vector_env

WORLDS = ("trolleys", "catch", "cart")


def config_of(world: str, **changes: Any) -> DQNConfig:
    config = parse_config({"algorithm": "dqn", "world": {"world": world}, **changes})
    assert isinstance(config, DQNConfig)
    return config


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.filterwarnings("ignore:.*Box observation space")
def test_gymnasiums_own_checker_finds_nothing(world: str) -> None:
    check_env(gymnasium_env(config_of(world)), skip_render_check=True)


def test_the_cart_is_cartpole_step_by_step() -> None:
    ours, theirs = gymnasium_env(config_of("cart")), gymnasium.make("CartPole-v1")
    bare = theirs.unwrapped
    assert isinstance(bare, CartPoleEnv)
    rng, ends = np.random.default_rng(0), 0
    for episode in range(30):
        first, _ = ours.reset(seed=episode)
        theirs.reset(seed=episode)
        begun = ours._paid.field._state[:, 0].copy()
        bare.state = begun
        assert first == pytest.approx(begun.astype(np.float32))
        is_over = False
        while not is_over:
            action = int(rng.integers(2))
            seen, paid, is_over, is_cut, _ = ours.step(action)
            expected, _, fell, _, _ = theirs.step(action)
            assert np.array_equal(seen, expected)
            assert (is_over, is_cut) == (fell, False)
            assert paid == (0.0 if fell else 1.0)  # the cart is paid for standing after the step
            ends += is_over
    assert ends == 30


@pytest.mark.parametrize("world", WORLDS)
def test_many_side_by_side_see_what_the_field_shows(world: str) -> None:
    env = gymnasium_vector_env(config_of(world, seed=4), 6)
    seen, _ = env.reset()
    assert env.observation_space.contains(seen)
    env.action_space.seed(0)
    finals = 0
    for _ in range(120):
        seen, paid, ends, is_cut, info = env.step(env.action_space.sample())
        assert env.observation_space.contains(seen)
        assert paid.shape == ends.shape == is_cut.shape == (6,)
        assert ("final_obs" in info) == bool((ends | is_cut).any())
        if "final_obs" in info:
            finals += int(info["_final_obs"].sum())
            assert all(info["final_obs"][i] is not None for i in np.flatnonzero(ends | is_cut))
    assert finals > 0


def test_a_seed_decides_an_episode() -> None:
    first, second = gymnasium_env(config_of("trolleys")), gymnasium_env(config_of("trolleys"))
    for _ in range(3):
        a, b = first.reset(seed=5)[0], second.reset(seed=5)[0]
        assert np.array_equal(a, b)
        for action in (4, 4, 3, 3, 4):
            assert np.array_equal(first.step(action)[0], second.step(action)[0])


def test_stable_baselines_learns_on_it() -> None:
    model = DQN("MlpPolicy", gymnasium_env(config_of("catch")), learning_starts=50, seed=0)
    model.learn(200)
    assert model.num_timesteps == 200


@pytest.mark.parametrize("make", [gymnasium_env, lambda config: gymnasium_vector_env(config, 2)])
def test_without_gymnasium_it_says_what_to_do(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("gymnasium"):
            raise ImportError(name)
        return usual(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(GymnasiumMissing, match="pip install gymnasium"):
        make(config_of("catch"))
