"""Where a better score stops being worth more: RLHF, DPO and best of n, over seeds; prints JSON.

All three are paid by one reward model each, in the world of "Ruth's favourites", and are read off
as the Lab draws them. A turn is where the worth falls from its best while the score rises on.

    python bench/over_optimisation.py [--seeds 6]
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from curriculum.loader import load_catalogue
from curriculum.recipe import starting_config
from curriculum.summary import turning_point
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.lazy import torch
from engine.metrics import MetricName
from engine.spec import TrainConfig
from engine.spread import Axis, Band, Trace, band_of, traced
from engine.train import train

CHAPTER = "ruths_favourites"
AXES: tuple[Axis, ...] = ("update", "drift")
RLHF_UPDATES = 60
SLACK = {"beta": 0.02, "learning_rate": 0.001, "schedule": "constant"}  # a leash that hardly holds


def main() -> None:
    parser = argparse.ArgumentParser(description="Over-optimisation by three methods.")
    parser.add_argument("--seeds", type=int, default=6, help="runs of each method (default 6)")
    seeds = range(1, parser.parse_args().seeds + 1)
    torch.set_num_threads(1)
    found = {name: over_seeds(config, seeds) for name, config in methods().items()}
    print(json.dumps({"benchmark": "over_optimisation", "seeds": len(seeds), **found}))


def methods() -> dict[str, TrainConfig]:
    """The settings of each method, in one world."""
    rlhf = starting_config(load_catalogue().chapter(CHAPTER))
    shared = {"world": rlhf.world.model_dump(), "reward": rlhf.reward}
    dpo = {**shared, "algorithm": "dpo", "updates": 94}
    contents: dict[str, dict[str, Any]] = {
        "rlhf": {**rlhf.model_dump(), "updates": RLHF_UPDATES},
        "dpo": dpo,
        "dpo_on_a_slack_leash": {**dpo, **SLACK},
        "best_of_n": {**shared, "algorithm": "best_of_n"},
    }
    return {name: parse_config(content) for name, content in contents.items()}


def over_seeds(config: TrainConfig, seeds: range) -> dict[str, Any]:
    """What the runs say together along each axis."""
    traces = [trace(parse_config({**config.model_dump(), "seed": seed})) for seed in seeds]
    figures = {}
    for axis in AXES:
        worth = band_of(traces, MetricName.TRUE_RETURN, axis)
        score = band_of(traces, MetricName.PROXY_RETURN, axis)
        assert worth and score
        figures[axis] = compared(worth, score)
    print(config.algorithm, figures, file=sys.stderr, flush=True)
    return figures


def trace(config: TrainConfig) -> Trace:
    """One run, as curves over updates and over its drift."""
    events = (event for event in train(config) if isinstance(event, UpdateCompleted))
    return traced(config.seed, ((event.update, event.work, event.metrics) for event in events))


def compared(worth: Band, score: Band) -> dict[str, Any]:
    """Where the worth was best and where it ended, with the score there."""
    best = worth.centre.index(max(worth.centre))
    turn = turning_point(worth.centre, score.centre)
    ends = {"low": worth.low[-1], "worth": worth.centre[-1], "high": worth.high[-1]}
    return {
        "turns_at": round(worth.x[turn - 1], 2) if turn else None,
        "best": point(worth.x[best], worth=worth.centre[best], score=score.centre[best]),
        "end": point(worth.x[-1], score=score.centre[-1], **ends),
    }


def point(x: float, **figures: float) -> dict[str, float]:
    """Figures at one place of an axis."""
    return {"at": round(x, 2), **{name: round(value, 2) for name, value in figures.items()}}


if __name__ == "__main__":
    main()
