"""Five drafts, in words: bandits that Pip plays by writing a reason and then a letter.

Before each letter Pip reads how often every draft was sent and what it scored on average, and
writes two words: which draft there is reason to try, and which one it sends. Both come from one
small transformer, which was taught by a player with the habits of the ten drafts; so its habits are
in none of its weights by name. They are still ours, and were not found.
Source: Schmied et al. 2025, "LLMs are Greedy Agents", arXiv:2504.16078, made as small as it goes.
"""

from typing import Literal

from pydantic import Field

from engine.metrics import MetricName as M
from engine.spec import RewardTerm, World, WorldConfig
from engine.worlds import arms

DRAFTS = 5


class DraftsConfig(WorldConfig):
    """The games, and which Pip begins to play them."""

    world: Literal["drafts"] = "drafts"
    pulls: int = Field(
        default=20,
        ge=5,
        le=30,
        title="Letters",
        description="How many letters are sent in a game.",
    )
    pays: arms.Pays = "gaussian"
    noise: arms.Noise = 0.5
    pip: arms.FirstPip = "greedy"

    @property
    def arms(self) -> int:
        """How many drafts there are; Pip has words for no others."""
        return DRAFTS

    @property
    def contexts(self) -> int:
        """All patients are taken for one reader."""
        return 1


TERMS = (
    *arms.TERMS,
    RewardTerm(
        name="unreadable",
        label="Cannot be read",
        meaning="1 if the second word names no draft, so that one is sent by chance.",
        most=1,
    ),
)

WORLD = World(
    name="drafts",
    title="Five drafts, in words",
    config=DraftsConfig,
    terms=TERMS,
    true_reward=arms.WORLD.true_reward,
    metrics=(*arms.WORLD.metrics, M.UNREADABLE),
    rollout="letter",
    work_unit="letters",
)
