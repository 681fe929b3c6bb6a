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


class Chances(Frozen):
    """How likely something is for three policies."""

    start: float  # before any training
    now: float
    best: float  # for the best policy under the leash of the run


class Message(Frozen):
    """One message on the pager, with everything that is known of it."""

    text: str
    chances: Chances
    paid: float  # by the learner's reward
    worth: float  # what was wanted


class Standing(Frozen):
    """Where a policy stands, exactly: how far it drifted, and what its messages are on average."""

    drift: float  # KL(policy || reference), in nats
    paid: float
    worth: float


class LettersScene(Frozen):
    """One update at the pager, of which everything is known exactly."""

    kind: Literal["letters"] = "letters"
    messages: tuple[Message, ...] = ()  # the likeliest of each policy, the best policy's first
    others: Chances = Chances(start=0, now=0, best=0)  # all other messages together
    other_count: int = 0
    leash: float = 0.0  # reward units a nat
    here: Standing = Standing(drift=0, paid=0, worth=0)
    frontier: tuple[Standing, ...] = ()  # most pay for its drift, from the start on
    group: tuple[Reply, ...] = ()  # the first group of the batch, never the best one


Scene = Annotated[GridScene | SpeechScene | LettersScene, Field(discriminator="kind")]
