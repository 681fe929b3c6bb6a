"""The stage of the pawn game: the tablet with its board, and the moves of one game beside it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from pages.parts.components.assets import register
from pages.parts.components.sizes import refuse_unequal

_BOARD = register("pip-board-stage", ("played_game", "board_stage"), ("board_stage",))


@dataclass(frozen=True)
class Game:
    """One game; the guest moves first, and both move in turn.

    boards: before the first move and after each, from the guest's row down: 'p' a pawn of Pip's,
    'g' one of the guest's, '.' none. replaced: which of Pip's moves, counted from 0, were played
    for it. expected: what Pip expected at each of its moves, in reward, or nothing. end: how it
    ended for Pip.
    """

    boards: Sequence[str]
    replaced: Sequence[int] = ()
    expected: Sequence[float] = ()
    end: Literal["on", "won", "lost"] = "on"


def board_stage(
    game: Game,
    *,
    columns: int,
    opponent: str,
    update: int = 0,
    seconds: float | None = None,
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """The tablet: a game is played once, move by move, and each move can be looked at again.

    columns: of a board. opponent: what the guest is called. update: the game is played again when
    it changes. seconds: time until the next update, into which the game must fit; measured in the
    browser if None. note: a short fact below. alt: the finding, for those who do not see the board.

    Raises ValueError without a board, if boards differ in size, or if there is not one expectation
    for each move of Pip's.
    """
    sizes = {len(board) for board in game.boards}
    if len(sizes) != 1 or sizes.pop() % columns:
        raise ValueError(f"Boards of a game are equally large, with rows of {columns} cells.")
    own_moves = (len(game.boards) - 1) // 2
    expectations = {"expectations": len(game.expected)}
    refuse_unequal(expectations, (0, own_moves), f"{own_moves} moves of Pip's")
    payload = {
        **asdict(game),
        "columns": columns,
        "opponent": opponent,
        "update": update,
        "seconds": seconds,
        "note": note,
        "alt": alt,
    }
    _BOARD(data=payload, key=key)
