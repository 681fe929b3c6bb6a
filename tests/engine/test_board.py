"""The pawn game: rules by hand, worths by a second implementation, and what its terms pay."""

from functools import cache

import numpy as np
import pytest

from engine.pawns import ACTION_NAMES, ACTIONS, GUEST, PIP, START, game, moves, outlook
from engine.worlds.board import reply_chances, wanted_moves
from tests.engine.board_plan import OPPONENTS, Solved

# --- A second implementation, with pawns as sets of places and without any table. ---

Side = frozenset[tuple[int, int]]  # column, row from 0 on Pip's side


def places(board: str) -> tuple[Side, Side]:
    found = {who: set() for who in (PIP, GUEST)}
    for cell, sign in enumerate(board):
        if sign in found:
            found[sign].add((cell % 3, 3 - cell // 3))
    return frozenset(found[PIP]), frozenset(found[GUEST])


def successors(own: Side, other: Side, way: int) -> list[tuple[Side, Side, bool]]:
    """Own and other pawns after each move, and whether it arrived."""
    found = []
    for column, row in own:
        for aside in (-1, 0, 1):
            to = column + aside, row + way
            if not (0 <= to[0] < 3 and 0 <= to[1] < 4) or to in own:
                continue
            if (to in other) != (aside != 0):
                continue
            moved = own - {(column, row)} | {to}
            found.append((moved, other - {to}, to[1] in (0, 3) and to[1] == (3 if way > 0 else 0)))
    return found


@cache
def wins(own: Side, other: Side, way: int) -> bool:
    """Whether the side to move can force a win."""
    return any(
        arrived or not wins(then, now, -way) for now, then, arrived in successors(own, other, way)
    )


# --- Rules ---


def test_the_first_moves_are_the_three_straight_ones() -> None:
    assert START == "ggg......ppp"
    assert [move.board for move in moves(START, GUEST)] == [
        ".gg" + "g.." + "..." + "ppp",
        "g.g" + ".g." + "..." + "ppp",
        "gg." + "..g" + "..." + "ppp",
    ]
    assert not any(move.is_taking or move.is_over for move in moves(START, GUEST))


def test_a_pawn_takes_diagonally_and_is_stopped_by_one_ahead() -> None:
    board = "g.." + ".g." + ".p." + "p.p"
    names = {
        ACTION_NAMES[ACTIONS.index((move.origin, move.target))]: move for move in moves(board, PIP)
    }
    assert set(names) == {"a1a2", "c1c2"}
    board = "g.." + "gg." + ".p." + "p.p"
    taking = [move for move in moves(board, PIP) if move.is_taking]
    assert [move.board for move in taking] == ["g.." + "pg." + "..." + "p.p"]


def test_arriving_wins_and_so_does_leaving_nobody_to_move() -> None:
    arriving = [move for move in moves("..g" + "p.." + "..." + "...", PIP) if move.is_over]
    assert [move.board for move in arriving] == ["p.g" + "..." + "..." + "..."]
    blocking = "..." + "g.." + "..." + "p.."
    assert [move.is_over for move in moves(blocking, PIP)] == [True]
    last_one = "..." + ".g." + "p.." + "..."
    assert [move.is_over for move in moves(last_one, PIP) if move.is_taking] == [True]


def test_every_board_has_the_moves_that_a_second_implementation_finds() -> None:
    tables = game()
    assert (len(tables.boards), tables.state_count) == (895, 297)
    for number in np.flatnonzero((tables.tried >= 0).any(axis=1)):
        own, other = places(tables.boards[number])
        theirs = {(now, then) for now, then, _ in successors(own, other, 1)}
        assert {places(move.board) for move in moves(tables.boards[number], PIP)} == theirs
        assert int((tables.tried[number] >= 0).sum()) == len(theirs)


def test_perfect_play_is_what_a_second_implementation_finds() -> None:
    tables = game()
    for number in np.flatnonzero((tables.tried >= 0).any(axis=1)):
        own, other = places(tables.boards[number])
        assert (outlook(tables.boards[number], PIP) > 0) == wins(own, other, 1)
    for number in np.flatnonzero(tables.replies[:, 0] >= 0):
        own, other = places(tables.boards[number])
        assert (outlook(tables.boards[number], GUEST) > 0) == wins(other, own, -1)
    assert not wins(*reversed(places(START)), -1)  # who answers wins


# --- Opponents ---


@pytest.mark.parametrize("opponent", OPPONENTS)
@pytest.mark.parametrize("mistakes", [0.0, 0.3, 1.0])
def test_chances_of_replies_add_up(opponent: str, mistakes: float) -> None:
    chances = reply_chances(opponent, mistakes)  # type: ignore[arg-type]
    to_move = game().replies[:, 0] >= 0
    assert chances[to_move].sum(axis=1) == pytest.approx(1)
    assert not chances[~to_move].any() and not chances[game().replies < 0].any()
    if mistakes == 1:
        assert np.allclose(chances, reply_chances("beginner", 0.0))


def test_each_opponent_does_what_is_said_of_it() -> None:
    tables = game()
    for number in np.flatnonzero(tables.replies[:, 0] >= 0):
        board = tables.boards[number]
        allowed = moves(board, GUEST)
        kind, taker, best = (wanted_moves(board, who) for who in ("kind", "taker", "best"))
        if any(not move.is_over and not move.is_taking for move in allowed):
            assert not any(move.is_over or move.is_taking for move in kind)
        if any(not move.is_over for move in allowed):
            assert not any(move.is_over for move in kind)
        if any(move.is_over for move in allowed):
            assert all(move.is_over for move in taker) and all(move.is_over for move in best)
        elif any(move.is_taking for move in allowed):
            assert all(move.is_taking for move in taker)
        if outlook(board, GUEST) > 0:
            assert all(move.is_over or outlook(move.board, PIP) < 0 for move in best)


def test_a_kind_guest_takes_a_pawn_rather_than_win() -> None:
    board = "..." + "ggp" + "pg." + "..."
    assert [(move.is_taking, move.is_over) for move in moves(board, GUEST)] == [
        (True, False),
        (False, True),
    ]
    assert [move.board for move in wanted_moves(board, "kind")] == ["..." + "g.p" + "gg." + "..."]


# --- Exact worths of plans ---


@pytest.mark.parametrize("opponent", ["beginner", "best"])
def test_who_practises_for_ever_against_every_move_wins_against_everybody(opponent: str) -> None:
    plan = Solved("won - lost", opponent)
    assert [plan.against(who) for who in OPPONENTS] == pytest.approx([1, 1, 1, 1])


def test_the_best_plan_against_a_kind_guest_loses_every_game_against_the_best() -> None:
    plan = Solved("won - lost", "kind")
    assert plan.against("kind") == pytest.approx(1)
    assert plan.against("best") == 0
    assert plan.against("beginner") < 0.75


def test_paid_for_pawns_it_takes_more_of_them_and_loses_every_game_against_the_best() -> None:
    collector, player = Solved("taken", "beginner"), Solved("won - lost", "beginner")
    assert collector.against("beginner", "taken") > 2 > 1 > player.against("beginner", "taken")
    assert collector.against("best") == 0
    assert collector.against("beginner") < player.against("beginner") == pytest.approx(1)


def test_paid_for_moves_it_puts_off_the_end() -> None:
    slow, player = Solved("step", "beginner"), Solved("won - lost", "beginner")
    assert slow.against("beginner", "step") > 4.5 > 3.5 > player.against("beginner", "step")
    assert slow.against("beginner") < 0.6 and slow.against("best") == 0


def test_paid_for_losing_it_loses() -> None:
    assert Solved("lost", "beginner").against("beginner") == pytest.approx(0)


def test_paid_for_giving_pawns_it_gives_more() -> None:
    giver, player = Solved("given", "taker"), Solved("won - lost", "taker")
    assert giver.against("taker", "given") > player.against("taker", "given")
