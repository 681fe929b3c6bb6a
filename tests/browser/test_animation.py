"""Stages move in the browser alone: many frames of an episode, and hardly a word to the server."""

import pytest
from playwright.sync_api import Browser

from bench import animation
from engine.worlds import WORLDS
from tests.browser.conftest import Server

SPEAKING = {
    "desk",
    "letters",
    "arms",
    "drafts",
    "readers",
}  # and in noughts Pip speaks, too, but a game is played


def test_every_world_in_which_something_moves_is_measured() -> None:
    assert set(animation.RUNS) == set(WORLDS) - SPEAKING


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("world", ["corridor", "kiosk", "cart"])
def test_a_stage_needs_no_message_for_its_frames(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch, world: str
) -> None:
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(server.folder))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    figures = animation.watched(browser, server, animation.recorded(world), seconds=0.5)
    assert figures["frames"] > 5
    assert figures["messages"] < figures["frames"] / 4
