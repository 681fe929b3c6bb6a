"""Walks: the cart as one is the cart, chance falls as often as it should, episodes are whole."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from engine.control.actor_critic import OF_A_CART, Sizes, new_actor_critic
from engine.control.cart_field import CartField
from engine.control.carts import Carts
from engine.control.catch_field import CatchField
from engine.control.cleaner_field import CleanerField
from engine.control.grounds import FieldGrounds
from engine.control.trading_field import TradingField
from engine.control.trolley_field import TrolleyField
from engine.control.walks import Walks, as_taken, picked
from engine.worlds.cart import CartConfig, term_values
from engine.worlds.catch import MOVES, CatchConfig
from engine.worlds.cleaner import CleanerConfig
from engine.worlds.trading import TradingConfig
from engine.worlds.trolleys import TrolleysConfig


def chute(purpose: str) -> Any:
    return CatchField(CatchConfig(), 6, 4, purpose)


def day(purpose: str) -> Any:
    return TrolleyField(TrolleysConfig(step_limit=20), 5, 4, purpose)


def night(purpose: str) -> Any:
    return CleanerField(CleanerConfig(step_limit=20), 2, 3, purpose)


def market(purpose: str) -> Any:
    return TradingField(TradingConfig(), 2, 3, purpose)


def test_the_cart_as_a_walk_is_the_cart_that_drives() -> None:
    """The same policy with the same luck: two ways to get there, one of which knows only fields."""
    world = CartConfig(step_limit=50, gust=10)
    policy = new_actor_critic(np.random.default_rng(0), OF_A_CART)
    policy.weights *= 3  # so that it is neither certain nor indifferent
    carts, walks = Carts(world, 4, 7), Walks(partial(CartField, world, 4, 7), 7, 0.9)
    for time in (60, 45):
        drive, walk = carts.drive(policy, time), walks.walk(policy, time)
        assert np.array_equal(walk.taken, drive.taken)
        assert np.array_equal(walk.seen_before, drive.seen_before)
        assert np.array_equal(walk.seen_after, drive.seen_after)
        assert np.array_equal(walk.seen_onward, drive.seen_onward)
        assert np.array_equal(walk.ends, drive.ends) and np.array_equal(walk.is_cut, drive.is_cut)
        for name, column in term_values(drive.steps).items():
            assert np.array_equal(walk.values[name], column)
    assert drive.is_last.any() and set(np.unique(walk.taken)) == {-1, 1}


def test_an_action_is_picked_as_often_as_it_is_likely() -> None:
    outputs = np.log(np.array([[0.1], [0.2], [0.4], [0.3]])) + 5
    luck = (np.arange(1000) + 0.5) / 1000
    found = picked(np.repeat(outputs, 1000, axis=1), luck)
    assert np.bincount(found).tolist() == [100, 200, 400, 300]
    assert picked(outputs, np.array([0.0])).tolist() == [3]
    assert picked(outputs, np.array([1 - 2**-53])).tolist() == [0]
    hopeless = np.array([[0.0], [-2000.0], [0.0]])
    assert {int(picked(hopeless, np.array([one]))[0]) for one in (0.0, 0.4999, 0.5, 0.9)} == {0, 2}


def test_two_actions_are_a_coin() -> None:
    assert as_taken(np.array([0, 1]), 2).tolist() == [-1, 1]
    assert as_taken(np.array([0, 1, 2]), 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("new_field", [chute, day])
def test_whole_episodes_are_laid_one_behind_the_other(new_field: type) -> None:
    walks = Walks(new_field, 2, 0.9)
    field = walks.field
    policy = new_actor_critic(np.random.default_rng(1), Sizes(field.inputs, len(field.actions)))
    firsts = []
    for _ in range(3):
        walk = walks.walk_episodes(policy)
        lasts = np.flatnonzero(walk.is_last[:, 0])
        assert len(lasts) == field.count and lasts[-1] == len(walk.taken) - 1
        begins = np.concatenate(([0], lasts[:-1] + 1))
        assert np.diff(np.append(begins, len(walk.taken))).max() <= field.step_limit
        assert len(walk.first) == lasts[0] + 1 and walk.first[-1].is_last[0]
        inner = np.setdiff1d(np.arange(len(walk.taken)), begins)
        assert np.array_equal(walk.seen_before[inner], walk.seen_after[inner - 1])
        assert walk.values["step"].sum() == len(walk.taken)
        firsts.append(walk.seen_before[begins, 0])
    assert not np.array_equal(firsts[0], firsts[1])  # each time with luck of its own


def test_the_watched_episode_is_the_first_that_ended_or_else_the_one_that_is_on() -> None:
    grounds = FieldGrounds(chute, 2, 0.9)
    policy = new_actor_critic(np.random.default_rng(1), Sizes(30, len(MOVES)))
    on = grounds.follow([grounds.roll(policy, 3)])
    assert on.kind == "grid" and len(on.trail) == 4 and on.end == ""
    walks = [grounds.roll(policy, 3), grounds.roll(policy, 6)]
    shown = grounds.follow(walks)
    assert shown.kind == "grid" and len(shown.trail) == 6 and shown.end
    caught = walks[0].values["caught"][1, 0]
    assert (shown.end == "caught") == bool(caught)
    assert shown.trail[:4] == on.trail
    on = grounds.follow([grounds.roll(policy, 2)])
    assert on.kind == "grid" and len(on.trail) == 5 and on.end == ""
    later = grounds.follow([grounds.roll(policy, 1)])
    assert later != shown and later.kind == "grid" and later.movers[0][-1] >= 25


def test_a_night_has_its_bell_only_when_it_is_over() -> None:
    grounds = FieldGrounds(night, 3, 0.9)
    policy = new_actor_critic(np.random.default_rng(1), grounds.sizes)
    on, over = (grounds.follow([grounds.roll(policy, time)]) for time in (16, 4))
    assert on.kind == "grid" and over.kind == "grid"
    assert (len(on.trail), on.end) == (17, "")
    assert (len(over.trail), over.end) == (21, "bell")


def test_a_day_at_the_energy_desk_has_no_end_to_take_back() -> None:
    grounds = FieldGrounds(market, 3, 0.9)
    policy = new_actor_critic(np.random.default_rng(1), grounds.sizes)
    assert grounds.follow([grounds.roll(policy, 3)]).kind == "trading"
