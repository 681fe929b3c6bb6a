"""Endings of every chapter, reached as a learner does: by their settings, in a real browser.

Of the shortest chapter every ending; of the others, that of the reference. What their other
settings lead to, `tests/curriculum/test_prove.py` runs. The screens on the way are looked at too.
"""

import pytest
from playwright.sync_api import Page, expect

from curriculum.loader import load_catalogue
from curriculum.recipe import recorded_config
from tests.browser import steps
from tests.browser.conftest import Server
from tests.browser.inspector import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CATALOGUE = load_catalogue()
WHOLE = "the_charging_pad"
INSPECTED_ELSEWHERE = ("the_polite_assistant", WHOLE)
ENDINGS = [
    (chapter.id, outcome.id)
    for chapter in CATALOGUE.chapters
    for outcome in chapter.outcomes
    if chapter.id == WHOLE
    or any(one.reaches == outcome.id and one.role == "reference" for one in chapter.recorded)
]


@pytest.mark.parametrize(("chapter_id", "outcome_id"), ENDINGS)
def test_an_ending_can_be_lived_through(
    server: Server, page: Page, chapter_id: str, outcome_id: str
) -> None:
    """Choose what a recorded setting says, train, and read that ending with its explanation."""
    chapter, inspector = CATALOGUE.chapter(chapter_id), Inspector(page)
    able = [one for one in chapter.recorded if one.reaches == outcome_id]
    recorded = min(able, key=lambda one: (one.role == "example", len(one.settings)))
    config = recorded_config(chapter, recorded, chapter.experiment.seed)
    is_inspected = recorded.role == "reference" and chapter_id not in INSPECTED_ELSEWHERE
    page.goto(server.url)
    page.get_by_text("Open every floor").click()
    page.wait_for_timeout(800)
    steps.open_chapter(page, server.url, chapter_id)
    steps.skip_to_tune(page)
    if chapter.sliders:
        steps.write_reward(page, config.reward)
    for setting in chapter.settings:
        if setting.field in recorded.settings:
            steps.choose(page, setting, recorded.settings[setting.field])
    if is_inspected:
        inspector.look_on_both("tune")
    steps.train(page)
    steps.finished(page)
    if is_inspected:
        inspector.look_on_both("finished")
    _, content, _ = steps.newest_content(server.folder)
    assert content == config.model_dump(mode="json")
    steps.see(page)
    outcome = chapter.outcome(outcome_id)
    expect(page.get_by_role("heading", name=outcome.title)).to_be_visible()
    assert page.locator('[data-testid="stException"]').count() == 0
    for option in chapter.decide.options:
        expect(page.get_by_role("button", name=option.button)).to_be_visible()
    if is_inspected:
        inspector.look_on_both("outcome")
    inspector.conclude()
