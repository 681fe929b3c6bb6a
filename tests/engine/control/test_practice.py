"""Practice of a policy: what is measured of it elsewhere, against games that are played by hand."""

import numpy as np
import pytest

from engine.config import parse_config
from engine.control.actor_critic import ActorCritic, new_actor_critic
from engine.control.board_field import BoardField
from engine.control.carts import fresh_rng
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


def won_by(policy: ActorCritic, opponent: str, metric: M) -> tuple[float, int]:
    """The share of games won by doing what is likeliest, and how many moves that took."""
    world = BoardConfig.model_validate({"opponent": opponent})
    field = BoardField(world, TESTS, SEED, f"test {UPDATE} {metric}")
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
        won, moves = won_by(policy, opponent, metric)
        assert event.metrics[metric] == pytest.approx(won, abs=1e-4)
        work += moves
    assert 0.1 < event.metrics[M.WON_AGAINST_BEGINNER] < 0.9
    assert event.work == work
