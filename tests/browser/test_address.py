"""The browser's address and its history: every stop that was visited, in its order, once."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from engine.algorithms import ALGORITHMS
from tests.browser import rest, steps
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
FIRST, SECOND = "the_polite_assistant", "night_delivery"


def expect_at(page: Page, chapter_id: str, stop: str) -> None:
    """The line of stops and the address both say it, and the page has no error."""
    expect(page.get_by_role("heading", level=1)).to_have_text([steps.chapter(chapter_id).title])
    expect(page.locator('[aria-current="step"]')).to_have_text([stop])
    expect(page).to_have_url(re.compile(rf"/chapter\?id={chapter_id}&stop={stop.lower()}$"))
    assert page.locator('[data-testid="stException"]').count() == 0


def expect_map(page: Page, url: str) -> None:
    """The story map, under its own address."""
    expect(page.get_by_role("heading", level=1)).to_have_text(["Brightwater General"])
    expect(page).to_have_url(f"{url}/")


def play_to_the_outcome(page: Page, server: Server) -> None:
    """From the map through the second chapter's stops."""
    page.goto("about:blank")
    steps.open_every_floor(page, server.url)
    page.get_by_role("button", name=re.compile(f"^Level {steps.chapter(SECOND).level}:")).click()
    expect_at(page, SECOND, "Brief")
    steps.skip_to_tune(page)
    expect_at(page, SECOND, "Tune")
    steps.train(page)
    expect_at(page, SECOND, "Run")
    steps.finished(page)
    steps.see(page)
    expect_at(page, SECOND, "Outcome")


def test_back_and_forward_go_between_the_stops_that_were_visited(
    quick_server: Server, page: Page
) -> None:
    """Back to the map stop by stop, forward again, another way from there, and a reload."""
    play_to_the_outcome(page, quick_server)
    for stop in ("Run", "Tune", "Brief"):
        page.go_back()
        expect_at(page, SECOND, stop)
    page.go_back()
    expect_map(page, quick_server.url)
    for stop in ("Brief", "Tune"):
        page.go_forward()
        expect_at(page, SECOND, stop)
    page.reload()
    expect_at(page, SECOND, "Tune")
    rest.expect_one(page.get_by_role("button", name="Train", exact=True))
    page.go_forward()
    expect_at(page, SECOND, "Run")
    page.go_back()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect_at(page, SECOND, "Decide")
    for stop in ("Tune", "Brief"):
        page.go_back()
        expect_at(page, SECOND, stop)
    page.go_back()
    expect_map(page, quick_server.url)
    page.go_back()
    expect(page).to_have_url("about:blank")


def test_going_back_from_a_run_shows_the_settings_and_the_run_goes_on(
    server: Server, page: Page
) -> None:
    """While it is on the settings are fixed; once it is over they can be changed."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, "correct + 0.006*length")
    steps.train(page)
    expect_at(page, FIRST, "Run")
    page.go_back()
    expect_at(page, FIRST, "Tune")
    expect(page.get_by_text("Fixed while the run is on.")).to_have_count(1)  # and no stale one
    steps.stop(page)
    steps.write_reward(page, "correct")
    page.go_forward()
    expect_at(page, FIRST, "Run")
    rest.expect_one(page.get_by_text("Stopped", exact=True))
    page.go_back()
    expect(page.get_by_role("textbox", name="As one line of code")).to_have_value("correct")


def test_a_copied_address_opens_the_same_stop_once_it_was_reached(
    quick_server: Server, page: Page, stranger: BrowserContext
) -> None:
    """Another tab of the same learner is at that stop; somebody else begins at the beginning."""
    play_to_the_outcome(page, quick_server)
    another_tab = page.context.new_page()
    for stop in ("Outcome", "Run", "Predict"):
        another_tab.goto(f"{quick_server.url}/chapter?id={SECOND}&stop={stop.lower()}")
        expect_at(another_tab, SECOND, stop)
    elsewhere = stranger.new_page()
    elsewhere.goto(f"{quick_server.url}/chapter?id={FIRST}&stop=outcome")
    expect_at(elsewhere, FIRST, "Brief")
    elsewhere.goto(f"{quick_server.url}/chapter?id={SECOND}&stop=outcome")
    rest.expect_one(elsewhere.get_by_text("Opens after"))


UNOPENED = (
    f"id={FIRST}&stop=nowhere",
    f"id={FIRST}&stop=DECIDE",
    f"id={FIRST}&stop=",
    f"id={FIRST}&stop=tune&stop=run",
    f"id={FIRST}&stop=%3Cimg%20src%3Dx%3E",
    f"stop={'x' * 3000}",
    "",
    f"id={FIRST}",
)


def test_a_stop_that_cannot_be_opened_is_where_the_learner_is(
    quick_server: Server, page: Page
) -> None:
    """The address is put right in place: Back leaves, and does not stay."""
    for query in UNOPENED:
        page.goto("about:blank")
        page.goto(f"{quick_server.url}/chapter?{query}")
        expect_at(page, FIRST, "Brief")
        page.go_back()
        expect(page).to_have_url("about:blank")
    page.goto(f"{quick_server.url}/chapter?{UNOPENED[0]}")
    expect_at(page, FIRST, "Brief")
    steps.skip_to_tune(page)
    page.go_back()
    expect_at(page, FIRST, "Brief")
    page.go_back()
    expect(page).to_have_url("about:blank")


def expect_page(page: Page, title: str, address: str) -> None:
    """A screen by its heading and its address, query included."""
    expect(page.get_by_role("heading", level=1)).to_have_text([title])
    expect(page).to_have_url(re.compile(rf"{re.escape(address)}$"))


def test_back_from_a_run_of_the_gallery_passes_the_record_once(
    quick_server: Server, page: Page
) -> None:
    """And so from a method, and from the methods side by side."""
    play_to_the_outcome(page, quick_server)
    page.goto("about:blank")
    page.goto(f"{quick_server.url}/record")
    expect_page(page, "Your record", "/record")
    page.locator(".stMain").get_by_text("Open", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(["Lab"])
    expect(page).to_have_url(re.compile(r"/lab\?run=[0-9a-f]{16}$"))
    rest.expect_one(page.get_by_text("Close it"))
    page.go_back()
    expect_page(page, "Your record", "/record")
    page.go_back()
    expect(page).to_have_url("about:blank")
    page.goto(f"{quick_server.url}/method?id=grpo")
    page.locator(".stMain").get_by_text("Compare it with other methods").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(["Compare methods"])
    page.go_back()
    expect_page(page, ALGORITHMS["grpo"].title, "/method?id=grpo")
    page.go_back()
    expect(page).to_have_url("about:blank")
