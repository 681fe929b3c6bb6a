"""Both chapters from the map on without a pointer; nobody has to look for the keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from curriculum.rules import outcome_of
from pages.parts.tape import TICK
from tests.browser import keys, rest, steps
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
FIRST, SECOND = "the_polite_assistant", "night_delivery"
PAD = "the_charging_pad"
REWARD = "2*correct + 0.5*min(1, polite)"
TICK_MS = round(1000 * TICK)


def write_reward(page: Page) -> None:
    """Replace the reward by typing."""
    field = page.get_by_role("textbox", name="As one line of code")
    keys.move_to(page, field)
    page.keyboard.press("Control+A")
    page.keyboard.type(REWARD)
    page.keyboard.press("Enter")
    expect(field).to_have_value(REWARD)
    rest.wait_for_rest(page)


def test_the_first_chapter_by_keyboard_alone(server: Server, page: Page) -> None:
    """Begin, predict, write a reward, train, pause, go on, and read the outcome."""
    chapter = steps.chapter(FIRST)
    page.goto(server.url)
    keys.press(page, page.get_by_role("button", name="Begin"))
    keys.expect_held(keys.stop(page, "Brief"))
    keys.predict(page, [option.label for option in chapter.predict.options])
    keys.expect_held(keys.stop(page, "Tune"))
    write_reward(page)
    keys.press(page, page.get_by_role("button", name="Train", exact=True))
    keys.expect_held(page.get_by_role("button", name="Pause"))
    page.keyboard.press("Tab")
    page.wait_for_timeout(2 * TICK_MS)
    buttons = page.get_by_test_id("stBottomBlockContainer")
    expect(buttons.get_by_role("button", name="Cancel")).to_have_count(0)
    keys.expect_held(buttons.get_by_role("button", name="Stop", exact=True))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    keys.expect_held(page.get_by_role("button", name="Resume"))
    page.keyboard.press("Tab")
    keys.expect_held(page.get_by_role("button", name="Step"))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    keys.expect_held(page.get_by_role("button", name="Pause"))
    steps.finished(page)
    keys.expect_held(page.get_by_role("button", name="See what happened"))
    page.keyboard.press("Space")
    keys.expect_held(keys.stop(page, "Outcome"))

    summary = steps.newest_run(server.folder, chapter.experiment.last_updates)
    assert summary.reward == REWARD
    title = outcome_of(chapter, summary).title
    rest.expect_one(page.get_by_role("heading", name=title))
    chosen = chapter.predict.options[1].label
    rest.expect_one(page.get_by_text(f"You said: {chosen}."))


def test_the_second_chapter_by_keyboard_alone(quick_server: Server, page: Page) -> None:
    """Open the floor, answer, predict, move a slider, train, see, look back, decide, answer."""
    chapter = steps.chapter(SECOND)
    page.goto(quick_server.url)
    keys.open_every_floor(page)
    keys.press(page, page.get_by_role("button", name=re.compile(f"^Level {chapter.level}:")))
    keys.expect_held(keys.stop(page, "Brief"))
    keys.answer(page, chapter.retrieval[0])
    keys.predict(page, [option.label for option in chapter.predict.options])
    keys.expect_held(keys.stop(page, "Tune"))
    slider = page.get_by_role("slider", name="Price of a step beside the wet floor")
    keys.move_to(page, slider)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("textbox", name="As one line of code")).to_have_value(
        re.compile("beside")
    )
    keys.expect_held(slider)
    keys.press(page, page.get_by_role("button", name="Train", exact=True))
    steps.finished(page)
    keys.expect_held(page.get_by_role("button", name="See what happened"))
    page.keyboard.press("Enter")
    keys.expect_held(keys.stop(page, "Outcome"))
    summary = steps.newest_run(quick_server.folder, chapter.experiment.last_updates)
    assert "beside" in summary.reward
    rest.expect_one(page.get_by_role("heading", name=outcome_of(chapter, summary).title))

    keys.press(page, page.get_by_role("button", name="Explain", exact=True), "Space")
    keys.expect_held(page.get_by_role("heading", name="Why it happened"))
    option = chapter.decide.options[0]
    keys.press(page, page.get_by_role("button", name=option.button))
    keys.expect_held(page.get_by_role("heading", name=f"You decided: {option.title}"))
    keys.answer(page, next(check for check in chapter.check if check.when == "post"))
    keys.press(page, page.get_by_role("button", name="Train again"))
    keys.expect_held(keys.stop(page, "Tune"))


def test_a_button_that_switches_itself_off_hands_the_keyboard_to_its_neighbour(
    quick_server: Server, page: Page
) -> None:
    """In slow motion: at the first number there is no way back, at the last one none forward."""
    steps.open_locked(page, quick_server.url, PAD)
    steps.skip_to_tune(page)
    steps.train(page)
    steps.finished(page)
    rest.wait_for_rest(page)
    switch = page.get_by_role("switch", name="Look inside this update, in slow motion")
    keys.move_to(page, switch, "Shift+Tab")
    page.keyboard.press("Space")
    back, forth = (page.get_by_role("button", name=name, exact=True) for name in ("Back", "Next"))
    keys.press(page, page.get_by_role("button", name="From the first"))
    expect(back).to_be_disabled()
    keys.expect_held(forth)
    while forth.is_enabled():
        keys.press(page, forth)
        rest.wait_for_rest(page)
    keys.expect_held(back)


def test_the_keyboard_is_where_it_was_when_the_server_is_back(
    server_of_pages: Server, page: Page
) -> None:
    """Without a server every button is switched off, and none takes the keyboard over."""
    steps.open_chapter(page, server_of_pages.url, FIRST)
    steps.skip_to_tune(page)
    train = page.get_by_role("button", name="Train", exact=True)
    keys.move_to(page, train)
    server_of_pages.kill()
    expect(train).to_be_disabled()
    server_of_pages.start_pages()
    expect(train).to_be_enabled()
    keys.expect_held(train)
