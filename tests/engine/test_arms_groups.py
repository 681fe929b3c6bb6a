"""Games that share their drafts are compared as GRPO compares replies; the numbers of a letter."""

import numpy as np
import pytest
import torch

from engine.advantages import centred_in_groups
from engine.algorithms import rlft
from engine.algorithms.rlft import advantages_of, choices_of, surplus_of
from engine.arms.played import Played
from engine.arms.practice import play
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.scenes import ArmsScene
from engine.train import train

RETURNS = np.random.default_rng(5).normal(size=(4, 12))


def config_of(**settings: object) -> rlft.RlftConfig:
    config = parse_config({"algorithm": "rlft", **settings})
    assert isinstance(config, rlft.RlftConfig)
    return config


def test_in_groups_the_surplus_is_that_of_grpo() -> None:
    for row, surplus in zip(RETURNS, surplus_of(RETURNS, 3), strict=True):
        expected = centred_in_groups(torch.from_numpy(row).view(4, 3))
        assert surplus == pytest.approx(expected.numpy().ravel())


def test_one_group_of_all_games_is_no_groups_at_all() -> None:
    assert (advantages_of(RETURNS, 12) == advantages_of(RETURNS)).all()
    assert (advantages_of(RETURNS, 100) == advantages_of(RETURNS)).all()


def test_good_drafts_are_no_merit_of_what_was_chosen_among_them() -> None:
    luckier = RETURNS + np.repeat([0.0, 5.0, 0.0, -2.0], 3)
    assert surplus_of(luckier, 3) == pytest.approx(surplus_of(RETURNS, 3))
    assert surplus_of(RETURNS, 5)[:, 10:].sum(axis=1) == pytest.approx(0)  # two are left over


def test_a_game_without_another_of_its_group_teaches_nothing() -> None:
    ahead = advantages_of(RETURNS[:, :9], 8)
    assert not ahead[:, 8].any() and ahead[:, :8].any()
    assert not advantages_of(RETURNS[:, :1]).any()


def test_games_of_a_group_share_their_drafts_and_nothing_else() -> None:
    lucks = tuple(np.random.default_rng(seed) for seed in range(3))
    played = play(
        lambda looks, named: np.full(named.shape, 0.1), config_of(games=8, same_drafts=3), lucks
    )
    worths = played.worths
    assert (worths[:3] == worths[0]).all() and (worths[6:] == worths[6]).all()
    assert (worths[0] != worths[3]).all() and (worths[3] != worths[6]).all()
    assert (played.scores[:, 0] != played.scores[:, 1]).any()


def test_a_run_compares_games_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def noted(played: Played, rewards: np.ndarray, same: int) -> rlft.Choices:
        seen.append(same)
        return choices_of(played, rewards, same)

    monkeypatch.setattr(rlft, "choices_of", noted)
    list(train(config_of(updates=2, games=8, same_drafts=4)))
    assert seen == [4, 4]


def numbers(**settings: object) -> list[dict[str, tuple[float, ...]]]:
    events = list(train(config_of(updates=2, games=8, **settings)))
    scenes = [event.scene for event in events if isinstance(event, UpdateCompleted)]
    return [scene.numbers for scene in scenes if isinstance(scene, ArmsScene)]


def test_the_numbers_are_of_letters_that_pip_chose() -> None:
    world = {"world": "arms", "arms": 5, "pulls": 9}
    for found in numbers(world=world, start="all"):
        assert found["step"] == (6, 7, 8, 9)
        assert set(found["weight"]) == {0.03125}  # 4 letters in 8 games
        assert set(found["ratio"]) == {1.0}  # with one pass
        later = zip(found["return"], found["reward"][:-1], found["return"][1:], strict=False)
        assert all(one == pytest.approx(pay + rest, abs=1e-3) for one, pay, rest in later)
    assert numbers(world=world, passes=2, learning_rate=0.5)[0]["ratio"] != (1.0,) * 9


def test_numbers_compare_a_game_with_its_group() -> None:
    world = {"world": "arms", "arms": 5, "pulls": 9}
    grouped, whole = (numbers(world=world, same_drafts=same)[0] for same in (4, 1))
    assert grouped["mean_return"] != whole["mean_return"]
    ahead = zip(grouped["return"], grouped["mean_return"], grouped["spread"], strict=True)
    by_hand = [(one - mean) / spread for one, mean, spread in ahead]
    assert grouped["advantage"] == pytest.approx(by_hand, abs=1e-3)


def test_where_pip_chooses_nothing_there_is_nothing_to_open() -> None:
    world = {"world": "arms", "arms": 5, "pulls": 5}
    assert numbers(world=world, start="all") == [{}, {}]
