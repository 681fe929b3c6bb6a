"""The first chapter from the map to its outcome without a pointer."""

import pytest
from playwright.sync_api import Locator, Page, expect

from curriculum.rules import outcome_of
from tests.browser import steps
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
FIRST = "the_polite_assistant"
REWARD = "2*correct + 0.5*min(1, polite)"
MOST_TABS = 80
IS_FOCUSED = """element => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active === element;
}"""


def move_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab, or Shift+Tab, until the element that is named so has the keyboard."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate(IS_FOCUSED):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{MOST_TABS} times {key} did not reach {wanted}.")


def predict(page: Page, labels: list[str]) -> None:
    """Choose the second prediction by an arrow key, say how sure, and lock it in."""
    first, second = (page.get_by_role("radio", name=label) for label in labels[:2])
    move_to(page, first)
    page.keyboard.press("Space")
    expect(first).to_be_checked()
    move_to(page, first)
    page.keyboard.press("ArrowDown")
    expect(second).to_be_checked()
    move_to(page, page.get_by_role("radio", name="A guess"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Fairly sure")).to_be_checked()
    lock = page.get_by_role("button", name="Lock in and go to Tune")
    move_to(page, lock)
    move_to(page, page.get_by_role("textbox", name="Why? (optional)"), "Shift+Tab")
    page.keyboard.type("Counting has no limit.")
    move_to(page, lock)
    page.keyboard.press("Enter")


def write_reward(page: Page) -> None:
    """Replace the reward by typing."""
    field = page.get_by_role("textbox", name="As one line of code")
    move_to(page, field)
    page.keyboard.press("Control+A")
    page.keyboard.type(REWARD)
    page.keyboard.press("Enter")
    expect(field).to_have_value(REWARD)
    page.wait_for_timeout(600)


def test_the_first_chapter_by_keyboard_alone(server: Server, page: Page) -> None:
    """Begin, predict, write a reward, train, and read the outcome."""
    chapter = steps.chapter(FIRST)
    page.goto(server.url)
    move_to(page, page.get_by_role("button", name="Begin"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(chapter.title)
    predict(page, [option.label for option in chapter.predict.options])
    write_reward(page)
    move_to(page, page.get_by_role("button", name="Train", exact=True))
    page.keyboard.press("Enter")
    steps.finished(page)
    move_to(page, page.get_by_role("button", name="See what happened"))
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Why it happened")).to_be_visible()

    summary = steps.newest_run(server.folder, chapter.experiment.last_updates)
    assert summary.reward == REWARD
    title = outcome_of(chapter, summary).title
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    chosen = chapter.predict.options[1].label
    expect(page.get_by_text(f"You said: {chosen}.")).to_be_visible()
