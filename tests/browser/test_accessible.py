"""axe over every screen, on a desktop and a phone, in light and dark; nothing scrolls sideways.

Nothing that Streamlit draws here needs an exception.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import rest, steps
from tests.browser.conftest import Server
from tests.browser.inspector import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
FIRST, SECOND = "the_polite_assistant", "the_charging_pad"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


@pytest.fixture(params=SIZES)
def inspector(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Inspector]:
    """A newcomer with a large or a small screen."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    rest.listen(context)
    context.set_default_timeout(60_000)
    yield Inspector(context.new_page())
    context.close()


def test_the_map_a_locked_chapter_the_glossary_and_a_method(
    server: Server, inspector: Inspector
) -> None:
    page = inspector.page
    page.goto(server.url)
    page.get_by_role("button", name="Begin").wait_for()
    inspector.look("map")
    page.get_by_text("Every chapter", exact=True).click()
    door = page.get_by_role("button", name=f"{steps.chapter(FIRST).title}, ")  # then its minutes
    door.wait_for()
    inspector.look("every chapter")
    door.click()
    expect(page.get_by_role("heading", level=1)).to_have_text([steps.chapter(FIRST).title])
    page.goto(f"{server.url}/chapter?id={SECOND}")
    page.get_by_text("Opens after").wait_for()
    inspector.look("locked chapter")
    page.goto(f"{server.url}/glossary")
    page.get_by_role("heading", name="Terms").wait_for()
    inspector.look("glossary")
    page.get_by_role("link", name="PPO", exact=True).click()
    page.get_by_role("heading", name="When it fails").wait_for()
    inspector.look("method")
    page.goto(f"{server.url}/record")
    page.get_by_role("heading", name="Delete everything about me").wait_for()
    inspector.look("record")
    inspector.conclude()


@pytest.mark.parametrize("chapter_id", [FIRST, SECOND])
def test_a_chapter_from_its_brief_to_its_reply(
    server: Server, quick_server: Server, inspector: Inspector, chapter_id: str
) -> None:
    page, chapter = inspector.page, steps.chapter(chapter_id)
    place = server if chapter_id == FIRST else quick_server
    steps.open_locked(page, place.url, chapter_id)
    inspector.look("brief")
    steps.predict(page, chapter.predict.options[0].label)
    page.get_by_text("Training settings").click()
    inspector.look("tune")
    steps.train(page)
    if chapter_id == FIRST:  # the other one is over before it can be inspected
        page.get_by_role("button", name="Pause").wait_for()
        inspector.look("live")
    steps.finished(page)
    inspector.look("finished")
    if chapter_id == FIRST:
        page.get_by_text("Look inside this update").click()
        page.get_by_role("heading", name="Inside update").wait_for()
        inspector.look("inside an update")
    steps.see(page)
    inspector.look("outcome")
    page.get_by_role("button", name=chapter.decide.options[0].button).click()
    page.get_by_role("heading", name="You decided").wait_for()
    inspector.look("decided")
    inspector.conclude()


def test_the_lab_before_and_after_a_run_and_with_two(server: Server, inspector: Inspector) -> None:
    page = inspector.page
    page.goto(f"{server.url}/lab")
    page.get_by_text("No run yet").wait_for()
    inspector.look("before a run")
    link, before = page.locator("code").filter(has_text="/lab?run="), "none yet"
    for seed in ("1", "2"):
        field = page.get_by_role("spinbutton", name="Seed")
        field.fill(seed)
        field.press("Enter")
        rest.wait_for_rest(page)
        page.get_by_role("button", name="Train", exact=True).click()
        expect(link).not_to_have_text(before, timeout=steps.RUN_LIMIT_MS)
        before = link.inner_text()
        inspector.look("after a run")
    other = page.get_by_role("combobox", name="Run B, dashed")
    other.scroll_into_view_if_needed()  # a list of options closes when the page scrolls
    rest.wait_for_rest(page)
    other.click()
    page.get_by_role("option").first.click()
    page.get_by_role("heading", name="What differs").wait_for()
    inspector.look("two runs")
    inspector.conclude()
