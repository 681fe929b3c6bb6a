"""A lobby that changes on the way: exact before and after, and who follows and who clings."""

from functools import cache
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.algorithms import epsilon_greedy
from engine.algorithms.epsilon_greedy import EpsilonGreedyConfig, curiosity
from engine.config import parse_config
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.lobby.practice import belief_error
from engine.metrics import MetricName as M
from engine.reward_expression import parse
from engine.scenes import KioskScene
from engine.train import train
from engine.worlds.kiosk import (
    BUTTONS,
    CHANGES,
    GUIDE,
    LOBBIES,
    NURSE,
    TERM_NAMES,
    WAIT_CHANCES,
    expected,
    outcomes_of,
    pay_table,
    signs_at,
    stages_of,
    ways_of,
)

REWARD = "settled - 0.06*wait"
BEFORE = (-0.01, -0.1, 0.54, 0.1, 0.05)  # a desk, a nurse, a guide, a leaflet, a voucher
AFTER = (-0.01, 0.64, -0.08, 0.1, 0.05)
SEEDS = range(301, 311)


def worths(lobby: str, stage: int, reward: str = REWARD) -> np.ndarray:
    return expected(lobby, pay_table(lobby, parse(reward, TERM_NAMES), stage), stage)


def updates(
    lobby: str = "moved", change_after: int = 1000, algorithm: str = "epsilon_greedy", **values: Any
) -> list[UpdateCompleted]:
    world = {"world": "kiosk", "lobby": lobby, "change_after": change_after}
    data = {"algorithm": algorithm, "reward": REWARD, "updates": 100, "world": world, **values}
    return [event for event in train(parse_config(data)) if isinstance(event, UpdateCompleted)]


def scene_of(event: UpdateCompleted | RunStarted) -> KioskScene:
    assert isinstance(event.scene, KioskScene)
    return event.scene


# The lobby.


def test_worths_by_hand_before_and_after_the_change() -> None:
    # A settled matter less 0.06 a minute; the waits are 8.5, 15, 3.5, 0 and 2.5 minutes, and then
    # 3.5 at the nurse's counter and 5.5 before the guides' shut door.
    assert worths("moved", 0) == pytest.approx(BEFORE)
    assert worths("moved", 1) == pytest.approx(AFTER)
    assert worths("opened", 0) == pytest.approx(BEFORE)
    assert worths("opened", 1) == pytest.approx((*BEFORE[:1], 0.64, *BEFORE[2:]))
    assert signs_at("moved", 0) == ()
    assert signs_at("moved", 1) == ("", "new", "shut", "", "")


@pytest.mark.parametrize("lobby", CHANGES)
def test_after_the_change_pays_are_what_many_visitors_are_paid(lobby: str) -> None:
    rng, each = np.random.default_rng(5), 100_000
    for button, way in enumerate(ways_of(lobby, 1)):
        settled = (rng.random(each) < way.settled).astype(int)
        wait = rng.choice(way.waits, each, p=WAIT_CHANCES)
        paid = settled - 0.06 * wait
        error = paid.std() / np.sqrt(each) + 1e-12
        assert abs(paid.mean() - worths(lobby, 1)[button]) < 4 * error


def test_a_lobby_that_never_changes_has_one_stage() -> None:
    assert {lobby: len(stages_of(lobby)) for lobby in LOBBIES} == {
        **{"usual": 1, "close": 1, "night": 1},
        **{"moved": 2, "opened": 2},
    }
    for lobby in ("usual", "night"):
        for event in updates(lobby, change_after=0, updates=3):
            assert scene_of(event).signs == ()
            assert event.metrics[M.REGRET_SINCE] == event.metrics[M.FORMER_BEST] == 0


@settings(max_examples=40)
@given(st.integers(0, 130), st.integers(5, 30), st.integers(0, 99))
def test_every_figure_is_exact_wherever_in_an_update_the_change_falls(
    change_after: int, visitors: int, seed: int
) -> None:
    world = {"world": "kiosk", "lobby": "moved", "change_after": change_after, "visitors": visitors}
    came, regret, since, right, before, last = 0, 0.0, 0.0, 0, 0, None
    for event in updates(world=world, updates=4, seed=seed, epsilon=0.6):
        scene, best, former, switched = scene_of(event), 0, 0, 0
        for button, paid in zip(scene.pressed, scene.paid, strict=True):
            is_changed = came >= change_after
            exact = AFTER if is_changed else BEFORE
            lost = max(exact) - exact[button]
            regret, since = regret + lost, since + is_changed * lost
            best += exact[button] == max(exact)
            right += not is_changed and button == GUIDE
            before += not is_changed
            former += is_changed and button == GUIDE
            switched += last is not None and button != last
            table = pay_table("moved", parse(REWARD, TERM_NAMES), int(is_changed))
            assert np.isclose(table[button], paid).any()
            came, last = came + 1, button
        metrics, now = event.metrics, AFTER if came > change_after else BEFORE
        assert scene.worths == pytest.approx(now)
        assert scene.signs == (("", "new", "shut", "", "") if came > change_after else ())
        assert metrics[M.REGRET] == pytest.approx(regret)
        assert metrics[M.REGRET_SINCE] == pytest.approx(since)
        assert metrics[M.BEST_BUTTON] == pytest.approx(best / visitors)
        assert metrics[M.WANTED_BUTTON] == pytest.approx(best / visitors)
        assert metrics[M.FORMER_BEST] == pytest.approx(former / visitors)
        assert metrics[M.BEST_BEFORE] == pytest.approx(right / max(1, before))
        assert metrics[M.SWITCHED] == pytest.approx(switched / visitors)
        error = belief_error(scene.beliefs, scene.counts, np.array(now))
        assert metrics[M.BELIEF_ERROR] == pytest.approx(error)


