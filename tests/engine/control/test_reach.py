"""Pay that is far beyond what values can reach has a name."""

from typing import Any

import numpy as np
import pytest

from engine.config import parse_config
from engine.control.reach import is_out_of_reach
from engine.endings import MEANINGS, NOTES
from engine.events import RunFinished
from engine.train import train

HUGE = "1000*1000*1000*"
SMALL: dict[str, dict[str, Any]] = {
    "dqn": {"world": {"world": "catch"}, "updates": 2, "steps_per_update": 64},
    "a2c": {"updates": 3, "steps_per_update": 32},
    "ppo": {"updates": 2, "steps_per_update": 32},
    "reinforce": {"updates": 2, "baseline": "critic"},
}


@pytest.mark.parametrize(
    ("expected", "came", "is_far"),
    [
        ([99.0], [1000.0], True),
        ([100.0], [1000.0], False),
        ([-99.0], [-1000.0], True),
        ([0.0, 0.0], [-1000.0, 1000.0], False),
        ([1.0], [999.0], False),
    ],
)
def test_values_are_out_of_reach_below_a_tenth_of_what_came(
    expected: list[float], came: list[float], is_far: bool
) -> None:
    assert is_out_of_reach(np.array(expected), np.array(came)) == is_far


@pytest.mark.parametrize("algorithm", SMALL)
def test_a_billion_a_step_ends_by_its_name_and_ordinary_pay_does_not(algorithm: str) -> None:
    term = "caught" if algorithm == "dqn" else "upright"
    for pay, ending in ((f"{HUGE}{term}", "out_of_reach"), (f"-{HUGE}{term}", "out_of_reach")):
        config = parse_config({"algorithm": algorithm, "reward": pay, **SMALL[algorithm]})
        *_, last = train(config)
        assert isinstance(last, RunFinished) and last.ending == ending
    plain = parse_config({"algorithm": algorithm, "reward": term, **SMALL[algorithm]})
    *_, last = train(plain)
    assert isinstance(last, RunFinished) and last.ending == "done"


@pytest.mark.parametrize("baseline", ["none", "mean", "leave_one_out"])
def test_who_learns_no_values_is_not_told_of_them(baseline: str) -> None:
    given = {"algorithm": "reinforce", "reward": f"{HUGE}upright", "baseline": baseline}
    config = parse_config(given | {"updates": 2})
    *_, last = train(config)
    assert isinstance(last, RunFinished) and last.ending == "done"


def test_a_sentence_says_what_to_do() -> None:
    assert "so large" in MEANINGS["out_of_reach"]
    assert "pay less" in NOTES["out_of_reach"].advice
