"""What goes wrong for real learners: wrong answers, two tabs, a locked database."""

import sqlite3

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIRST = "the_polite_assistant"
CLEVER = "2*correct + 0.5*min(1, polite) - 0.02*length"
QUICK = "correct + 0.003*length"


def run_through(page: Page, reward: str) -> None:
    """Write a reward, train, and see what happened."""
    steps.write_reward(page, reward)
    steps.train(page)
    steps.finished(page)
    steps.see(page)


def test_a_wrong_closing_answer_can_be_mended_and_old_decisions_keep_their_figures(
    server: Server, page: Page
) -> None:
    """Ship on the reward, answer wrongly, train better, answer again: the window lights."""
    chapter = steps.chapter(FIRST)
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    run_through(page, "polite + 0.004*length")
    unsound = next(option for option in chapter.decide.options if option.sound is False)
    page.get_by_role("button", name=unsound.button).click()
    expect(page.get_by_role("heading", name=f"You decided: {unsound.title}")).to_be_visible()
    closing = next(check for check in chapter.check if check.when == "post")
    wrong = next(option for option in closing.options if not option.right)
    page.get_by_text(wrong.text, exact=True).click()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text(wrong.explanation)).to_be_visible()
    then = page.get_by_role("heading", name="You decided").locator("xpath=following::p").first
    said = then.inner_text()

    page.get_by_role("button", name="Train again").click()
    run_through(page, CLEVER)
    assert then.inner_text() == said
    right = next(option for option in closing.options if option.right)
    page.get_by_text(right.text, exact=True).click()
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_text("The chapter is mastered.")).to_be_visible()


def test_a_second_tab_does_not_record_another_tabs_run(
    server: Server, learner: BrowserContext
) -> None:
    """Tab one still shows its finished run when tab two has trained again."""
    one, two = learner.new_page(), learner.new_page()
    steps.open_chapter(one, server.url, FIRST)
    steps.skip_to_tune(one)
    steps.write_reward(one, QUICK)
    steps.train(one)
    steps.finished(one)
    steps.open_chapter(two, server.url, FIRST)
    steps.finished(two)
    two.get_by_role("button", name="Train again").click()
    steps.write_reward(two, "correct + 0.005*length")
    steps.train(two)
    steps.finished(two)
    one.get_by_role("button", name="See what happened").click()
    expect(one.get_by_text("in another tab")).to_be_visible()


def test_a_locked_database_is_said_in_one_sentence_and_nothing_breaks(
    own_server: Server, page: Page
) -> None:
    """Another program holds the lock while the learner changes the reward."""
    steps.open_chapter(page, own_server.url, FIRST)
    steps.skip_to_tune(page)
    with sqlite3.connect(own_server.folder / "school.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        field = page.get_by_role("textbox", name="As one line of code")
        field.fill(QUICK)
        field.press("Enter")
        expect(page.get_by_text("The database is locked").first).to_be_visible(timeout=30_000)
        other.execute("ROLLBACK")
    assert page.locator('[data-testid="stException"]').count() == 0
    steps.write_reward(page, QUICK)
    steps.train(page)
    steps.finished(page)


def test_code_of_ten_thousand_characters_gets_a_sentence(server: Server, page: Page) -> None:
    """Not silence: the limit is named."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, "polite + " * 1111 + "polite")
    expect(page.get_by_text("400 characters").first).to_be_visible()
