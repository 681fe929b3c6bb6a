"""The Lab in a browser: Train within reach, and what its settings refuse."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import rest
from tests.browser.conftest import Server
from tests.browser.inspector import PHONE

pytestmark = pytest.mark.browser
COVERED = """() => {
  const bar = document.querySelector('.st-key-lab_train').getBoundingClientRect();
  const now = document.activeElement;
  const is_in_bar = now.closest('.st-key-lab_train') !== null;
  return !is_in_bar && now.getBoundingClientRect().bottom > bar.top;
}"""


def open_settings(page: Page, url: str) -> None:
    """The Lab with all settings of the next run open."""
    page.goto(f"{url}/lab")
    page.get_by_text("Training settings").click()
    rest.expect_one(page.get_by_role("spinbutton", name="Learning rate"))
    rest.wait_for_rest(page)


@pytest.mark.parametrize("is_phone", [False, True])
def test_train_is_in_reach_of_every_setting(server: Server, page: Page, is_phone: bool) -> None:
    """By eye and finger at once; by keyboard next after the settings, none of which it covers."""
    if is_phone:
        page.set_viewport_size(PHONE)
    open_settings(page, server.url)
    train = page.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_in_viewport(ratio=1)
    page.get_by_role("spinbutton", name="Slip").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert not page.evaluate(COVERED)
        expect(train).to_be_in_viewport(ratio=1)
        if train.evaluate("button => button === document.activeElement"):
            break
    expect(train).to_be_focused()


def test_a_number_beyond_its_bounds_is_said_beside_train_and_not_trained(
    server: Server, page: Page
) -> None:
    """What was typed stays, and so does the sentence, until the number is mended."""
    open_settings(page, server.url)
    slip = page.get_by_role("spinbutton", name="Slip")
    slip.fill("99")
    page.get_by_role("button", name="Train", exact=True).click()
    sentence = page.get_by_text("Slip is 99.0; it must be a number between 0 and 0.5.", exact=True)
    expect(sentence).to_be_in_viewport(ratio=1)
    expect(slip).to_have_value("99")
    rest.expect_one(page.get_by_text("No run yet."))
    slip.fill("0.5")
    slip.press("Enter")
    expect(sentence).to_have_count(0)
