"""Journeys on which processes are really killed: nothing may be lost, nothing doubled."""

import time

import psutil
import pytest
from playwright.sync_api import Page, expect

from engine.config import parse_config
from engine.train import train
from tests.browser import steps
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIRST = "the_polite_assistant"


def workers_of(server: Server) -> list[psutil.Process]:
    """The worker processes that this server started."""
    assert server.process
    family = psutil.Process(server.process.pid).children(recursive=True)
    return [process for process in family if "worker --scheduler" in " ".join(process.cmdline())]


def begin_a_run(page: Page, server: Server, reward: str) -> None:
    """Press Train and wait until a few updates are on the page."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, reward)
    steps.train(page)
    steps.has_grown(page, 6)


def assert_undisturbed(server: Server) -> None:
    """The recorded events are those of a run that nobody disturbed: none lost, none doubled."""
    _, content, rows = steps.newest_content(server.folder)
    expected = [event.model_dump_json() for event in train(parse_config(content))]
    assert [number for number, _ in rows] == list(range(len(expected)))
    assert [payload for _, payload in rows] == expected


def test_a_killed_worker_is_replaced_and_the_run_ends_as_if_nothing_had_been(
    own_server: Server, page: Page
) -> None:
    """Kill every worker in mid-run; the page says so, and the curve goes on."""
    begin_a_run(page, own_server, "polite + 0.001*length")
    victims = workers_of(own_server)
    assert victims
    for worker in victims:
        worker.kill()
    steps.finished(page)
    assert_undisturbed(own_server)


@pytest.mark.parametrize("with_workers", [False, True])
def test_a_killed_server_forgets_nothing(
    own_server: Server, page: Page, with_workers: bool
) -> None:
    """Kill the server in mid-run, start it again: learner, page, settings and run are there.

    With its workers killed as well at the same moment, it is as if the machine had lost its power.
    """
    begin_a_run(page, own_server, "polite + 0.002*length")
    for worker in workers_of(own_server) if with_workers else []:
        worker.kill()
    own_server.kill()
    time.sleep(1)
    own_server.start()
    steps.open_chapter(page, own_server.url, FIRST)
    steps.finished(page)
    assert_undisturbed(own_server)
    expect(page.get_by_text("0.002*length").first).to_be_visible()


def test_a_server_that_is_interrupted_ends_without_an_error(server_of_pages: Server) -> None:
    """Ctrl+C is how `make run` is ended."""
    server_of_pages.stop()
    assert server_of_pages.process
    assert server_of_pages.process.returncode == 0
    assert "Traceback" not in server_of_pages.log.read_text(encoding="utf-8")
