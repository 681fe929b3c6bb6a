"""The pawn game: rules by hand, worths by a second implementation, and what its terms pay."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.algorithms.ppo import PPOConfig
from engine.config import parse_config
from engine.control.board_field import BoardField, seen
from engine.control.plays import Play, played, probed
from engine.control.practice import Practice
from engine.events import UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.pawns import ACTION_NAMES, ACTIONS, GUEST, PIP, START, game, moves, outlook
from engine.reward_expression import parse
from engine.spec import WorldConfig
from engine.train import train
from engine.worlds.board import (
    TERM_NAMES,
    BoardConfig,
    Turns,
    reply_chances,
    term_values,
    wanted_moves,
)

OPPONENTS = ("beginner", "kind", "taker", "best")


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


class Solved:
    """The best plan under a reward against an opponent, by dynamic programming over all boards."""

    def __init__(self, reward: str, opponent: str, gamma: float = 0.97) -> None:
        self._reward = parse(reward, TERM_NAMES)
        self._chances = reply_chances(opponent, 0.0)  # type: ignore[arg-type]
        self._gamma, self._known = gamma, {}

    def _turns(self, board: int, action: int) -> list[tuple[float, Turns]]:
        """What may come of a move: how likely, and what happened."""
        tables = game()
        middle = tables.tried[board, action]
        if tables.wins[board, action]:
            return [(1.0, _turn(board, middle, middle, True, False))]
        return [
            (share, _turn(board, middle, tables.replies[middle, k], False, tables.loses[middle, k]))
            for k, share in enumerate(self._chances[middle])
            if share
        ]

    def best(self, board: int) -> tuple[float, list[int]]:
        """The worth of a board on which Pip is to move, and the best moves."""
        if board not in self._known:
            worths = {}
            for action in np.flatnonzero(game().tried[board] >= 0).tolist():
                worth = 0.0
                for share, turn in self._turns(board, action):
                    values = term_values(turn)
                    worth += share * float(self._reward.evaluate(values)[0])
                    if not (turn.is_won[0] or turn.is_lost[0]):
                        worth += share * self._gamma * self.best(int(turn.after[0]))[0]
                worths[action] = worth
            top = max(worths.values())
            self._known[board] = top, [a for a, w in worths.items() if w > top - 1e-9]
        return self._known[board]

    def against(self, opponent: str, term: str = "won") -> float:
        """How much of a term its plan collects in a game, moves that are as good at random."""
        chances = reply_chances(opponent, 0.0)  # type: ignore[arg-type]

        @cache
        def collected(board: int) -> float:
            plan = self.best(board)[1]
            found = 0.0
            for action in plan:
                there = Solved.__new__(Solved)
                there._chances = chances
                for share, turn in there._turns(board, action):
                    onward = 0.0
                    if not (turn.is_won[0] or turn.is_lost[0]):
                        onward = collected(int(turn.after[0]))
                    found += share * (float(term_values(turn)[term][0]) + onward) / len(plan)
            return found

        first = zip(game().replies[0], chances[0], strict=True)
        return sum(share * collected(int(board)) for board, share in first if share)


def _turn(before: int, middle: int, after: int, is_won: bool, is_lost: bool) -> Turns:
    flags = (np.array([flag]) for flag in (True, is_won, is_lost))
    return Turns(np.array([before]), np.array([middle]), np.array([after]), *flags)


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


# --- The field ---


def test_an_opening_and_a_step_by_hand() -> None:
    field = BoardField(BoardConfig(), 3, 0)
    tables = game()
    opened = tables.boards[field._boards[0]]
    assert opened in {move.board for move in moves(START, GUEST)}
    assert field.observations()[0].tolist() == [
        float(sign == who) for who in (PIP, GUEST) for sign in opened
    ]
    forward = ACTION_NAMES.index("b1b2")
    passage = field.step(np.full(3, forward))
    turns = Turns(*passage.facts)
    assert turns.is_allowed.all()
    assert tables.boards[turns.middle[0]] == opened[:7] + "p" + opened[8:10] + "." + opened[11]
    assert tables.boards[turns.after[0]].count(GUEST) == 3


def test_a_move_that_is_not_allowed_is_played_by_chance() -> None:
    field = BoardField(BoardConfig(), 600, 0)
    turns = Turns(*field.step(np.full(600, ACTION_NAMES.index("b1a2"))).facts)
    assert not turns.is_allowed.any()
    made = turns.middle
    counts = np.unique(made, return_counts=True)[1]
    assert len(counts) >= 9 and counts.min() > 30  # three openings, three or four moves each
    assert term_values(turns)["not_allowed"].tolist() == [1.0] * 600


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    opponent=st.sampled_from(OPPONENTS),
    mistakes=st.sampled_from([0.0, 0.5]),
)
def test_whatever_is_tried_the_rules_hold(seed: int, opponent: str, mistakes: float) -> None:
    field = BoardField(BoardConfig(opponent=opponent, mistakes=mistakes), 16, seed)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    tables, passages, age = game(), [], np.zeros(16, dtype=int)
    for _ in range(30):
        state, boards = field.state(), field._boards.copy()
        assert (tables.states[boards] == state).all() and (tables.tried[boards] >= 0).any()
        passages.append(field.step(rng.integers(len(field.actions), size=16)))
        turns, passage = Turns(*passages[-1].facts), passages[-1]
        assert (turns.is_won | turns.is_lost).tolist() == passage.ends.tolist()
        assert not (turns.is_won & turns.is_lost).any() and not passage.is_cut.any()
        assert np.array_equal(passage.after, seen(turns.after))
        for before, middle, after in zip(turns.before, turns.middle, turns.after, strict=True):
            assert tables.boards[middle] in {m.board for m in moves(tables.boards[before], PIP)}
            if after != middle:
                assert tables.boards[after] in {
                    m.board for m in moves(tables.boards[middle], GUEST)
                }
        age = np.where(passage.ends, 0, age + 1)
        assert (age < field.step_limit).all()
    values = field.values(passages, 0.9)
    assert set(values) == {*TERM_NAMES, "true"}
    assert (values["true"] == values["won"] - values["lost"]).all()


def test_the_film_is_the_first_game_move_by_move() -> None:
    field = BoardField(BoardConfig(opponent="best"), 4, 5)
    passages = []
    while not passages or not passages[-1].ends[0]:
        passages.append(field.step(np.zeros(4, dtype=int)))
    scene = field.film(passages, None)
    assert scene.boards[0] == START and scene.end in ("won", "lost")
    for number, (before, after) in enumerate(zip(scene.boards, scene.boards[1:], strict=False)):
        assert after in {m.board for m in moves(before, PIP if number % 2 else GUEST)}
    assert (len(scene.boards) % 2 == 0) == (scene.end == "lost")
    assert field.film((), None).boards == (START,)


def test_the_film_says_which_moves_were_replaced() -> None:
    field = BoardField(BoardConfig(opponent="kind"), 2, 0)
    again = np.full(2, ACTION_NAMES.index("b1b2"))  # the second time nobody stands there
    scene = field.film([field.step(again), field.step(again)], None)
    assert (scene.replaced, scene.end) == ((1,), "on")
    assert scene.boards[2][7] == PIP and len(scene.boards) == 6


@pytest.mark.parametrize("opponent", ["kind", "best"])
def test_what_is_measured_elsewhere_is_what_the_plan_is_worth_there(opponent: str) -> None:
    plan, count = Solved("won - lost", opponent), 2000

    rng = np.random.default_rng(0)

    def act(field: Any) -> np.ndarray:
        return np.array([rng.choice(plan.best(int(board))[1]) for board in field._boards])

    def play(world: WorldConfig | None, purpose: str) -> Play:
        assert isinstance(world, BoardConfig)
        return played(BoardField(world, count, 3, purpose), act, 0.97)

    found, shown, work = probed(BoardField.measures.probes, play, 1, None)
    assert not shown
    assert list(found) == [M.WON_AGAINST_BEST, M.WON_AGAINST_BEGINNER]
    assert found[M.WON_AGAINST_BEST] == plan.against("best")
    assert found[M.WON_AGAINST_BEGINNER] == pytest.approx(plan.against("beginner"), abs=0.04)
    steps = sum(plan.against(who, "step") for who in ("best", "beginner"))
    assert work / count == pytest.approx(steps, abs=0.1)


class Hesitant:
    """A policy that prefers the best moves, by so little that chance picks nearly any."""

    def __init__(self) -> None:
        plan = Solved("won - lost", "best")
        self._best = {
            picture.tobytes(): plan.best(number)[1][0]
            for number, picture in enumerate(BoardField(BoardConfig(), 1, 0)._pictures)
            if (game().tried[number] >= 0).any()
        }

    def outputs(self, observations: np.ndarray) -> np.ndarray:
        found = np.zeros((len(ACTIONS), len(observations)))
        for row, picture in enumerate(observations):
            found[self._best[picture.tobytes()], row] = 0.01
        return found


def test_elsewhere_a_policy_is_tested_by_its_likeliest_moves_and_here_it_practises() -> None:
    world = {"world": "board", "opponent": "best"}
    practice = Practice(PPOConfig.model_validate({"world": world, "seed": 2, "carts": 16}))
    rollout, _ = practice.roll(Hesitant(), 24)  # type: ignore[arg-type]
    nothing = torch.zeros(rollout.is_last.size)
    event = practice.completed(1, {}, {"value": nothing, "return": nothing}).event
    assert isinstance(event, UpdateCompleted)
    assert event.metrics[M.WON_AGAINST_BEST] == 1  # whoever moves second can always win
    assert event.metrics[M.WON] < 0.5


# --- What is learnt ---


def learnt(opponent: str, seed: int) -> dict[M, float]:
    """What a table wins after 41 thousand moves against an opponent: means of the last tests."""
    config = parse_config(
        {
            **{"algorithm": "dqn", "world": {"world": "board", "opponent": opponent}, "seed": seed},
            **{"reward": "won - lost - 0.1*not_allowed", "values": "table", "table_rate": 0.3},
            **{"updates": 10, "steps_per_update": 128, "side_by_side": 32, "batch_size": 512},
            **{"target_every": 1, "first_steps": 500, "buffer_size": 100_000, "tests": 64},
        }
    )
    last = [event.metrics for event in train(config) if isinstance(event, UpdateCompleted)][-4:]
    names = M.WON, M.WON_AGAINST_BEST, M.WON_AGAINST_BEGINNER
    return {name: float(np.mean([metrics[name] for metrics in last])) for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 14))
def test_a_table_learns_to_beat_whom_it_practises_with(seed: int) -> None:
    # Practice brings up every board, or the boards of one way to play.
    anybody, friend, master = (learnt(opponent, seed) for opponent in ("beginner", "kind", "best"))
    assert anybody[M.WON] >= 0.93 and anybody[M.WON_AGAINST_BEGINNER] >= 0.93
    assert friend[M.WON] == 1 and friend[M.WON_AGAINST_BEST] == 0
    assert friend[M.WON_AGAINST_BEGINNER] < anybody[M.WON_AGAINST_BEGINNER]
    assert master[M.WON] == master[M.WON_AGAINST_BEST] == 1
    assert master[M.WON_AGAINST_BEGINNER] <= 0.85
