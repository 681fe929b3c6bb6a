"""The kiosk in Gymnasium: its own checker, the presses of a run, exact means; corridors in rows."""

from random import Random
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from engine.algorithms import ALGORITHMS
from engine.config import parse_config, worlds_of
from engine.control.field_practice import FieldConfig
from engine.gymnasium_kiosk import Kiosks, gymnasium_kiosk, gymnasium_vector_kiosk
from engine.gymnasium_worlds import (
    gymnasium_corridor,
    gymnasium_env,
    gymnasium_vector_corridor,
    gymnasium_vector_env,
)
from engine.lobby.clerks import visitor
from engine.lobby.practice import KioskRunConfig, Practice
from engine.reward_expression import RewardValueError, parse
from engine.tabular.practice import TabularConfig
from engine.worlds import WORLDS
from engine.worlds.kiosk import TERM_NAMES, expected, outcomes_of, pay_table, true_reward

REWARD = "settled - 0.1*wait + 0.3*smile"
# Their actions are words, and their learners language models.
SPEAKING = {"desk", "letters", "arms", "noughts", "drafts", "readers"}


def config_of(lobby: str = "usual", reward: str = REWARD, **settings: Any) -> KioskRunConfig:
    world = {"world": "kiosk", "lobby": lobby} | settings.pop("world", {})
    found = parse_config({"algorithm": "ucb", "world": world, "reward": reward, **settings})
    assert isinstance(found, KioskRunConfig)
    return found


@pytest.mark.parametrize("world", sorted(set(WORLDS) - SPEAKING))
def test_every_world_without_words_is_an_environment_alone_and_in_rows(world: str) -> None:
    learners = [one for one in ALGORITHMS.values() if world in worlds_of(one)]
    kinds = FieldConfig, TabularConfig, KioskRunConfig
    name = next(one.name for one in learners if issubclass(one.config, kinds))
    config = parse_config({"algorithm": name, "world": {"world": world}})
    if isinstance(config, FieldConfig):
        made = gymnasium_env(config), gymnasium_vector_env(config, 3)
    elif isinstance(config, TabularConfig):
        made = gymnasium_corridor(config), gymnasium_vector_corridor(config, 3)
    else:
        assert isinstance(config, KioskRunConfig)
        made = gymnasium_kiosk(config), gymnasium_vector_kiosk(config, 3)
    one, many = made
    assert one.observation_space.contains(one.reset(seed=1)[0])
    assert many.observation_space.contains(many.reset(seed=1)[0])
    assert np.array_equal(many.reset(seed=np.int64(1))[0], many.reset(seed=1)[0])
    for no_seed in ([1, 2, 3], -1, 1.5):
        with pytest.raises(ValueError, match="give one whole number from 0 on"):
            many.reset(seed=no_seed)
    last = int(one.action_space.n) - 1
    for wrong in (last + 1, -1, 0.5):
        with pytest.raises(ValueError, match=f"whole number from 0 to {last}"):
            one.step(wrong)
        with pytest.raises(ValueError, match=f"whole number from 0 to {last}"):
            many.step(np.array([0, wrong, 0]))
    with pytest.raises(ValueError, match="give each of 3 episodes"):
        many.step(np.array([0, 0]))
    one.step(np.int64(last))
    many.step(np.array([0, last, 0]))


@pytest.mark.parametrize("lobby", ["usual", "close", "night", "moved", "opened"])
def test_gymnasiums_own_checker_finds_nothing(lobby: str) -> None:
    check_env(gymnasium_kiosk(config_of(lobby)), skip_render_check=True)


def test_with_the_luck_of_a_run_every_press_pays_what_it_pays_there() -> None:
    config = config_of("moved", world={"change_after": 150})
    practice, kiosks = Practice(config), Kiosks(config, 1)
    luck, chooser = Random(f"what becomes of visitors {config.seed}"), Random(0)
    for _ in range(400):
        button = chooser.randrange(5)
        paid, _ = kiosks.press(np.array([button]), np.array([luck.random()]))
        assert paid.tolist() == [practice.press(button)]
    assert practice.stage == 1


@pytest.mark.parametrize("stage", [0, 1])
def test_buttons_pay_their_exact_means_before_the_change_and_after_it(stage: int) -> None:
    count, before = 40_000, 3
    env = gymnasium_vector_kiosk(config_of("moved", world={"change_after": before}), count)
    env.reset(seed=5)
    for _ in range(before * stage):
        env.step(np.zeros(count, dtype=np.int64))
    table = pay_table("moved", parse(REWARD, TERM_NAMES), stage)
    outcomes, chances = outcomes_of("moved", stage)
    worths = expected("moved", table, stage)
    actions = np.arange(count) % 5
    _, paid, _, _, info = env.step(actions)
    for button in range(5):
        mine = actions == button
        spread = np.sqrt((chances[button] * (table[button] - worths[button]) ** 2).sum())
        off = paid[mine].mean() - worths[button]
        assert abs(off) < 4.5 * spread / np.sqrt(mine.sum())
        assert info["regret"][mine] == pytest.approx(worths.max() - worths[button], abs=1e-12)
        wanted = expected("moved", true_reward(outcomes), stage)[button]
        assert info["true"][mine].mean() == pytest.approx(wanted, abs=0.03)
    again = info["settled"] - 0.1 * info["wait"] + 0.3 * info["smile"]
    assert paid == pytest.approx(again, abs=1e-12)


