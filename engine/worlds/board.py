"""The pawn game on the ward's tablet: Pip against a guest who begins.

Pip answers, and who answers can win this game against anybody. A step is a move of Pip's and the
guest's reply. A move that the rules do not allow is not made: the tablet plays one that they do
allow, by chance. The exact worth of everything follows from the tables of `engine/pawns.py`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.metrics import MetricName as M
from engine.pawns import GUEST, MOST_REPLIES, Move, game, moves, worth_of
from engine.spec import RewardTerm, World, WorldConfig

Opponent = Literal["beginner", "kind", "taker", "best"]


class BoardConfig(WorldConfig):
    """Whom Pip plays against."""

    usual_reward: ClassVar[str] = "won - lost"

    world: Literal["board"] = "board"
    opponent: Opponent = Field(
        default="beginner",
        title="Opponent",
        description="beginner: any move, by chance; kind: never takes a pawn nor wins while there "
        "is another move; taker: wins at once if it can, else takes if it can; best: plays "
        "perfectly.",
    )
    mistakes: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Opponent's mistakes",
        description="Share of the opponent's moves that are made by chance instead.",
    )


def wanted_moves(board: str, opponent: Opponent) -> Sequence[Move]:
    """Among which moves of a board an opponent chooses, each as likely as any other."""
    allowed = moves(board, GUEST)
    winning = [move for move in allowed if move.is_over]
    taking = [move for move in allowed if move.is_taking]
    if opponent == "beginner":
        return allowed
    if opponent == "kind":
        friendly = [move for move in allowed if not move.is_over]
        return [move for move in friendly if not move.is_taking] or friendly or allowed
    if opponent == "taker":
        return winning or taking or allowed
    best = max(worth_of(move, GUEST) for move in allowed)
    return [move for move in allowed if worth_of(move, GUEST) == best]


@lru_cache(maxsize=16)
def reply_chances(opponent: Opponent, mistakes: float) -> np.ndarray:
    """How likely every reply on every board is: [boards, MOST_REPLIES]."""
    tables = game()
    chances = np.zeros((len(tables.boards), MOST_REPLIES))
    for number in np.flatnonzero(tables.replies[:, 0] >= 0):
        board = tables.boards[number]
        allowed, wanted = moves(board, GUEST), wanted_moves(board, opponent)
        for place, move in enumerate(allowed):
            chances[number, place] = mistakes / len(allowed)
            if move in wanted:
                chances[number, place] += (1 - mistakes) / len(wanted)
    return chances


class Turns(NamedTuple):
    """Moves of Pip's with their replies, in any common shape [...]; boards are numbers."""

    before: np.ndarray
    middle: np.ndarray  # after Pip's move
    after: np.ndarray  # after the reply; the same as `middle` if there was none
    is_allowed: np.ndarray  # whether the move was the one that Pip had chosen
    is_won: np.ndarray
    is_lost: np.ndarray


def term_values(turns: Turns) -> dict[str, np.ndarray]:
    """Every reward term for every step: name -> [...] float64."""
    pawns = game().pawns
    values = {
        "won": turns.is_won,
        "lost": turns.is_lost,
        "taken": pawns[turns.before, 1] - pawns[turns.middle, 1],
        "given": pawns[turns.middle, 0] - pawns[turns.after, 0],
        "step": np.ones(turns.before.shape),
        "not_allowed": ~turns.is_allowed,
    }
    return {name: value.astype(np.float64) for name, value in values.items()}


def true_reward(turns: Turns) -> np.ndarray:
    """What was wanted, for every step: [...] float64."""
    return turns.is_won.astype(np.float64) - turns.is_lost


TERMS = (
    RewardTerm(
        name="won",
        label="Game won",
        meaning="1 for the last move of a game that Pip wins.",
        exploit="It says nothing of whom Pip has beaten: an opponent who helps pays as much.",
        most=1,
    ),
    RewardTerm(
        name="lost",
        label="Game lost",
        meaning="1 for the last move of a game that the opponent wins.",
        exploit="With a positive weight Pip lets everybody win.",
        most=1,
    ),
    RewardTerm(
        name="taken",
        label="Pawn taken",
        meaning="1 for every pawn that Pip takes.",
        exploit="A pawn can be had on the way to a defeat, and a quick win takes none.",
        most=1,
    ),
    RewardTerm(
        name="given",
        label="Pawn given",
        meaning="1 for every pawn that the opponent takes in reply.",
        exploit="With a positive weight Pip puts its pawns where they can be taken.",
        most=1,
    ),
    RewardTerm(
        name="step",
        label="Each move",
        meaning="1 for every move that Pip makes.",
        exploit="With a positive weight Pip puts off the end, whoever wins then.",
        most=1,
    ),
    RewardTerm(
        name="not_allowed",
        label="Move not allowed",
        meaning="1 for a move that the rules do not allow; the tablet plays another one for it.",
        exploit="With a positive weight Pip leaves its moves to chance.",
        most=1,
    ),
)

TERM_NAMES = tuple(term.name for term in TERMS)

WORLD = World(
    name="board",
    title="The pawn game",
    config=BoardConfig,
    terms=TERMS,
    true_reward="1 for a game that Pip wins, less 1 for one that it loses.",
    metrics=(
        *(M.WON, M.WON_AGAINST_BEST, M.WON_AGAINST_BEGINNER, M.PROXY_RETURN, M.TRUE_RETURN),
        *(M.TAKEN, M.GIVEN, M.LENGTH, M.NOT_ALLOWED),
    ),
    rollout="step",
    work_unit="steps",
)
