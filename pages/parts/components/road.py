"""The stage of the shuttle: the road from above, one trip on it, and what passengers felt."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from pages.parts.components.assets import register
from pages.parts.components.people import PLACE_NAMES
from pages.parts.components.sizes import refuse_unequal

_SHUTTLE = register(
    "pip-shuttle-stage",
    ("furnishings", "film", "record", "shuttle_stage"),
    ("record", "shuttle_stage"),
)


@dataclass(frozen=True)
class Trip:
    """One trip, step after step; the last step is its end.

    places: half metres from the car park. offsets: metres to the left of the lane's middle.
    headings: degrees to the left of the lane. speeds: metres a second. pulls: m/s² from the side.
    end: whether it arrived, left its lane, was cut off, or is still on.
    """

    places: Sequence[int]
    offsets: Sequence[float]
    headings: Sequence[float]
    speeds: Sequence[int]
    pulls: Sequence[float]
    end: Literal["on", "arrived", "left", "cut"]


@dataclass(frozen=True)
class Road:
    """The road, and what a trip is measured by.

    bends: in 1/m, left above zero, for every half metre. half_lane: metres that a shuttle may be
    from the middle. gentle: the strongest pull that is no jolt, in m/s². top_speed: metres a
    second. due_seconds: the timetable. limit_seconds: when a trip is cut off. step_seconds: how
    long a step takes.
    """

    bends: Sequence[float]
    half_lane: float
    gentle: float
    top_speed: float
    due_seconds: float
    limit_seconds: float
    step_seconds: float


def shuttle_stage(
    trip: Trip,
    road: Road,
    *,
    update: int = 0,
    live: bool = False,
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """The road from above: plays a trip once, with its record below; without steps it stands.

    update: a trip is played again when it changes. live: more are to come, so that a long one is
    shortened and the newest follows it. note: a short fact below. alt: the finding, for those who
    do not see it.

    Raises ValueError if the steps of the trip differ in number, or there is no road.
    """
    if not road.bends:
        raise ValueError("A road needs at least half a metre.")
    steps = len(trip.places)
    told = ("offsets", "headings", "speeds", "pulls")
    refuse_unequal({name: len(getattr(trip, name)) for name in told}, (steps,), f"{steps} steps")
    payload = {
        **asdict(trip),
        **asdict(road),
        "update": update,
        "live": live,
        "note": note,
        "alt": alt,
        "place_names": PLACE_NAMES,
    }
    _SHUTTLE(data=payload, key=key)
