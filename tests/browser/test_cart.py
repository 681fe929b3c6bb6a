"""The tray cart in the Lab: it is trained, it moves, and it stands still for those who ask."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from curriculum.narration import shift_in_words
from engine.events import EVENT, UpdateCompleted
from engine.scenes import CartScene
from pages.parts.pictures import SHIFT_ENDS
from tests.browser import rest, steps
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RUN_LIMIT_MS = 90_000
TRACK_WIDTH = 600  # of the time line, as record.js draws it
STEP_LIMIT = 500  # of the Lab's default shift


def train_the_cart(page: Page, url: str) -> None:
    """Train a short run, and wait until it is over."""
    page.goto(f"{url}/lab")
    world = page.get_by_role("combobox", name="World")
    rest.expect_one(world)
    rest.wait_for_rest(page)  # A list of options closes when the page scrolls or grows.
    world.click()
    page.get_by_role("option", name="The tray cart").click()
    expect(page.get_by_role("textbox", name="Reward")).to_have_value("upright")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("Run A, solid").wait_for(timeout=RUN_LIMIT_MS)


def newest_shift(server: Server) -> CartScene:
    """The last episode of the newest run; how it went depends on the processor's arithmetic."""
    _, _, rows = steps.newest_content(server.folder)
    events = [EVENT.validate_json(payload) for _, payload in rows]
    scene = next(e for e in reversed(events) if isinstance(e, UpdateCompleted)).scene
    assert isinstance(scene, CartScene)
    return scene


def place(page: Page) -> str | None:
    """Where the cart is drawn just now."""
    return page.locator(".pip-cart-stage .cart").get_attribute("transform")


def test_the_newest_episode_is_played_and_told(server: Server, page: Page) -> None:
    train_the_cart(page, server.url)
    shift = newest_shift(server)
    picture = page.get_by_role("img", name=re.compile(re.escape(shift_in_words(shift))))
    expect(picture).to_be_visible()
    expect(
        page.get_by_text(f"Update 50: {SHIFT_ENDS[shift.end]} {shift.steps} steps")
    ).to_be_visible()
    places = set()
    for _ in range(6):
        places.add(place(page))
        page.wait_for_timeout(300)
    assert len(places) > 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_motion_the_end_of_the_episode_is_drawn(server: Server, browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, reduced_motion="reduce", color_scheme="dark"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    train_the_cart(page, server.url)
    head = page.locator(".pip-cart-stage .head").first
    shift = newest_shift(server)
    expect(head).to_have_attribute("x1", f"{TRACK_WIDTH * shift.steps / STEP_LIMIT:.1f}")
    first = place(page)
    page.wait_for_timeout(700)
    assert place(page) == first
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
