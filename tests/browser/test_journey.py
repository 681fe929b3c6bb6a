"""Whole journeys, as a learner makes them, in a real Chromium."""

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from backend import signing
from curriculum.credential import name_in
from curriculum.figures import FIGURE
from curriculum.recipe import config_of
from curriculum.rules import outcome_of, shown
from pages.parts import so_far
from tests.browser import rest, steps
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
FIRST, NEXT = "the_polite_assistant", "five_buttons"


def test_from_the_first_page_to_the_next_chapter_and_back_after_a_reload(
    server: Server, page: Page
) -> None:
    """Open, predict, tune, train, watch it grow, read the answer, decide, go on, reload."""
    chapter = steps.chapter(FIRST)
    page.goto(server.url)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text([chapter.title])
    steps.predict(page, chapter.predict.options[0].label)

    reference = next(one for one in chapter.recorded if one.role == "reference")
    config = config_of(chapter, reference.sliders, reference.settings, reference.reward, 1)
    steps.write_reward(page, config.reward)
    steps.train(page)
    steps.has_grown(page, 3)
    early = steps.points(page)
    rest.expect_one(page.get_by_role("button", name="Pause"))
    steps.has_grown(page, early + 4)
    steps.finished(page)
    steps.see(page)

    summary = steps.newest_run(server.folder, chapter.experiment.last_updates)
    outcome = outcome_of(chapter, summary)
    assert outcome.kind == "mastery"
    rest.expect_one(page.get_by_role("heading", name=outcome.title))
    quoted = [
        figure
        for beat in shown(outcome.beats, summary, (), outcome.id)
        for figure in FIGURE.findall(beat.text)
    ]
    assert quoted
    for figure in quoted:
        expect(page.locator(".fig, .figure").filter(has_text=figure).first).to_be_visible()

    sound = next(
        o for o in chapter.decide.options if o.sound is True or outcome.id in (o.sound or ())
    )
    page.get_by_role("button", name=sound.button).click()
    rest.expect_one(page.get_by_role("heading", name=f"You decided: {sound.title}"))
    page.get_by_role("button", name=re.compile("^Next: ")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text([steps.chapter(NEXT).title])

    page.goto(f"{server.url}/chapter?id={FIRST}")
    decided = page.get_by_role("heading", name=f"You decided: {sound.title}")
    rest.expect_one(decided)
    page.get_by_role("button", name="Open in the Lab").click()
    rest.expect_one(page.get_by_text("These are the settings of"))
    expect(page.get_by_role("textbox", name="Reward")).to_have_value(config.reward)
    page.get_by_role("button", name=f"Back to “{chapter.title}”").click()
    rest.expect_one(decided)
    page.goto(server.url)
    expect(page.get_by_text("Mastered").first).to_be_visible()
    expect(page.get_by_text(so_far.TITLE).first).to_be_visible()
    certified(server, page, f"{chapter.title}: {outcome.title}")


def certified(server: Server, page: Page, evidence: str) -> None:
    """From the map to the record: sign, take the badge away, check it with the published key."""
    page.get_by_role("link", name="Your record").click()
    page.get_by_role("textbox", name="Your name").fill("Łucja Đặng")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make my certificate").click()
    rest.expect_one(page.get_by_text("Signed for Łucja Đặng."))
    with page.expect_download() as badge:
        page.get_by_role("button", name="Open Badge, JWT").click()
    with page.expect_download() as paper:
        page.get_by_role("button", name="Certificate, PDF").click()
    assert paper.value.path().read_bytes().startswith(b"%PDF-")
    school = page.request.get(f"{server.url}/api/revocations").json()
    payload = signing.verified(badge.value.path().read_text(), school["issuer"], time.time())
    assert name_in(payload) == "Łucja Đặng"
    assert [one["name"] for one in payload["evidence"]] == [evidence]
    assert payload["credentialStatus"]["id"] == school["id"] == f"{server.url}/api/revocations"


def test_a_run_goes_on_while_the_tab_is_closed(server: Server, learner: BrowserContext) -> None:
    """Press Train, close the tab, come back: the run is there, finished."""
    page = learner.new_page()
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, "correct + 0.001*length")
    steps.train(page)
    page.close()
    again = learner.new_page()
    steps.open_chapter(again, server.url, FIRST)
    steps.finished(again)


# A line that grows is drawn without Plotly, and its mark without either.
LINE_ENDS_AT_ITS_MARK = """() => {
  const area = document.querySelector('.js-plotly-plot').parentElement;
  const line = area.querySelector('.lines path').getBoundingClientRect();
  const mark = area.querySelector('.overlay .end').getBoundingClientRect();
  return Math.abs(line.right - (mark.left + mark.right) / 2) < 3;
}"""


def test_pause_step_resume_and_stop(server: Server, page: Page) -> None:
    """A paused run stands still; a step draws one update more, which a pointer finds there."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    steps.write_reward(page, "correct + 0.002*length")
    steps.train(page)
    steps.has_grown(page, 3)
    page.get_by_role("button", name="Pause").click()
    rest.expect_one(page.get_by_role("button", name="Step"))
    page.wait_for_timeout(800)
    before = steps.points(page)
    page.wait_for_timeout(1500)
    assert steps.points(page) == before
    page.get_by_role("button", name="Step").click()
    steps.has_grown(page, before + 1)
    assert steps.points(page) == before + 1
    page.wait_for_function(LINE_ENDS_AT_ITS_MARK)
    page.locator(".js-plotly-plot").first.hover()
    page.wait_for_function(
        "(n) => document.querySelector('.js-plotly-plot').calcdata[0].length === n", arg=before + 1
    )
    page.get_by_role("button", name="Resume").click()
    steps.has_grown(page, before + 2)
    steps.stop(page)
    rest.expect_one(page.get_by_text("Stopped", exact=True))


UNREADABLE = {
    "politness": "Did you mean polite",
    "polite.count": "Column 7",
    "2**99": "Column",
    "polite +": "Column",
    "__import__('os')": "Column",
    "1/0": "zero",
}


def test_a_reward_that_cannot_be_read_is_explained(server: Server, page: Page) -> None:
    """Bad code gets one sentence in the page, and nothing else breaks."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    for code, words in UNREADABLE.items():
        steps.write_reward(page, "polite")
        expect(page.get_by_text(words)).to_have_count(0)
        steps.write_reward(page, code)
        if code == "1/0":
            page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text(words).first).to_be_visible()
        assert page.locator('[data-testid="stException"]').count() == 0


def test_an_unknown_chapter_and_an_unknown_run_are_explained(server: Server, page: Page) -> None:
    """A broken link says what to do."""
    page.goto(f"{server.url}/chapter?id=nowhere")
    rest.expect_one(page.get_by_text("There is no chapter"))
    page.goto(f"{server.url}/lab?run=0123456789abcdef")
    rest.expect_one(page.get_by_text("There is no such run"))


def test_a_phone_shows_the_sliders_first_and_a_desktop_on_the_right(
    server: Server, page: Page
) -> None:
    """No scrolling to the first slider at 390 px; at 1440 px the stage stands left of it."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    slider = page.get_by_text(steps.chapter(FIRST).sliders[0].label, exact=True)
    stage = page.get_by_text("Pip at the start")
    wide_slider, wide_stage = slider.bounding_box(), stage.bounding_box()
    assert wide_slider and wide_stage
    assert wide_stage["x"] + wide_stage["width"] < wide_slider["x"]
    page.set_viewport_size({"width": 390, "height": 844})
    expect(slider).to_be_in_viewport()
    expect(stage).not_to_be_in_viewport()
