"""Whole episodes and what they add up to, on a field whose numbers can be added up by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from engine.control.account import Account
from engine.control.fields import Measures, Outlook, Passage, Probe
from engine.control.plays import Play, means, played, probed
from engine.events import RunFinished
from engine.metrics import MetricName as M
from engine.reward_expression import RewardTooLargeError
from engine.scenes import TradingDay, TradingScene
from engine.spec import WorldConfig
from engine.worlds.board import BoardConfig

LENGTHS = np.array([2, 3, 1])


class Ladder:
    """Place i is over after lengths[i] steps, then begins anew; a step is worth `worth`.

    There is to be seen how many steps were taken, and minus that if anybody has begun anew.
    """

    def __init__(self, worth: float = 1.0, lengths: np.ndarray = LENGTHS) -> None:
        self.count, self._worth, self._time, self._lengths = len(lengths), worth, 0, lengths

    def observations(self) -> np.ndarray:
        return np.full(self.count, -self._time)

    def state(self) -> np.ndarray:
        return np.full(self.count, -10 * self._time)

    def step(self, actions: np.ndarray) -> Passage:
        self._time += 1
        shown = np.full(self.count, self._time)
        is_last = self._time % self._lengths == 0
        is_end = is_last & (self._lengths != 3)  # the long one is cut off
        return Passage(actions, shown, 10 * shown, is_end, is_last & ~is_end)

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        acted = np.array([passage.facts for passage in passages])
        return {"step": np.ones(acted.shape), "worth": acted * self._worth, "pull": acted * 0 + 0.5}

    def film(self, passages: Sequence[Passage], beliefs: Any) -> TradingScene:
        return TradingScene(practised=TradingDay(held=tuple(int(p.facts[0]) for p in passages)))


def play(worth: float = 1.0) -> Play:
    """Time by time everybody does 1, 2, 3."""
    field: Any = Ladder(worth)
    return played(field, lambda _: np.full(field.count, field._time + 1), 0.9)


def test_an_episode_counts_to_its_end_and_not_beyond() -> None:
    found = play()
    assert found.on.tolist() == [[True, True, True], [True, True, False], [False, True, False]]
    assert found.steps == 6
    assert found.sums("worth").tolist() == [1 + 2, 1 + 2 + 3, 1]
    assert found.mean("worth") == (3 + 6 + 1) / 3
    assert found.film(None) == TradingScene(practised=TradingDay(held=(1, 2)))


def test_who_acts_sees_what_a_step_has_shown_and_looks_anew_only_where_one_begins_anew() -> None:
    field: Any = Ladder(lengths=np.array([2, 5]))
    seen = list[tuple[int, int]]()

    def act(now: Outlook) -> np.ndarray:
        seen.append((int(now.observations[0]), int(now.states[0])))
        return np.zeros(2)

    played(field, act, 0.9)
    assert seen == [(0, 0), (1, 10), (-2, -20), (3, 30), (-4, -40)]


def test_means_are_over_episodes_or_over_their_steps() -> None:
    measures = Measures({M.TRUE_RETURN: "worth"}, {M.PULL: "worth"})
    found = play()
    by_episode = {name: found.sums(name) for name in measures.names}
    by_step = {name: found.values[name] * found.on for name in measures.names}
    for parts in (by_episode, by_step, {"worth": 10.0, "step": 6.0}):
        assert means(measures, parts, 3) == {M.TRUE_RETURN: 10 / 3, M.PULL: 10 / 6}


ELSEWHERE = BoardConfig(opponent="best")
PROBES = (
    Probe(M.WON_AGAINST_BEST, "step", "test {update} best", ELSEWHERE),
    Probe(M.REHEARSED, "worth", "again {update}", ahead=M.HINDSIGHT, film="practised"),
)


def test_every_probe_is_played_in_its_world_and_with_its_luck() -> None:
    asked: list[tuple[WorldConfig | None, str]] = []

    def in_world(world: WorldConfig | None, purpose: str) -> Play:
        asked.append((world, purpose))
        return play(worth=2.0)

    found, shown, steps = probed(PROBES, in_world, 7, play())
    assert asked == [(ELSEWHERE, "test 7 best"), (None, "again 7")]
    wanted = {M.WON_AGAINST_BEST: 2, M.REHEARSED: 20 / 3, M.HINDSIGHT: 10 / 3}
    assert found == pytest.approx(wanted)
    assert shown == {"practised": TradingDay(held=(1, 2))} and steps == 12


def test_only_what_is_compared_with_a_test_asks_for_one() -> None:
    assert Measures({}, probes=PROBES).is_compared
    assert not Measures({}, probes=PROBES[:1]).is_compared
    found = probed(PROBES, lambda world, purpose: play(), 1, None).found
    assert set(found) == {M.WON_AGAINST_BEST, M.REHEARSED}


def test_only_practice_is_counted_and_breaks_the_silence() -> None:
    account = Account("caught - 1", ("caught",))
    account.pay({"caught": np.array([3.0])})
    account.practised({"caught": np.ones((2, 3)), "true": np.zeros((2, 3))})
    silent = account.finished(4, is_out_of_reach=True).event
    assert silent == RunFinished(updates=4, work=6, ending="no_signal")
    account.practised({"caught": np.zeros((1, 3))})
    for is_out, ending in ((False, "done"), (True, "out_of_reach")):
        event = account.finished(4, is_out_of_reach=is_out).event
        assert isinstance(event, RunFinished) and (event.work, event.ending) == (9, ending)
    with pytest.raises(RewardTooLargeError, match="One step pays"):
        account.pay({"caught": np.array([1e30])})
