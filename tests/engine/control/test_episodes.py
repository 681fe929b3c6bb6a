"""Counting episodes across updates, and filming the first cart's."""

import numpy as np
import pytest

from engine.control.carts import Drive
from engine.control.episodes import CART, Tally, Watched
from engine.metrics import MetricName as M
from engine.scenes import CartScene
from engine.worlds.cart import Steps


def values(**named: list[list[float]]) -> dict[str, np.ndarray]:
    """One step of each cart a row; what is not named is 1 everywhere."""
    shape = np.shape(next(iter(named.values())))
    return {name: np.array(named.get(name, np.ones(shape)), dtype=float) for name in CART.names}


def ends(*rows: str) -> np.ndarray:
    return np.array([[sign == "x" for sign in row] for row in rows])


def test_an_episode_that_spans_updates_is_counted_once_and_whole() -> None:
    tally = Tally(count=2)
    tally.add(values(proxy=[[1, 10], [2, 20], [3, 30]]), ends("..", "x.", ".."))
    assert [totals[0] for totals in tally.ended] == [1 + 2]
    tally.add(values(proxy=[[4, 40], [5, 50]]), ends("xx", ".x"))
    assert [totals[0] for totals in tally.ended] == [3 + 4, 10 + 20 + 30 + 40, 50]
    lengths = [totals[CART.names.index("step")] for totals in tally.ended]
    assert lengths == [2, 4, 1]


def test_means_are_over_the_episodes_of_the_update_if_there_are_enough() -> None:
    tally = Tally(count=2)
    tally.add(
        values(proxy=[[1, 1], [3, 5]], true=[[0.5, 0], [0, 0]], tilt=[[1, 2], [3, 6]]),
        ends("..", "xx"),
    )
    found = tally.metrics()
    assert found[M.PROXY_RETURN] == (4 + 6) / 2
    assert found[M.TRUE_RETURN] == 0.25
    assert found[M.LENGTH] == 2
    assert found[M.TILT] == (1 + 3 + 2 + 6) / 4  # a mean over steps, not over episodes


def test_if_few_episodes_end_the_latest_count_and_before_any_those_that_are_on() -> None:
    tally = Tally(count=2)
    tally.add(values(proxy=[[1, 7]]), ends(".."))
    assert tally.metrics()[M.PROXY_RETURN] == 4
    tally.add(values(proxy=[[2, 1], [5, 1]]), ends("x.", "x."))
    assert tally.metrics()[M.PROXY_RETURN] == (3 + 5) / 2
    tally.add(values(proxy=[[1, 1]]), ends(".."))
    assert tally.metrics()[M.PROXY_RETURN] == (3 + 5) / 2
    tally.add(values(proxy=[[1, 10]]), ends(".x"))
    assert tally.metrics()[M.PROXY_RETURN] == (5 + 7 + 1 + 1 + 1 + 10) / 2


def test_no_share_of_episodes_is_known_before_one_has_ended() -> None:
    tally = Tally(count=2)
    tally.add(values(fell=[[0, 0]]), ends(".."))
    so_far = tally.metrics()
    assert M.FELL not in so_far and so_far[M.LENGTH] == 1
    tally.add(values(fell=[[0, 1]]), ends("xx"))
    assert tally.metrics()[M.FELL] == 0.5 and set(tally.metrics()) == {*so_far, M.FELL}
    tally.add(values(fell=[[0, 0]]), ends(".."))
    assert tally.metrics()[M.FELL] == 0.5


def drive(
    tilts: list[float], *, falls: tuple[int, ...] = (), cuts: tuple[int, ...] = (), x: float = 0.0
) -> Drive:
    """A drive of one cart whose tray leans so many degrees after each step."""
    time = len(tilts)
    after = np.zeros((4, time, 1))
    after[0], after[2, :, 0] = x, np.radians(tilts)
    fell, cut = np.zeros((time, 1), dtype=bool), np.zeros((time, 1), dtype=bool)
    fell[list(falls)], cut[list(cuts)] = True, True
    gust = np.zeros((time, 1))
    gust[0] = -7.0
    push = np.where(np.arange(time) % 2, 1.0, -1.0)[:, None]
    return Drive(Steps(after, after, push, push, fell), cut, gust, after[:, -1])


def film(watched: Watched, drive: Drive) -> CartScene:
    return watched.follow(drive)


def test_the_first_episode_that_ends_in_an_update_is_shown() -> None:
    watched = Watched()
    shown = film(watched, drive([1, 2, 13, 4, 5], falls=(2,)))
    assert (shown.steps, shown.end, shown.frame_steps) == (3, "fell", 1)
    assert shown.tilts == (1, 2, 13)
    assert shown.pushes == "lrl"
    assert shown.bumps == (-7, 0, 0)


def test_an_episode_that_is_on_is_shown_so_far_and_goes_on_in_the_next_update() -> None:
    watched = Watched()
    film(watched, drive([1, 2, 3], falls=(0,)))
    so_far = film(watched, drive([4, 5]))
    assert (so_far.tilts, so_far.end) == ((2, 3, 4, 5), "on")
    whole = film(watched, drive([6, 7, 8], cuts=(1,)))
    assert (whole.tilts, whole.end, whole.steps) == ((2, 3, 4, 5, 6, 7), "stood", 6)
    assert film(watched, drive([9], falls=(0,))).tilts == (8, 9)


def test_a_cart_at_the_end_of_the_corridor_has_left() -> None:
    assert film(Watched(), drive([1, 2], falls=(1,), x=2.41)).end == "left"


def test_a_long_episode_is_thinned_and_keeps_its_last_step_and_its_bumps() -> None:
    tilts = [step / 100 for step in range(1, 501)]
    shown = film(Watched(), drive(tilts, cuts=(499,)))
    assert (shown.steps, shown.frame_steps, len(shown.tilts)) == (500, 4, 125)
    assert shown.tilts == pytest.approx(tilts[3::4])
    assert shown.bumps[0] == -7 and len(shown.bumps) == 125
    odd = film(Watched(), drive(tilts[:127], falls=(126,)))
    assert (odd.frame_steps, len(odd.tilts), odd.tilts[-1]) == (2, 64, 1.27)
    assert odd.tilts[0] == 0.01  # counted back from the last step
    assert film(Watched(), drive([1.0], cuts=(0,))).positions == (0.0,)


def test_before_anything_happened_there_is_an_empty_scene() -> None:
    assert CartScene().steps == 0
