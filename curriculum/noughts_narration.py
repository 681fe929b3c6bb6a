"""The game of noughts and crosses that is shown of an update, as a plain sentence or two."""

from collections.abc import Mapping

from curriculum.figures import number
from engine.metrics import MetricName as M
from engine.scenes import NoughtsScene

NOUGHTS_OPPONENTS = {"beginner": "The beginner", "searcher": "The searcher"}


def noughts_in_words(scene: NoughtsScene, metrics: Mapping[M, float]) -> str:
    """How the game that is shown went, and what Pip knows and does in all games."""
    told = written_game_in_words(scene)
    if M.SOUND_REASON not in metrics:
        return told
    right, done, won, lost, wrong = (
        number(metrics[metric], "percent")
        for metric in (M.SOUND_REASON, M.ACTED_ON, M.WON, M.LOST, M.NOT_ALLOWED)
    )
    return (
        f"{told} In all games of this update {right} of its reasons were right, and it acted on "
        f"{done} of those. It won {won} of the games and lost {lost}; {wrong} of its moves were "
        "not allowed."
    )


def written_game_in_words(scene: NoughtsScene) -> str:
    """How one game went."""
    own = len(scene.said)
    if not own:
        return "No game has been played yet."
    end = {
        "won": "won the game that is shown",
        "lost": "lost the game that is shown",
        "drawn": "drew the game that is shown",
        "on": "is still playing the game that is shown",
    }[scene.end]
    right = sum(scene.right)
    followed = sum(
        is_right and words[-1] == f"x{words[-2]}"
        for words, is_right in zip(scene.said, scene.right, strict=True)
    )
    reasons = (
        f"{right} of its {own} reasons" if own > 1 else ("Its reason" if right else "No reason")
    )
    verb = "was" if right == 1 or own == 1 else "were"
    acted = f", and it acted on {followed} of {'it' if right == 1 else 'them'}" if right else ""
    if right == 1:
        acted = ", and it acted on it" if followed else ", and it did not act on it"
    return f"Pip {end}. {reasons} {verb} right{acted}."