@pytest.mark.parametrize("algorithm", ["epsilon_greedy", "ucb", "thompson", "gradient_bandit"])
def test_up_to_the_change_nobody_can_tell_that_there_will_be_one(algorithm: str) -> None:
    usual = updates("usual", algorithm=algorithm, updates=60)
    moved = updates("moved", algorithm=algorithm, updates=60, change_after=800)
    assert [scene_of(e).pressed for e in usual[:40]] == [scene_of(e).pressed for e in moved[:40]]
    assert [e.metrics for e in usual[:40]] == [e.metrics for e in moved[:40]]
    assert scene_of(usual[40]).paid != scene_of(moved[40]).paid


def test_a_change_before_the_first_visitor_is_seen_in_the_opening_scene() -> None:
    world = {"world": "kiosk", "lobby": "moved", "change_after": 0}
    first = next(iter(train(parse_config({"algorithm": "ucb", "reward": REWARD, "world": world}))))
    assert isinstance(first, RunStarted)
    assert scene_of(first).worths == pytest.approx(AFTER)
    assert scene_of(first).signs[GUIDE] == "shut"


@pytest.mark.parametrize(
    ("reward", "change_after", "ending"),
    [
        ("visitor", 10, "no_signal"),
        ("max(0, wait - 19.5)", 10, "done"),  # pays before the change alone
        ("max(0, wait - 19.5)", 0, "no_signal"),  # when nobody comes
        ("max(0, 1 - abs(wait - 9))", 39, "done"),  # pays after it alone
        ("max(0, 1 - abs(wait - 9))", 40, "no_signal"),  # when nobody comes any more
    ],
)
def test_a_reward_is_silent_if_it_is_in_every_lobby_that_a_visitor_meets(
    reward: str, change_after: int, ending: str
) -> None:
    world = {"world": "kiosk", "lobby": "moved", "change_after": change_after, "visitors": 20}
    data = {"algorithm": "ucb", "reward": reward, "updates": 2, "world": world}
    *_, last = train(parse_config(data))
    assert isinstance(last, RunFinished) and last.ending == ending


# How far behind a belief is, exactly: learning is linear in the pay, so the mean of a belief
# is what is learnt from mean pays.


def believed(step_size: float | None, pays: list[float], first: float = 0.0) -> float:
    beliefs, counts = [first], [0]
    for pay in pays:
        epsilon_greedy.learn(beliefs, counts, 0, pay, step_size)
    return beliefs[0]


@given(st.floats(0.01, 1), st.integers(1, 80), st.floats(-1, 1))
def test_a_constant_step_forgets_a_change_by_the_same_share_with_every_press(
    alpha: float, presses: int, first: float
) -> None:
    held = believed(alpha, [0.54] * 30, first)
    lag = believed(alpha, [0.54] * 30 + [-0.08] * presses, first) + 0.08
    assert lag == pytest.approx((held + 0.08) * (1 - alpha) ** presses, abs=1e-9)


@given(st.integers(1, 900), st.integers(0, 900))
def test_the_lag_of_a_mean_is_the_share_of_the_presses_before(before: int, after: int) -> None:
    lag = believed(None, [0.54] * before + [-0.08] * after) + 0.08
    assert lag == pytest.approx(0.62 * before / (before + after))


def test_a_mean_of_950_presses_takes_2300_more_to_fall_to_a_leaflet() -> None:
    """(950 * 0.54 - 0.08 n) / (950 + n) = 0.1, and a step of 0.1 takes 12 presses."""
    needed = 950 * (0.54 - 0.1) / (0.1 + 0.08)
    assert round(needed) == 2322
    pays = [0.54] * 950
    assert believed(None, pays + [-0.08] * 2321) > 0.1 > believed(None, pays + [-0.08] * 2323)
    assert believed(0.1, pays + [-0.08] * 11) > 0.1 > believed(0.1, pays + [-0.08] * 12)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.8, 1.0])
