"""The pawn game that is shown of an update, as a plain sentence or two."""

from collections.abc import Mapping

from curriculum.figures import counted, number
from engine.metrics import MetricName as M
from engine.scenes import BoardScene

OPPONENTS = {
    "beginner": "The beginner",
    "kind": "The kind guest",
    "taker": "The taker",
    "best": "The best player",
}


def board_in_words(scene: BoardScene, metrics: Mapping[M, float]) -> str:
    """How the game that is shown went, and how many games Pip wins against whom."""
    told = game_in_words(scene)
    if M.WON not in metrics:
        return told
    here, best, chance = (
        number(metrics[metric], "percent")
        for metric in (M.WON, M.WON_AGAINST_BEST, M.WON_AGAINST_BEGINNER)
    )
    return (
        f"{told} It won {here} of its games against the opponent that it practises "
        f"with, {best} against the best player and {chance} against a beginner, who moves by "
        "chance."
    )


def game_in_words(scene: BoardScene) -> str:
    """How one game went."""
    own = (len(scene.boards) - 1) // 2
    if own < 1:
        return "No game has been played yet."
    end = {"won": "won", "lost": "lost", "on": "had not finished"}[scene.end]
    by_chance = ""
    if scene.replaced:
        count = len(scene.replaced)
        by_chance = (
            f" {count} of them {'was' if count == 1 else 'were'} not allowed, and the tablet "
            f"played another for {'it' if count == 1 else 'each'}."
        )
    return f"Pip {end} the game that is shown after {counted(own, 'move')} of its own.{by_chance}"
