"""The pill chute as a field: baskets side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Measures, Passage, stacked
from engine.metrics import MetricName as M
from engine.scenes import GridScene
from engine.worlds.catch import (
    COLUMNS,
    MIDDLE,
    MOVES,
    ROWS,
    STATES,
    TERM_NAMES,
    CatchConfig,
    Falls,
    advance,
    term_values,
    true_reward,
)

INPUTS = ROWS * COLUMNS
_CELLS = np.eye(INPUTS, dtype=np.float32)
LAST_ROW = (ROWS - 1) * COLUMNS  # the number of its first cell


class CatchField:
    """Baskets under falling pills."""

    inputs, actions, states, terms, step_limit = INPUTS, MOVES, STATES, TERM_NAMES, ROWS - 1
    measures = Measures(
        {
            M.PROXY_RETURN: "proxy",
            M.TRUE_RETURN: "true",
            M.CAUGHT: "caught",
            M.LENGTH: "step",
        }
    )

    def __init__(self, config: CatchConfig, count: int, seed: int, purpose: str = "") -> None:
        """Every basket is in the middle, and a pill at the top of some column."""
        del config  # it has nothing to set
        self.count = count
        self._starts = fresh_rng(f"{purpose} pills", seed)
        self._row, self._basket = np.zeros(count, dtype=np.int64), np.full(count, MIDDLE)
        self._pill = self._starts.integers(COLUMNS, size=count)

    def observations(self) -> np.ndarray:
        """A picture of the chute: 1 where the pill is and where the basket is."""
        return seen(self._row, self._pill, self._basket)

    def state(self) -> np.ndarray:
        """Numbered by the row of the pill first."""
        return numbers(self._row, self._pill, self._basket)

    def step(self, actions: np.ndarray) -> Passage:
        """Every basket moves and every pill falls; what is down is followed by a new pill."""
        falls = advance(self._row, self._pill, self._basket, actions)
        ends = falls.row == ROWS - 1
        where = falls.row, falls.pill, falls.after
        passage = Passage(falls, seen(*where), numbers(*where), ends, np.zeros_like(ends))
        self._row, self._basket = falls.row, falls.after
        if ends.any():
            drawn = self._starts.integers(COLUMNS, size=self.count)
            self._row = np.where(ends, 0, falls.row)
            self._pill = np.where(ends, drawn, falls.pill)
            self._basket = np.where(ends, MIDDLE, falls.after)
        return passage

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, and `true`: [time, count]; none of them asks for gamma."""
        falls = Falls(*stacked(passages))
        return term_values(falls) | {"true": true_reward(falls)}

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> GridScene:
        """The first basket, and its pill; beliefs are not drawn."""
        rows = tuple("." * COLUMNS for _ in range(ROWS))
        if not passages:
            trail, pill = (LAST_ROW + MIDDLE,), (int(self._pill[0]),)
            return GridScene(rows=rows, trail=trail, movers=(pill,))
        falls = Falls(*(column[:, 0] for column in stacked(passages)))
        baskets = [falls.before[0], *falls.after]
        pills = [falls.pill[0], *(falls.row * COLUMNS + falls.pill)]
        is_caught = falls.pill[-1] == falls.after[-1]
        return GridScene(
            rows=rows,
            trail=tuple(LAST_ROW + int(column) for column in baskets),
            movers=(tuple(map(int, pills)),),
            end="caught" if is_caught else "dropped",
        )


def seen(row: np.ndarray, pill: np.ndarray, basket: np.ndarray) -> np.ndarray:
    """The picture that a learner gets: [count, INPUTS] float32."""
    return np.maximum(_CELLS[row * COLUMNS + pill], _CELLS[LAST_ROW + basket])


def numbers(row: np.ndarray, pill: np.ndarray, basket: np.ndarray) -> np.ndarray:
    """The number of a state: [count] int."""
    return row + ROWS * (pill + COLUMNS * basket)