def test_a_constant_step_never_comes_to_rest(alpha: float) -> None:
    """Its variance tends to that of one pay times alpha / (2 - alpha)."""
    _, chances = outcomes_of("moved")
    pays = pay_table("moved", parse(REWARD, TERM_NAMES))[GUIDE]
    variance = float(chances[GUIDE] @ np.square(pays - chances[GUIDE] @ pays))
    presses, chains = 150, 20_000
    drawn = np.random.default_rng(3).choice(pays, (presses, chains), p=chances[GUIDE])
    weights = alpha * (1 - alpha) ** np.arange(presses)[::-1]
    some = [believed(alpha, drawn[:, chain].tolist()) for chain in range(5)]
    assert some == pytest.approx(weights @ drawn[:, :5])
    found = (weights @ drawn).var()
    exact = variance * alpha / (2 - alpha) * (1 - (1 - alpha) ** (2 * presses))
    assert found == pytest.approx(exact, rel=0.05)


def test_a_step_of_nothing_is_the_mean() -> None:
    for one, other in zip(updates(step_size=0, updates=8), updates(updates=8), strict=True):
        assert one == other


def test_curiosity_fades_by_the_same_share_with_every_update() -> None:
    config = EpsilonGreedyConfig.model_validate({"epsilon": 0.4, "fade": 0.1})
    assert [curiosity(config, n) for n in range(3)] == pytest.approx([0.4, 0.36, 0.324])
    found = [event.metrics[M.EPSILON] for event in updates(epsilon=0.4, fade=0.1, updates=5)]
    assert found == pytest.approx([0.4 * 0.9**n for n in range(5)])
    scene = scene_of(updates(epsilon=0.4, fade=0.1, updates=5)[-1])
    assert min(scene.chances) == pytest.approx(0.4 * 0.9**5 / len(BUTTONS))


# Who follows and who clings.


@cache
def ends(seed: int, lobby: str = "moved", algorithm: str = "epsilon_greedy", **values: Any) -> Any:
    """Means of the last 20 updates, when 600 to 1000 visitors have come since the change."""
    events = updates(lobby, algorithm=algorithm, seed=seed, **values)
    return {name: fmean(e.metrics[name] for e in events[-20:]) for name in events[-1].metrics}


def many(claim: str, share: float, holds: list[bool]) -> None:
    assert sum(holds) >= share * len(holds), f"{claim}: {sum(holds)} of {len(holds)}"


def test_what_averages_everything_and_stops_asking_clings_to_what_was_right() -> None:
    found = [ends(seed, epsilon=0.2, fade=0.05) for seed in SEEDS]
    many("right before", 0.9, [one[M.BEST_BEFORE] > 0.8 for one in found])
    many("wrong after", 0.9, [one[M.FORMER_BEST] > 0.9 for one in found])


def test_what_forgets_and_goes_on_asking_follows() -> None:
    found = [ends(seed, epsilon=0.2, step_size=0.15) for seed in SEEDS]
    many("right before", 0.9, [one[M.BEST_BEFORE] > 0.7 for one in found])
    many("right after", 0.9, [one[M.BEST_BUTTON] > 0.75 for one in found])


@pytest.mark.slow
def test_what_forgets_and_stops_asking_leaves_and_finds_nothing_better_than_a_leaflet() -> None:
    found = [ends(seed, epsilon=1, fade=0.1, step_size=0.03) for seed in SEEDS]
    many("left", 0.9, [one[M.FORMER_BEST] < 0.1 for one in found])
    many("at the leaflet", 0.8, [one[M.SENT_AWAY] > 0.9 for one in found])


@pytest.mark.slow
def test_what_believes_the_last_pay_ends_where_no_pay_is_ever_below_nothing() -> None:
    lowest = [pay_table("moved", parse(REWARD, TERM_NAMES), s).min(axis=1) for s in (0, 1)]
    assert [np.flatnonzero(one >= 0).tolist() for one in lowest] == [[3], [3]]
    found = [ends(seed, epsilon=0.1, step_size=1) for seed in SEEDS]
    many("at the leaflet", 0.9, [one[M.SENT_AWAY] > 0.6 for one in found])
    many("never right", 0.9, [one[M.BEST_BEFORE] < 0.3 for one in found])


@pytest.mark.slow
def test_a_monitor_of_the_pay_is_silent_when_something_better_opens() -> None:
    """What is no longer pressed cannot be heard of: the pay stays as good as it was."""
    for seed in SEEDS:
        quiet = updates("opened", seed=seed, epsilon=0.2, fade=0.05, step_size=0.1)
        before, after = (
            fmean(event.metrics[M.PROXY_RETURN] for event in quiet[a:b])
            for a, b in ((30, 50), (80, 100))
        )
        assert after > before - 0.08
    found = [ends(seed, "opened", epsilon=0.2, fade=0.05, step_size=0.1) for seed in SEEDS]
    many("not found", 0.9, [one[M.BEST_BUTTON] < 0.1 for one in found])
    asking = [ends(seed, "opened", epsilon=0.2, step_size=0.15) for seed in SEEDS]
    many("heard of", 0.8, [one[M.BEST_BUTTON] > 0.2 for one in asking])
    assert NURSE in CHANGES["opened"].ways
