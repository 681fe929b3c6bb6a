"""Practice of a policy: what is measured of it elsewhere, against games that are played by hand."""

import numpy as np
import pytest

from engine.config import parse_config
from engine.control.actor_critic import ActorCritic, new_actor_critic
from engine.control.board_field import BoardField
from engine.control.carts import fresh_rng
from engine.control.field_practice import FieldConfig, FieldPractice
from engine.control.practice import TESTS, DrivingConfig, Practice
from engine.events import UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.worlds.board import BoardConfig, Turns

SEED, UPDATE, STEPS, SIDE_BY_SIDE = 3, 1, 16, 4


def sure_policy(practice: Practice) -> ActorCritic:
    """A policy by chance, that does on every board what it likes best there."""
    policy = new_actor_critic(fresh_rng("weights", SEED), practice.sizes)
    policy._layers[4].mul_(1e6)
    return policy


def won_by(policy: ActorCritic, opponent: str, purpose: str) -> tuple[float, int]:
    """The share of games won by doing what is likeliest, and how many moves that took."""
    world = BoardConfig.model_validate({"opponent": opponent})
    field = BoardField(world, TESTS, SEED, purpose)
    is_on, won, moves = np.ones(TESTS, dtype=bool), 0, 0
    while is_on.any():
        outputs = policy.outputs(field.observations())
        best, second = np.sort(outputs, axis=0)[::-1][:2]
        assert (best - second > 30).all()  # chance would not pick another one
        turns = Turns(*field.step(outputs.argmax(axis=0)).facts)
        won += int((turns.is_won & is_on).sum())
        moves += int(is_on.sum())
        is_on = is_on & ~turns.is_won & ~turns.is_lost
    return won / TESTS, moves


def test_a_policy_plays_its_games_elsewhere_as_it_would_play_them() -> None:
    config = parse_config(
        {
            **{"algorithm": "ppo", "world": {"world": "board"}, "seed": SEED},
            **{"carts": SIDE_BY_SIDE, "steps_per_update": STEPS},
        }
    )
    assert isinstance(config, DrivingConfig)
    practice = Practice(config)
    policy = sure_policy(practice)
    practice.roll(policy, STEPS)
    nothing = torch.zeros(STEPS * SIDE_BY_SIDE)
    event = practice.completed(UPDATE, {}, {"value": nothing, "return": nothing}).event
    assert isinstance(event, UpdateCompleted)
    work = STEPS * SIDE_BY_SIDE
    for metric, opponent in (
        (M.WON_AGAINST_BEST, "best"),
        (M.WON_AGAINST_BEGINNER, "beginner"),
    ):
        won, moves = won_by(policy, opponent, f"test {UPDATE} {metric}")
        assert event.metrics[metric] == pytest.approx(won, abs=1e-4)
        work += moves
    assert 0.1 < event.metrics[M.WON_AGAINST_BEGINNER] < 0.9
    assert event.work == work


class Chooser:
    """Thinks most of what a policy does likeliest."""

    def __init__(self, policy: ActorCritic) -> None:
        self._policy = policy

    def worth(self, observations: np.ndarray, states: np.ndarray) -> np.ndarray:
        return self._policy.outputs(observations).T

    def actions(self, worth: np.ndarray) -> np.ndarray:
        return worth.argmax(axis=1)


def test_values_are_tested_against_the_same_opponents() -> None:
    world = {"world": "board", "opponent": "kind"}
    config = parse_config({"algorithm": "dqn", "world": world, "seed": SEED, "tests": TESTS})
    assert isinstance(config, FieldConfig)
    ppo = parse_config({"algorithm": "ppo", "world": world, "seed": SEED})
    assert isinstance(ppo, DrivingConfig)
    policy = sure_policy(Practice(ppo))
    event = FieldPractice(config).completed(UPDATE, Chooser(policy), {}).event
    assert isinstance(event, UpdateCompleted)
    work = 0
    for metric, opponent, purpose in (
        (M.WON, "kind", f"test {UPDATE}"),
        (M.WON_AGAINST_BEST, "best", f"test {UPDATE} won_against_best"),
        (M.WON_AGAINST_BEGINNER, "beginner", f"test {UPDATE} won_against_beginner"),
    ):
        won, moves = won_by(policy, opponent, purpose)
        assert event.metrics[metric] == pytest.approx(won, abs=1e-4)
        work += moves
    assert event.work == work
    assert event.metrics[M.WON] != event.metrics[M.WON_AGAINST_BEST]
