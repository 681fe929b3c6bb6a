"""The corridor before six as a field: nights side by side, each with a floor of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Measures, Passage, stacked
from engine.metrics import MetricName as M
from engine.scenes import GridScene
from engine.worlds.cleaner import (
    BIN,
    DOCK,
    FLOOR,
    MAP,
    MOVES,
    OPEN,
    OPEN_NUMBER,
    PIECES,
    PLACES,
    STATES,
    TERM_NAMES,
    CleanerConfig,
    Sweeps,
    advance,
    clean_share,
    term_values,
    true_reward,
)

INPUTS = len(OPEN) + PLACES + BIN + 1
_CELLS = np.eye(len(OPEN), dtype=np.float32)
_LOADS = np.eye(BIN + 1, dtype=np.float32)
_FLOORS = (np.arange(2**PLACES)[:, None] >> np.arange(PLACES) & 1).astype(np.float32)


class CleanerField:
    """Cleaning robots on their rounds."""

    inputs, actions, states, terms = INPUTS, MOVES, STATES, TERM_NAMES
    measures = Measures(
        {
            M.PROXY_RETURN: "proxy",
            M.TRUE_RETURN: "true",
            M.CLEAN_AT_BELL: "clean_at_bell",
            M.TAKEN_UP: "taken_up",
            M.TIPPED_OUT: "tipped_out",
            M.EMPTIED: "emptied",
            M.LENGTH: "step",
        },
        {M.CLEAN: "clean", M.DIRT_SEEN: "dirt_seen", M.AWAY: "away"},
    )

    def __init__(self, config: CleanerConfig, count: int, seed: int, purpose: str = "") -> None:
        """Everybody stands at the dock with an empty bin, before a floor drawn by lot."""
        self.count, self.step_limit = count, config.step_limit
        self._floors = np.flatnonzero(PIECES == config.dirty)
        self._starts = fresh_rng(f"{purpose} floors", seed)
        self._cell = np.full(count, DOCK)
        self._floor = self._starts.choice(self._floors, size=count)
        self._load = np.zeros(count, dtype=np.int64)
        self._age = np.zeros(count, dtype=np.int64)

    def observations(self) -> np.ndarray:
        """A 1 for the robot's cell, one for every dirty place, and one for how full the bin is."""
        return seen(self._cell, self._floor, self._load)

    def state(self) -> np.ndarray:
        """Numbered by the bin first."""
        return numbers(self._cell, self._floor, self._load)

    def step(self, actions: np.ndarray) -> Passage:
        """Everybody takes an action; after the bell another night begins."""
        before = self._cell, self._floor, self._load
        sweeps = advance(*before, actions)
        self._age += 1
        is_cut = self._age >= self.step_limit
        here = sweeps.cell, sweeps.floor, sweeps.load
        passage = Passage(
            (*sweeps, *before), seen(*here), numbers(*here), np.zeros_like(is_cut), is_cut
        )
        self._cell, self._floor, self._load = here
        if is_cut.any():
            drawn = self._starts.choice(self._floors, size=self.count)
            self._cell = np.where(is_cut, DOCK, sweeps.cell)
            self._floor = np.where(is_cut, drawn, sweeps.floor)
            self._load = np.where(is_cut, 0, sweeps.load)
            self._age[is_cut] = 0
        return passage

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, `true` and the floor at the bell: [time, count]; without gamma."""
        sweeps = Sweeps(*stacked(passages)[: len(Sweeps._fields)])
        is_bell = np.stack([passage.is_cut for passage in passages])
        clean = clean_share(sweeps)
        return term_values(sweeps) | {
            "true": true_reward(sweeps),
            "clean": clean,
            "clean_at_bell": clean * is_bell,
        }

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> GridScene:
        """The first night: robot, floor and bin, and what every cell was worth in the evening."""
        if not passages:
            trail, floors, loads = (), [self._floor[0]], [0]
        else:
            columns = [column[:, 0] for column in stacked(passages)]
            sweeps, before = Sweeps(*columns[:-3]), [column[0] for column in columns[-3:]]
            trail = (int(before[0]), *sweeps.cell.tolist())
            floors, loads = [before[1], *sweeps.floor], [before[2], *sweeps.load]
        return GridScene(
            rows=MAP.rows,
            trail=trail,
            values=_believed(int(floors[0]), beliefs),
            dirt=tuple(tuple(FLOOR[_FLOORS[floor] > 0].tolist()) for floor in floors),
            loads=tuple(map(int, loads)),
            end="bell" if passages else "",
        )


def seen(cell: np.ndarray, floor: np.ndarray, load: np.ndarray) -> np.ndarray:
    """What a learner sees: [count, INPUTS] float32."""
    return np.hstack((_CELLS[OPEN_NUMBER[cell]], _FLOORS[floor], _LOADS[load]))


def numbers(cell: np.ndarray, floor: np.ndarray, load: np.ndarray) -> np.ndarray:
    """The number of a state: [count] int."""
    return load + (BIN + 1) * (floor + 2**PLACES * OPEN_NUMBER[cell])


def _believed(floor: int, beliefs: Beliefs | None) -> tuple[float, ...]:
    """The best action value of every cell with this floor and an empty bin; 0 on walls."""
    if beliefs is None:
        return ()
    floors, loads = np.full(len(OPEN), floor), np.zeros(len(OPEN), dtype=np.int64)
    where = OPEN, floors, loads
    values = np.zeros(MAP.cell_count)
    values[OPEN] = beliefs.worth(seen(*where), numbers(*where)).max(axis=1)
    return tuple((values.round(3) + 0.0).tolist())
