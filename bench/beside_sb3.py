"""Environment steps a second of the engine and of Stable-Baselines3, which take turns.

Seconds are of processor time, so that a busy machine does not favour whoever ran when it was quiet.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecEnv

from engine.events import UpdateCompleted
from engine.spec import TrainConfig
from engine.train import train


def carts(count: int) -> VecEnv:
    """Stable-Baselines3's own carts, side by side."""
    return make_vec_env("CartPole-v1", count)


def ours(config: TrainConfig, steps: int) -> float:
    """Steps per second of a run whose updates have so many; the first one warms up."""
    stamps = [time.process_time() for event in train(config) if isinstance(event, UpdateCompleted)]
    return (len(stamps) - 1) * steps / (stamps[-1] - stamps[0])


def theirs(model: Any, warm: int, steps: int) -> float:
    """Steps per second of a model of Stable-Baselines3, after so many that warm it up."""
    warnings.filterwarnings("ignore")
    model.learn(warm)
    began = time.process_time()
    model.learn(steps, reset_num_timesteps=False)
    return steps / (time.process_time() - began)


def compared(
    turns: int, mine: Callable[[], float], other: Callable[[], float], suffix: str = ""
) -> dict[str, object]:
    """Both measured in turns, and the median of their ratios."""
    pairs = [(mine(), other()) for _ in range(turns)]
    return {
        f"ours_steps_per_second{suffix}": [round(first) for first, _ in pairs],
        f"sb3_steps_per_second{suffix}": [round(second) for _, second in pairs],
        f"ratio{suffix}": round(statistics.median(first / second for first, second in pairs), 2),
    }
