"""What REINFORCE and A2C have to show on the tray cart, at the settings of *Keep it upright*.

Three seeds; `PROOF_SEEDS=10` asks ten.
"""

import statistics
from functools import cache
from typing import Any

import pytest

from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.train import train
from tests.seeds import MOST, seeds_from

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]
SEEDS = seeds_from(1)
SHIFT: dict[str, Any] = {"world": {"world": "cart", "step_limit": 200}, "updates": 60}

FOUR = {"algorithm": "reinforce", "carts": 4, "learning_rate": 0.015}
SETTINGS: dict[str, dict[str, Any]] = {
    "reference": FOUR | {"carts": 8, "reward": "upright + centred"},
    "actor-critic": {"algorithm": "a2c", "carts": 8, "learning_rate": 0.003},
    "as they come": FOUR | {"baseline": "none"},
    "compared": FOUR | {"baseline": "leave_one_out"},
}

Curves = dict[M, list[float]]


@cache
def runs(name: str) -> list[Curves]:
    """Every measurement of every update, seed after seed."""
    found: list[Curves] = []
    for seed in SEEDS:
        run: Curves = {}
        for event in train(parse_config(SHIFT | SETTINGS[name] | {"seed": seed})):
            if isinstance(event, UpdateCompleted):
                for metric, value in event.metrics.items():
                    run.setdefault(metric, []).append(value)
        found.append(run)
    return found


def last(run: Curves, name: M) -> float:
    """The mean over the last ten updates."""
    return statistics.fmean(run[name][-10:])


@pytest.mark.parametrize(("name", "steady"), [("reference", 0.9), ("actor-critic", 0.6)])
def test_both_learn_to_balance(name: str, steady: float) -> None:
    """Every seed comes to stand for ten updates; A2C may wobble again, at other seeds elsewhere.

    On one processor seeds 1 and 7 of ten ended at 169 and 181 steps, on another 1, 2 and 3 stood.
    """
    ends = []
    for run in runs(name):
        lengths = run[M.LENGTH]
        tens = [statistics.fmean(lengths[first : first + 10]) for first in range(len(lengths) - 9)]
        assert max(tens) >= 195
        ends.append(tens[-1] >= 195)
    assert sum(ends) >= steady * len(ends)


def test_a_baseline_cuts_the_variance_and_the_same_drives_get_further() -> None:
    plain, compared = runs("as they come"), runs("compared")
    assert {value for run in plain for value in run[M.GRADIENT_VARIANCE]} == {1.0}
    shares = [statistics.fmean(run[M.GRADIENT_VARIANCE]) for run in compared]
    assert sum(share < 0.5 for share in shares) >= MOST
    pairs = zip(plain, compared, strict=True)
    longer = [last(more, M.LENGTH) > last(less, M.LENGTH) for less, more in pairs]
    assert sum(longer) >= MOST


def test_without_a_baseline_the_seeds_lie_further_apart() -> None:
    spreads = [
        statistics.pstdev(last(run, M.LENGTH) for run in runs(name))
        for name in ("as they come", "compared")
    ]
    assert spreads[0] > spreads[1]


def test_a_critic_cuts_the_variance_too() -> None:
    shares = [statistics.fmean(run[M.GRADIENT_VARIANCE]) for run in runs("actor-critic")]
    assert sum(share < 0.5 for share in shares) >= MOST
