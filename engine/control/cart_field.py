"""The tray cart as a field: the carts of `Carts`, one step at a time, with the same luck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.episodes import CART, film
from engine.control.fields import Beliefs, Passage
from engine.scenes import CartScene, ShiftEnd
from engine.worlds.cart import (
    CORRIDOR_END,
    LARGEST_TILT,
    PUSH,
    TERM_NAMES,
    CartConfig,
    Steps,
    advance,
    gusts,
    has_ended,
    starting_states,
    term_values,
    true_reward,
)

# Where the boxes end in which a table keeps a cart: position, speed, tilt, rate of tilt.
# Source: Michie & Chambers 1968; Barto, Sutton & Anderson 1983, but for a finer tilt.
EDGES = (
    (-0.8, 0.8),
    (-0.5, 0.5),
    tuple(share * LARGEST_TILT for share in (-0.5, -0.1, 0.0, 0.1, 0.5)),
    (-0.87, 0.87),
)
SIZES = tuple(len(edges) + 1 for edges in EDGES)
DRAWN_AHEAD = 32  # steps whose bumps are drawn together
_EDGES = tuple(np.array(edges) for edges in EDGES)
_STRIDES = tuple(int(np.prod(SIZES[place + 1 :])) for place in range(len(SIZES)))


class CartField:
    """Carts on their way; 0 pushes to the left, 1 to the right."""

    inputs, actions, terms = 4, ("l", "r"), TERM_NAMES
    states = int(np.prod(SIZES))
    measures = CART

    def __init__(self, config: CartConfig, count: int, seed: int, purpose: str = "") -> None:
        """The same seed gives the same starts and bumps as it gives `Carts`."""
        self._config, self.count, self.step_limit = config, count, config.step_limit
        prefix = f"{purpose} " if purpose else ""
        self._starts, self._bumps = (
            fresh_rng(f"{prefix}{one}", seed) for one in ("starts", "bumps")
        )
        self._state = starting_states(self._starts, count)
        self._gusts: Iterator[np.ndarray] = iter(())
        self._age, self._last_push = np.zeros(count, dtype=np.int64), np.zeros(count)

    def observations(self) -> np.ndarray:
        """Position, speed, tilt and rate of tilt."""
        return self._state.T.astype(np.float32)

    def state(self) -> np.ndarray:
        """The number of the box that a cart is in."""
        return boxes(self._state)

    def step(self, actions: np.ndarray) -> Passage:
        """Every cart is pushed; who is over begins anew."""
        push = 2.0 * actions - 1.0
        gust = self._next_gust()
        after = advance(self._state, PUSH * push + gust)
        ends = has_ended(after)
        self._age += 1
        is_cut = ~ends & (self._age >= self.step_limit)
        facts = (self._state, after, push, self._last_push, ends, gust)
        passage = Passage(facts, after.T.astype(np.float32), boxes(after), ends, is_cut)
        self._state, self._last_push = after, push
        is_last = ends | is_cut
        if is_last.any():
            self._state = np.where(is_last, starting_states(self._starts, self.count), after)
            self._last_push = np.where(is_last, 0.0, push)
            self._age[is_last] = 0
        return passage

    def _next_gust(self) -> np.ndarray:
        """Bumps of one step, drawn for many at once."""
        if (gust := next(self._gusts, None)) is None:
            self._gusts = iter(gusts(self._bumps, self._config, (DRAWN_AHEAD, self.count)))
            gust = next(self._gusts)
        return gust

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, and `true`: [time, count]; none of them asks for gamma."""
        steps = _steps(passages)
        return term_values(steps) | {"true": true_reward(steps, self._config)}

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> CartScene:
        """The first cart's shift; beliefs are not drawn."""
        if not passages:
            return CartScene()
        steps, gust = _steps(passages), np.stack([passage.facts[-1] for passage in passages])
        columns = (steps.after[0], steps.after[2], steps.push, gust)
        end: ShiftEnd = "stood"
        if steps.ends[-1, 0]:
            end = "left" if abs(steps.after[0, -1, 0]) > CORRIDOR_END else "fell"
        return film(np.stack([column[:, 0] for column in columns], axis=1), end)


def boxes(state: np.ndarray) -> np.ndarray:
    """The number of the box that a state, [4, ...], lies in: [...] int."""
    number = np.zeros(state.shape[1:], dtype=np.int64)
    for part, edges, stride in zip(state, _EDGES, _STRIDES, strict=True):
        number += stride * edges.searchsorted(part, side="right")
    return number


def _steps(passages: Sequence[Passage]) -> Steps:
    before, after, push, last_push, ends, _ = zip(
        *(passage.facts for passage in passages), strict=True
    )
    states = (np.stack(states, axis=1) for states in (before, after))
    return Steps(*states, *(np.stack(column) for column in (push, last_push, ends)))
