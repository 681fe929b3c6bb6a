"""The replay buffer: what it keeps, and how it draws."""

import numpy as np

from engine.control.replay import Replay, Transitions


def numbered(first: int, count: int) -> Transitions:
    rewards = np.arange(first, first + count, dtype=np.float32)
    states = rewards.astype(np.int64)
    seen = rewards[:, None]
    return Transitions(seen, states, states, rewards, seen, states, np.zeros_like(rewards))


def test_the_buffer_keeps_the_newest_steps_and_draws_each_as_often() -> None:
    memory = Replay(50, 1)
    for first in range(0, 130, 13):
        memory.add(numbered(first, 13))
        assert memory.size == min(50, first + 13)
    assert memory.newest(20).rewards.tolist() == list(range(110, 130))
    assert memory.newest(500).rewards.tolist() == list(range(80, 130))
    drawn = memory.sample(np.random.default_rng(6), 100_000).states
    counts = np.bincount(drawn - 80, minlength=50)
    assert drawn.min() == 80 and drawn.max() == 129
    assert ((counts - 2000) ** 2 / 2000).sum() < 85.4  # chi-square, 49 degrees, one in a thousand


def test_of_more_steps_than_it_holds_a_buffer_keeps_the_newest() -> None:
    memory = Replay(32, 1)
    memory.add(numbered(0, 7))
    memory.add(numbered(7, 100))
    assert sorted(memory.newest(32).rewards.tolist()) == list(range(75, 107))
