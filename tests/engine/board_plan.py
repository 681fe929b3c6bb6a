"""The pawn game worked out: the best plan under any reward, and what it collects against whom."""

from functools import cache

import numpy as np

from engine.pawns import game
from engine.reward_expression import parse
from engine.worlds.board import TERM_NAMES, Turns, reply_chances, term_values

OPPONENTS = ("beginner", "kind", "taker", "best")


class Solved:
    """The best plan under a reward against an opponent, by dynamic programming over all boards."""

    def __init__(self, reward: str, opponent: str, gamma: float = 0.97) -> None:
        self._reward = parse(reward, TERM_NAMES)
        self._chances = reply_chances(opponent, 0.0)  # type: ignore[arg-type]
        self._gamma, self._known = gamma, {}

    def _turns(self, board: int, action: int) -> list[tuple[float, Turns]]:
        """What may come of a move: how likely, and what happened."""
        tables = game()
        middle = tables.tried[board, action]
        if tables.wins[board, action]:
            return [(1.0, _turn(board, middle, middle, True, False))]
        return [
            (share, _turn(board, middle, tables.replies[middle, k], False, tables.loses[middle, k]))
            for k, share in enumerate(self._chances[middle])
            if share
        ]

    def best(self, board: int) -> tuple[float, list[int]]:
        """The worth of a board on which Pip is to move, and the best moves."""
        if board not in self._known:
            worths = {}
            for action in np.flatnonzero(game().tried[board] >= 0).tolist():
                worth = 0.0
                for share, turn in self._turns(board, action):
                    values = term_values(turn)
                    worth += share * float(self._reward.evaluate(values)[0])
                    if not (turn.is_won[0] or turn.is_lost[0]):
                        worth += share * self._gamma * self.best(int(turn.after[0]))[0]
                worths[action] = worth
            top = max(worths.values())
            self._known[board] = top, [a for a, w in worths.items() if w > top - 1e-9]
        return self._known[board]

    def against(self, opponent: str, term: str = "won") -> float:
        """How much of a term its plan collects in a game, moves that are as good at random."""
        chances = reply_chances(opponent, 0.0)  # type: ignore[arg-type]

        @cache
        def collected(board: int) -> float:
            plan = self.best(board)[1]
            found = 0.0
            for action in plan:
                there = Solved.__new__(Solved)
                there._chances = chances
                for share, turn in there._turns(board, action):
                    onward = 0.0
                    if not (turn.is_won[0] or turn.is_lost[0]):
                        onward = collected(int(turn.after[0]))
                    found += share * (float(term_values(turn)[term][0]) + onward) / len(plan)
            return found

        first = zip(game().replies[0], chances[0], strict=True)
        return sum(share * collected(int(board)) for board, share in first if share)


def _turn(before: int, middle: int, after: int, is_won: bool, is_lost: bool) -> Turns:
    flags = (np.array([flag]) for flag in (True, is_won, is_lost))
    return Turns(np.array([before]), np.array([middle]), np.array([after]), *flags)
