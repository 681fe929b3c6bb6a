"""The stage of the shuttle: what it sends to the browser, and what its script reads."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from pages.parts.components import road as stage
from pages.parts.components.assets import FOLDER

SCRIPT = (FOLDER / "js" / "shuttle_stage.js").read_text(encoding="utf-8")
ROAD = stage.Road(
    bends=(0.0, 0.1, 0.1),
    half_lane=1.2,
    gentle=1.5,
    top_speed=6,
    due_seconds=30,
    limit_seconds=50,
    step_seconds=0.5,
)


class Mounted:
    """Stands in for the mount function and keeps what it was given."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def __call__(self, *, data: dict[str, Any], key: str) -> None:
        self.data = data


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Mounted:
    stand_in = Mounted()
    monkeypatch.setattr(stage, "_SHUTTLE", stand_in)
    return stand_in


def a_trip(**other: Any) -> stage.Trip:
    """Two steps of a trip that arrives."""
    given = {"places": (1, 3), "offsets": (0.1, 0.0), "headings": (1.0, 0.0), "speeds": (1, 2)}
    return stage.Trip(**{**given, "pulls": (0.0, 2.0), "end": "arrived", **other})


def test_it_sends_everything_that_its_script_reads(mounted: Mounted) -> None:
    stage.shuttle_stage(a_trip(), ROAD, update=3, live=True, note="n", alt="x", key="k")
    read = set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT))
    assert read <= set(mounted.data)
    assert set(mounted.data) - read == {"end", "update"}  # which tell one trip from another
    assert {name: mounted.data[name] for name in asdict(ROAD)} == asdict(ROAD)
    assert {name: mounted.data[name] for name in asdict(a_trip())} == asdict(a_trip())


def test_it_may_stand_still(mounted: Mounted) -> None:
    nothing = stage.Trip((), (), (), (), (), "on")
    stage.shuttle_stage(nothing, ROAD, alt="x", key="k")
    assert mounted.data["places"] == ()


@pytest.mark.parametrize("name", ["offsets", "headings", "speeds", "pulls"])
def test_a_trip_whose_steps_differ_in_number_is_refused(mounted: Mounted, name: str) -> None:
    with pytest.raises(ValueError, match=f"1 {name} for 2 steps"):
        stage.shuttle_stage(a_trip(**{name: (1,)}), ROAD, alt="x", key="k")
    assert mounted.data == {}


def test_a_road_of_no_length_is_refused(mounted: Mounted) -> None:
    no_road = stage.Road(**{**asdict(ROAD), "bends": ()})
    with pytest.raises(ValueError, match="half a metre"):
        stage.shuttle_stage(a_trip(), no_road, alt="x", key="k")
