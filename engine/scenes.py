"""What a world shows of one update: facts to draw, never drawings."""

from typing import Annotated, Literal

from pydantic import Field

from engine.frozen import Frozen

GridEnd = Literal["", "arrived", "collided", "cut", "caught", "dropped", "bell"]


class OpenScene(Frozen):
    """A scene of an update whose steps, samples or presses can be looked into."""

    # What the update was made of, by the name of an algorithm's quantity: one entry for each of the
    # steps, samples or presses that are shown.
    numbers: dict[str, tuple[float, ...]] = Field(default_factory=dict)


class GridScene(OpenScene):
    """One update on a gridworld; flat lists run over rows * columns cells, row by row."""

    kind: Literal["grid"] = "grid"
    rows: tuple[
        str, ...
    ]  # '#' wall, '.' floor, 'S' start, 'G' goal, 'P' pad, 'C' spill, '^v<>' arrows
    trail: tuple[int, ...] = ()  # driven onto in this update's first episode; 'C' leads to 'S'
    values: tuple[float, ...] = ()  # best action value of a cell, in reward units; 0 on walls
    actions: str = ""  # best action of a cell: one of 'udlr', or ' ' if unknown or a wall
    visits: tuple[int, ...] = ()  # steps that ended on a cell in this update
    # What else moves: the cells of each, one for every cell of the trail.
    movers: tuple[tuple[int, ...], ...] = ()
    end: GridEnd = ""  # how the trail ended, where the map does not say
    # Of a floor that is cleaned, for every cell of the trail: the dirty cells, and pieces on board.
    dirt: tuple[tuple[int, ...], ...] = ()
    loads: tuple[int, ...] = ()


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


ShiftEnd = Literal["on", "fell", "left", "stood"]


class CartScene(OpenScene):
    """One episode of the first cart: it ended in this update, or is still on.

    Frames are `frame_steps` steps apart, and the last one is the episode's last step; flat lists
    have one entry a frame.
    """

    kind: Literal["cart"] = "cart"
    steps: int = Field(default=0, ge=0)  # of the episode; 0 before the first update
    end: ShiftEnd = "on"  # the tray fell, the cart left the corridor, the tray stood to the end
    frame_steps: int = Field(default=1, ge=1)
    positions: tuple[float, ...] = ()  # m from the middle of the corridor
    tilts: tuple[float, ...] = ()  # degrees, to the right if above zero
    pushes: str = ""  # 'l' or 'r': the push that led to the frame
    bumps: tuple[float, ...] = ()  # N, the strongest since the frame before; empty if there is none


Sign = Literal["", "shut", "new"]


class KioskScene(OpenScene):
    """One update at the kiosk: its visitors in their order, then the buttons in theirs."""

    kind: Literal["kiosk"] = "kiosk"
    pressed: tuple[int, ...] = ()  # which button, for each visitor of this update
    paid: tuple[float, ...] = ()  # by the learner's reward
    settled: tuple[int, ...] = ()  # 1 if the visitor's matter was settled, else 0
    waits: tuple[float, ...] = ()  # minutes
    counts: tuple[int, ...] = ()  # presses of each button so far
    beliefs: tuple[float, ...] = ()  # of what a press is worth, in reward; empty: none are held
    doubts: tuple[float, ...] = ()  # half-width that is added to a belief for what is not known
    chances: tuple[float, ...] = ()  # how likely each button is next; empty: no closed form
    worths: tuple[float, ...] = ()  # exact expected pay of each button; empty: it has none
    signs: tuple[Sign, ...] = ()  # at each door, once the lobby has changed for the last visitor


GameEnd = Literal["on", "won", "lost"]


class BoardScene(OpenScene):
    """A game of an update's test or practice, move by move; the guest begins, both move in turn.

    A board is read from the guest's row down: 'p' is a pawn of Pip's, 'g' one of the guest's.
    """

    kind: Literal["board"] = "board"
    boards: tuple[str, ...] = ()  # before the first move, and after each
    replaced: tuple[int, ...] = ()  # which of Pip's moves were played for it, counted from 0
    expected: tuple[float, ...] = ()  # what Pip expects at each of its moves, in reward
    end: GameEnd = "on"  # for Pip


