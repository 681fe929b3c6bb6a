"""Ten drafts of a letter: bandits that Pip plays with a reason, and with six weights of its own.

A game is a bandit that is new every time: some drafts, each worth between 0 and 1, and some fifty
letters to send. Before each letter Pip works out in words which draft is best to try, by UCB. Which
draft it sends is decided elsewhere: by six weights over what it sees of every draft. Two untrained
Pips are to be had, one that repeats what it did most and one that keeps to the best it has tried.
Source: Schmied et al. 2025, "LLMs are Greedy Agents", arXiv:2504.16078, made as small as it goes.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from engine.metrics import MetricName as M
from engine.spec import RewardTerm, World, WorldConfig

# What Pip sees of each draft, in the order of its weights.
FEATURES = ("mean", "share", "last", "best", "untried", "reason")
# The weights of the two untrained Pips, set by hand: their habits are made and not found.
PIPS: dict[str, tuple[float, ...]] = {
    "frequent": (2.0, 6.0, 2.0, 1.0, -1.0, 0.0),
    "greedy": (3.0, 1.0, 0.0, 3.5, 0.2, 0.8),
}

# Settings that all games of drafts have: bounds and words are here, the usual value with each.
Pays = Annotated[
    Literal["gaussian", "bernoulli"],
    Field(
        title="Answers",
        description="gaussian: an answer scores what its draft is worth, plus noise; bernoulli: 1 "
        "as often as the draft's worth says, else 0.",
    ),
]
Noise = Annotated[
    float,
    Field(
        ge=0.1,
        le=3,
        title="Noise",
        description="Standard deviation of a score about its draft's worth; only gaussian has any.",
    ),
]

FirstPip = Annotated[
    Literal["frequent", "greedy"],
    Field(
        title="Untrained Pip",
        description="frequent: repeats what it has done most; greedy: keeps to the best draft it "
        "has tried. Both habits were given to it.",
    ),
]


class ArmsConfig(WorldConfig):
    """The games, and which Pip begins to play them."""

    world: Literal["arms"] = "arms"
    arms: int = Field(
        default=10,
        ge=2,
        le=20,
        title="Drafts",
        description="How many drafts there are to choose from in a game.",
    )
    pulls: int = Field(
        default=50,
        ge=5,
        le=100,
        title="Letters",
        description="How many letters are sent in a game.",
    )
    pays: Pays = "gaussian"
    noise: Noise = 1.0
    pip: FirstPip = "frequent"

    @property
    def contexts(self) -> int:
        """All patients are taken for one reader."""
        return 1


TERMS = (
    RewardTerm(
        name="score",
        label="Score of the answer",
        meaning="What the answer to the letter scores; a draft's mean score is between 0 and 1.",
        exploit="It says nothing of the drafts that were never sent.",
        least=None,
        most=None,
    ),
    RewardTerm(
        name="first",
        label="First time",
        meaning="1 if the draft had not been sent before in this game.",
        exploit="It pays for a poor draft as well as for a good one, as long as it is new.",
        most=1,
    ),
    RewardTerm(
        name="agrees",
        label="As its reason says",
        meaning="1 if the draft is one that Pip's own reason names.",
        exploit="It pays for following a wrong reason as much as a right one.",
        most=1,
    ),
    RewardTerm(
        name="repeat",
        label="Same again",
        meaning="1 if the draft is that of the letter before.",
        exploit="It pays for standing still.",
        most=1,
    ),
)
TERM_NAMES = tuple(term.name for term in TERMS)


def term_values(
    scores: np.ndarray, is_first: np.ndarray, agrees: np.ndarray, is_repeat: np.ndarray
) -> dict[str, np.ndarray]:
    """Every reward term of letters in any common shape: name -> [...] float64."""
    columns = scores, is_first, agrees, is_repeat
    return {
        name: column.astype(np.float64) for name, column in zip(TERM_NAMES, columns, strict=True)
    }


WORLD = World(
    name="arms",
    title="Ten drafts",
    config=ArmsConfig,
    terms=TERMS,
    true_reward="Letters that score: what the drafts sent are worth on average.",
    metrics=(
        *(M.GAME_REGRET, M.PROXY_RETURN, M.TRUE_RETURN, M.COVERAGE, M.RIGHT_REASON),
        *(M.RIGHT_OPTIMAL, M.RIGHT_GREEDY, M.RIGHT_OTHER, M.AS_REASONED, M.FREQUENT),
        *(M.UCB_REGRET, M.EPSILON_REGRET, M.RANDOM_REGRET),
    ),
    rollout="letter",
    work_unit="letters",
)
