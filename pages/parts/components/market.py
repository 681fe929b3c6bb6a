"""The stage of the energy desk: a day of practice and a fresh one, side by side."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pages.parts.components.assets import register

_TRADING = register("pip-trading-stage", ("film", "trading_stage"), ("trading_stage",))


@dataclass(frozen=True)
class Day:
    """A day on the desk; empty: none has been yet.

    prices: levels, one more than there are hours. held: blocks after the trade of each hour.
    earned: levels so far, marked to market, fees paid.
    """

    prices: Sequence[int] = ()
    held: Sequence[int] = ()
    earned: Sequence[float] = ()


def trading_stage(
    practised: Day,
    fresh: Day,
    *,
    hours: int,
    levels: int,
    most_blocks: int,
    update: int = 0,
    live: bool = False,
    note: str = "",
    alt: str,
    key: str,
) -> None:
    """Two days, played at once: the price, every trade, the blocks held and what is earned.

    hours, levels, most_blocks: what a day, the price and a position have at most. update: they are
    played again when it changes. live: more are to come, so that they are played faster. note: a
    short fact, said when they have been played. alt: the finding, for those who do not see them.

    Raises ValueError if a day has another number of hours, or leaves its bounds.
    """
    for day in (practised, fresh):
        if len(day.held) != len(day.earned) or len(day.held) not in (0, hours):
            raise ValueError(f"{len(day.held)} positions and {len(day.earned)} sums of a day.")
        if len(day.prices) != (hours + 1 if day.held else 0):
            raise ValueError(f"{len(day.prices)} prices for {len(day.held)} hours.")
        if not all(0 <= price < levels for price in day.prices):
            raise ValueError(f"A price is not one of the {levels} levels.")
        if not all(0 <= held <= most_blocks for held in day.held):
            raise ValueError(f"More than {most_blocks} blocks were held, or fewer than none.")
    payload = {
        "practised": asdict(practised),
        "fresh": asdict(fresh),
        "hours": hours,
        "levels": levels,
        "most_blocks": most_blocks,
        "update": update,
        "live": live,
        "note": note,
        "alt": alt,
    }
    _TRADING(data=payload, key=key)
