"""Tune: what is shown is what is trained, and what cannot be trained is said where it is seen."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import rest, steps
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
FIRST, SECOND = "the_polite_assistant", "the_charging_pad"
QUICK_MS = (0, 40, 50, 60, 80, 100, 120, 40, 60, 80)  # from one key to the next


def code_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="As one line of code")


def polite_words(page: Page) -> Locator:
    return page.get_by_role("slider", name="Polite words, each")


def test_quick_keys_leave_the_reward_that_the_slider_shows(server: Server, page: Page) -> None:
    """However fast a slider moves, its line of code follows, and nothing was written by hand."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    slider = polite_words(page)
    for number, gap in enumerate(QUICK_MS):
        slider.focus()
        for _ in range(2):
            page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
            page.wait_for_timeout(gap)
        rest.wait_for_rest(page)
        weight = float(slider.get_attribute("aria-valuetext") or "nan")
        assert code_of(page).input_value() == f"{weight:g}*polite", gap
        expect(page.get_by_text("This line is in force.")).to_have_count(0)
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(QUICK_MS[1])
    page.keyboard.press("ArrowRight")
    weight = float(slider.get_attribute("aria-valuetext") or "nan")
    steps.train(page)
    _, content, _ = steps.newest_content(server.folder)
    assert content["reward"] == f"{weight:g}*polite"
    steps.stop(page)


def test_a_line_written_by_hand_holds_until_a_slider_moves(server: Server, page: Page) -> None:
    """Also after the page was opened anew; an emptied line is the sliders' own again."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, "3*correct")
    page.reload()
    expect(code_of(page)).to_have_value("3*correct")
    rest.expect_one(page.get_by_text("This line is in force."))
    code_of(page).fill("")
    code_of(page).press("Enter")
    expect(code_of(page)).to_have_value("1*polite")
    steps.write_reward(page, "3*correct")
    polite_words(page).press("ArrowRight")
    expect(code_of(page)).to_have_value("1.1*polite")
    expect(page.get_by_text("This line is in force.")).to_have_count(0)


@pytest.mark.parametrize("chapter_id", [FIRST, SECOND])
def test_a_reward_that_cannot_be_read_is_said_beside_it_and_in_the_bar(
    server: Server, page: Page, chapter_id: str
) -> None:
    """On the screen of a small laptop, without scrolling."""
    steps.open_locked(page, server.url, chapter_id)
    steps.skip_to_tune(page)
    bar = page.get_by_test_id("stBottomBlockContainer")
    rest.expect_one(bar.get_by_text("Ready", exact=True))
    steps.write_reward(page, "politness")
    sentence = page.get_by_test_id("stMain").get_by_text("is not a reward term").first
    expect(sentence).to_be_visible()
    box, bar_box = sentence.bounding_box(), bar.bounding_box()
    assert box and bar_box
    assert box["y"] > 0 and box["y"] + box["height"] <= bar_box["y"]
    rest.expect_one(bar.get_by_text("Cannot train", exact=True))
    rest.expect_one(bar.get_by_text("mend the reward first"))
    expect(bar.get_by_text("Ready", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_test_id("stToast")).to_contain_text("is not a reward term")
    steps.write_reward(page, "step[0]*2")
    red = page.get_by_test_id("stMain").locator(".stMarkdownColoredText")
    rest.expect_one(red.filter(has_text="“[” is not allowed"))


def test_a_hint_quotes_the_reward_as_it_was_written(quick_server: Server, page: Page) -> None:
    """Its stars are no emphasis; and a trip that is learnt from is not before any update."""
    reward = "10*delivered + 0.5*on_pad"
    steps.open_locked(page, quick_server.url, SECOND)
    steps.skip_to_tune(page)
    steps.write_reward(page, reward)
    steps.train(page)
    steps.finished(page)
    steps.see(page)
    rest.expect_one(page.get_by_text("The first trip, and the mean of the last"))
    page.get_by_role("button", name="Ask for a hint").click()
    expect(page.locator(".st-key-hint_1")).to_contain_text(reward)


def test_a_run_that_is_on_is_seen_on_the_map(server: Server, page: Page) -> None:
    """Until it is over."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, "correct + 0.007*length")
    steps.train(page)
    page.goto(server.url)
    rest.expect_one(page.get_by_text("A run is on"))
    rest.expect_one(page.get_by_text(re.compile(r"The polite assistant, update \d+ of 60")))
    expect(page.get_by_text("A run is on")).to_have_count(0, timeout=steps.RUN_LIMIT_MS)
    rest.expect_one(page.get_by_text("You are here"))
