"""The stage of the shuttle: what it sends to the browser, and what its script reads."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from pages.parts.components import road as stage
from tests.pages.mounted import Mounted, script

SCRIPT = script("shuttle_stage")
ROAD = stage.Road(
    bends=(0.0, 0.1, 0.1),
    half_lane=1.2,
    gentle=1.5,
    top_speed=6,
    due_seconds=30,
    limit_seconds=50,
    step_seconds=0.5,
)


@pytest.fixture
def sent(mounted: Callable[..., Mounted]) -> Mounted:
    return mounted(stage, "_SHUTTLE")


def a_trip(**other: Any) -> stage.Trip:
    """Two steps of a trip that arrives."""
    given = {"places": (1, 3), "offsets": (0.1, 0.0), "headings": (1.0, 0.0), "speeds": (1, 2)}
    return stage.Trip(**{**given, "pulls": (0.0, 2.0), "end": "arrived", **other})


def test_it_sends_everything_that_its_script_reads(sent: Mounted) -> None:
    stage.shuttle_stage(a_trip(), ROAD, update=3, live=True, note="n", alt="x", key="k")
    read = set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT))
    assert read <= set(sent.data)
    assert set(sent.data) - read == {"end", "update"}  # which tell one trip from another
    assert {name: sent.data[name] for name in asdict(ROAD)} == asdict(ROAD)
    assert {name: sent.data[name] for name in asdict(a_trip())} == asdict(a_trip())


def test_it_may_stand_still(sent: Mounted) -> None:
    nothing = stage.Trip((), (), (), (), (), "on")
    stage.shuttle_stage(nothing, ROAD, alt="x", key="k")
    assert sent.data["places"] == ()


@pytest.mark.parametrize("name", ["offsets", "headings", "speeds", "pulls"])
def test_a_trip_whose_steps_differ_in_number_is_refused(sent: Mounted, name: str) -> None:
    with pytest.raises(ValueError, match=f"1 {name} for 2 steps"):
        stage.shuttle_stage(a_trip(**{name: (1,)}), ROAD, alt="x", key="k")
    assert sent.data == {}


def test_a_road_of_no_length_is_refused(sent: Mounted) -> None:
    no_road = stage.Road(**{**asdict(ROAD), "bends": ()})
    with pytest.raises(ValueError, match="half a metre"):
        stage.shuttle_stage(a_trip(), no_road, alt="x", key="k")
