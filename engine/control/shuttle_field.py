"""The road to the hospital as a field: shuttles side by side, each in a wind of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Measures, Passage, stacked
from engine.metrics import MetricName as M
from engine.scenes import ShuttleEnd, ShuttleScene
from engine.worlds.shuttle import (
    AHEAD,
    BENDS,
    GENTLE,
    HALF_LANE,
    LENGTH,
    MOVES,
    TERM_NAMES,
    TOP_SPEED,
    WIND_STAYS,
    Drive,
    ShuttleConfig,
    advance,
    has_arrived,
    has_left,
    setting_out,
    term_values,
    true_reward,
)

INPUTS = 6 + len(AHEAD)
_AHEAD = np.array(AHEAD)
# Where the boxes end in which a table keeps a shuttle: offset, heading, bend here and ahead.
OFFSETS = tuple(share * HALF_LANE for share in (-0.6, -0.2, 0.2, 0.6))
HEADINGS = (-0.1, -0.03, 0.03, 0.1)
BEND_EDGES = (-0.06, -0.01, 0.01, 0.06)
SIZES = (len(OFFSETS) + 1, len(HEADINGS) + 1, TOP_SPEED + 1, len(BEND_EDGES) + 1, 3)
_OFFSETS, _HEADINGS, _BENDS = (np.array(edges) for edges in (OFFSETS, HEADINGS, BEND_EDGES))
_STRONG_BENDS = _BENDS[2:]


class ShuttleField:
    """Shuttles on their way."""

    inputs, actions, terms = INPUTS, MOVES, TERM_NAMES
    states = int(np.prod(SIZES))
    measures = Measures(
        {
            M.PROXY_RETURN: "proxy",
            M.TRUE_RETURN: "true",
            M.ARRIVED: "arrived",
            M.JOLTS: "jolt",
            M.LATE_STEPS: "late",
            M.LEFT_LANE: "left_lane",
            M.LENGTH: "step",
        },
        {M.PULL: "pull", M.SPEED: "speed", M.OFFSET: "offset"},
    )

    def __init__(self, config: ShuttleConfig, count: int, seed: int, purpose: str = "") -> None:
        """Everybody has just left the stop at the car park."""
        self._config, self.count, self.step_limit = config, count, config.step_limit
        self._starts = fresh_rng(f"{purpose} stops", seed)
        self._gusts = fresh_rng(f"{purpose} wind", seed)
        self._now = setting_out(self._starts, count)
        self._wind = self._drawn_wind()

    def observations(self) -> np.ndarray:
        """Offset, heading, speed, wind, the way and the time that are left, and the bends ahead."""
        return self._seen(self._now, self._wind)

    def state(self) -> np.ndarray:
        """The number of the box that a shuttle is in."""
        return boxes(self._now)

    def step(self, actions: np.ndarray) -> Passage:
        """Everybody takes an action; who is over sets out again from the car park."""
        drive = advance(self._now, actions, self._wind)
        fresh = self._drawn_wind()
        wind = WIND_STAYS * self._wind + np.sqrt(1 - WIND_STAYS**2) * fresh
        ends = has_left(drive) | has_arrived(drive)
        is_cut = ~ends & (drive.age >= self.step_limit)
        passage = Passage(drive, self._seen(drive, wind), boxes(drive), ends, is_cut)
        is_last = ends | is_cut
        if is_last.any():
            begun = setting_out(self._starts, self.count)
            pairs = zip(begun, drive, strict=True)
            drive = Drive(*(np.where(is_last, new, old) for new, old in pairs))
            wind = np.where(is_last, fresh, wind)
        self._now, self._wind = drive, wind
        return passage

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, and `true`: [time, count]; none of them asks for gamma."""
        drive = Drive(*stacked(passages))
        measured = {
            "true": true_reward(drive, self._config),
            "offset": np.abs(drive.offset),
        }
        return term_values(drive, self._config) | measured

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> ShuttleScene:
        """The first shuttle's trip; beliefs are not drawn."""
        bends = tuple(BENDS[:LENGTH].tolist())
        scene = ShuttleScene(bends=bends, half_lane=HALF_LANE, gentle=GENTLE, due=self._config.due)
        if not passages:
            return scene
        drive = Drive(*(column[:, 0] for column in stacked(passages)))
        end: ShuttleEnd = "left" if has_left(drive)[-1] else "cut"
        if has_arrived(drive)[-1]:
            end = "arrived"
        return scene.model_copy(
            update={
                "places": tuple(drive.place.tolist()),
                "offsets": tuple((drive.offset.round(3) + 0.0).tolist()),
                "headings": tuple((np.degrees(drive.heading).round(2) + 0.0).tolist()),
                "speeds": tuple(drive.speed.tolist()),
                "pulls": tuple((drive.pull.round(3) + 0.0).tolist()),
                "end": end,
            }
        )

    def _drawn_wind(self) -> np.ndarray:
        return self._config.wind * self._gusts.standard_normal(self.count)

    def _seen(self, drive: Drive, wind: np.ndarray) -> np.ndarray:
        own = (
            drive.offset / HALF_LANE,
            drive.heading * 5,
            drive.speed / TOP_SPEED,
            wind * 20,
            1 - drive.place / LENGTH,
            1 - drive.age / self.step_limit,
        )
        bends = BENDS[drive.place[:, None] + _AHEAD] * 12
        return np.column_stack((*own, bends)).astype(np.float32)


def boxes(drive: Drive) -> np.ndarray:
    """The number of the box that a shuttle lies in: [...] int."""
    here, ahead = BENDS[drive.place], BENDS[drive.place + AHEAD[2]]
    found = (
        _OFFSETS.searchsorted(drive.offset, side="right"),
        _HEADINGS.searchsorted(drive.heading, side="right"),
        drive.speed,
        _BENDS.searchsorted(here, side="right"),
        _STRONG_BENDS.searchsorted(np.abs(ahead), side="right"),
    )
    return np.asarray(np.ravel_multi_index(found, SIZES))
