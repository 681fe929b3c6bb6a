"""What is said of a game of noughts and crosses."""

import re

import pytest

from curriculum.noughts_narration import noughts_in_words, written_game_in_words
from engine.metrics import MetricName as M
from engine.scenes import NoughtsEnd, NoughtsScene

FOLLOWED, ASTRAY = ("take", "5", "x5"), ("win", "7", "x1")


def game(*moves: tuple[tuple[str, ...], bool], end: NoughtsEnd = "won") -> NoughtsScene:
    return NoughtsScene(
        said=tuple(words for words, _ in moves), right=tuple(right for _, right in moves), end=end
    )


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        (NoughtsScene(), "No game has been played yet."),
        (
            game((FOLLOWED, True), (ASTRAY, True), (ASTRAY, True)),
            "Pip won the game that is shown. 3 of its 3 reasons were right, and it acted on 1 of "
            "them.",
        ),
        (
            game((FOLLOWED, True), (FOLLOWED, False), end="lost"),
            "Pip lost the game that is shown. 1 of its 2 reasons was right, and it acted on it.",
        ),
        (
            game((ASTRAY, True), (FOLLOWED, False), end="drawn"),
            "Pip drew the game that is shown. 1 of its 2 reasons was right, and it did not act "
            "on it.",
        ),
        (
            game((FOLLOWED, False), (FOLLOWED, False), end="lost"),
            "Pip lost the game that is shown. 0 of its 2 reasons were right.",
        ),
    ],
)
def test_one_game(scene: NoughtsScene, said: str) -> None:
    assert written_game_in_words(scene) == said


def test_all_games_of_an_update_are_told_with_their_own_figures() -> None:
    metrics = {
        M.SOUND_REASON: 0.81,
        M.ACTED_ON: 0.29,
        M.WON: 0.52,
        M.LOST: 0.4,
        M.NOT_ALLOWED: 0.14,
    }
    told = noughts_in_words(game((FOLLOWED, True), (FOLLOWED, True)), metrics)
    assert re.findall(r"(\d+)\D%", told) == ["81", "29", "52", "40", "14"]
