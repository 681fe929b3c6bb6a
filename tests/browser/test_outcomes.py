"""Endings of every chapter, reached as a learner does: by their settings, in a real browser.

Of the shortest chapter every ending; of the others, that of the reference, by keyboard alone but in
the first one. What their other settings lead to, `tests/curriculum/test_prove.py` runs. The screens
on the way are looked at too.
"""

import pytest
from playwright.sync_api import Page

from curriculum.experiment import Recorded
from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from curriculum.schema import Chapter
from tests.browser import keys, rest, steps
from tests.browser.conftest import Server
from tests.browser.inspector import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CATALOGUE = load_catalogue()
FIRST, WHOLE = "the_polite_assistant", "the_charging_pad"
ENDINGS = [(FIRST, "kind"), *((WHOLE, one.id) for one in CATALOGUE.chapter(WHOLE).outcomes)]
OTHERS = [one for one in CATALOGUE.order if one not in (FIRST, WHOLE)]


def set_up(page: Page, chapter: Chapter, recorded: Recorded) -> None:
    """Choose what a recorded setting says; these widgets are used by keyboard as it is."""
    if chapter.sliders:
        steps.write_reward(page, recorded_config(chapter, recorded, 1).reward)
    for setting in chapter.settings:
        if setting.field in recorded.settings:
            steps.choose(page, setting, recorded.settings[setting.field])


def expect_run_of(server: Server, chapter: Chapter, recorded: Recorded) -> None:
    """The newest run is exactly that of the recorded setting with the chapter's seed."""
    config = recorded_config(chapter, recorded, chapter.experiment.seed)
    assert steps.newest_content(server.folder)[1] == config.model_dump(mode="json")


def expect_ending(page: Page, chapter: Chapter, outcome_id: str) -> None:
    """The page tells this ending, and asks for a decision."""
    title = chapter.outcome(outcome_id).title
    rest.expect_one(page.get_by_role("heading", name=title))
    assert page.locator('[data-testid="stException"]').count() == 0
    for option in chapter.decide.options:
        rest.expect_one(page.get_by_role("button", name=option.button))


@pytest.mark.parametrize(("chapter_id", "outcome_id"), ENDINGS)
def test_an_ending_can_be_lived_through(
    quick_server: Server, calm_page: Page, chapter_id: str, outcome_id: str
) -> None:
    """Choose what a recorded setting says, train, and read that ending with its explanation."""
    chapter, page = CATALOGUE.chapter(chapter_id), calm_page
    able = [one for one in chapter.recorded if one.reaches == outcome_id]
    recorded = min(able, key=lambda one: (one.role == "example", len(one.settings)))
    steps.open_locked(page, quick_server.url, chapter_id)
    steps.skip_to_tune(page)
    set_up(page, chapter, recorded)
    steps.train(page)
    steps.finished(page)
    expect_run_of(quick_server, chapter, recorded)
    steps.see(page)
    expect_ending(page, chapter, outcome_id)


@pytest.mark.parametrize("chapter_id", OTHERS)
def test_a_chapter_by_keyboard_alone(
    quick_server: Server, calm_page: Page, chapter_id: str
) -> None:
    """From its brief to its last question, with the reference; every screen is inspected."""
    chapter, page, inspector = CATALOGUE.chapter(chapter_id), calm_page, Inspector(calm_page)
    recorded = next(one for one in chapter.recorded if one.role == "reference")
    steps.open_chapter(page, quick_server.url, chapter_id)
    keys.press(page, page.get_by_role("button", name="Open every floor"))
    for question in chapter.retrieval[:1]:
        keys.answer(page, question)
    keys.predict(page, [option.label for option in chapter.predict.options])
    keys.expect_held(keys.stop(page, "Tune"))
    set_up(page, chapter, recorded)
    inspector.look_on_both("tune")
    keys.press(page, page.get_by_role("button", name="Train", exact=True))
    steps.finished(page)
    inspector.look_on_both("finished")
    expect_run_of(quick_server, chapter, recorded)
    keys.press(page, page.get_by_role("button", name="See what happened"))
    keys.expect_held(keys.stop(page, "Outcome"))
    expect_ending(page, chapter, recorded.reaches)
    inspector.look_on_both("outcome")
    option = chapter.decide.options[0]
    keys.press(page, page.get_by_role("button", name=option.button))
    keys.expect_held(page.get_by_role("heading", name=f"You decided: {option.title}"))
    keys.answer(page, next(check for check in chapter.check if check.when == "post"))
    inspector.conclude()
