"""The pawn game in words says what its scene and its tests say, and no more."""

import pytest

from curriculum.board_narration import OPPONENTS, board_in_words, game_in_words
from curriculum.narration import update_in_words
from engine.events import UpdateCompleted
from engine.metrics import MetricName as M
from engine.pawns import GUEST, PIP, START, moves
from engine.scenes import BoardScene
from engine.worlds.board import BoardConfig


def a_game(own_moves: int) -> BoardScene:
    boards = [START]
    while len(boards) < 2 * own_moves + 1:
        boards.append(moves(boards[-1], PIP if len(boards) % 2 == 0 else GUEST)[0].board)
    return BoardScene(boards=tuple(boards), end="won")


def test_before_any_game_nothing_is_told() -> None:
    assert game_in_words(BoardScene()) == "No game has been played yet."
    assert board_in_words(BoardScene(boards=(START,)), {}) == "No game has been played yet."


@pytest.mark.parametrize(
    ("own", "replaced", "words"),
    [
        (1, (), "after 1 move of its own."),
        (3, (), "after 3 moves of its own."),
        (
            3,
            (1,),
            "after 3 moves of its own. 1 of them was not allowed, and the tablet played another "
            "for it.",
        ),
        (
            3,
            (0, 2),
            "after 3 moves of its own. 2 of them were not allowed, and the tablet played another "
            "for each.",
        ),
    ],
)
def test_how_a_game_went(own: int, replaced: tuple[int, ...], words: str) -> None:
    scene = a_game(own).model_copy(update={"replaced": replaced})
    assert game_in_words(scene) == f"Pip won the game that is shown {words}"


def test_the_update_says_against_whom_it_wins() -> None:
    metrics = {M.WON: 1.0, M.WON_AGAINST_BEST: 0.0, M.WON_AGAINST_BEGINNER: 0.625}
    event = UpdateCompleted(
        update=3,
        metrics=metrics,
        scene=a_game(2).model_copy(update={"end": "lost"}),
        work=9,
    )
    assert update_in_words(event) == (
        "Pip lost the game that is shown after 2 moves of its own. It won "
        "100\u202f% of its games against the opponent that it practises with, 0\u202f% against the "
        "best player and 62\u202f% against a beginner, who moves by chance."
    )


def test_every_opponent_has_a_name() -> None:
    assert set(OPPONENTS) == set(BoardConfig.model_fields["opponent"].annotation.__args__)  # type: ignore[union-attr]
