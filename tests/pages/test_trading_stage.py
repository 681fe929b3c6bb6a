"""The stage of the energy desk: what it sends to the browser, and what its script reads."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.components import market
from tests.pages.mounted import Mounted, script

SCRIPT = script("trading_stage")
DAY = market.Day(prices=(4, 5, 4), held=(1, 0), earned=(0.6, 0.2))
SIZES: Any = {"hours": 2, "levels": 9, "most_blocks": 2}


@pytest.fixture
def sent(mounted: Callable[..., Mounted]) -> Mounted:
    return mounted(market, "_TRADING")


def test_it_sends_everything_that_its_script_reads(sent: Mounted) -> None:
    market.trading_stage(DAY, DAY, **SIZES, update=3, live=True, note="n", alt="x", key="k")
    read = set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT))
    by_name = {"practised", "fresh", "update"}  # of these, one is there to make updates differ
    assert read | by_name == set(sent.data)
    assert sent.data["fresh"] == {"prices": (4, 5, 4), "held": (1, 0), "earned": (0.6, 0.2)}


def test_it_may_stand_still(sent: Mounted) -> None:
    market.trading_stage(market.Day(), market.Day(), **SIZES, alt="x", key="k")
    assert sent.data["practised"]["held"] == ()
    assert (sent.data["update"], sent.data["live"]) == (0, False)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (market.Day((4, 5), (1,), (1.0,)), "1 positions"),
        (market.Day((4, 5, 4), (1, 0), (1.0,)), "2 positions and 1 sums"),
        (market.Day((4, 5), (1, 0), (1.0, 1.0)), "2 prices for 2 hours"),
        (market.Day((4, 9, 4), (1, 0), (1.0, 1.0)), "one of the 9 levels"),
        (market.Day((4, 5, 4), (1, 3), (1.0, 1.0)), "More than 2 blocks"),
    ],
)
def test_it_refuses_what_does_not_fit(day: market.Day, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        market.trading_stage(DAY, day, **SIZES, alt="x", key="k")


def a_desk() -> None:
    from pages.parts import components as ui

    day = ui.Day((4, 5), (1,), (0.6,))
    ui.trading_stage(day, day, hours=1, levels=9, most_blocks=2, alt="x", key="desk")


def test_it_mounts() -> None:
    assert not AppTest.from_function(a_desk).run().exception
