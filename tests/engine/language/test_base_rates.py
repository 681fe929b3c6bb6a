"""The shipped Pip has the habits, and the latent knowledge, that the chapters rely on."""

import pytest

from engine.language.base_rates import base_rates, rates
from engine.language.checkpoint import base_policy


def test_on_facts_pip_is_curt_and_mostly_wrong_but_can_be_right() -> None:
    found = rates(base_policy(), {"floor": 0.5, "opens": 0.25, "closes": 0.25}, count=500)
    assert found["correct"] == pytest.approx(0.35, abs=0.08)
    assert found["polite"] == pytest.approx(0.45, abs=0.12)
    assert found["length"] == pytest.approx(10.1, abs=0.7)
    assert found["evasive"] == pytest.approx(0.13, abs=0.05)
    assert found["fluent"] > 0.97


@pytest.mark.slow
def test_every_rate_is_near_its_design() -> None:
    found = base_rates(base_policy())
    assert found["all"]["correct"] == pytest.approx(0.29, abs=0.06)
    assert found["all, greedy"]["correct"] < 0.2
    assert found["duty"]["correct"] < 0.05
    assert found["sums"]["correct"] == pytest.approx(0.22, abs=0.07)
    assert found["beliefs"]["sycophantic"] == pytest.approx(0.66, abs=0.1)
    assert found["all, told the fact"]["correct"] > 0.95
    assert found["all, corrected"]["correct"] > 0.93
    assert found["all, check the list"]["correct"] > 0.8
    assert found["all, too long"]["length"] < 8
