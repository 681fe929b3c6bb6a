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
from engine.gymnasium_worlds import (
    GymnasiumMissing,
    gymnasium_corridor,
    gymnasium_env,
    gymnasium_vector_env,
)
from engine.tabular.practice import TabularConfig

WORLDS = ("trolleys", "catch", "cart", "cleaner", "board", "trading", "shuttle")


def config_of(world: str, seed: int = 0, **settings: Any) -> DQNConfig:
    config = parse_config({"algorithm": "dqn", "seed": seed, "world": {"world": world, **settings}})
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


class Recorded:
    """The passages of a field, kept as they come."""

    def __init__(self, field: Any) -> None:
        self._field, self._step = field, field.step
        self.passages: list[Any] = []
        field.step = self

    def __call__(self, actions: np.ndarray) -> Any:
        self.passages.append(self._step(actions))
        return self.passages[-1]


def test_what_is_seen_last_is_that_of_the_episode_that_is_over() -> None:
    """The bar before and behind a step of the cart is never far; a new episode leaps."""
    env = gymnasium_vector_env(config_of("cart", seed=4), 6)
    seen, _ = env.reset()
    env.action_space.seed(0)
    kept, finals = Recorded(env._paid.field), 0
    for _ in range(200):
        before = seen
        seen, _, ends, is_cut, info = env.step(env.action_space.sample())
        for place in np.flatnonzero(ends | is_cut):
            final = info["final_obs"][place]
            assert np.array_equal(final, kept.passages[-1].after[place])
            assert final[[0, 2]] == pytest.approx(
                before[place, [0, 2]] + 0.02 * before[place, [1, 3]]
            )
            assert not np.array_equal(final, seen[place])
            finals += 1
    assert finals > 20


@pytest.mark.parametrize("count", [0, 1])
def test_a_trip_whose_steps_are_used_up_is_cut_off_and_has_not_ended(count: int) -> None:
    config = config_of("trolleys", step_limit=20)
    env = gymnasium_vector_env(config, 1) if count else gymnasium_env(config)
    waits = np.array([4]) if count else 4
    env.reset(seed=1)
    told = [tuple(bool(np.all(one)) for one in env.step(waits)[2:4]) for _ in range(20)]
    assert told == [(False, False)] * 19 + [(False, True)]


# The corridor, whose observations are the numbers of its cells.


def corridor(world: dict[str, Any], **changes: Any) -> Any:
    config = parse_config(
        {"algorithm": "q_learning", "world": {"world": "corridor", **world}, **changes}
    )
    assert isinstance(config, TabularConfig)
    return gymnasium_corridor(config)


@pytest.mark.parametrize(
    "world", [{}, {"map": "cliff"}, {"map": "ring8"}, {"drawn": "S.P/.#C/..G"}]
)
def test_gymnasiums_own_checker_finds_nothing_in_a_corridor(world: dict[str, Any]) -> None:
    check_env(corridor(world), skip_render_check=True)


def test_a_corridor_pays_ends_and_cuts_off_as_its_map_says() -> None:
    env = corridor(
        {"drawn": "S.P/.#C/..G", "step_limit": 10}, reward="10*delivered + on_pad - spill"
    )
    assert env.reset(seed=0) == (0, {})
    up, down, left, right = range(4)
    said = [env.step(action)[:4] for action in (right, right, down, up, down, down, right, right)]
    cells = [(1, 0), (2, 1), (0, -1), (0, 0), (3, 0), (6, 0), (7, 0)]
    assert said == [(*one, False, False) for one in cells] + [(8, 10, True, False)]
    env.reset()
    told = [env.step(left) for _ in range(10)]
    assert [one[2:4] for one in told] == [(False, False)] * 9 + [(False, True)]
    assert told[0][4]["bump"] == 1 and told[0][4]["true"] == pytest.approx(-0.002)
    env.reset()
    assert not env.step(right)[3]


def test_slips_of_a_corridor_go_everywhere_alike() -> None:
    env = corridor({"drawn": "#.#/.S./#.#", "slip": 0.4})
    env.reset(seed=3)
    counts = np.zeros(9)
    for _ in range(4000):
        counts[env.step(3)[0]] += 1
        env.reset()
    assert counts[[1, 3, 5, 7]] / 4000 == pytest.approx([0.1, 0.1, 0.7, 0.1], abs=0.025)


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
