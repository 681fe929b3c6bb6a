"""Imitation and clustering: what can be learnt from a log that says nothing of what helped."""

from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.cluster.vq import kmeans, kmeans2

from engine.algorithms.clustering import (
    features_of,
    first_centres,
    groups_of,
    habits_of,
    inertia,
    moved,
    placed,
    purity,
)
from engine.algorithms.imitation import chances_of, log_loss, policy_of
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.lobby.clerks import FIRST_HOUR, HOURS, KINDS, Log, log_of, visitor_chances
from engine.metrics import MetricName as M
from engine.scenes import KioskScene
from engine.train import train
from engine.worlds.kiosk import BUTTONS

COUNT = len(BUTTONS)


def log(hours: list[int], buttons: list[int], kinds: list[int] | None = None) -> Log:
    rows = len(hours)
    columns = hours, [40] * rows, buttons, kinds or [0] * rows
    return Log(*map(np.array, columns))


def updates(algorithm: str, **settings: Any) -> list[UpdateCompleted]:
    events = train(parse_config({"algorithm": algorithm, **settings}))
    return [event for event in events if isinstance(event, UpdateCompleted)]


def scene_of(event: UpdateCompleted) -> KioskScene:
    assert isinstance(event.scene, KioskScene)
    return event.scene


def pressed(events: list[UpdateCompleted]) -> np.ndarray:
    return np.array([button for event in events for button in scene_of(event).pressed])


def test_the_policy_is_counted_by_hand() -> None:
    one = log([8, 8, 8, 9, 9], [0, 0, 3, 1, 4])
    policy = policy_of(one, 4, imagined=1)  # the fifth row is not read yet
    assert policy[0] == pytest.approx([3 / 8, 1 / 8, 1 / 8, 2 / 8, 1 / 8])
    assert policy[1] == pytest.approx([1 / 6, 2 / 6, 1 / 6, 1 / 6, 1 / 6])
    assert policy[2] == pytest.approx([1 / 5] * COUNT)
    assert policy.shape == (HOURS, COUNT)
    by_hand = -np.log([3 / 8, 3 / 8, 2 / 8, 2 / 6, 1 / 6]).mean()
    assert log_loss(policy, one) == pytest.approx(by_hand)


def test_without_imagined_presses_the_shares_are_those_of_the_log() -> None:
    whole = log_of("usual", 2000)
    policy = policy_of(whole, 2000, imagined=1e-9)
    for hour in range(HOURS):
        rows = whole.buttons[whole.hours == FIRST_HOUR + hour]
        shares = np.bincount(rows, minlength=COUNT) / len(rows)
        assert policy[hour] == pytest.approx(shares, abs=1e-8)


def test_no_policy_makes_the_log_likelier_than_its_shares() -> None:
    whole, rng = log_of("usual", 600), np.random.default_rng(0)
    policy = policy_of(whole, 600, imagined=1e-9)
    best = log_loss(policy, whole)
    for _ in range(20):
        other = policy * np.exp(0.1 * rng.normal(size=policy.shape))
        assert log_loss(other / other.sum(axis=1, keepdims=True), whole) > best


def test_imitation_reads_on_and_is_less_and_less_surprised() -> None:
    events = updates("imitation", updates=12, rows_per_update=60)
    read = [event.metrics[M.LOG_READ] for event in events]
    assert read == pytest.approx([min(1, 60 * n / 600) for n in range(1, 13)])
    losses = [event.metrics[M.LOG_LOSS] for event in events]
    assert losses[0] > losses[4] > losses[9] == losses[11]
    assert losses[-1] < np.log(COUNT) - 0.3


def test_imitation_presses_at_the_rates_of_the_clerks() -> None:
    settings = {"world": {"world": "kiosk", "visitors": 100}, "rows_per_update": 2000}
    events = updates("imitation", updates=100, **settings)
    chances = np.array(scene_of(events[-1]).chances)
    policy = policy_of(log_of("usual", 600), 600, imagined=1)
    assert chances == pytest.approx(chances_of(policy)) and chances.sum() == pytest.approx(1)
    presses = pressed(events)
    rates = np.bincount(presses, minlength=COUNT) / len(presses)
    assert (np.abs(rates - chances) < 4 * np.sqrt(chances / len(presses))).all()
    clerks = np.array([kind.share for kind in KINDS]) @ [kind.habits for kind in KINDS]
    assert np.abs(chances - clerks).max() < 0.05


@pytest.mark.parametrize("algorithm", ["imitation", "clustering"])
def test_what_is_paid_changes_nothing(algorithm: str) -> None:
    presses = [
        pressed(updates(algorithm, reward=reward, updates=5)) for reward in ("settled", "-wait")
    ]
    assert (presses[0] == presses[1]).all()


@pytest.mark.parametrize("algorithm", ["imitation", "clustering"])
def test_regret_grows_in_a_straight_line_of_the_exact_slope(algorithm: str) -> None:
    settings = {"world": {"world": "kiosk", "visitors": 100}}
    events = updates(algorithm, updates=120, seed=5, **settings)
    half = events[60:]
    scene = scene_of(events[-1])
    worths, chances = np.array(scene.worths), np.array(scene.chances)
    gaps = worths.max() - worths
    slope = chances @ gaps
    grown = half[-1].metrics[M.REGRET] - events[59].metrics[M.REGRET]
    visitors = 100 * len(half)
    error = np.sqrt((chances @ np.square(gaps) - slope**2) / visitors)
    assert abs(grown / visitors - slope) < 4 * error
    assert slope > 0.3


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("clusters", [1, 2, 3, 8])
def test_lloyds_rounds_end_where_scipys_end(clusters: int, seed: int) -> None:
    rows = features_of(log_of("usual", 400)).rows
    begin = first_centres(rows, clusters, Random(seed))
    centres = begin
    for _ in range(200):
        centres = moved(rows, groups_of(rows, centres), centres)
    theirs, labels = kmeans2(rows, begin, iter=200, minit="matrix")
    assert centres == pytest.approx(theirs)
    assert (groups_of(rows, centres) == labels).all()
    assert inertia(rows, centres) == pytest.approx(np.square(rows - theirs[labels]).sum(1).mean())


