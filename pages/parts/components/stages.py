"""The stages on which a learner watches a world: Pip's desk, the corridor and the tray cart."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from pages.parts.components.assets import register
from pages.parts.components.people import Mood, Who, known_person
from pages.parts.components.sizes import refuse_unequal

Mark = Literal["ok", "no", "plain"]
PLACES = {
    **{"S": "Pharmacy", "G": "Ward nine", "P": "Charging pad", "C": "Wet floor"},
    **dict.fromkeys("^v<>", "Arrow tile"),
}

_SPEECH = register(
    "pip-speech-stage", ("furnishings", "people", "speech_stage"), ("art", "speech_stage")
)
_GRID = register(
    "pip-grid-stage",
    ("furnishings", "grid_labels", "amounts", "grid_movers", "grid_dirt", "grid_stage"),
    ("furnishings", "grid_stage"),
)
_CART = register(
    "pip-cart-stage", ("furnishings", "film", "record", "cart_stage"), ("record", "cart_stage")
)


@dataclass(frozen=True)
class Verdict:
    """One thing that a verifier says of a reply: a mark and a word ("right floor", "13 words")."""

    word: str
    mark: Mark = "plain"


@dataclass(frozen=True)
class Probe:
    """One visitor who asks the same question at every update.

    before: tokens of the reply at the start. now: tokens of the reply now, empty before the first
    update. credit: change of each token's log-probability by this update, in nats, as long as `now`
    or empty. mood: Pip's face now; `reply_mood` gives it from the verifiers' axes.
    """

    who: Who
    name: str
    question: str
    before: Sequence[str]
    before_verdicts: Sequence[Verdict] = ()
    now: Sequence[str] = ()
    now_verdicts: Sequence[Verdict] = ()
    credit: Sequence[float] = ()
    mood: Mood = "talk"


@dataclass(frozen=True)
class Shift:
    """One episode of the tray cart, frame after frame; the last frame is its end.

    positions: metres to the right of the middle. tilts: degrees to the right. pushes: 'l' or 'r',
    the push that led to each frame. bumps: newtons to the right, or empty. seconds: how long it
    lasted. end: whether the tray fell, the cart left the corridor, the tray stood to the end, or
    the episode is still on.
    """

    positions: Sequence[float]
    tilts: Sequence[float]
    pushes: str
    bumps: Sequence[float]
    frame_seconds: float
    seconds: float
    end: Literal["on", "fell", "left", "stood"]


@dataclass(frozen=True)
class ShiftLimits:
    """What an episode is measured by: seconds of a whole shift, metres and degrees either way."""

    limit_seconds: float
    lane: float  # where the cart is wanted
    corridor: float  # where it runs against the end
    level: float  # how far the tray may lean
    largest_tilt: float  # where it falls


def speech_stage(
    probes: Sequence[Probe],
    *,
    before_label: str = "Pip at the start",
    now_label: str = "Pip now",
    wait: str = "",
    full_credit: float | None = None,
    key: str,
) -> None:
    """What Pip said at the start and says now to each visitor, with the credit of every token.

    probes: at least one; a row of visitors chooses between several, in the browser only. now_label:
    for instance "Pip now, update 34". wait: shown in the place of a reply that does not exist yet.
    full_credit: nats that fill a credit bar, the strongest token of the reply (at least 0.05) if
    None; the stage says it.

    Raises ValueError without a probe, or if a probe's credit and tokens differ in number.
    """
    if not probes:
        raise ValueError("A speech stage needs at least one probe.")
    for probe in probes:
        known_person(probe.who)
        if probe.credit and len(probe.credit) != len(probe.now):
            raise ValueError(f"{len(probe.now)} tokens, but {len(probe.credit)} credits.")
    payload = {
        "probes": [asdict(probe) for probe in probes],
        "before_label": before_label,
        "now_label": now_label,
        "asker": "Visitor",
        "wait": wait,
        "full_credit": full_credit,
    }
    _SPEECH(data=payload, key=key)


def grid_stage(
    rows: Sequence[str],
    *,
    trail: Sequence[int] = (),
    values: Sequence[float] = (),
    actions: str = "",
    visits: Sequence[int] = (),
    amounts: Mapping[int, float] | None = None,
    movers: Sequence[Sequence[int]] = (),
    mover_kind: Literal["trolley", "pill"] = "trolley",
    end: str = "",
    dirt: Sequence[Sequence[int]] = (),
    loads: Sequence[int] = (),
    update: int = 0,
    seconds: float | None = None,
    places: Mapping[str, str] = PLACES,
    trail_label: str = "this episode",
    visits_label: str = "Visits in this update",
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """The map: floor shaded by visits, best actions, and the robot driving along its trail.

    rows: equally long rows of '#' wall, '.' floor, 'S' start, 'G' goal, 'P' pad, 'C' spill, from
    which the robot is carried back to 'S', and '^v<>' arrow tiles. Flat sequences run over rows *
    columns cells, row by row, and may be empty. trail: cells of one episode in order; the robot
    drives it once whenever `trail` or `update` changes. values: best action value of a cell, in
    reward units, shown on demand. actions: 'u', 'd', 'l', 'r' or ' ' for each cell. visits: steps
    that ended on a cell. amounts: painted on cells. movers: what else moves: the cells of each, one
    for every cell of the trail. end: how the trail ended; "collided" is marked. dirt, loads: which
    cells are dirty and how many pieces are on board, for every cell of the trail. seconds: time
    until the next update, into which the drive must fit; measured in the browser if None. places:
    names of the letters. note: a short fact under the map ("97 visits to the pad in this
    episode"). alt: the finding, for those who do not see the map.

    Raises ValueError if the rows differ in length, a flat sequence does not fit the map, or what
    moves does not fit the trail.
    """
    if len({len(row) for row in rows}) != 1:
        raise ValueError("The rows of a map must be equally long, and there must be one.")
    cells = len(rows) * len(rows[0])
    on_cells = {"values": len(values), "actions": len(actions), "visits": len(visits)}
    refuse_unequal(on_cells, (0, cells), f"a map of {cells} cells")
    steps, of_trail = max(1, len(trail)), f"a trail of {len(trail)}"
    for cells_of_one in movers:
        refuse_unequal({"cells of a mover": len(cells_of_one)}, (steps,), of_trail)
    refuse_unequal({"floors": len(dirt), "loads": len(loads)}, (0, steps), of_trail)
    payload = {
        "rows": list(rows),
        "trail": list(trail),
        "values": list(values),
        "actions": actions,
        "visits": list(visits),
        "amounts": [list(pair) for pair in (amounts or {}).items()],
        "movers": [list(cells) for cells in movers],
        "mover_kind": mover_kind,
        "end": end,
        "dirt": [list(cells) for cells in dirt],
        "loads": list(loads),
        "update": update,
        "seconds": seconds,
        "places": dict(places),
        "trail_label": trail_label,
        "visits_label": visits_label,
        "note": note,
        "alt": alt,
    }
    _GRID(data=payload, key=key)


def cart_stage(
    shift: Shift,
    limits: ShiftLimits,
    *,
    update: int = 0,
    live: bool = False,
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """The tray cart: plays an episode once, with its record below; without frames the cart stands.

    update: an episode is played again when it changes. live: more are to come, so that a long one
    is shortened and the newest follows it. note: a short fact below. alt: the finding, for those
    who do not see it.

    Raises ValueError if the frames of the episode differ in number.
    """
    frames = len(shift.positions)
    of_frames = f"{frames} frames"
    refuse_unequal({"tilts": len(shift.tilts), "pushes": len(shift.pushes)}, (frames,), of_frames)
    refuse_unequal({"bumps": len(shift.bumps)}, (0, frames), of_frames)
    payload = {
        **asdict(shift),
        **asdict(limits),
        "update": update,
        "live": live,
        "note": note,
        "alt": alt,
    }
    _CART(data=payload, key=key)
