"""How a run ends, by name: what chapters tell stories about."""

from typing import Literal

Ending = Literal["done", "no_signal", "bad_reward", "diverged", "no_pairs"]

MEANINGS: dict[Ending, str] = {
    "done": "All planned updates were made.",
    "no_signal": "All planned updates were made, and none had anything to learn from: whatever was "
    "compared earned the same.",
    "bad_reward": "The reward of a rollout was not a finite number, or far too large.",
    "diverged": "A gradient or a weight was no longer a finite number.",
    "no_pairs": "There were no preferences to learn from.",
}


class RunEnded(Exception):
    """A run cannot go on: why, by name and in a sentence, and what to do, in another."""

    def __init__(self, ending: Ending, problem: str, remedy: str) -> None:
        """Keep the parts for the event that tells of it."""
        super().__init__(f"{problem} {remedy}")
        self.ending: Ending = ending
        self.problem, self.remedy = problem, remedy


def diverged() -> RunEnded:
    """The end of a run whose numbers ran away."""
    return RunEnded(
        "diverged",
        "The weights ran away: a gradient or a weight is no longer a finite number.",
        "Lower the learning rate or make the reward smaller, then train again.",
    )
