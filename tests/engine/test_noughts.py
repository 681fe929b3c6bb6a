"""Noughts and crosses: rules by a second implementation, exact plans, search, and words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.language.layout import lay_out
from engine.language.lean import Policy, next_token_logits
from engine.metrics import MetricName as M
from engine.noughts.base import DOES, HABIT, SEES, first_player, sloppy_reply
from engine.noughts.plans import by_chance, perfect_play, worths
from engine.noughts.practice import measured
from engine.noughts.rules import (
    BOARDS,
    CELLS,
    EMPTY_BOARD,
    GUEST,
    LINES,
    PIP,
    boards_after,
    completes,
    has_line,
    is_free,
    is_over,
    turns,
    written,
)
from engine.noughts.tablet import Games, Tablet, Turns
from engine.noughts.text import (
    FIRST_MOVE,
    REPLY_LENGTH,
    VERBS,
    WORDS,
    prompts,
    read,
    reply_of,
    right_reasons,
)
from engine.noughts.tree_search import searched, views, visits_of
from engine.worlds.noughts import NoughtsConfig, guest_chances, judged, term_values
from tests.engine.noughts_text import SIGN, board, lined, positions


def test_there_are_5478_positions_and_the_rules_agree_on_each() -> None:
    assert len(positions("x")) == len(positions("o")) == 5478
    movers = {"x": set(turns(PIP).tolist()), "o": set(turns(GUEST).tolist())}
    for first in ("x", "o"):
        for text, mover in positions(first).items():
            number = board(text)
            assert written(number) == text
            assert (has_line(PIP)[number], has_line(GUEST)[number]) == (
                lined(text) == "x",
                lined(text) == "o",
            )
            assert bool(is_over()[number]) == (mover == "")
            assert is_free()[number].tolist() == [sign == "." for sign in text]
            assert not mover or number in movers[mover]


def test_moves_lead_where_the_text_says() -> None:
    for text, mover in positions("x").items():
        if mover:
            who = SIGN[mover]
            for cell in range(CELLS):
                after = text[:cell] + mover + text[cell + 1 :]
                wanted = board(after) if text[cell] == "." else -1
                assert boards_after(who)[board(text), cell] == wanted
                is_win = text[cell] == "." and lined(after) == mover
                assert completes(who)[board(text), cell] == is_win


def test_the_worth_of_plans_is_exact() -> None:
    best, chance = worths(None, by_chance()), worths(by_chance(), by_chance())
    assert best.first == pytest.approx(191 / 192, abs=1e-12)  # .9948
    assert best.second == pytest.approx(1748 / 1890, abs=1e-12)  # .9249
    assert chance.first == pytest.approx(187 / 630, abs=1e-12)  # .2968
    assert chance.second == pytest.approx(-187 / 630, abs=1e-12)
    assert (perfect_play().first, perfect_play().second) == (0.0, 0.0)


def test_perfect_play_agrees_with_negamax_on_every_position() -> None:
    @cache
    def negamax(text: str, mover: str) -> int:
        if lined(text):
            return -1
        spots = [cell for cell in range(CELLS) if text[cell] == "."]
        other = {"x": "o", "o": "x"}[mover]
        after = (text[:cell] + mover + text[cell + 1 :] for cell in spots)
        return max((-negamax(one, other) for one in after), default=0)

    found = perfect_play()
    for first in ("x", "o"):
        for text, mover in positions(first).items():
            if mover == "x":
                assert found.pip[board(text)] == negamax(text, "x")
            elif mover == "o":
                assert found.guest[board(text)] == -negamax(text, "o")


def games_by_hand(plan: np.ndarray, guest: np.ndarray, count: int, seed: int) -> float:
    """Mean result of games that Pip begins, played one by one."""
    rng = np.random.default_rng(seed)
    total = 0
    for _ in range(count):
        at, who = EMPTY_BOARD, PIP
        while not is_over()[at]:
            chances = (plan if who == PIP else guest)[at]
            at += who * 3 ** int(rng.choice(CELLS, p=chances / chances.sum()))
            who = 3 - who
        total += int(has_line(PIP)[at]) - int(has_line(GUEST)[at])
    return total / count


def test_the_worth_of_a_plan_is_the_mean_of_its_games() -> None:
    guest = guest_chances(NoughtsConfig(opponent="searcher", mistakes=0.5))
    exact = worths(by_chance(), guest).first
    assert abs(games_by_hand(by_chance(), guest, 2000, 3) - exact) < 4 * 0.9 / 2000**0.5


def test_the_search_beats_chance_and_more_so_the_longer_it_looks() -> None:
    lost = [worths(by_chance(), searched(playouts)) for playouts in (6, 24, 48)]
    firsts, seconds = [found.first for found in lost], [found.second for found in lost]
    assert firsts == sorted(firsts, reverse=True) and firsts[-1] < -0.7
    assert seconds == sorted(seconds, reverse=True) and seconds[-1] < -0.95


def test_the_search_makes_moves_that_are_free_and_takes_a_win() -> None:
    chances = searched(48)[turns(GUEST)]
    assert np.allclose(chances.sum(axis=1), 1) and not chances[~is_free()[turns(GUEST)]].any()
    has_win = completes(GUEST)[turns(GUEST)]
    of_wins = (chances * has_win).sum(axis=1)[has_win.any(axis=1)]
    assert of_wins.mean() > 0.9


def test_every_playout_of_a_search_tries_one_move_of_its_root() -> None:
    visits = visits_of(turns(PIP)[:50], PIP, 20, np.random.default_rng(0))
    assert (visits.sum(axis=1) == 20).all() and not visits[~is_free()[turns(PIP)[:50]]].any()


def test_a_board_has_eight_views_that_keep_lines() -> None:
    turned, cells = views()
    assert len({tuple(cell) for cell in cells.tolist()}) == 8
    lines = {frozenset(line) for line in LINES.tolist()}
    for view, places in enumerate(cells):
        assert {frozenset(places[list(line)].tolist()) for line in lines} == lines
        for cell in range(CELLS):
            assert turned[3**cell, view] == 3 ** places[cell]


def test_a_prompt_tells_a_board_and_all_words_differ() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert " ".join(WORDS[token] for token in prompts()[board("x.. .o. ...")]) == (
        "1x 2. 3. 4. 5o 6. 7. 8. 9. pip:"
    )
    assert len(np.unique(prompts(), axis=0)) == BOARDS


@given(st.integers(0, 2), st.integers(0, 8), st.integers(0, 8))
def test_what_is_written_is_read(verb: int, place: int, move: int) -> None:
    reply = reply_of(verb, place, move)
    assert [WORDS[token] for token in reply] == [VERBS[verb], str(place + 1), f"x{move + 1}"]
    assert [int(part[0]) for part in read(np.array([reply]))] == [verb, place, move]


@given(st.lists(st.integers(0, len(WORDS) - 1), min_size=3, max_size=3))
def test_any_words_are_read_or_refused(reply: list[int]) -> None:
    verb, place, move = (int(part[0]) for part in read(np.array([reply])))
    words = [WORDS[token] for token in reply]
    is_reason = words[0] in VERBS and words[1] in "123456789"
    assert (verb, place) == ((VERBS.index(words[0]), int(words[1]) - 1) if is_reason else (-1, -1))
    is_move = words[2] in [f"x{cell}" for cell in range(1, 10)]
    assert move == (int(words[2][1]) - 1 if is_move else -1)


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("xx. oo. ...", {"win 3"}),
        ("x.. oo. x..", {"block 6"}),
        ("xx. oo. x..", {"win 3"}),
        ("... ... ...", {f"take {cell}" for cell in range(1, 10)}),
        ("o.. ... ...", {"take 5"}),
        ("... .o. ...", {"take 1", "take 3", "take 7", "take 9"}),
        ("xx. ooo x..", set()),
    ],
)
def test_right_reasons_by_hand(text: str, reasons: set[str]) -> None:
    found = np.argwhere(right_reasons()[board(text)])
    assert {f"{VERBS[verb]} {cell + 1}" for verb, cell in found} == reasons


def test_there_is_always_a_right_reason_and_it_never_costs_the_game() -> None:
    right = right_reasons()[turns(PIP)]
    assert right.any(axis=(1, 2)).all()
    kinds = right.any(axis=2).sum(axis=1)
    assert (kinds == 1).all()
    perfect = right.any(axis=1) / right.any(axis=1).sum(axis=1, keepdims=True)
    plan = np.zeros((BOARDS, CELLS))
    plan[turns(PIP)] = perfect
    assert worths(plan, None).first == worths(plan, None).second == 0.0


def test_replies_are_judged_word_by_word() -> None:
    at = np.full(4, board("xx. oo. ..."))
    replies = np.array([reply_of(0, 2, 2), reply_of(0, 2, 0), reply_of(1, 5, 5), [0, 0, 0]])
    said = judged(at, replies, np.array([True, False, True, False]))
    assert said.is_right.tolist() == [True, True, False, False]
    assert said.is_acted_on.tolist() == [True, False, True, False]
    values = term_values(said, np.array([[1, 1], [1, -1], [0, 0], [-1, 0]]))
    assert {name: value.tolist() for name, value in values.items()} == {
        "won": [1, 0.5, 0, 0],
        "drawn": [0, 0, 1, 0.5],
        "lost": [0, 0.5, 0, 0.5],
        "not_allowed": [0, 1, 0, 1],
        "right_reason": [1, 1, 0, 0],
        "acted_on": [1, 0, 1, 0],
    }


def test_deeds_are_counted_beside_right_reasons_and_beside_wrong_ones() -> None:
    at = np.full(5, board("xx. oo. ..."))  # to win at 3 is the only right reason
    written = [reply_of(0, 2, 8), reply_of(0, 7, 7), reply_of(2, 8, 8), reply_of(1, 5, 2)]
    turn = Turns(at, np.array([*written, reply_of(0, 2, 2)]), np.ones(5, bool), at, at)
    found = measured(Games([turn], [np.arange(5)], np.zeros(5)))
    assert (found[M.SOUND_REASON], found[M.ACTED_ON]) == (0.4, 0.5)
    assert found[M.WRONG_ACTED_ON] == pytest.approx(2 / 3)


class Parrot(Tablet):
    """A tablet on which the same words are written on every board."""

    words: tuple[int, ...] = (0, 0, 0)

    def written(self, policy: Policy, boards: np.ndarray) -> np.ndarray:
        """The words, whatever the policy is."""
        return np.tile(self.words, (len(boards), 1))


def test_who_writes_no_move_plays_by_chance_to_the_end() -> None:
    tablet = Parrot(by_chance(), 1)
    games = tablet.played(first_player(), tablet.opened(6000))
    assert not games.every_turn.is_allowed.any()
    assert abs(games.results.mean()) < 4 * 0.95 / 6000**0.5  # +.2968 and -.2968 in turn


def test_a_taken_cell_is_not_allowed_and_games_end_with_their_line() -> None:
    tablet = Parrot(by_chance(), 2)
    tablet.words = tuple(reply_of(2, 4, 4))
    games = tablet.played(first_player(), tablet.opened(500))
    turn = games.every_turn
    assert (turn.is_allowed == is_free()[turn.before, 4]).all()
    assert all(list(moves) == sorted(moves) for moves in games.rows)
    ends = np.array([0] * 500)
    for part, rows in zip(games.turns, games.rows, strict=True):
        ends[rows] = part.after
    assert is_over()[ends].all()
    assert (games.results == has_line(PIP)[ends].astype(int) - has_line(GUEST)[ends]).all()


def move_chances(policy: Policy) -> np.ndarray:
    """Pip's chances of each cross, for every board it may meet: all reasons are added up."""
    found = np.zeros((BOARDS, CELLS))
    boards = turns(PIP)
    reasons = [reply_of(verb, place, 0) for verb in range(len(VERBS)) for place in range(CELLS)]
    for part in np.array_split(boards, 12):
        layout = lay_out(prompts()[part].tolist(), reasons * len(part), group_size=len(reasons))
        with torch.no_grad():
            log_spread = torch.log_softmax(next_token_logits(policy, layout), -1)
        spread = log_spread.double().exp().view(len(part), len(reasons), REPLY_LENGTH, -1).numpy()
        verbs, places = np.array(reasons)[:, 0], np.array(reasons)[:, 1]
        rows = np.arange(len(reasons))
        of_reason = spread[:, rows, 0, verbs] * spread[:, rows, 1, places]
        moves = (of_reason[..., None] * spread[:, :, 2, FIRST_MOVE : FIRST_MOVE + CELLS]).sum(
            axis=1
        )
        free = is_free()[part]
        lost = 1 - (moves * free).sum(axis=1, keepdims=True)  # played by chance for it
        found[part] = moves * free + lost * by_chance()[part]
    return found


