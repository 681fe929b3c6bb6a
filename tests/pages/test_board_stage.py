"""The stage of the pawn game: what it sends to the browser, and what its script reads."""

import re
from dataclasses import asdict
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.components import board as stage
from pages.parts.components.assets import FOLDER

SCRIPT = "".join(
    (FOLDER / "js" / f"{name}.js").read_text(encoding="utf-8")
    for name in ("played_game", "board_stage")
)
BOARDS = ("ggg......ppp", "gg...g...ppp", "gg...gp...pp")


class Mounted:
    """Stands in for the mount function and keeps what it was given."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def __call__(self, *, data: dict[str, Any], key: str) -> None:
        self.data = data


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Mounted:
    stand_in = Mounted()
    monkeypatch.setattr(stage, "_BOARD", stand_in)
    return stand_in


def draw(game: stage.Game, **other: Any) -> None:
    stage.board_stage(game, columns=3, opponent="The taker", alt="x", key="k", **other)


def test_it_sends_everything_that_its_script_reads(mounted: Mounted) -> None:
    game = stage.Game(BOARDS, replaced=(0,), expected=(0.5,), end="won")
    draw(game, update=3, note="n")
    assert set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT)) | {"update"} == set(mounted.data)
    assert {name: mounted.data[name] for name in asdict(game)} == asdict(game)


def test_it_may_stand_still(mounted: Mounted) -> None:
    draw(stage.Game(BOARDS[:1]))
    assert mounted.data["boards"] == BOARDS[:1] and mounted.data["update"] == 0


@pytest.mark.parametrize(
    ("game", "said"),
    [
        (stage.Game(()), "equally large, with rows of 3 cells"),
        (stage.Game(("ggg", "ppppp")), "equally large, with rows of 3 cells"),
        (stage.Game(("gggp",)), "equally large, with rows of 3 cells"),
        (stage.Game(BOARDS, expected=(1.0, 2.0)), "2 expectations for 1 moves"),
    ],
)
def test_it_refuses_what_does_not_fit(mounted: Mounted, game: stage.Game, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        draw(game)


def test_it_is_drawn_on_a_page() -> None:
    def page() -> None:
        from pages.parts.components import Game, board_stage

        board_stage(Game(("ggg......ppp",)), columns=3, opponent="The taker", alt="x", key="k")

    assert not AppTest.from_function(page).run().exception
