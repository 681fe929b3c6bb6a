"""Five drafts for several kinds of readers: a contextual bandit, in which a draft has no one worth.

Before each letter it is known who will read it, and what a draft is worth to one kind of reader
says nothing of another. Pip keeps a page of its letter book for each kind, and reads that page: how
often every draft was sent to such readers, and what it scored there. Six weights can play it, or
the player of the five drafts, in words. UCB with a page for each kind is the yardstick; beside it
stands UCB with a single page for all, which does not ask who reads.
Source: Schmied et al. 2025, "LLMs are Greedy Agents", arXiv:2504.16078, whose contextual bandit
recommends films from features of users. Here a context is a name, for which LinUCB, if its ridge
is nothing, is UCB on each page.
"""

from typing import Literal

from pydantic import Field

from engine.metrics import MetricName as M
from engine.spec import World, WorldConfig
from engine.worlds import arms, drafts

READERS = ("families", "new patients", "long-term visitors", "staff")


class ReadersConfig(WorldConfig):
    """The games, and which Pip begins to play them."""

    world: Literal["readers"] = "readers"
    contexts: int = Field(
        default=3,
        ge=2,
        le=len(READERS),
        title="Kinds of readers",
        description="To each kind every draft has a worth of its own; the next reader comes by "
        "chance.",
    )
    pulls: int = Field(
        default=30,
        ge=5,
        le=60,
        title="Letters",
        description="How many letters are sent in a game, to readers of all kinds.",
    )
    pays: arms.Pays = "gaussian"
    noise: arms.Noise = 0.3
    pip: arms.FirstPip = "greedy"

    @property
    def arms(self) -> int:
        """How many drafts there are, for each kind of reader the same."""
        return drafts.DRAFTS


WORLD = World(
    name="readers",
    title="Five drafts, several readers",
    config=ReadersConfig,
    terms=drafts.TERMS,
    true_reward="Letters that score: what the drafts sent are worth to their readers on average.",
    metrics=(*drafts.WORLD.metrics, M.BLIND_REGRET),
    rollout="letter",
    work_unit="letters",
)
