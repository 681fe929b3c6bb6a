"""Games of noughts and crosses side by side, in which a language model writes Pip's moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.control.carts import fresh_rng
from engine.language.decoding import draw_noise, sample
from engine.language.lean import Policy
from engine.language.luck import generator
from engine.noughts.rules import EMPTY_BOARD, GUEST, PIP, PLACES, has_line, is_free, is_over
from engine.noughts.text import NO_WORD, REPLY_LENGTH, prompts, read


class Turns(NamedTuple):
    """Moves of Pip's that were made side by side, and the guest's replies: [moves] each."""

    before: np.ndarray
    replies: np.ndarray  # [moves, REPLY_LENGTH] tokens
    is_allowed: np.ndarray
    middle: np.ndarray  # boards after Pip's move
    after: np.ndarray  # and after the guest's, the same where the game was over by then


class Games(NamedTuple):
    """Games that were played to their ends."""

    turns: list[Turns]  # the first turn of all games, the second of those still on, and so on
    rows: list[np.ndarray]  # which games those are
    results: np.ndarray  # [games] 1 won, -1 lost, 0 drawn

    @property
    def every_turn(self) -> Turns:
        """All turns of all games, one after another."""
        return Turns(*(np.concatenate(column) for column in zip(*self.turns, strict=True)))


class Tablet:
    """A guest, its luck and Pip's."""

    def __init__(self, guest: np.ndarray, seed: int, purpose: str = "") -> None:
        """guest: the chances of its moves, [BOARDS, CELLS]."""
        self._shares = guest.cumsum(axis=1)
        self._luck = generator(f"{purpose} words", seed)
        self._guests = fresh_rng(f"{purpose} guests", seed)
        self._dice = fresh_rng(f"{purpose} moves not allowed", seed)

    def opened(self, count: int) -> np.ndarray:
        """New games, half of which the guest has begun: [count] boards."""
        boards = np.full(count, EMPTY_BOARD)
        boards[1::2] = self.answered(boards[1::2])
        return boards

    def written(self, policy: Policy, boards: np.ndarray) -> np.ndarray:
        """What Pip writes on each board: [boards, REPLY_LENGTH] tokens."""
        unique, places, counts = np.unique(boards, return_inverse=True, return_counts=True)
        noise = draw_noise(self._luck, REPLY_LENGTH, len(boards))
        asked = prompts()[unique].tolist()
        replies = sample(policy, asked, counts.tolist(), REPLY_LENGTH, noise, NO_WORD)
        found = np.empty((len(boards), REPLY_LENGTH), dtype=np.int64)
        found[np.argsort(places, kind="stable")] = replies
        return found

    def turn(self, policy: Policy, boards: np.ndarray) -> Turns:
        """A move of Pip's on every board, and the guest's reply."""
        replies = self.written(policy, boards)
        cells = read(replies).move
        free = is_free()[boards]
        is_allowed = (cells >= 0) & free[np.arange(len(boards)), cells]
        by_chance = (free * (1 + self._dice.random(free.shape))).argmax(axis=1)
        middle = boards + PIP * PLACES[np.where(is_allowed, cells, by_chance)]
        return Turns(boards, replies, is_allowed, middle, self.answered(middle))

    def played(self, policy: Policy, boards: np.ndarray) -> Games:
        """Games from boards on which Pip is to move, or which are over, to their ends."""
        boards = boards.copy()
        turns: list[Turns] = []
        rows: list[np.ndarray] = []
        while len(on := np.flatnonzero(~is_over()[boards])):
            turns.append(self.turn(policy, boards[on]))
            rows.append(on)
            boards[on] = turns[-1].after
        return Games(turns, rows, has_line(PIP)[boards].astype(int) - has_line(GUEST)[boards])

    def answered(self, boards: np.ndarray) -> np.ndarray:
        """Boards after the guest's move, where the game is still on."""
        shares = self._shares[boards]
        drawn = self._guests.random((len(boards), 1)) * shares[:, -1:]
        cells = (drawn >= shares).sum(axis=1)
        return np.where(is_over()[boards], boards, boards + GUEST * PLACES[cells % len(PLACES)])
