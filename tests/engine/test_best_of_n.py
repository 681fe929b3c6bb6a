"""Best of n: the estimator against every draw there is, and against drawing; what it costs."""

from itertools import combinations, pairwise
from typing import Any, cast

import numpy as np
import pytest

from engine.algorithms.best_of_n import (
    BestOfNConfig,
    best_chances,
    choice_kl,
    largest_kl,
)
from engine.config import parse_config
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.language.checkpoint import base_policy
from engine.metrics import MetricName as M
from engine.scenes import SpeechScene
from engine.train import steps, train

BELIEFS = {"floor": 0.3, "opens": 0.15, "closes": 0.1, "belief": 0.45}


def configured(**settings: Any) -> BestOfNConfig:
    data = {"algorithm": "best_of_n", "reward": "liked", "world": {"questions": BELIEFS}}
    return cast(BestOfNConfig, parse_config({**data, **settings}))


def updates_of(config: BestOfNConfig) -> list[UpdateCompleted]:
    return [event for event in train(config) if isinstance(event, UpdateCompleted)]


def by_enumeration(rewards: list[float], values: list[float], count: int) -> float:
    """The mean value of the best-paid reply over every draw of `count`; equals share."""
    means = []
    for drawn in combinations(range(len(rewards)), count):
        most = max(rewards[row] for row in drawn)
        means.append(np.mean([values[row] for row in drawn if rewards[row] == most]))
    return float(np.mean(means))


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize(
    "rewards",
    [
        [0.3, -1.0, 2.5, 0.1, 7.0, -0.2, 3.0, 0.9],
        [1.0, 0.0, 1.0, 1.0, 0.0, 2.0, 2.0, 0.0],
        [5.0] * 8,
    ],
)
def test_the_estimate_is_the_mean_over_every_draw(rewards: list[float], count: int) -> None:
    values = [0.0, 3.0, 1.0, -2.0, 5.0, 0.5, 2.0, 4.0]
    chances = best_chances(np.array([rewards]), count)[0]
    assert chances.sum() == pytest.approx(1)
    for what in (values, rewards):
        expected = by_enumeration(rewards, what, count)
        assert float(chances @ np.array(what)) == pytest.approx(expected)


def test_the_estimate_agrees_with_drawing_candidates_anew() -> None:
    """Rewards 0 to 3 with chances .4, .3, .2, .1: P(best of 4 <= r) is the fourth power."""
    rng, cumulative = np.random.default_rng(0), np.array([0.4, 0.7, 0.9, 1.0])
    exact = 3 - (cumulative[:-1] ** 4).sum()
    drawn = np.searchsorted(cumulative, rng.random((40_000, 4))).max(1).mean()
    sampled = np.searchsorted(cumulative, rng.random((4000, 16))).astype(float)
    estimate = (best_chances(sampled, 4) * sampled).sum(1).mean()
    assert drawn == pytest.approx(exact, abs=0.02)
    assert estimate == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, 0.0), (2, 0.193147), (4, 0.636294), (16, 1.835089), (64, 3.174508), (256, 4.549084)],
)
def test_kl_by_hand(count: int, expected: float) -> None:
    assert largest_kl(count) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("count", [2, 4, 16])
def test_kl_is_exact_without_ties_and_a_bound_with_them(count: int) -> None:
    """Exact on many equally likely replies, up to how fine they are; less if pay is coarse."""
    size = 1000
    cumulative = np.arange(size + 1) / size
    spread = np.diff(cumulative**count)
    exact = (spread * np.log(spread * size)).sum()
    assert exact == pytest.approx(largest_kl(count), abs=0.002)
    levels = np.array([0.0, 0.4, 0.7, 0.9, 1.0])
    coarse, base = np.diff(levels**count), np.diff(levels)
    expected = (coarse * np.log(coarse / base)).sum()
    assert expected < largest_kl(count) - 0.01
    draws = np.random.default_rng(5).random((2000, 64))
    for pay, drift in (
        (np.searchsorted(levels, draws).astype(float), expected),
        (draws, largest_kl(count)),
        (np.zeros_like(draws), 0.0),
    ):
        estimate = choice_kl(best_chances(pay, count), count)
        assert estimate == pytest.approx(drift, rel=0.05, abs=0.01)


