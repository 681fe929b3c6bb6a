"""The shuttle's best way to go fast and slow, exactly, and a driver who needs no learning.

The plan leaves out wheel and wind: whoever holds the middle of the lane has a place and a speed,
which are whole numbers, and three things to do. Value iteration over both, step by step back from
the cut-off, then finds the best pay there is.
"""

from collections.abc import Callable

import numpy as np

from engine.control.shuttle_field import ShuttleField
from engine.worlds.shuttle import (
    BENDS,
    FIRST_SPEED,
    GENTLE,
    LENGTH,
    STEP_SECONDS,
    TOP_SPEED,
    turns,
)

STEPS = 100
PACES = (0, -1, 1)  # hold the speed, slower, faster


def best_plan(price: float, metre: float = 0.5, step: float = 0.5, gamma: float = 1.0):
    """Steps and jolts of the best plan, paid by the metre and charged by step and jolt."""
    worth = np.zeros((LENGTH + 1, TOP_SPEED + 1))
    places, speeds = np.arange(LENGTH + 1)[:, None], np.arange(TOP_SPEED + 1)[None]
    choices = []
    for _ in range(STEPS):
        options = []
        for pace in PACES:
            speed = np.clip(speeds + pace, 0, TOP_SPEED)
            paid = metre * STEP_SECONDS * speed - step - price * jolts(places, speed)
            there = np.minimum(places + speed, LENGTH)
            later = np.where(there >= LENGTH, 0, worth[there, np.broadcast_to(speed, there.shape)])
            options.append(paid + gamma * later)
        choices.append(np.argmax(options, axis=0))
        worth = np.max(options, axis=0)
    return driven(lambda now, place, speed: PACES[choices[-1 - now][place, speed]])


def driven(pace_of: Callable[[int, int, int], int]) -> tuple[int, int]:
    """Steps and jolts of a trip in the middle of the lane."""
    place, speed, felt = 0, FIRST_SPEED, 0
    for now in range(STEPS):
        speed = int(np.clip(speed + pace_of(now, place, speed), 0, TOP_SPEED))
        felt += int(jolts(np.array(place), np.array(speed)))
        place += speed
        if place >= LENGTH:
            return now + 1, felt
    return STEPS, felt


def jolts(places: np.ndarray, speeds: np.ndarray) -> np.ndarray:
    """Whether the bend as it goes is a jolt at a speed."""
    path = turns(speeds, BENDS[places], np.zeros_like(places))
    return np.square(speeds) * np.abs(path) > GENTLE


class Careful:
    """Brakes before bends, and corrects where the shuttle strays from the middle."""

    def __init__(self, field: ShuttleField, top: Callable[[float], int]) -> None:
        """top: the speed that it allows itself in a bend."""
        self._field = field
        self._allowed = np.array([top(bend) for bend in BENDS])

    def actions(self) -> np.ndarray:
        """[count] int."""
        now = self._field._now
        return np.array(
            [
                self._action(*one)
                for one in zip(now.place, now.speed, now.offset, now.heading, strict=True)
            ]
        )

    def _action(self, place: int, speed: int, offset: float, heading: float) -> int:
        if not self._is_safe(place, speed):
            return 3
        astray = -0.15 * offset - heading
        if abs(astray) > 0.02:
            return 0 if astray > 0 else 2
        return 4 if speed < TOP_SPEED and self._is_safe(place, speed + 1) else 1

    def _is_safe(self, place: int, speed: int) -> bool:
        """Whether it may go so fast here, and can still brake for what comes."""
        while speed > 0:
            if speed > self._allowed[place]:
                return False
            place = min(place + speed, LENGTH)
            speed -= 1
        return True
