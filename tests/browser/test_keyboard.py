"""Both chapters from the map on without a pointer; nobody has to look for the keyboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from curriculum.questions import Question
from curriculum.rules import outcome_of
from pages.parts.tape import CALM_TICK
from tests.browser import steps
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
FIRST, SECOND = "the_polite_assistant", "the_charging_pad"
REWARD = "2*correct + 0.5*min(1, polite)"
MOST_TABS = 80
TICK_MS = round(1000 * CALM_TICK)
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


def expect_held(wanted: Locator) -> None:
    """The keyboard came to this element by itself."""
    expect(wanted).to_be_focused()


def press(page: Page, button: Locator, key: str = "Enter") -> None:
    """Go to a button by Tab and press it."""
    move_to(page, button)
    page.keyboard.press(key)


def stop(page: Page, name: str) -> Locator:
    """The heading of a stop in the line of stops."""
    return page.get_by_role("heading", level=2, name=name, exact=True)


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


def answer(page: Page, question: Question) -> None:
    """Choose the right answer; the keyboard is where its explanation stands."""
    right = next(option for option in question.options if option.right)
    first, wanted = (page.get_by_role("radio", name=o.text) for o in (question.options[0], right))
    move_to(page, first)
    page.keyboard.press("Space")
    for _ in range(question.options.index(right)):
        page.keyboard.press("ArrowDown")
    expect(wanted).to_be_checked()
    card = page.locator('[data-testid="stVerticalBlock"]').filter(has_text=question.question).last
    press(page, card.get_by_role("button", name="Answer"))
    expect(card.get_by_text(right.explanation)).to_be_visible()
    expect_held(card.locator('[data-testid="stElementContainer"]').last)


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
    """Begin, predict, write a reward, train, pause, go on, and read the outcome."""
    chapter = steps.chapter(FIRST)
    page.goto(server.url)
    press(page, page.get_by_role("button", name="Begin"))
    expect_held(stop(page, "Brief"))
    predict(page, [option.label for option in chapter.predict.options])
    expect_held(stop(page, "Tune"))
    write_reward(page)
    press(page, page.get_by_role("button", name="Train", exact=True))
    expect_held(page.get_by_role("button", name="Pause"))
    page.keyboard.press("Tab")
    page.wait_for_timeout(2 * TICK_MS)
    buttons = page.get_by_test_id("stBottomBlockContainer")
    expect_held(buttons.get_by_role("button", name="Stop", exact=True))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect_held(page.get_by_role("button", name="Resume"))
    page.keyboard.press("Tab")
    expect_held(page.get_by_role("button", name="Step"))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect_held(page.get_by_role("button", name="Pause"))
    steps.finished(page)
    expect_held(page.get_by_role("button", name="See what happened"))
    page.keyboard.press("Space")
    expect_held(stop(page, "Outcome"))

    summary = steps.newest_run(server.folder, chapter.experiment.last_updates)
    assert summary.reward == REWARD
    title = outcome_of(chapter, summary).title
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    chosen = chapter.predict.options[1].label
    expect(page.get_by_text(f"You said: {chosen}.")).to_be_visible()


def test_the_second_chapter_by_keyboard_alone(server: Server, page: Page) -> None:
    """Open the floor, answer, predict, move a slider, train, see, look back, decide, answer."""
    chapter = steps.chapter(SECOND)
    page.goto(server.url)
    press(page, page.get_by_text("Open every floor").locator("xpath=ancestor::label//input"), " ")
    press(page, page.get_by_role("button", name=re.compile(f"^Level {chapter.level}:")))
    expect_held(stop(page, "Brief"))
    answer(page, chapter.retrieval[0])
    predict(page, [option.label for option in chapter.predict.options])
    expect_held(stop(page, "Tune"))
    slider = page.get_by_role("slider", name="Progress, potential-based")
    move_to(page, slider)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("textbox", name="As one line of code")).to_have_value(
        re.compile("progress")
    )
    expect_held(slider)
    press(page, page.get_by_role("button", name="Train", exact=True))
    steps.finished(page)
    expect_held(page.get_by_role("button", name="See what happened"))
    page.keyboard.press("Enter")
    expect_held(stop(page, "Outcome"))
    summary = steps.newest_run(server.folder, chapter.experiment.last_updates)
    assert "progress" in summary.reward
    expect(page.get_by_role("heading", name=outcome_of(chapter, summary).title)).to_be_visible()

    press(page, page.get_by_role("button", name="Explain", exact=True), "Space")
    expect_held(page.get_by_role("heading", name="Why it happened"))
    option = chapter.decide.options[0]
    press(page, page.get_by_role("button", name=option.button))
    expect_held(page.get_by_role("heading", name=f"You decided: {option.title}"))
    answer(page, next(check for check in chapter.check if check.when == "post"))
    press(page, page.get_by_role("button", name="Train again"))
    expect_held(stop(page, "Tune"))
