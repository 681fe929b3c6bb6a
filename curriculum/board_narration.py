"""The pawn game that is shown of an update, as a plain sentence or two."""

from collections.abc import Mapping

from curriculum.figures import number
from engine.metrics import MetricName as M
from engine.scenes import BoardScene

OPPONENTS = {
    "beginner": "The beginner",
    "kind": "The kind guest",
    "taker": "The taker",
    "best": "The best player",
}


def board_in_words(scene: BoardScene, metrics: Mapping[M, float]) -> str:
    """How the first game of the test went, and how many games Pip wins against whom."""
    against = ", ".join(
        f"{number(metrics[metric], 'percent')} {of_whom}"
        for metric, of_whom in (
            (M.WON, "of the games against the opponent that it practises with"),
            (M.WON_AGAINST_BEST, "against the best player"),
            (M.WON_AGAINST_BEGINNER, "against one who moves by chance"),
        )
        if metric in metrics
    )
    told = game_in_words(scene)
    return f"{told} In its tests it won {against}." if against else told


def game_in_words(scene: BoardScene) -> str:
    """How one game went."""
    own = (len(scene.boards) - 1) // 2
    if own < 1:
        return "No game has been played yet."
    end = {"won": "won", "lost": "lost", "on": "had not finished"}[scene.end]
    moves = "1 move" if own == 1 else f"{own} moves"
    by_chance = ""
    if scene.replaced:
        count = len(scene.replaced)
        by_chance = (
            f" {count} of them {'was' if count == 1 else 'were'} not allowed, and the tablet "
            f"played another for {'it' if count == 1 else 'each'}."
        )
    return f"Pip {end} the first game of the test after {moves} of its own.{by_chance}"
