"""What a world shows of one update: facts to draw, never drawings."""

from typing import Annotated, Literal

from pydantic import Field

from engine.frozen import Frozen


class GridScene(Frozen):
    """One update on a gridworld; flat lists run over rows * columns cells, row by row."""

    kind: Literal["grid"] = "grid"
    rows: tuple[str, ...]  # the map: '#' wall, '.' floor, 'S' start, 'G' goal, 'P' pad
    trail: tuple[int, ...] = ()  # cells of this update's first episode, in order
    values: tuple[float, ...] = ()  # best action value of a cell, in reward units; 0 on walls
    actions: str = ""  # best action of a cell: one of 'udlr', or ' ' if unknown or a wall
    visits: tuple[int, ...] = ()  # steps that ended on a cell in this update


class Reply(Frozen):
    """A sampled reply. `credit`: by how much this update changed each token's log-prob, in nats."""

    question: str
    tokens: tuple[str, ...]
    credit: tuple[float, ...] = ()
    axes: dict[str, float] = Field(default_factory=dict)  # what the verifiers say of it
    # What the update's loss was made of, by the name of an algorithm's quantity.
    numbers: dict[str, tuple[float, ...]] = Field(default_factory=dict)  # one a token
    totals: dict[str, float] = Field(default_factory=dict)  # of the whole reply
    reward: float = 0.0
    advantage: float = 0.0


class SpeechScene(Frozen):
    """One update at Pip's desk."""

    kind: Literal["speech"] = "speech"
    probes: tuple[Reply, ...] = ()  # the same visitors at every update, same sampling noise
    group: tuple[Reply, ...] = ()  # the first group of the batch, never the best one
    paired: bool = False  # the group is pairs, the liked reply before the other one


Scene = Annotated[GridScene | SpeechScene, Field(discriminator="kind")]
