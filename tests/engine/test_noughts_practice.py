"""Runs of noughts and crosses: what a group is, what is shown, and what is learnt."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.config import parse_config
from engine.events import RunStarted, UpdateCompleted
from engine.metrics import MetricName as M
from engine.noughts.rules import CELLS, PIP, is_over, turns
from engine.scenes import NoughtsScene
from engine.train import train
from tests.engine.noughts_text import board, lined

SETTINGS = {
    **{"algorithm": "grpo", "world": {"world": "noughts"}, "updates": 30, "batch_epochs": 4},
    **{"prompts_per_update": 32, "group_size": 16, "learning_rate": 0.002, "kl_coef": 0},
}


def curve_of(**change: Any) -> list[dict[M, float]]:
    config = parse_config(SETTINGS | change)
    return [e.metrics for e in train(config) if isinstance(e, UpdateCompleted)]


def late(curve: list[dict[M, float]], metric: M) -> float:
    return float(np.mean([metrics[metric] for metrics in curve[-5:]]))


def test_a_group_shares_its_board_and_is_paid_by_what_came_of_each_move() -> None:
    settings = {"updates": 1, "prompts_per_update": 3, "group_size": 6, "batch_epochs": 1}
    config = parse_config(SETTINGS | settings)
    _, event, _ = train(config)
    assert isinstance(event, UpdateCompleted) and isinstance(event.scene, NoughtsScene)
    group = event.scene.group
    (question,) = {reply.question for reply in group}
    assert len(group) == 6 and board(question) in turns(PIP)
    for reply in group:
        axes = reply.axes
        assert axes["won"] + axes["drawn"] + axes["lost"] == 1
        paid = axes["won"] - axes["lost"] - 0.5 * axes["not_allowed"]
        assert reply.reward == pytest.approx(paid, abs=1e-4)
        cell = int(reply.tokens[2][1]) - 1 if reply.tokens[2][0] == "x" else None
        is_free_cell = cell is not None and question[cell] == "."
        assert axes["not_allowed"] == (not is_free_cell)


def test_the_game_that_is_shown_is_a_game() -> None:
    for event in train(parse_config(SETTINGS | {"updates": 2, "group_size": 2})):
        if isinstance(event, RunStarted | UpdateCompleted):
            scene = event.scene
            assert isinstance(scene, NoughtsScene)
            assert scene.boards[0] == "." * CELLS
            for before, after in pairwise(scene.boards):
                assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
            assert is_over()[board(scene.boards[-1])]
            ends = {"x": "won", "o": "lost", "": "drawn"}
            assert scene.end == ends[lined(scene.boards[-1])]
            assert len(scene.said) == len(scene.right) == scene.boards[-1].count("x")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_grpo_closes_most_of_the_gap(seed: int) -> None:
    curve = curve_of(seed=seed)
    assert curve[0][M.TRUE_RETURN] < 0.35 and curve[0][M.ACTED_ON] < 0.4
    assert late(curve, M.TRUE_RETURN) > 0.55 and late(curve, M.ACTED_ON) > 0.5
    assert late(curve, M.NOT_ALLOWED) < 0.08