@pytest.mark.parametrize(
    ("most", "counts"),
    [(1, [1]), (2, [1, 2]), (12, [1, 2, 4, 8, 12]), (64, [1, 2, 4, 8, 16, 32, 64])],
)
def test_candidates_double_up_to_the_most(most: int, counts: list[int]) -> None:
    config = configured(most_candidates=most, questions=2)
    assert config.candidate_counts == counts
    events = updates_of(config)
    assert [event.metrics[M.CANDIDATES] for event in events] == counts
    assert len(events) == config.planned_updates


def test_more_candidates_are_paid_more_and_one_is_pip_as_it_is() -> None:
    events = updates_of(configured(questions=16, most_candidates=32))
    paid = [event.metrics[M.PROXY_RETURN] for event in events]
    assert paid == sorted(paid) and paid[-1] > paid[0] + 1
    assert [event.metrics[M.KL] for event in events][:2] == [0, 0.19315]
    assert events[0].metrics[M.LIKED] == events[0].metrics[M.PROXY_RETURN]
    assert events[0].metrics[M.TRUE_RETURN] == pytest.approx(0.73, abs=0.25)


def test_probes_hear_the_best_paid_of_their_candidates() -> None:
    start, *events = [event for event in train(configured(questions=2, most_candidates=16))]
    assert isinstance(start, RunStarted) and isinstance(start.scene, SpeechScene)
    heard = [event.scene for event in events if isinstance(event, UpdateCompleted)]
    assert isinstance(heard[0], SpeechScene)
    assert [p.tokens for p in heard[0].probes] == [p.tokens for p in start.scene.probes]
    for fewer, more in pairwise(heard):
        assert isinstance(fewer, SpeechScene) and isinstance(more, SpeechScene)
        for before, now in zip(fewer.probes, more.probes, strict=True):
            assert now.question == before.question
            assert now.reward > before.reward or now.tokens == before.tokens
    assert heard[-1] != heard[0]


def test_the_group_says_how_likely_each_reply_is_to_be_heard() -> None:
    first, *_, last = updates_of(configured(questions=2, most_candidates=8))
    assert isinstance(first.scene, SpeechScene) and isinstance(last.scene, SpeechScene)
    assert [reply.totals["chance"] for reply in first.scene.group] == [1 / 8] * 8
    group = last.scene.group
    assert len(group) == 8 and len({reply.question for reply in group}) == 1
    most = max(reply.reward for reply in group)
    best = [reply for reply in group if reply.reward == most]
    assert all(reply.totals["chance"] == pytest.approx(1 / len(best), rel=1e-3) for reply in best)
    assert sum(reply.totals["chance"] for reply in group) == pytest.approx(1, abs=1e-3)
    assert all(credit == 0 for reply in group for credit in reply.credit)


def test_nothing_is_learnt() -> None:
    run = list(steps(configured(questions=2, most_candidates=2)))
    assert all(step.policy is base_policy() for step in run)


def test_a_reward_that_pays_all_the_same_ends_without_a_signal() -> None:
    *_, last_update, end = list(train(configured(reward="0", questions=2, most_candidates=4)))
    assert isinstance(end, RunFinished) and end.ending == "no_signal"
    assert isinstance(last_update, UpdateCompleted)
    first = updates_of(configured(reward="0", questions=2, most_candidates=4))[0]
    assert first.metrics[M.LENGTH] == last_update.metrics[M.LENGTH]


def test_a_reward_that_is_no_number_for_a_candidate_fails_the_run() -> None:
    start, end = train(configured(reward="1 / flattery", questions=2, most_candidates=2))
    assert isinstance(start, RunStarted)
    assert isinstance(end, RunFailed) and (end.update, end.ending) == (1, "bad_reward")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_best_liked_of_many_is_worth_less_than_the_best_liked_of_some(seed: int) -> None:
    """What the crowd likes is not what is wanted; a right answer is, and stays so."""
    liked = updates_of(configured(seed=seed))
    worth = [event.metrics[M.TRUE_RETURN] for event in liked]
    assert max(worth) > worth[0] + 0.8
    assert worth[-1] < max(worth) - 0.03
    assert liked[-1].metrics[M.LENGTH] > liked[0].metrics[M.LENGTH] + 5
    right = updates_of(configured(seed=seed, reward="correct"))
    assert right[-1].metrics[M.CORRECT] > 0.95
    assert right[-1].metrics[M.LENGTH] < right[0].metrics[M.LENGTH] + 3
