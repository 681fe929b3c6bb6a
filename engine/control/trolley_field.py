"""The corridor by day as a field: trips side by side, each with trolleys of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Measures, Passage, stacked
from engine.metrics import MetricName as M
from engine.scenes import GridScene
from engine.worlds.trolleys import (
    GOES_DOWN,
    LANES,
    MAP,
    MOVES,
    OPEN_CELLS,
    PHASES,
    ROW_AT,
    START,
    STATES,
    TERM_NAMES,
    TrolleysConfig,
    Ways,
    advance,
    term_values,
    trolley_cells,
    true_reward,
)

ROWS, COLUMNS = len(MAP.rows), MAP.columns
# What is near is seen once more, from the robot: one column back, its own, one ahead; then by how
# many rows a trolley is above or below it, and which way it goes.
NEAR_COLUMNS, NEAR_ROWS = 3, 2 * ROWS - 1
NEAR = NEAR_COLUMNS * NEAR_ROWS * 2
INPUTS = ROWS + COLUMNS + len(LANES) * (ROWS + 1) + NEAR
# What is seen of the robot, [cells, ROWS + COLUMNS]: its row and its column, a 1 for each.
_ROBOT = np.hstack(
    (np.repeat(np.eye(ROWS), COLUMNS, axis=0), np.tile(np.eye(COLUMNS), (ROWS, 1)))
).astype(np.float32)
# What is seen of a trolley, [phases, ROWS + 1]: its row, and 1 if it goes down, else -1.
_TROLLEY = np.column_stack((np.eye(ROWS)[ROW_AT], np.where(GOES_DOWN, 1, -1))).astype(np.float32)


def _near_places() -> np.ndarray:
    """Where a trolley stands in what is near: [cells, phases, trolleys]; NEAR if it is far off."""
    row, column = (part[:, None, None] for part in np.divmod(np.arange(MAP.cell_count), COLUMNS))
    aside = np.array(LANES) - column + 1
    below = ROW_AT[:, None] - row + ROWS - 1
    place = (aside * NEAR_ROWS + below) * 2 + GOES_DOWN[:, None]
    return np.where((aside >= 0) & (aside < NEAR_COLUMNS), place, NEAR)


_NEAR = _near_places()
_TROLLEYS = np.arange(len(LANES))
_OPEN_NUMBER = np.cumsum(~MAP.is_wall) - 1  # [cells]: the number of an open cell among them
_WEIGHTS = OPEN_CELLS * PHASES ** np.arange(len(LANES))


class TrolleyField:
    """Robots on their way."""

    inputs, actions, states, terms = INPUTS, MOVES, STATES, TERM_NAMES
    measures = Measures(
        {
            M.PROXY_RETURN: "proxy",
            M.TRUE_RETURN: "true",
            M.DELIVERED: "delivered",
            M.COLLISIONS: "collision",
            M.LENGTH: "step",
            M.WAITED: "waited",
            M.GAVE_WAY: "gave_way",
        }
    )

    def __init__(self, config: TrolleysConfig, count: int, seed: int, purpose: str = "") -> None:
        """Everybody stands at the pharmacy, and every trolley somewhere in its lane."""
        self.count, self.step_limit, self._pause = count, config.step_limit, config.pause
        self._starts = fresh_rng(f"{purpose} trolleys", seed)
        self._pauses = fresh_rng(f"{purpose} pauses", seed)
        self._cells = np.full(count, START)
        self._phases = self._starts.integers(PHASES, size=(count, len(LANES)))
        self._age = np.zeros(count, dtype=np.int64)

    def observations(self) -> np.ndarray:
        """Row and column of the robot, then row and direction of every trolley."""
        return _seen(self._cells, self._phases)

    def state(self) -> np.ndarray:
        """Numbered by the robot's cell first."""
        return _numbers(self._cells, self._phases)

    def step(self, actions: np.ndarray) -> Passage:
        """Everybody takes an action; who is over sets out again from the pharmacy."""
        goes = self._pauses.random(self._phases.shape) >= self._pause
        ways = advance(self._cells, self._phases, actions, goes)
        self._age += 1
        ends = ways.collides | ways.arrives
        is_cut = ~ends & (self._age >= self.step_limit)
        facts = (*ways, self._phases)
        passage = Passage(
            facts, _seen(ways.after, ways.phases), _numbers(ways.after, ways.phases), ends, is_cut
        )
        self._cells, self._phases = ways.after, ways.phases
        is_last = ends | is_cut
        if is_last.any():
            drawn = self._starts.integers(PHASES, size=self._phases.shape)
            self._cells = np.where(is_last, START, ways.after)
            self._phases = np.where(is_last[:, None], drawn, ways.phases)
            self._age[is_last] = 0
        return passage

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, and `true`: [time, count]."""
        ways = Ways(*stacked(passages)[:-1])
        return term_values(ways, gamma) | {"true": true_reward(ways)}

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> GridScene:
        """The first trip, and what the robot believes of every cell as it sets out."""
        phases = self._phases[0] if not passages else passages[0].facts[-1][0]
        scene = GridScene(rows=MAP.rows, values=_believed(phases, beliefs))
        if not passages:
            return scene.model_copy(update={"movers": _movers([phases])})
        ways = Ways(*(column[:, 0] for column in stacked(passages)[:-1]))
        end = "cut"
        if ways.collides[-1] or ways.arrives[-1]:
            end = "collided" if ways.collides[-1] else "arrived"
        return scene.model_copy(
            update={
                "trail": (int(ways.before[0]), *ways.after.tolist()),
                "movers": _movers([phases, *ways.phases]),
                "end": end,
            }
        )


def _seen(cells: np.ndarray, phases: np.ndarray) -> np.ndarray:
    seen = np.zeros((len(cells), INPUTS + 1), dtype=np.float32)  # the last column is far off
    seen[:, : ROWS + COLUMNS] = _ROBOT[cells]
    seen[:, ROWS + COLUMNS : INPUTS - NEAR] = _TROLLEY[phases].reshape(len(cells), -1)
    places = _NEAR[cells[:, None], phases, _TROLLEYS] + INPUTS - NEAR
    seen[np.arange(len(cells))[:, None], places] = 1.0
    return seen[:, :INPUTS]


def _numbers(cells: np.ndarray, phases: np.ndarray) -> np.ndarray:
    return _OPEN_NUMBER[cells] + phases @ _WEIGHTS


def _movers(phases: Sequence[np.ndarray]) -> tuple[tuple[int, ...], ...]:
    """The cells of each trolley, one for every cell of the trail."""
    return tuple(map(tuple, trolley_cells(np.array(phases)).T.tolist()))


def _believed(phases: np.ndarray, beliefs: Beliefs | None) -> tuple[float, ...]:
    """The best action value of every cell, the trolleys standing as they do; 0 on walls."""
    if beliefs is None:
        return ()
    cells = np.flatnonzero(~MAP.is_wall)
    all_phases = np.tile(phases, (len(cells), 1))
    worth = beliefs.worth(_seen(cells, all_phases), _numbers(cells, all_phases)).max(axis=1)
    values = np.zeros(MAP.cell_count)
    values[cells] = worth
    return tuple((values.round(3) + 0.0).tolist())
