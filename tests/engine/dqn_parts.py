"""What the tests of DQN share."""

from typing import Any

import numpy as np

from engine.algorithms.dqn import (
    DQNConfig,
    Learner,
)
from engine.config import parse_config
from engine.control.q_values import Adam, QNetwork
from engine.control.replay import Transitions


def settings(**changes: Any) -> DQNConfig:
    config = parse_config({"algorithm": "dqn", **changes})
    assert isinstance(config, DQNConfig)
    return config


def some_steps(rng: np.random.Generator, rows: int, inputs: int, actions: int) -> Transitions:
    return Transitions(
        rng.normal(size=(rows, inputs)).astype(np.float32),
        rng.integers(5, size=rows),
        rng.integers(actions, size=rows),
        rng.normal(size=rows).astype(np.float32) * 2,
        rng.normal(size=(rows, inputs)).astype(np.float32),
        rng.integers(5, size=rows),
        (rng.random(rows) < 0.3).astype(np.float32),
    )


def of_networks(online: QNetwork, target: QNetwork) -> Learner:
    rng = np.random.default_rng(0)
    return Learner(online, target, Adam(online.weights), rng, rng)
