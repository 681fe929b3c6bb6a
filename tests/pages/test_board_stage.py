"""The stage of the pawn game: what it sends to the browser, and what its script reads."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.components import board as stage
from tests.pages.mounted import Mounted, script

SCRIPT = script("played_game") + script("board_stage")
BOARDS = ("ggg......ppp", "gg...g...ppp", "gg...gp...pp")


@pytest.fixture
def sent(mounted: Callable[..., Mounted]) -> Mounted:
    return mounted(stage, "_BOARD")


def draw(game: stage.Game, **other: Any) -> None:
    stage.board_stage(game, columns=3, opponent="The taker", alt="x", key="k", **other)


def test_it_sends_everything_that_its_script_reads(sent: Mounted) -> None:
    game = stage.Game(BOARDS, replaced=(0,), expected=(0.5,), end="won")
    draw(game, update=3, note="n")
    assert set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT)) | {"update"} == set(sent.data)
    assert {name: sent.data[name] for name in asdict(game)} == asdict(game)


def test_it_may_stand_still(sent: Mounted) -> None:
    draw(stage.Game(BOARDS[:1]))
    assert sent.data["boards"] == BOARDS[:1] and sent.data["update"] == 0


@pytest.mark.parametrize(
    ("game", "said"),
    [
        (stage.Game(()), "equally large, with rows of 3 cells"),
        (stage.Game(("ggg", "ppppp")), "equally large, with rows of 3 cells"),
        (stage.Game(("gggp",)), "equally large, with rows of 3 cells"),
        (stage.Game(BOARDS, expected=(1.0, 2.0)), "2 expectations for 1 moves"),
    ],
)
def test_it_refuses_what_does_not_fit(sent: Mounted, game: stage.Game, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        draw(game)


def test_it_is_drawn_on_a_page() -> None:
    def page() -> None:
        from pages.parts.components import Game, board_stage

        board_stage(Game(("ggg......ppp",)), columns=3, opponent="The taker", alt="x", key="k")

    assert not AppTest.from_function(page).run().exception
