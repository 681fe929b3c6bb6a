"""Two methods, one seed, a small budget: begun, reloaded while they run, read, and looked at."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import rest, steps
from tests.browser.conftest import Server
from tests.browser.inspector import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
QUERY = "methods=grpo,sdpo&task=floor&reward=correct&replies=8&budget=416&seeds=1"
HEAT = "section[aria-label]"


@pytest.fixture
def inspector(browser: Browser) -> Iterator[Inspector]:
    """A newcomer whose page does not move."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield Inspector(context.new_page())
    context.close()


def finished(page: Page) -> None:
    """Wait until both runs are over and examined."""
    rest.expect_one(page.get_by_text("2 of 2 runs are over"), timeout=steps.RUN_LIMIT_MS)
    expect(page.get_by_role("cell", name=re.compile(r"^\d+\s%$")).first).to_be_visible()


def test_two_methods_from_their_page_to_the_blame(server: Server, inspector: Inspector) -> None:
    page = inspector.page
    page.goto(f"{server.url}/method?id=sdpo")
    page.get_by_role("link", name="Compare it with other methods").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(["Compare methods"])
    page.goto(f"{server.url}/compare?{QUERY}")
    page.get_by_text("Press Compare to have the missing runs made").wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    rest.expect_one(page.get_by_text("of 2 runs are over"))  # taken in, and written down
    expect(page).to_have_url(re.compile("budget=416"))
    page.reload()
    finished(page)
    rest.expect_one(page.get_by_role("heading", name="Who got the blame"))
    expect(page.locator(HEAT)).to_have_count(2)
    grpo, sdpo = (page.locator(f'section[aria-label="{name}"]') for name in ("GRPO", "SDPO"))
    words = "li b"
    assert grpo.locator(words).all_inner_texts() == sdpo.locator(words).all_inner_texts()
    assert len(set(grpo.locator("li span").all_inner_texts())) == 1
    inspector.look_on_both("compared")
    budget = page.get_by_role("spinbutton", name="Budget, tokens")
    budget.fill("50")
    budget.press("Enter")
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Compare", exact=True).click()
    rest.expect_one(page.get_by_text("50 tokens may not pay for one update"))
    expect(page.locator(HEAT)).to_have_count(2)
    inspector.look("refused")
    inspector.conclude()
