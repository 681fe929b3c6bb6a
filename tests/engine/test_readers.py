"""The contextual bandit: pages, regret and coverage by hand, UCB beside a second implementation."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from engine.algorithms.rlft import RlftConfig, choices_of
from engine.arms.games import History, epsilon_greedy, mean_regret, random_regret, regret_of, ucb
from engine.arms.played import Played, coverage_of
from engine.arms.practice import Practice, play
from engine.config import parse_config
from engine.events import RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.scenes import ArmsScene
from engine.train import train
from engine.worlds.drafts import DRAFTS
from engine.worlds.readers import READERS, ReadersConfig

PLACE = {"world": "readers", "contexts": 3, "pulls": 30, "noise": 0.3}


def config_of(**settings: object) -> RlftConfig:
    config = parse_config({"algorithm": "rlft", "world": PLACE, **settings})
    assert isinstance(config, RlftConfig)
    return config


def played_by_chance(**settings: object) -> Played:
    lucks = tuple(np.random.default_rng(seed) for seed in range(3))
    return play(lambda looks, named: np.full(named.shape, 0.2), config_of(**settings), lucks)


def slow_regret(choose: Callable[[list[list[float]]], int], pages: int, games: int) -> float:
    """The same games with lists and `random`. choose: from all scores of each arm to an arm."""
    luck, lost = random.Random(7), 0.0
    for _ in range(games):
        worths = [[luck.random() for _ in range(DRAFTS)] for _ in range(3)]
        book: list[list[list[float]]] = [[[] for _ in range(DRAFTS)] for _ in range(pages)]
        for _ in range(30):
            reader = luck.randrange(3)
            page = book[reader if pages > 1 else 0]
            arm = choose(page)
            page[arm].append(luck.gauss(worths[reader][arm], 0.3))
            lost += max(worths[reader]) - worths[reader][arm]
    return lost / games


def slow_ucb(page: list[list[float]]) -> int:
    def bound(scores: list[float]) -> float:
        return sum(scores) / len(scores) + math.sqrt(1 / len(scores)) if scores else math.inf

    return max(range(len(page)), key=lambda arm: bound(page[arm]))


def slow_epsilon_greedy(page: list[list[float]]) -> int:
    tried = [arm for arm, scores in enumerate(page) if scores]
    if not tried or random.Random(repr(page)).random() < 0.1:
        return random.Random(f"any {page}").randrange(len(page))
    return max(tried, key=lambda arm: sum(page[arm]) / len(page[arm]))


@pytest.mark.parametrize(
    ("fast", "slow", "is_blind"),
    [(ucb, slow_ucb, False), (ucb, slow_ucb, True), (epsilon_greedy, slow_epsilon_greedy, False)],
)
def test_players_lose_what_a_second_implementation_of_them_loses(
    fast: Callable[[History], np.ndarray], slow: Callable[[list[list[float]]], int], is_blind: bool
) -> None:
    world, luck = ReadersConfig(contexts=3, pulls=30, noise=0.3), np.random.default_rng(1)
    found = mean_regret(fast, world, 4000, luck, is_blind=is_blind)
    assert found == pytest.approx(slow_regret(slow, 1 if is_blind else 3, 1500), abs=0.2)


def test_linucb_without_a_ridge_is_ucb_on_each_page() -> None:
    """LinUCB with one-hot contexts, by linear algebra, beside the bounds of a page."""
    luck, history = np.random.default_rng(3), History(3, DRAFTS)
    ridge = 1e-9
    grams, paid = np.tile(ridge * np.eye(3), (DRAFTS, 1, 1)), np.zeros((DRAFTS, 3))
    for _ in range(40):
        reader, arm, score = luck.integers(3), luck.integers(DRAFTS), luck.normal()
        context = np.eye(3)[reader]
        grams[arm] += np.outer(context, context)
        paid[arm] += score * context
        history.add(np.array([arm]), np.array([score]), np.array([reader]))
    assert history.is_tried.all()
    for reader, context in enumerate(np.eye(3)):
        inverses = np.linalg.inv(grams)
        thetas = (inverses @ paid[:, :, None])[..., 0]
        bounds = thetas @ context + np.sqrt(context @ inverses @ context)
        assert history.at(np.array([reader])).bounds[0] == pytest.approx(bounds)


def test_who_asks_who_reads_loses_less() -> None:
    world, luck = ReadersConfig(), np.random.default_rng(2)
    asks = mean_regret(ucb, world, 2000, luck)
    assert asks + 0.4 < mean_regret(ucb, world, 2000, luck, is_blind=True)
    by_chance = mean_regret(lambda page: np.full(page.counts.shape, 0.2), world, 4000, luck)
    assert by_chance == pytest.approx(random_regret(world), rel=0.02)


def test_regret_is_against_the_best_draft_of_each_reader() -> None:
    """One game with two kinds of readers: their best drafts are the first and the last."""
    worths = np.array([[0.9, 0.5, 0.1], [0.2, 0.3, 0.8]])
    met, pulled = np.array([[0], [1], [1]]), np.array([[2], [0], [2]])
    assert regret_of(worths, pulled, met) == pytest.approx([0.8 + 0.6 + 0.0])


def test_each_letter_is_counted_on_the_page_of_its_reader() -> None:
    played = played_by_chance(games=4)
    for game in range(4):
        scores: dict[tuple[int, int], list[float]] = {}
        last: dict[int, int] = {}
        for time in range(30):
            row, arm = int(played.met[time, game]), int(played.pulled[time, game])
            page = [scores.get((row, other), []) for other in range(DRAFTS)]
            sent = sum(map(len, page))
            looks = played.seen[time, game]
            assert looks[:, 0] == pytest.approx([np.mean(one) if one else 0 for one in page])
            assert looks[:, 1] == pytest.approx([len(one) / max(1, sent) for one in page])
            assert looks[:, 2].tolist() == [last.get(row) == other for other in range(DRAFTS)]
            assert looks[:, 4].tolist() == [not one for one in page]
            bounds = [np.mean(one) + len(one) ** -0.5 if one else -np.inf for one in page]
            is_best = all(page) and bounds[arm] == pytest.approx(max(bounds))
            assert played.is_optimal[time, game] == (not page[arm] or is_best)
            is_top = bool(page[arm]) and bounds[arm] == pytest.approx(max(bounds))
            assert played.is_greedy[time, game] == (is_top and not all(page))
            assert played.is_first[time, game] == (not page[arm])
            scores.setdefault((row, arm), []).append(float(played.scores[time, game]))
            last[row] = arm
        assert set(played.met[:, game] // 3) == {game}


def test_coverage_counts_every_draft_for_every_reader() -> None:
    played = played_by_chance(games=4)
    cells = [
        len({(row, arm) for row, arm in zip(met[:10], pulled[:10], strict=True)}) / 15
        for met, pulled in zip(played.met.T.tolist(), played.pulled.T.tolist(), strict=True)
    ]
    assert coverage_of(played)[9] == pytest.approx(np.mean(cells))


def test_every_draft_is_sent_once_to_each_reader_first() -> None:
    played = played_by_chance(games=5, start="all")
    for game in range(5):
        pairs = zip(played.met[:15, game], played.pulled[:15, game], strict=True)
        assert len(set(pairs)) == 15
    assert played.is_own.tolist() == [False] * 15 + [True] * 15
    assert len(choices_of(played, played.scores).pulled) == 15 * 5


def test_games_of_a_group_share_their_drafts_and_readers() -> None:
    played = played_by_chance(games=6, same_drafts=3)
    worths = played.worths.reshape(6, 3, DRAFTS)
    assert (worths[:3] == worths[0]).all() and (worths[3] != worths[0]).all()
    assert (played.met[:, 2] - 6 == played.met[:, 0]).all()
    assert (played.met[:, 3] - 9 != played.met[:, 0]).any()


def test_no_reader_comes_more_often_than_another() -> None:
    readers = played_by_chance(games=128).met % 3
    assert np.bincount(readers.ravel()) / readers.size == pytest.approx([1 / 3] * 3, abs=0.03)
    assert any(len(set(readers[:5, game])) < 3 for game in range(20))


def test_what_is_measured_is_of_the_page_and_what_is_shown_names_its_reader() -> None:
    config = config_of(games=8)
    played = played_by_chance(games=8)
    event = Practice(config).begin(played, lambda repeats: [0.5] * len(repeats), [0.0] * 6).event
    assert isinstance(event, RunStarted)
    met = played.met[:, 0]
    measured, shown = event.metrics, event.scene
    assert isinstance(shown, ArmsScene)
    assert shown.reader == READERS[met[0] % 3] and sum(shown.counts) == (met == met[0]).sum()
    assert shown.worths == pytest.approx(played.worths[met[0]], abs=1e-4)
    for moment in shown.moments:
        row = met[moment.pull - 1]
        assert moment.reader == READERS[row % 3]
        assert sum(moment.counts) == (met[: moment.pull - 1] == row).sum()
    best = played.worths.max(axis=1)[played.met]
    taken = measured[M.TRUE_RETURN] * 30 + measured[M.GAME_REGRET]
    assert taken == pytest.approx(best.sum(axis=0).mean())
    assert measured[M.UCB_REGRET] + 0.3 < measured[M.BLIND_REGRET] < measured[M.RANDOM_REGRET]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fine_tuning_lowers_regret_below_that_of_a_single_page(seed: int) -> None:
    updates = [
        event.metrics
        for event in train(config_of(passes=3, updates=40, seed=seed))
        if isinstance(event, UpdateCompleted)
    ]
    first, last = (
        {name: np.mean([one[name] for one in some]) for name in (M.GAME_REGRET, M.COVERAGE)}
        for some in (updates[:5], updates[-5:])
    )
    assert last[M.GAME_REGRET] < updates[-1][M.BLIND_REGRET] < first[M.GAME_REGRET]
    assert last[M.COVERAGE] > first[M.COVERAGE] + 0.15
