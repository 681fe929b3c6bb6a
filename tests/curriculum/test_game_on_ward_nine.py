"""What the chapter of the pawn game says of its game, and its phenomenon over seeds."""

import numpy as np
import pytest

from curriculum.catalogue import Catalogue
from curriculum.prove import run_recorded
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.metrics import METRICS
from engine.metrics import MetricName as M
from engine.pawns import ACTIONS, game
from engine.worlds.board import reply_chances
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of
from tests.engine.board_plan import Solved
from tests.seeds import seeds_from


@pytest.fixture
def chapter(catalogue: Catalogue) -> Chapter:
    return catalogue.chapter("the_game_on_ward_nine")


def boards_that_come_up(opponent: str, mistakes: float = 0.0) -> int:
    """On how many boards Pip can be to move against an opponent, whatever it does."""
    tables, chances = game(), reply_chances(opponent, mistakes)  # type: ignore[arg-type]

    def replies(board: int) -> list[int]:
        places = (chances[board] > 0) & ~tables.loses[board]
        return tables.replies[board, places].tolist()

    found: set[int] = set()
    waiting = replies(0)
    while waiting:
        board = waiting.pop()
        if board in found:
            continue
        found.add(board)
        going_on = (tables.tried[board] >= 0) & ~tables.wins[board]
        for middle in tables.tried[board, going_on].tolist():
            waiting += replies(middle)
    return len(found)


def test_what_the_chapter_says_of_boards_and_of_moves() -> None:
    assert game().state_count == boards_that_come_up("beginner") == 297
    assert boards_that_come_up("kind") == 117
    assert boards_that_come_up("best") == 48
    assert boards_that_come_up("best", 0.2) == boards_that_come_up("kind", 0.5) == 297
    assert len(ACTIONS) == 21
    assert (game().tried >= 0).sum(axis=1).max() == 5


def test_what_the_chapter_says_of_plans() -> None:
    collector, slow = Solved("taken", "beginner"), Solved("step", "beginner")
    player, friend = Solved("won - lost", "beginner"), Solved("won - 0.01*step", "kind", gamma=1)
    assert collector.against("beginner", "taken") == pytest.approx(2.2, abs=0.05)
    assert collector.against("beginner") == pytest.approx(0.83, abs=0.005)
    assert collector.against("best") == 0
    assert player.against("beginner", "taken") == pytest.approx(0.7, abs=0.05)
    assert player.against("beginner") == pytest.approx(1)
    assert player.against("beginner", "step") == pytest.approx(3.2, abs=0.05)
    assert slow.against("beginner", "step") == pytest.approx(4.7, abs=0.05)
    assert slow.against("beginner") == pytest.approx(0.47, abs=0.005)
    assert friend.against("kind") == pytest.approx(1) and friend.against("best") == 0


def test_only_the_soonest_of_the_plans_that_beat_a_kind_guest_never_beats_the_best() -> None:
    at_leisure = Solved("won - lost", "kind", gamma=1)
    assert at_leisure.against("kind") == pytest.approx(1)
    assert at_leisure.against("best") > 0.1


def test_no_two_curves_of_a_chart_look_the_same(chapter: Chapter) -> None:
    for chart in chapter.charts:
        roles = [METRICS[M(name)].role for name in chart.metrics]
        assert len(set(roles)) == len(roles), chart.title


def ran(reward: str, won: float, best: float, beginner: float, not_allowed: float = 0) -> Summary:
    figures = {"won": won, "won_against_best": best, "won_against_beginner": beginner}
    rest = {"taken": 0.8, "given": 0.1, "length": 3.4, "proxy_return": 0.5, "true_return": 0.5}
    rest |= {"predicted_value": 0.5, "realised_value": 0.5, "not_allowed": not_allowed}
    last = {name: (value, value) for name, value in (figures | rest).items()}
    return made(reward, None, **last)


# a run -> how it ends, what is said of it, and what would be false of it
RUNS = [
    (ran("won - lost", 1, 0.9, 0.96), "whoever_sits_down", "What is left", ("resemble",)),
    (ran("-lost", 1, 1, 0.96), "whoever_sits_down", "Two runs that", ("What is left", "missing")),
    (ran("-given", 1, 1, 0.96), "whoever_sits_down", "Two runs that", ("What is left",)),
    (ran("won + step", 1, 1, 0.96), "whoever_sits_down", "Two runs that", ("What is left",)),
    (ran("-lost", 1, 0.1, 0.7), "own_table", "seldom or never", ("soonest", "at best")),
    (ran("won", 0.96, 0.15, 0.89), "own_table", "wins soonest", ("at best end", "not learnt")),
    (ran("won", 1, 1, 0.7), "knows_one_game", "brings no lesson", ("learnt",)),
    (ran("won", 0.1, 0.1, 0.5, 0.8), "not_on_friday", "by chance. A small", ("good enough",)),
]


@pytest.mark.parametrize(("run", "ending", "said", "false"), RUNS)
def test_nothing_false_is_told_of_a_run(
    chapter: Chapter, run: Summary, ending: str, said: str, false: tuple[str, ...]
) -> None:
    words = told_of(chapter, run)
    assert outcome_of(chapter, run).id == ending
    assert said in words
    assert not [phrase for phrase in false if phrase in words]


def test_what_the_chapter_says_of_its_practice(chapter: Chapter) -> None:
    base = chapter.experiment.base
    assert base["updates"] * 256 * 8 == 40_960
    assert base["tests"] == 64


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds_from(11))
def test_a_perfect_partner_teaches_few_boards_and_one_who_errs_teaches_all(
    chapter: Chapter, seed: int
) -> None:
    """The same reward, and only who sits opposite is another."""
    kept = {entry.id: entry for entry in chapter.recorded}
    last = {
        name: {
            metric: track.last
            for metric, track in run_recorded(chapter, kept[name], seed).metrics.items()
        }
        for name in ("start", "only_the_best", "errs")
    }
    in_practice = np.array([last[name][M.WON] for name in last])
    assert in_practice.min() >= 0.9
    assert last["start"][M.WON_AGAINST_BEST] <= 0.45
    assert last["only_the_best"][M.WON_AGAINST_BEST] >= 0.95
    assert last["only_the_best"][M.WON_AGAINST_BEGINNER] <= 0.85
    assert last["errs"][M.WON_AGAINST_BEST] >= 0.85
    assert last["errs"][M.WON_AGAINST_BEGINNER] >= 0.9
