"""The stage of the lobby: what it sends to the browser, and what its script reads."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.components import lobby as stage
from tests.pages.mounted import Mounted, script

NAMES = ("Desk", "Leaflet")
SCRIPT = script("kiosk_stage")


@pytest.fixture
def sent(mounted: Callable[..., Mounted]) -> Mounted:
    return mounted(stage, "_KIOSK")


def a_round(**other: Any) -> stage.Round:
    """Three visitors of two ways."""
    given = {"pressed": (0, 1, 0), "settled": (1, 0, 0), "waits": (4.0, 0.0, 9.0)}
    ways = dict.fromkeys(("counts", "beliefs", "doubts", "chances", "worths"), (1, 2))
    signs = {"signs": ("shut", "new")}
    return stage.Round(**{**given, **ways, **signs, **other})


def test_it_sends_everything_that_its_script_reads(sent: Mounted) -> None:
    stage.kiosk_stage(NAMES, a_round(), update=3, live=True, note="n", alt="x", key="k")
    read = set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT))
    assert read == set(sent.data)
    assert sent.data["names"] == list(NAMES)
    assert {name: sent.data[name] for name in asdict(a_round())} == asdict(a_round())


def test_it_may_stand_still(sent: Mounted) -> None:
    stage.kiosk_stage(NAMES, stage.Round(), alt="x", key="k")
    assert sent.data["pressed"] == ()
    assert (sent.data["update"], sent.data["live"]) == (0, False)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"settled": (1, 0)}, "2 settled for 3 visitors"),
        ({"waits": ()}, "0 waits for 3 visitors"),
        ({"beliefs": (1.0,)}, "1 beliefs for 2 ways"),
        ({"chances": (0.2, 0.3, 0.5)}, "3 chances for 2 ways"),
        ({"signs": ("shut",)}, "1 signs for 2 ways"),
        ({"pressed": (0, 2, 0)}, "not one of the 2"),
        ({"pressed": (0, -1, 0)}, "not one of the 2"),
    ],
)
def test_it_refuses_what_does_not_fit(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        stage.kiosk_stage(NAMES, a_round(**wrong), alt="x", key="k")


def test_the_exact_worths_wait_for_the_end_of_the_run() -> None:
    offered = re.search(r"if \(([^{]*)\) \{\s*parts\.push\(\s*make\(\s*'button'", SCRIPT)
    assert offered
    assert "!data.live" in offered[1]
    assert "data.update" in offered[1]


def a_lobby() -> None:
    from pages.parts import components as ui

    ui.kiosk_stage(["Desk"], ui.Round([0], [1], [4.0], [1]), alt="x", key="lobby")


def test_it_mounts() -> None:
    page = AppTest.from_function(a_lobby).run()
    assert not page.exception
