"""The pawn game in practice: its field and film, tests against strangers, and what is learnt."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.algorithms.ppo import PPOConfig
from engine.config import parse_config
from engine.control.board_field import BoardField, pictures
from engine.control.fields import Outlook
from engine.control.plays import Play, played, probed
from engine.control.practice import Practice
from engine.events import UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.pawns import ACTION_NAMES, ACTIONS, GUEST, PIP, START, game, moves
from engine.spec import WorldConfig
from engine.train import train
from engine.worlds.board import TERM_NAMES, BoardConfig, Turns, reply_chances, term_values
from tests.engine.board_plan import OPPONENTS, Solved
from tests.seeds import ten_from


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


@cache
def may_lead(who: str) -> np.ndarray:
    """Which boards a move of this side may lead to: [before, after], true or false."""
    tables = game()
    numbers = {board: number for number, board in enumerate(tables.boards)}
    is_turn = (tables.tried >= 0).any(axis=1) if who == PIP else tables.replies[:, 0] >= 0
    found = np.zeros((len(numbers), len(numbers)), dtype=bool)
    for number in np.flatnonzero(is_turn):
        found[number, [numbers[move.board] for move in moves(tables.boards[number], who)]] = True
    return found


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 1000),
    opponent=st.sampled_from(OPPONENTS),
    mistakes=st.sampled_from([0.0, 0.5]),
)
def test_whatever_is_tried_the_rules_hold(seed: int, opponent: str, mistakes: float) -> None:
    field = BoardField(BoardConfig(opponent=opponent, mistakes=mistakes), 64, seed)  # type: ignore[arg-type]
    rng, chances = np.random.default_rng(seed), reply_chances(opponent, mistakes)  # type: ignore[arg-type]
    tables, passages, age = game(), [], np.zeros(64, dtype=int)
    for _ in range(30):
        state, boards = field.state(), field._boards.copy()
        assert (tables.states[boards] == state).all() and (tables.tried[boards] >= 0).any()
        actions = rng.integers(len(field.actions), size=64)
        passages.append(field.step(actions))
        turns, passage = Turns(*passages[-1].facts), passages[-1]
        assert (turns.before == boards).all()
        assert (turns.is_won | turns.is_lost).tolist() == passage.ends.tolist()
        assert not (turns.is_won & turns.is_lost).any() and not passage.is_cut.any()
        assert np.array_equal(passage.after, pictures()[turns.after])
        wanted = tables.tried[boards, actions]
        assert ((wanted >= 0) == turns.is_allowed).all()
        assert (turns.middle == wanted)[turns.is_allowed].all()
        assert may_lead(PIP)[boards, turns.middle].all()
        assert (turns.after == turns.middle)[turns.is_won].all()
        middle, after = turns.middle[~turns.is_won], turns.after[~turns.is_won]
        assert may_lead(GUEST)[middle, after].all()
        is_this_reply = tables.replies[middle] == after[:, None]
        assert (chances[middle] * is_this_reply).any(axis=1).all()
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

    def play(world: WorldConfig | None, purpose: str) -> Play:
        assert isinstance(world, BoardConfig)
        field = BoardField(world, count, 3, purpose)

        def act(_: Outlook) -> np.ndarray:
            return np.array([rng.choice(plan.best(int(board))[1]) for board in field._boards])

        return played(field, act, 0.97)

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


# What is learnt.


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
@pytest.mark.parametrize("seed", ten_from(4))
def test_a_table_learns_to_beat_whom_it_practises_with(seed: int) -> None:
    # Practice brings up every board, or the boards of one way to play.
    anybody, friend, master = (learnt(opponent, seed) for opponent in ("beginner", "kind", "best"))
    assert anybody[M.WON] >= 0.93 and anybody[M.WON_AGAINST_BEGINNER] >= 0.93
    assert friend[M.WON] == 1 and friend[M.WON_AGAINST_BEST] == 0
    assert friend[M.WON_AGAINST_BEGINNER] < anybody[M.WON_AGAINST_BEGINNER]
    assert master[M.WON] == master[M.WON_AGAINST_BEST] == 1
    assert master[M.WON_AGAINST_BEGINNER] <= 0.85
