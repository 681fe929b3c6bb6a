"""The stage of noughts and crosses: what it sends to the browser, and what its script reads."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from pages.parts.components import noughts as stage
from pages.parts.components.assets import FOLDER

SCRIPT = "".join(
    (FOLDER / "js" / f"{name}.js").read_text(encoding="utf-8")
    for name in ("played_game", "noughts_stage")
)
GAME = stage.WrittenGame(
    (".........", "....x....", "o...x....", "o...x...x"),
    said=(("take", "5", "x5"), ("win", "9", "x1")),
    right=(True, False),
    replaced=(1,),
    end="on",
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
    monkeypatch.setattr(stage, "_NOUGHTS", stand_in)
    return stand_in


def draw(game: stage.WrittenGame, **other: Any) -> None:
    stage.noughts_stage(game, opponent="The beginner", alt="x", key="k", **other)


def test_it_sends_everything_that_its_script_reads(mounted: Mounted) -> None:
    draw(GAME, update=3, note="n")
    assert set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT)) | {"update"} == set(mounted.data)
    assert {name: mounted.data[name] for name in asdict(GAME)} == asdict(GAME)


@pytest.mark.parametrize(
    ("game", "said"),
    [
        (stage.WrittenGame(()), "boards of 9 cells"),
        (stage.WrittenGame((".........", "....x")), "boards of 9 cells"),
        (stage.WrittenGame((".........", "....x....")), "0 replies and 1 crosses"),
        (stage.WrittenGame((".........",), said=(("take", "5", "x5"),)), "1 replies and 0 crosses"),
    ],
)
def test_it_refuses_what_does_not_fit(mounted: Mounted, game: stage.WrittenGame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        draw(game)
    assert not mounted.data
