"""Slow motion: what it sends to the browser, what its script reads, and what comes back."""

import re
from collections.abc import Callable
from dataclasses import fields

import pytest

from pages.parts.components import motion
from tests.pages.mounted import Mounted, script

SCRIPT = script("slow_motion")
STEPS = (
    motion.MotionStep("Reward", "1"),
    motion.MotionStep("Mean", "0.5"),
    motion.MotionStep("Advantage", "0.5", needs=(0, 1)),
)


@pytest.fixture
def sent(mounted: Callable[..., Mounted]) -> Mounted:
    return mounted(motion, "_MOTION")


def draw(steps: tuple[motion.MotionStep, ...], now: int) -> None:
    motion.slow_motion(steps, now, on_step=lambda place: None, key="k")


def test_it_sends_everything_that_its_script_reads(sent: Mounted) -> None:
    draw(STEPS, 2)
    assert set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT)) == set(sent.data)
    read = set(re.findall(r"\bstep\.([a-z_]+)", SCRIPT))
    assert read == {field.name for field in fields(motion.MotionStep)}
    assert sent.data["steps"][2] == {"label": "Advantage", "value": "0.5", "needs": (0, 1)}


@pytest.mark.parametrize(
    ("steps", "now", "said"),
    [
        (STEPS, 3, "no step 3 of 3"),
        ((), 0, "no step 0 of 0"),
        (STEPS[::-1], 0, "Advantage needs a number"),
    ],
)
def test_it_refuses_what_does_not_fit(
    sent: Mounted, steps: tuple[motion.MotionStep, ...], now: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        draw(steps, now)


def test_nothing_moves_where_motion_is_unwanted() -> None:
    """Neither a number nor the steps themselves."""
    fly = SCRIPT.split("function flyIn")[1].split("\n}")[0]
    assert "|| prefersStillness()) return;" in fly.split("animate")[0]
    assert re.search(r"prefersStillness\(\)\s*\? null\s*: make\(\s*'button'", SCRIPT)
