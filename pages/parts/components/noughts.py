"""The stage of noughts and crosses: the tablet, and what Pip wrote at each move of one game."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from pages.parts.components.assets import register

_NOUGHTS = register(
    "pip-noughts-stage", ("played_game", "noughts_stage"), ("board_stage", "noughts_stage")
)
CELLS = 9


@dataclass(frozen=True)
class WrittenGame:
    """One game of noughts and crosses.

    boards: before the first move and after each, row by row: 'x' a cross of Pip's, 'o' a nought of
    the guest's, '.' a free cell. said: the words that Pip wrote at each of its moves, the cross
    last. right: whether the reason was right. replaced: which of Pip's moves, counted from 0, were
    made for it. end: how the game ended for Pip.
    """

    boards: Sequence[str]
    said: Sequence[Sequence[str]] = ()
    right: Sequence[bool] = ()
    replaced: Sequence[int] = ()
    end: Literal["on", "won", "lost", "drawn"] = "on"


def noughts_stage(
    game: WrittenGame,
    *,
    opponent: str,
    update: int = 0,
    seconds: float | None = None,
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """The tablet: a game is played once, move by move, and each move can be looked at again.

    opponent: what the guest is called. update: the game is played again when it changes. seconds:
    time until the next update, into which the game must fit; measured in the browser if None.
    note: a short fact below. alt: the finding, for those who do not see the board.

    Raises ValueError without a board, if a board has not nine cells, or if there are not words for
    each move of Pip's.
    """
    if not game.boards or any(len(board) != CELLS for board in game.boards):
        raise ValueError(f"A game has boards of {CELLS} cells.")
    crosses = game.boards[-1].count("x") - game.boards[0].count("x")
    if not len(game.said) == len(game.right) == crosses:
        raise ValueError(f"{len(game.said)} replies and {crosses} crosses of Pip's.")
    payload = {
        **asdict(game),
        "opponent": opponent,
        "update": update,
        "seconds": seconds,
        "note": note,
        "alt": alt,
    }
    _NOUGHTS(data=payload, key=key)
