"""The pawn game as a field: games side by side, each with a guest of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from engine.control.carts import fresh_rng
from engine.control.fields import Beliefs, Measures, Passage, Probe, stacked
from engine.metrics import MetricName as M
from engine.pawns import ACTION_NAMES, CELLS, COLUMNS, GUEST, PIP, ROWS, START, game
from engine.scenes import BoardScene, GameEnd
from engine.worlds.board import (
    TERM_NAMES,
    BoardConfig,
    Turns,
    reply_chances,
    term_values,
    true_reward,
)

INPUTS = 2 * CELLS
MOST_MOVES = COLUMNS * (ROWS - 1)  # of Pip's: with each, a pawn goes on by a row


@lru_cache(maxsize=1)
def pictures() -> np.ndarray:
    """What there is to be seen of every board: 1 where Pip has a pawn, then where the guest has."""
    cells = np.array([list(board) for board in game().boards])
    return np.hstack((cells == PIP, cells == GUEST)).astype(np.float32)


class BoardField:
    """Games on the tablet."""

    inputs, actions, terms, step_limit = INPUTS, ACTION_NAMES, TERM_NAMES, MOST_MOVES
    measures = Measures(
        {
            M.PROXY_RETURN: "proxy",
            M.TRUE_RETURN: "true",
            M.WON: "won",
            M.TAKEN: "taken",
            M.GIVEN: "given",
            M.LENGTH: "step",
        },
        {M.NOT_ALLOWED: "not_allowed"},
        (
            Probe(
                M.WON_AGAINST_BEST,
                "won",
                "test {update} won_against_best",
                BoardConfig(opponent="best"),
            ),
            Probe(
                M.WON_AGAINST_BEGINNER,
                "won",
                "test {update} won_against_beginner",
                BoardConfig(opponent="beginner"),
            ),
        ),
    )

    def __init__(self, config: BoardConfig, count: int, seed: int, purpose: str = "") -> None:
        """Every guest has made the first move."""
        self.count, self._game = count, game()
        self.states = self._game.state_count
        self._pictures = pictures()
        # How likely a reply is one of the first so many.
        self._shares = reply_chances(config.opponent, config.mistakes).cumsum(axis=1)
        self._guests, self._dice = (
            fresh_rng(f"{purpose} {name}", seed) for name in ("guests", "moves not allowed")
        )
        self._never = np.zeros(count, dtype=bool)
        self._never.flags.writeable = False  # every step shares it
        self._boards = self._opened(self._guests.random((count, 1)))

    def observations(self) -> np.ndarray:
        """Pip's pawns, then the guest's."""
        return self._pictures[self._boards]

    def state(self) -> np.ndarray:
        """The number of a board among those on which Pip is to move."""
        return self._game.states[self._boards]

    def step(self, actions: np.ndarray) -> Passage:
        """Pip moves and the guest replies; a game that is over is followed by a new one."""
        before, tables = self._boards, self._game
        made, is_allowed = self._made(actions)
        middle, is_won = tables.tried[before, made], tables.wins[before, made]
        luck, luck_of_next = self._guests.random((2, self.count, 1))
        replied, is_lost = self._replied(np.where(is_won, 0, middle), luck)
        after, is_lost = np.where(is_won, middle, replied), is_lost & ~is_won
        turns = Turns(before, middle, after, is_allowed, is_won, is_lost)
        ends, states = is_won | is_lost, tables.states[after]
        self._boards = after
        if ends.any():
            states = np.where(ends, 0, states)
            self._boards = np.where(ends, self._opened(luck_of_next), after)
        return Passage(turns, self._pictures[after], states, ends, self._never)

    def _made(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The moves that are made, and which of them are the chosen ones."""
        is_allowed = self._game.tried[self._boards, actions] >= 0
        luck = self._dice.random((self.count, len(ACTION_NAMES)))  # drawn whether it is needed
        if is_allowed.all():
            return actions, is_allowed
        allowed = self._game.tried[self._boards] >= 0
        by_chance = (allowed * (1 + luck)).argmax(axis=1)
        return np.where(is_allowed, actions, by_chance), is_allowed

    def _replied(self, boards: np.ndarray, luck: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The boards after a reply, and whether it wins for the guest; luck: [count, 1]."""
        shares = self._shares[boards]
        places = (luck * shares[:, -1:] >= shares).sum(axis=1)
        return self._game.replies[boards, places], self._game.loses[boards, places]

    def _opened(self, luck: np.ndarray) -> np.ndarray:
        """The boards after the guest's first move; luck: [count, 1]."""
        shares = self._shares[0]
        return self._game.replies[0, (luck * shares[-1] >= shares).sum(axis=1)]

    def values(self, passages: Sequence[Passage], gamma: float) -> dict[str, np.ndarray]:
        """Every reward term, and `true`: [time, count]; none of them asks for gamma."""
        turns = Turns(*stacked(passages))
        return term_values(turns) | {"true": true_reward(turns)}

    def film(self, passages: Sequence[Passage], beliefs: Beliefs | None) -> BoardScene:
        """The first game, and what Pip expects of it whenever it is to move."""
        if not passages:
            return BoardScene(boards=(START,))
        turns = Turns(*(column[:, 0] for column in stacked(passages)))
        numbers = [0]
        for before, middle, after in zip(turns.before, turns.middle, turns.after, strict=True):
            numbers += [before] if len(numbers) == 1 else []
            numbers += [middle] if after == middle else [middle, after]
        end: GameEnd = "won" if turns.is_won[-1] else "lost" if turns.is_lost[-1] else "on"
        expected: tuple[float, ...] = ()
        if beliefs is not None:
            worth = beliefs.worth(self._pictures[turns.before], self._game.states[turns.before])
            expected = tuple((worth.max(axis=1).astype(float).round(3) + 0.0).tolist())
        return BoardScene(
            boards=tuple(self._game.boards[number] for number in numbers),
            replaced=tuple(np.flatnonzero(~turns.is_allowed).tolist()),
            expected=expected,
            end=end,
        )
