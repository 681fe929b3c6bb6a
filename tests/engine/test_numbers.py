"""The numbers that a scene keeps of its update are those of what happened, and of what was learnt.

That they lead to one another is tested in `tests/curriculum/test_inspection.py`.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from engine.config import parse_config
from engine.control.samples import SHOWN_SAMPLES
from engine.control.walks import as_taken, numbered
from engine.events import RunStarted, UpdateCompleted
from engine.gridworld import ACTIONS
from engine.lobby.quantities import WATCHED_PRESSES
from engine.metrics import MetricName as M
from engine.pawns import ACTION_NAMES
from engine.reward_expression import parse
from engine.scenes import GridScene, KioskScene, OpenScene, TradingScene
from engine.tabular.practice import TabularConfig
from engine.tabular.quantities import WATCHED_STEPS
from engine.train import train
from engine.worlds.corridor import TERM_NAMES, floor_of, reward_table

Rows = list[dict[str, float]]


def updates_of(**settings: Any) -> list[UpdateCompleted]:
    return [e for e in train(parse_config(settings)) if isinstance(e, UpdateCompleted)]


def rows_of(scene: Any) -> Rows:
    assert isinstance(scene, OpenScene)
    columns = scene.numbers
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


TABLES = [
    {"algorithm": "q_learning", "episodes": 30},
    {"algorithm": "sarsa", "episodes": 30},
    {"algorithm": "sarsa", "episodes": 30, "target": "expected"},
]


@pytest.mark.parametrize("settings", TABLES)
def test_the_steps_of_a_table_are_the_last_ones_of_the_trail_that_is_drawn(
    settings: dict[str, Any],
) -> None:
    settings = settings | {"world": {"world": "corridor", "slip": 0.2}, "seed": 2}
    config = parse_config(settings)
    assert isinstance(config, TabularConfig)
    floor = floor_of(config.world)
    paid = reward_table(floor, parse(config.reward, TERM_NAMES), config.gamma)
    for update in updates_of(**settings):
        scene = update.scene
        assert isinstance(scene, GridScene)
        rows, length = rows_of(scene), len(scene.trail) - 1
        assert len(rows) == min(WATCHED_STEPS, length)
        assert [row["step"] for row in rows] == list(range(length - len(rows) + 1, length + 1))
        for row in rows:
            step, made = int(row["step"]), int(row["made"]) - 1
            cell = (int(row["row"]) - 1) * floor.grid.columns + int(row["column"]) - 1
            assert scene.trail[step] == floor.grid.entered[cell, made]
            assert row["reward"] == pytest.approx(paid[cell, made], rel=1e-4)
        assert {row["move"] for row in rows} <= set(range(1, len(ACTIONS) + 1))


@pytest.mark.parametrize("settings", TABLES)
def test_a_table_says_of_a_move_what_the_step_before_left_there(settings: dict[str, Any]) -> None:
    """With one episode an update, and the guesses of the untrained table before the first one."""
    settings = settings | {"episodes_per_update": 1, "seed": 1, "initial_value": 1.5}
    checked = 0
    for update in updates_of(**settings):
        rows, kept = rows_of(update.scene), {}
        for row in rows:
            place = row["row"], row["column"], row["move"]
            if place in kept:
                assert row["value"] == kept[place]
                checked += 1
            kept[place] = row["new_value"]
        assert isinstance(update.scene, GridScene)
        best = np.array(update.scene.values).reshape(len(update.scene.rows), -1)
        for (line, column, _), value in kept.items():
            assert value <= best[int(line) - 1, int(column) - 1] + 1e-3
    assert checked > 10


def test_behind_the_ward_nothing_is_counted() -> None:
    arrived = [
        rows_of(update.scene)[-1]
        for settings in TABLES
        for update in updates_of(**settings, reward="5*delivered - 0.1*step", episodes_per_update=1)
        if update.metrics[M.DELIVERED] == 1
    ]
    assert len(arrived) > 10
    assert all(row["next_value"] == 0 and row["target"] == 4.9 for row in arrived)


@pytest.mark.parametrize("name", ["epsilon_greedy", "ucb", "thompson", "gradient_bandit"])
def test_presses_are_those_of_the_scene_and_each_goes_on_from_the_one_before(name: str) -> None:
    before = "preference" if name == "gradient_bandit" else "belief"
    kept: dict[float, float] = {}
    checked = 0
    for update in updates_of(algorithm=name, updates=5, seed=2, world={"world": "kiosk"}):
        scene, rows = update.scene, rows_of(update.scene)
        assert isinstance(scene, KioskScene)
        assert len(rows) == WATCHED_PRESSES
        assert [row["press"] for row in rows] == list(
            range(update.work - len(rows) + 1, update.work + 1)
        )
        assert [row["button"] - 1 for row in rows] == list(scene.pressed[-len(rows) :])
        assert [row["reward"] for row in rows] == pytest.approx(scene.paid[-len(rows) :], rel=1e-4)
        kept.clear()
        for row in rows:
            if row["button"] in kept and name != "gradient_bandit":
                assert row[before] == kept[row["button"]]
                checked += 1
            kept[row["button"]] = row["new_value"]
        if scene.beliefs:
            for button, value in kept.items():
                assert value == pytest.approx(scene.beliefs[int(button) - 1], rel=1e-4, abs=1e-9)
    assert checked > 20 or name == "gradient_bandit"


def test_a_preference_goes_on_from_the_press_before() -> None:
    checked = 0
    for update in updates_of(algorithm="gradient_bandit", updates=10, seed=3):
        for row, after in pairwise(rows_of(update.scene)):
            if after["button"] == row["button"]:
                assert after["preference"] == row["new_value"]
                checked += 1
    assert checked > 20


def test_a_bound_is_weighed_only_against_bounds() -> None:
    first, *_ = updates_of(algorithm="ucb", updates=1, seed=2, world={"world": "kiosk"})
    assert all(row["bound"] >= row["other_bound"] for row in rows_of(first.scene))
    (short,) = updates_of(algorithm="ucb", updates=1, world={"world": "kiosk", "visitors": 5})
    assert rows_of(short.scene) == []


def test_the_highest_draw_is_pressed_and_draws_lie_about_beliefs() -> None:
    rows = [row for one in updates_of(algorithm="thompson", seed=1) for row in rows_of(one.scene)]
    assert all(row["draw"] > row["other_draw"] for row in rows)
    away = [(row["draw"] - row["belief"]) / row["spread"] for row in rows]
    assert 0 < np.mean(away) < 1.5  # the pressed one is the highest of five draws
    first = parse_config({"algorithm": "thompson"}).model_dump()["prior_spread"]
    assert max(row["spread"] for row in rows) <= first


def test_epsilon_greedy_presses_a_lesser_button_only_by_chance() -> None:
    def lesser(epsilon: float) -> float:
        rows = [
            row
            for one in updates_of(algorithm="epsilon_greedy", epsilon=epsilon, updates=20)
            for row in rows_of(one.scene)
        ]
        return float(np.mean([row["belief"] < row["other_belief"] for row in rows]))

    assert lesser(0) == 0
    assert lesser(0.5) > 0.2


FEW = {
    **{"algorithm": "dqn", "updates": 2, "side_by_side": 2, "steps_per_update": 16},
    **{"tests": 2, "first_steps": 0, "gradient_steps": 1, "train_every": 16},
}


@pytest.mark.parametrize("values", ["network", "table"])
def test_the_samples_of_a_whole_batch_have_the_loss_and_error_of_the_update(values: str) -> None:
    for update in updates_of(**FEW, values=values, batch_size=8, reward="delivered - 2*step"):
        rows = rows_of(update.scene)
        assert len(rows) == 8
        loss = sum(row["weight"] * row["step_loss"] for row in rows)
        assert loss == pytest.approx(update.metrics[M.LOSS], rel=1e-3)
        error = np.mean([abs(row["error"]) for row in rows])
        assert error == pytest.approx(update.metrics[M.TD_ERROR], rel=1e-3)


def test_the_newest_samples_are_shown_and_no_more_than_a_few() -> None:
    for update in updates_of(**FEW, replay="newest", batch_size=32, reward="3"):
        rows = rows_of(update.scene)
        assert len(rows) == SHOWN_SAMPLES
        assert all(row["reward"] == 3 and row["weight"] == 1 / 32 for row in rows)


def test_before_the_first_lesson_there_is_nothing_to_open() -> None:
    first, second = updates_of(**FEW | {"first_steps": 40})
    assert not rows_of(first.scene) and rows_of(second.scene)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_actions_are_counted_from_1_however_they_are_taken(count: int) -> None:
    taken = torch.from_numpy(as_taken(np.arange(count), count))
    assert numbered(taken, count).tolist() == list(range(1, count + 1))


@pytest.mark.parametrize("name", ["reinforce", "a2c", "ppo"])
@pytest.mark.parametrize(
    ("world", "count"), [("catch", 3), ("trading", 3), ("board", len(ACTION_NAMES))]
)
def test_policies_are_opened_on_every_field(name: str, world: str, count: int) -> None:
    settings = {"algorithm": name, "updates": 2, "carts": 2, "world": {"world": world}}
    started, *events = train(parse_config(settings))
    assert isinstance(started, RunStarted)
    for event in events[:-1]:
        assert isinstance(event, UpdateCompleted)
        rows = rows_of(event.scene)
        actions = {row["action"] for row in rows}
        assert rows and actions <= set(range(1, count + 1))
        assert "position" not in rows[0]
        if world == "trading":
            assert isinstance(event.scene, TradingScene) and event.scene.fresh.prices
