"""Driving carts: one step after another, across episodes and across updates."""

import numpy as np
import pytest

from engine.control.carts import Carts, Drive
from engine.worlds.cart import CartConfig, advance


class Steady:
    """Pushes towards where the tray leans and turns, and back to the middle: it never falls."""

    def log_odds(self, observations: np.ndarray) -> np.ndarray:
        position, speed, tilt, rate = observations.T
        return 1e6 * (tilt + 0.3 * rate + 0.02 * position + 0.05 * speed)


class Even:
    """Prefers neither side."""

    def log_odds(self, observations: np.ndarray) -> np.ndarray:
        assert observations.dtype == np.float32 and observations.shape[1] == 4
        return np.zeros(len(observations), dtype=np.float32)


class Leftish:
    """Pushes left three times out of four."""

    def log_odds(self, observations: np.ndarray) -> np.ndarray:
        return np.full(len(observations), -np.log(3))


def cart(**settings: float) -> CartConfig:
    return CartConfig.model_validate(settings)


def test_a_step_leads_where_the_dynamics_say_and_the_next_one_begins_there() -> None:
    drive = Carts(cart(gust=5, gust_chance=0.3), 3, seed=0).drive(Even(), 200)
    steps = drive.steps
    assert steps.before.shape == steps.after.shape == (4, 200, 3)
    assert drive.gust.any()
    assert np.array_equal(steps.after, advance(steps.before, 10 * steps.push + drive.gust))
    goes_on = ~drive.is_last[:-1]
    assert np.array_equal(steps.before[:, 1:][:, goes_on], steps.after[:, :-1][:, goes_on])
    assert np.array_equal(steps.last_push[1:][goes_on], steps.push[:-1][goes_on])
    assert steps.ends.any() and not drive.is_cut.any()


def test_an_episode_that_ended_begins_anew_upright_in_the_middle() -> None:
    drive = Carts(cart(), 4, seed=1).drive(Even(), 300)
    begins = np.vstack([np.ones((1, 4), dtype=bool), drive.is_last[:-1]])
    assert np.abs(drive.steps.before[:, begins]).max() <= 0.05
    assert not drive.steps.last_push[begins].any()
    assert (np.abs(drive.steps.last_push[~begins]) == 1).all()
    assert begins.sum() > 30


def test_a_shift_is_cut_off_at_its_limit_and_has_not_ended() -> None:
    drive = Carts(cart(step_limit=60), 2, seed=2).drive(Steady(), 150)
    assert np.flatnonzero(drive.is_cut[:, 0]).tolist() == [59, 119]
    assert not drive.steps.ends.any()
    assert np.array_equal(drive.is_last, drive.is_cut)


def test_pushes_follow_the_probabilities_of_the_policy() -> None:
    pushes = Carts(cart(), 16, seed=3).drive(Leftish(), 500).steps.push
    assert set(np.unique(pushes)) == {-1, 1}
    assert np.mean(pushes == -1) == pytest.approx(0.75, abs=0.02)


def same(one: Drive, other: Drive) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.steps, other.steps, strict=True))


def test_two_short_drives_are_one_long_one() -> None:
    config = cart(gust=5)
    long = Carts(config, 3, seed=4).drive(Even(), 90)
    carts = Carts(config, 3, seed=4)
    first, second = carts.drive(Even(), 30), carts.drive(Even(), 60)
    assert np.array_equal(first.onward, second.steps.before[:, 0])
    for field in ("before", "after"):
        parts = [getattr(drive.steps, field) for drive in (first, second)]
        assert np.array_equal(getattr(long.steps, field), np.concatenate(parts, axis=1))
    assert np.array_equal(long.is_cut, np.concatenate((first.is_cut, second.is_cut)))


def test_the_age_of_an_episode_is_carried_over_to_the_next_drive() -> None:
    carts = Carts(cart(step_limit=50), 1, seed=5)
    cuts = [int(carts.drive(Steady(), 20).is_cut.sum()) for _ in range(6)]
    assert cuts == [0, 0, 1, 0, 1, 0]


def test_the_seed_decides_and_the_carts_differ() -> None:
    config = cart()
    assert same(Carts(config, 2, 6).drive(Even(), 40), Carts(config, 2, 6).drive(Even(), 40))
    assert not same(Carts(config, 2, 6).drive(Even(), 40), Carts(config, 2, 7).drive(Even(), 40))
    steps = Carts(config, 2, 6).drive(Even(), 40).steps
    assert not np.array_equal(steps.after[:, :, 0], steps.after[:, :, 1])