def test_visitors_are_those_of_the_lobby() -> None:
    count = 40_000
    seen, _ = gymnasium_vector_kiosk(config_of(), count).reset(seed=2)
    luck = Random(1)
    others = np.array([visitor(luck)[1:] for _ in range(count)])
    for column in range(2):
        values = np.unique(others[:, column])
        mine, theirs = ((one[:, column][:, None] == values).mean(axis=0) for one in (seen, others))
        assert np.abs(mine - theirs).max() < 4.5 * np.sqrt(0.5 / count)
    morning = (seen[:, 0] < 11).mean(), (others[:, 0] < 11).mean()
    old = (seen[seen[:, 0] < 11, 1].mean(), others[others[:, 0] < 11, 1].mean())
    assert morning[0] == pytest.approx(morning[1], abs=0.015)
    assert old[0] == pytest.approx(old[1], abs=0.5)


def test_an_episode_is_all_visitors_of_a_run_and_is_cut_off() -> None:
    env = gymnasium_kiosk(config_of(updates=2, world={"visitors": 5}))
    for _ in range(2):
        env.reset(seed=1)
        told = [env.step(2)[2:4] for _ in range(10)]
        assert told == [(False, False)] * 9 + [(False, True)]


def test_rows_begin_anew_together_and_tell_who_would_have_come() -> None:
    config = config_of("moved", updates=2, world={"visitors": 5, "change_after": 8}, seed=3)
    env = gymnasium_vector_kiosk(config, 4)
    env.reset()
    shut = np.full(4, 2)
    regrets = []
    for press in range(1, 21):
        seen, _, ends, is_cut, info = env.step(shut)
        assert not ends.any()
        assert is_cut.tolist() == [press % 10 == 0] * 4
        assert ("final_obs" in info) == (press % 10 == 0)
        if "final_obs" in info:
            final = np.stack(list(info["final_obs"]))
            assert env.observation_space.contains(final.astype(np.float32))
            assert not np.array_equal(final, seen)
        regrets.append(float(info["regret"][0]))
    assert [regret > 0.3 for regret in regrets] == ([False] * 8 + [True] * 2) * 2


def test_a_seed_decides_everything() -> None:
    env = gymnasium_vector_kiosk(config_of(seed=7), 50)

    def told(**seed: int) -> list[Any]:
        first, _ = env.reset(**seed)
        return [first.tolist(), *(env.step(np.arange(50) % 5)[1].tolist() for _ in range(3))]

    assert told(seed=7) == told() == told(seed=7) != told(seed=8)


@pytest.mark.parametrize(
    "make", [gymnasium_kiosk, lambda config: gymnasium_vector_kiosk(config, 2)]
)
def test_a_press_that_cannot_be_paid_is_said_at_once(make: Any) -> None:
    with pytest.raises(RewardValueError, match="One press pays 1e\\+12"):
        make(config_of(reward="1000000*settled*1000000"))


# Corridors side by side.


def corridor(world: dict[str, Any], **changes: Any) -> TabularConfig:
    config = parse_config(
        {"algorithm": "sarsa", "world": {"world": "corridor", **world}, **changes}
    )
    assert isinstance(config, TabularConfig)
    return config


def test_a_row_of_corridors_is_each_corridor_by_itself() -> None:
    config = corridor(
        {"drawn": "S.P/.#C/..G", "step_limit": 11, "slip": 0},
        reward="10*delivered + on_pad - spill",
    )
    many = gymnasium_vector_corridor(config, 5)
    alone = [gymnasium_corridor(config) for _ in range(5)]
    cells, _ = many.reset(seed=1)
    assert cells.tolist() == [env.reset()[0] for env in alone]
    rng, ends, cuts = np.random.default_rng(0), 0, 0
    for _ in range(300):
        actions = rng.integers(4, size=5)
        seen, paid, is_there, is_cut, info = many.step(actions)
        for place, env in enumerate(alone):
            cell, pay, there, cut, told = env.step(actions[place])
            assert (pay, there, cut) == (paid[place], is_there[place], is_cut[place])
            assert told == {name: info[name][place] for name in told}
            if there or cut:
                assert info["final_obs"][place] == cell
                cell = env.reset()[0]
                ends, cuts = ends + there, cuts + cut
            assert seen[place] == cell
    assert ends > 10 and cuts > 10


def test_slips_in_a_row_go_everywhere_alike() -> None:
    env = gymnasium_vector_corridor(corridor({"drawn": "#.#/.S./#.#", "slip": 0.4}), 8000)
    env.reset(seed=3)
    cells, *_ = env.step(np.full(8000, 3))
    shares = np.bincount(cells, minlength=9)[[1, 3, 5, 7]] / 8000
    assert shares == pytest.approx([0.1, 0.1, 0.7, 0.1], abs=0.02)
