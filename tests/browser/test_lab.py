"""The Lab in a browser: Train within reach, what its settings refuse, and slow motion."""

import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import rest, steps
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


def test_a_number_that_may_be_left_out_is_emptied_again(server: Server, page: Page) -> None:
    """What was typed there once is not in force any more."""
    open_settings(page, server.url)
    last = page.get_by_role("spinbutton", name="Curiosity at the end")
    sentence = page.get_by_text("Curiosity at the end is 7.0; it must be", exact=False)
    last.fill("7")
    last.press("Enter")
    rest.expect_one(sentence)
    last.fill("")
    last.press("Enter")
    expect(sentence).to_have_count(0)
    expect(last).to_have_value("")


def test_a_phone_shows_the_run_that_was_begun(quick_server: Server, page: Page) -> None:
    """It is drawn below a form that is higher than the screen."""
    page.set_viewport_size(PHONE)
    page.goto(f"{quick_server.url}/lab")
    speed, slow = page.get_by_role("combobox", name="Speed"), "2 updates a second"
    rest.expect_one(speed)
    rest.wait_for_rest(page)
    speed.press_sequentially(slow)
    rest.expect_one(page.get_by_role("option", name=slow))
    speed.press("Enter")
    rest.wait_for_rest(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("progressbar", name="Progress of the run")).to_be_in_viewport()
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_in_viewport()
    stop.click()


def open_an_update(page: Page, url: str) -> Locator:
    """Train a short run at the pager and look inside its last update."""
    page.goto(f"{url}/lab")
    world = page.get_by_role("combobox", name="World")
    rest.expect_one(world)
    rest.wait_for_rest(page)  # A list of options closes when the page scrolls or grows.
    world.click()
    page.get_by_role("option", name="Pip's pager").click()
    rest.wait_for_rest(page)
    page.get_by_role("button", name="Train", exact=True).click()
    inside = page.get_by_text("Look inside this update, in slow motion")
    page.locator("code").filter(has_text="/lab?run=").wait_for(timeout=steps.RUN_LIMIT_MS)
    inside.click()
    group = page.get_by_role("group", name="Slow motion of one update")
    rest.expect_one(group)
    return group


def test_one_update_is_played_number_by_number(quick_server: Server, page: Page) -> None:
    """By itself and by keys; what is said below goes along, and nothing of it is made up."""
    group = open_an_update(page, quick_server.url)
    number = page.get_by_role("combobox", name="Number")
    step = group.get_by_role("status")
    group.get_by_role("button", name="Play").click()
    expect(step).to_contain_text("Step 1 of")
    expect(step).to_contain_text("Step 3 of")
    group.get_by_role("button", name="Pause").click()
    group.press("End")
    expect(number).to_have_value(re.compile("Probability after the weight step"))
    values = group.locator("b:not(.copy)").all_inner_texts()
    moved, after = (float(text.replace("\N{MINUS SIGN}", "-")) for text in values[-2:])
    before = float(values[-3])
    assert after == pytest.approx(before * math.exp(moved), rel=1e-3)
    rest.expect_one(page.get_by_text(f"Probability after the weight step: {values[-1]}"))
    group.press("ArrowLeft")
    rest.expect_one(page.get_by_text("engine/language/learner.py, gradient_step"))


def test_slow_motion_stands_still_where_motion_is_unwanted(
    quick_server: Server, calm_page: Page
) -> None:
    """The keys still go from number to number."""
    group = open_an_update(calm_page, quick_server.url)
    expect(group.get_by_role("button", name="Play")).to_have_count(0)
    group.press("Home")
    expect(group.get_by_role("status")).to_contain_text("Step 1 of")
    group.press("ArrowRight")
    expect(group.get_by_role("status")).to_contain_text("Step 2 of")
    expect(group.locator(".copy")).to_have_count(0)
