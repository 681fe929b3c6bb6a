"""The energy desk as a field: days side by side, recorded or fresh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Measures, Passage, Probe, stacked
from engine.metrics import MetricName as M
from engine.scenes import TradingDay, TradingScene
from engine.worlds.trading import (
    HOURS,
    LEVELS,
    MOVES,
    POSITIONS,
    STATES,
    TERM_NAMES,
    Trades,
    TradingConfig,
    draw_days,
    term_values,
    trade,
    true_reward,
)

INPUTS = HOURS + 1 + LEVELS + POSITIONS + 1
MIDDLE = (LEVELS - 1) / 2


class TradingField:
    """Desks through their days."""

    inputs, actions, states, terms, step_limit = INPUTS, MOVES, STATES, TERM_NAMES, HOURS
    measures = Measures(
        {
            M.PROXY_RETURN: "proxy",
            M.TRUE_RETURN: "true",
            M.LENGTH: "step",
            M.TRADES: "trade",
            M.UNBOOKED: "unbooked",
        },
        {M.BLOCKS_HELD: "held"},
        (Probe(M.REHEARSED, "true", "rehearsal {update}", ahead=M.HINDSIGHT, film="practised"),),
    )

    def __init__(self, config: TradingConfig, count: int, seed: int, purpose: str = "") -> None:
        """Nothing is held. Tests are on fresh days; practice and rehearsals on the config's."""
        self.count, self._has_clock = count, config.clock == "seen"
        self._days = fresh_rng(f"{purpose} days", seed)
        self._tape: np.ndarray | None = None
        self._is_test = purpose.startswith("test")
        if config.recorded_days and not self._is_test:
            self._tape = draw_days(fresh_rng("recorded days", seed), config.recorded_days)
        self._prices = self._new_days()
        self._hour = 0
        self._held, self._paid = np.zeros(count, dtype=np.int64), np.zeros(count)

    def observations(self) -> np.ndarray:
        """The hour, the price and the blocks, a 1 for each; what the blocks have gained."""
        return self._seen(self._hour, self._prices[:, self._hour], self._held, self._paid)

    def state(self) -> np.ndarray:
        """Numbered by the blocks first; what was paid for them is not in the number."""
        return self._numbers(self._hour, self._prices[:, self._hour], self._held)

    def step(self, actions: np.ndarray) -> Passage:
        """Every desk trades, and every price moves; after the last hour a new day begins."""
        price, after = (self._prices[:, self._hour + ahead] for ahead in (0, 1))
        held, paid = trade(price, self._held, self._paid, actions)
        trades = Trades(price, after, self._held, held, self._paid, paid)
        self._hour += 1
        over = np.full(self.count, self._hour == HOURS)
        passage = Passage(
            (*trades, over),
            self._seen(self._hour, after, held, paid),
            self._numbers(self._hour, after, held),
            over,
            np.zeros(self.count, dtype=bool),
        )
        self._held, self._paid = held, paid
        if self._hour == HOURS:
            self._prices, self._hour = self._new_days(), 0
            self._held, self._paid = np.zeros_like(held), np.zeros_like(paid)
        return passage

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, `true` and what is measured: [time, count]; none asks for gamma."""
        *facts, over = stacked(passages)
        trades = Trades(*facts)
        loss = trades.paid - trades.held * trades.price_after
        return term_values(trades) | {
            "true": true_reward(trades),
            "held": trades.held.astype(np.float64),
            "unbooked": np.where(over, np.maximum(loss, 0.0), 0.0),
            "step": np.ones(trades.held.shape),
        }

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> TradingScene:
        """The first desk's day; beliefs are not drawn."""
        day = day_of(passages)
        return TradingScene(fresh=day) if self._is_test else TradingScene(practised=day)

    def _seen(self, hour: int, price: np.ndarray, held: np.ndarray, paid: np.ndarray) -> np.ndarray:
        rows, found = np.arange(len(price)), np.zeros((len(price), INPUTS), dtype=np.float32)
        found[:, hour] = self._has_clock
        found[rows, HOURS + 1 + price] = 1.0
        found[rows, HOURS + 1 + LEVELS + held] = 1.0
        found[:, -1] = (held * price - paid) / MIDDLE
        return found

    def _numbers(self, hour: int, price: np.ndarray, held: np.ndarray) -> np.ndarray:
        return held + POSITIONS * (price + LEVELS * hour * self._has_clock)

    def _new_days(self) -> np.ndarray:
        return next_days(self._tape, self._days, self.count)


def next_days(tape: np.ndarray | None, luck: np.random.Generator, count: int) -> np.ndarray:
    """The prices of the days that begin: recorded ones again, or fresh ones if there is no tape."""
    if tape is None:
        return draw_days(luck, count)
    return tape[luck.integers(len(tape), size=count)]


def day_of(passages: Sequence[Passage]) -> TradingDay:
    """The first desk's day, hour by hour."""
    if not passages:
        return TradingDay()
    *facts, _ = (column[:, 0] for column in stacked(passages))
    trades = Trades(*facts)
    earned = np.cumsum(true_reward(trades))
    return TradingDay(
        prices=tuple(map(int, (*trades.price, trades.price_after[-1]))),
        held=tuple(map(int, trades.held)),
        earned=tuple((earned.round(3) + 0.0).tolist()),
    )
