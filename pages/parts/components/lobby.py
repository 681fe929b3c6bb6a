"""The stage of the lobby: a kiosk, five ways, and the visitors of one update."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pages.parts.components.assets import register
from pages.parts.components.sizes import refuse_unequal

_KIOSK = register("pip-kiosk-stage", ("furnishings", "kiosk_stage"), ("kiosk_stage",))


@dataclass(frozen=True)
class Round:
    """The visitors of one update, in order, and what the kiosk makes of the ways after them.

    pressed: the way of each visitor, from 0. settled: 1 or 0. waits: minutes. The others have one
    entry a way, or none. counts: presses so far. beliefs: what the kiosk thinks a press is worth.
    doubts: what it adds for what it does not know. chances: how likely it presses each way next.
    worths: what a press really pays on average, shown on demand once the run is over. signs: what
    hangs at a door, "shut" or "new"; empty as long as the lobby is as it was.
    """

    pressed: Sequence[int] = ()
    settled: Sequence[int] = ()
    waits: Sequence[float] = ()
    counts: Sequence[int] = ()
    beliefs: Sequence[float] = ()
    doubts: Sequence[float] = ()
    chances: Sequence[float] = ()
    worths: Sequence[float] = ()
    signs: Sequence[str] = ()


def kiosk_stage(
    names: Sequence[str],
    shown: Round,
    *,
    update: int = 0,
    live: bool = False,
    seconds: float | None = None,
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """The lobby: each visitor walks once from the kiosk to the way that was pressed for them.

    names: of the ways. update: the visitors walk again when it changes. live: more are to come, so
    that the exact worths stay hidden. seconds: time until the next update, into which the walks
    must fit; measured in the browser if None. note: a short fact, said when all have arrived. alt:
    the finding, for those who do not see the lobby.

    Raises ValueError if the visitors' entries differ in number, or those of the ways do, or if a
    visitor was sent a way that does not exist.
    """
    visitors = len(shown.pressed)
    ends = {"settled": len(shown.settled), "waits": len(shown.waits)}
    refuse_unequal(ends, (visitors,), f"{visitors} visitors")
    told = ("counts", "beliefs", "doubts", "chances", "worths", "signs")
    of_ways = {name: len(getattr(shown, name)) for name in told}
    refuse_unequal(of_ways, (0, len(names)), f"{len(names)} ways")
    if not all(0 <= way < len(names) for way in shown.pressed):
        raise ValueError(f"A visitor was sent a way that is not one of the {len(names)}.")
    payload = {
        **asdict(shown),
        "names": list(names),
        "asker": "Visitor",
        "update": update,
        "live": live,
        "seconds": seconds,
        "note": note,
        "alt": alt,
    }
    _KIOSK(data=payload, key=key)
