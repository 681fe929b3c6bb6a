"""axe over every screen, on a desktop and a phone, in light and dark; nothing scrolls sideways.

Nothing that Streamlit draws here needs an exception.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
FIRST, SECOND = "the_polite_assistant", "the_charging_pad"
DESKTOP, PHONE = (1440, 900), (390, 844)
LOOKS = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]

WIDER_THAN_THE_SCREEN = "() => document.documentElement.scrollWidth - window.innerWidth"
SCROLLED_FORMULAS = """() => [...document.querySelectorAll('.katex-display')]
  .filter(formula => formula.scrollWidth > formula.clientWidth).length"""


class Inspector:
    """Looks at one page again and again, and keeps what it finds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: list[str] = []

    def look(self, where: str) -> None:
        """Run axe, once the page has come to rest."""
        self.page.wait_for_timeout(800)
        for violation in Axe().run(self.page).response["violations"]:
            for node in violation["nodes"]:
                self.findings.append(f"{where}: {violation['help']}: {node['html'][:200]}")
        if self.page.evaluate(WIDER_THAN_THE_SCREEN) > 1:
            self.findings.append(f"{where}: the page scrolls sideways")
        if self.page.evaluate(SCROLLED_FORMULAS):
            self.findings.append(f"{where}: a formula scrolls sideways")

    def conclude(self) -> None:
        """Fail with everything that was found."""
        assert not self.findings, "\n".join(dict.fromkeys(self.findings))


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0][0]}-{look[1]}")
def inspector(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Inspector]:
    """A newcomer with one of the four looks."""
    (width, height), scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    yield Inspector(context.new_page())
    context.close()


def test_the_map_a_locked_chapter_the_glossary_and_a_method(
    server: Server, inspector: Inspector
) -> None:
    page = inspector.page
    page.goto(server.url)
    page.get_by_role("button", name="Begin").wait_for()
    inspector.look("map")
    page.goto(f"{server.url}/chapter?id={SECOND}")
    page.get_by_text("Opens after").wait_for()
    inspector.look("locked chapter")
    page.goto(f"{server.url}/glossary")
    page.get_by_role("heading", name="Terms").wait_for()
    inspector.look("glossary")
    page.get_by_role("link", name="PPO", exact=True).click()
    page.get_by_role("heading", name="When it fails").wait_for()
    inspector.look("method")
    inspector.conclude()


@pytest.mark.parametrize("chapter_id", [FIRST, SECOND])
def test_a_chapter_from_its_brief_to_its_reply(
    server: Server, inspector: Inspector, chapter_id: str
) -> None:
    page, chapter = inspector.page, steps.chapter(chapter_id)
    page.goto(server.url)
    page.get_by_text("Open every floor").click()
    page.wait_for_timeout(800)
    steps.open_chapter(page, server.url, chapter_id)
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
    for seed in ("1", "2"):
        field = page.get_by_role("spinbutton", name="Seed")
        field.fill(seed)
        field.press("Enter")
        page.wait_for_timeout(600)
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_role("progressbar").wait_for()
        expect(page.get_by_role("progressbar")).to_have_count(0, timeout=steps.RUN_LIMIT_MS)
        inspector.look("after a run")
    page.get_by_role("combobox", name="Run B, dashed").press("ArrowDown")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What differs").wait_for()
    inspector.look("two runs")
    inspector.conclude()