@pytest.mark.slow
def test_the_shipped_player_is_worth_what_its_games_say() -> None:
    """Every reason it could write and every cross, against a sample of 10 000 games."""
    exact = worths(move_chances(first_player()), by_chance())
    tablet = Tablet(by_chance(), 5)
    games = tablet.played(first_player(), tablet.opened(10_000))
    assert abs(games.results.mean() - (exact.first + exact.second) / 2) < 4 * 0.95 / 100
    assert 0.05 < (exact.first + exact.second) / 2 < 0.2


def sloppy(seed: int) -> Iterator[tuple[int, list[int]]]:
    rng = np.random.default_rng(seed)
    for number in rng.choice(turns(PIP), 4000):
        yield int(number), sloppy_reply(int(number), rng)


def test_the_teacher_is_as_sloppy_as_it_says() -> None:
    boards, replies = zip(*sloppy(0), strict=True)
    numbers, said = np.array(boards), read(np.array(replies))
    right = right_reasons()[numbers, said.verb, said.place].mean()
    luck = (right_reasons()[numbers].sum(axis=(1, 2)) / (3 * is_free()[numbers].sum(axis=1))).mean()
    assert right == pytest.approx(SEES + (1 - SEES) * luck, abs=0.02)
    first_free = is_free()[numbers].argmax(axis=1)
    is_elsewhere = first_free != said.place
    habit = (said.move == first_free)[is_elsewhere].mean()
    assert habit == pytest.approx(HABIT + (1 - DOES - HABIT) / CELLS, abs=0.03)
    acted = (said.move == said.place)[is_elsewhere].mean()
    assert acted == pytest.approx(DOES + (1 - DOES - HABIT) / CELLS, abs=0.03)