def test_one_round_by_hand() -> None:
    rows = np.array([[0.0, 0.0], [2.0, 0.0], [10.0, 0.0], [10.0, 4.0]])
    centres = np.array([[1.0, 1.0], [9.0, 1.0], [99.0, 99.0]])
    groups = groups_of(rows, centres)
    assert groups.tolist() == [0, 0, 1, 1]
    assert inertia(rows, centres) == pytest.approx((2 + 2 + 2 + 10) / 4)
    after = moved(rows, groups, centres)
    assert after.tolist() == [[1, 0], [10, 2], [99, 99]]  # nobody is near the third: it stays
    assert inertia(rows, after) == pytest.approx((1 + 1 + 4 + 4) / 4)


def test_the_start_takes_far_rows_in_proportion_to_their_squared_distance() -> None:
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    # After row 0 the others have the weights 1 and 9, after row 1 1 and 4, after row 2 9 and 4.
    chance_of_last = {0: 9 / 10, 1: 4 / 5}
    luck, tries = Random(1), 6000
    seen: dict[int, list[bool]] = {0: [], 1: []}
    firsts = []
    for _ in range(tries):
        first, second = first_centres(rows, 2, luck)[:, 0]
        assert first != second
        firsts.append(int(first))
        if first != 3:
            seen[int(first)].append(second == 3)
    for first, chance in chance_of_last.items():
        spread = np.sqrt(chance * (1 - chance) / len(seen[first]))
        assert abs(np.mean(seen[first]) - chance) < 4 * spread
    assert abs(np.mean(np.array(firsts) == 0) - 1 / 3) < 4 * np.sqrt(2 / 9 / tries)


def test_equal_rows_are_a_start_too() -> None:
    assert first_centres(np.zeros((4, 2)), 3, Random(0)).tolist() == [[0, 0]] * 3


def test_habits_and_purity_by_hand() -> None:
    one = log([8] * 6, [0, 0, 3, 1, 1, 1], kinds=[0, 0, 1, 1, 1, 1])
    groups = np.array([0, 0, 0, 2, 2, 2])
    assert habits_of(one, groups, 3).tolist() == [0, 0, 1]  # nobody is in the second group
    assert purity(one, groups) == pytest.approx((2 + 3) / 6)


@pytest.mark.parametrize("seed", range(10))
def test_the_groups_are_real_inertia_never_rises_and_nobody_is_helped(seed: int) -> None:
    events = updates("clustering", seed=seed)
    inertias = [event.metrics[M.INERTIA] for event in events]
    assert all(after <= before + 1e-12 for before, after in pairwise(inertias))
    assert events[-1].metrics[M.PURITY] > 0.95
    assert {event.metrics[M.BEST_BUTTON] for event in events[1:]} == {0.0}
    rows = features_of(log_of("usual", 600)).rows
    best, _ = kmeans(rows, 3, iter=10, rng=np.random.default_rng(seed))
    assert inertias[-1] == pytest.approx(inertia(rows, best), rel=1e-3)


def test_the_chances_of_clustering_are_those_of_its_presses() -> None:
    settings = {"world": {"world": "kiosk", "visitors": 100}}
    events = updates("clustering", updates=80, **settings)[30:]
    chances = np.array(scene_of(events[-1]).chances)
    assert chances.sum() == pytest.approx(1)
    presses = pressed(events)
    rates = np.bincount(presses, minlength=COUNT) / len(presses)
    assert (np.abs(rates - chances) <= 4 * np.sqrt(chances / len(presses))).all()


def test_visitors_come_as_they_came_last_year() -> None:
    assert visitor_chances().sum() == pytest.approx(1)
    features = features_of(log_of("usual", 600))
    assert features.rows.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert features.rows.std(axis=0) == pytest.approx([1, 1])
    assert features.visitors.shape == (HOURS, 73, 2)


def test_who_is_pressed_for_is_in_the_nearest_group() -> None:
    centres = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, -2.0]])
    found = placed(np.array([0.5, -1.5]), centres)
    assert found["group"] == 3
    assert (found["centre_hour"], found["centre_age"]) == (0.0, -2.0)
    assert (found["distance"], found["other_distance"]) == (0.5, 2.5)
    assert "other_distance" not in placed(np.zeros(2), centres[:1])


def test_a_press_of_the_copy_counts_the_rows_read_so_far() -> None:
    read, (_, update) = 80, updates("imitation", updates=2, rows_per_update=40)
    numbers, known = scene_of(update).numbers, log_of("usual", 600)
    for hour, button, of_hour, of_button in zip(
        *(numbers[name] for name in ("hour", "button", "hour_rows", "button_rows")), strict=True
    ):
        is_hour = known.hours[:read] == hour
        assert of_hour == is_hour.sum()
        assert of_button == (is_hour & (known.buttons[:read] == button - 1)).sum()