class TradingDay(Frozen):
    """A day on the energy desk, hour by hour; empty: none has been yet."""

    prices: tuple[int, ...] = ()  # levels; one more than there are hours
    held: tuple[int, ...] = ()  # blocks, after the trade of each hour
    earned: tuple[float, ...] = ()  # levels so far, marked to market, fees paid


class TradingScene(OpenScene):
    """One update at the energy desk: the first fresh day of its test, and a day of practice."""

    kind: Literal["trading"] = "trading"
    fresh: TradingDay = TradingDay()
    practised: TradingDay = TradingDay()


ShuttleEnd = Literal["on", "arrived", "left", "cut"]


class ShuttleScene(OpenScene):
    """A trip of an update's test or practice, step by step; flat lists have one entry a step."""

    kind: Literal["shuttle"] = "shuttle"
    bends: tuple[float, ...] = ()  # 1/m, to the left above zero, for every half metre of the road
    half_lane: float = 1.0  # m that it may be from the middle
    gentle: float = 1.0  # m/s^2: a stronger pull is a jolt
    due: int = 0  # the step in which it should have arrived
    places: tuple[int, ...] = ()  # half metres from the start, after the step
    offsets: tuple[float, ...] = ()  # m to the left of the middle
    headings: tuple[float, ...] = ()  # degrees to the left of the lane
    speeds: tuple[int, ...] = ()  # m/s
    pulls: tuple[float, ...] = ()  # m/s^2, sideways
    end: ShuttleEnd = "on"


class ArmsMoment(Frozen):
    """One letter of a game: what was known before it, what the reason names, and what was sent."""

    pull: int  # counted from 1
    counts: tuple[int, ...] = ()  # how often each draft had been sent
    means: tuple[float, ...] = ()  # what it had scored on average; 0 if never sent
    named: tuple[int, ...] = ()  # drafts that the reason names
    is_right: bool = True  # whether that is what UCB says
    pulled: int = 0
    is_own: bool = True  # whether Pip chose; else every draft was being sent once
    said: str = ""  # what Pip wrote, where it writes
    reader: str = Field(default="", exclude_if=lambda name: not name)  # to whom, where that matters


class ArmsScene(OpenScene):
    """One update with the drafts: its first game, and what was counted over all of them."""

    kind: Literal["arms"] = "arms"
    worths: tuple[float, ...] = ()  # of the drafts of the first game
    counts: tuple[int, ...] = ()  # how often each was sent in it
    weights: tuple[float, ...] = ()  # as the update left them, in the order of the features
    moments: tuple[ArmsMoment, ...] = ()  # letters of the first game, always the same ones
    coverage: tuple[float, ...] = ()  # share of drafts tried after each letter, of all games
    # Share of all letters: right reasons with UCB's, the greedy, another draft; then wrong ones.
    knowing: tuple[float, ...] = ()
    habit: tuple[float, ...] = ()  # chance of a draft repeated 0, 10, ... 100 times
    first_habit: tuple[float, ...] = ()  # that of the untrained Pip
    # Whose page of the first game worths and counts are, if each kind of reader has one.
    reader: str = Field(default="", exclude_if=lambda name: not name)


NoughtsEnd = Literal["on", "won", "lost", "drawn"]


class NoughtsScene(Frozen):
    """The first game of noughts and crosses of an update, move by move, and a group of its moves.

    A board is nine signs, row by row: 'x' is Pip's, 'o' the guest's, '.' free.
    """

    kind: Literal["noughts"] = "noughts"
    boards: tuple[str, ...] = ()  # before the first move, and after each
    said: tuple[tuple[str, ...], ...] = ()  # what Pip wrote at each of its moves
    right: tuple[bool, ...] = ()  # whether the reason was right
    replaced: tuple[int, ...] = ()  # which of Pip's moves were made for it, counted from 0
    end: NoughtsEnd = "on"  # for Pip
    group: tuple[Reply, ...] = ()  # the first group of the batch, never the best one


Scene = Annotated[
    GridScene
    | SpeechScene
    | LettersScene
    | CartScene
    | KioskScene
    | BoardScene
    | TradingScene
    | ShuttleScene
    | ArmsScene
    | NoughtsScene,
    Field(discriminator="kind"),
]
