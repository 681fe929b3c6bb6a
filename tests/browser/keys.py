"""What a learner does without a pointer, as functions of a page."""

from playwright.sync_api import Locator, Page, expect

from curriculum.questions import Question
from tests.browser.rest import expect_one

MOST_TABS = 160  # from one place to another: the labelling of pairs has many buttons
IS_FOCUSED = """element => {
  if (!element.isConnected) return null;
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active === element;
}"""


def move_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab, or Shift+Tab, until the element that is named so has the keyboard."""
    expect_one(wanted)
    element = wanted.element_handle()
    for _ in range(MOST_TABS):
        is_focused = element.evaluate(IS_FOCUSED)
        if is_focused is None:
            element = wanted.element_handle()  # the page was drawn anew
            is_focused = element.evaluate(IS_FOCUSED)
        if is_focused:
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
    first, second = (page.get_by_role("radio", name=label, exact=True) for label in labels[:2])
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
    expect_one(card.get_by_text(right.explanation))
    expect_held(card.locator('[data-testid="stElementContainer"]').last)


def open_every_floor(page: Page) -> None:
    """Tick the box on the map below which nothing is locked."""
    press(page, page.get_by_text("Open every floor").locator("xpath=ancestor::label//input"), " ")
