"""Every ending of the whole story, played to in a real browser.

What was played on the floors below is in the database before the page is opened, with runs that
were made for it. The finale itself is played by hand, from the settings over Train and the decision
to the ending; its brief has a journey of its own.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from backend import learners, runs, worker
from backend.database import current
from curriculum import state as moves
from curriculum.arc import ending_in, told
from curriculum.epilogue import Play, Played, StoryEnding
from curriculum.ledger import (
    LedgerEntry,
    decision_entry,
    meters,
    outcome_entry,
    run_entry,
)
from curriculum.loader import load_catalogue
from curriculum.recall import memories
from curriculum.recipe import recorded_config
from curriculum.rules import outcome_of, plain
from curriculum.summary import summarise
from pages.parts.shell import COOKIE
from tests.browser import steps
from tests.browser.conftest import Server
from tests.browser.test_outcomes import expect_run_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CATALOGUE = load_catalogue()
LIVE = CATALOGUE.chapter("go_live")


@pytest.fixture
def visitor(
    quick_server: Server, calm_page: Page, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The learner whose page this is; what the test writes goes to the server's own database."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(quick_server.folder))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    token = learners.new_token()
    calm_page.context.add_cookies([{"name": COOKIE, "value": token, "url": quick_server.url}])
    learner = learners.learner_for(token)
    learners.save_chapter(learner, moves.skip_prediction(moves.begin(LIVE)))
    yield learner
    current().close()


def play_below(learner: str, step: Played) -> None:
    """Make the runs of an earlier chapter, see what happened, and decide, without a page."""
    chapter = CATALOGUE.chapter(step.chapter)
    recorded = next(one for one in chapter.recorded if one.id == step.setting)
    state = moves.skip_prediction(moves.begin(chapter))
    for turn in range(step.times):
        config = recorded_config(chapter, recorded, chapter.experiment.seed + turn)
        press = runs.press_train(learner, config, chapter.id)
        worker.pull("of this test")
        row = runs.row_of(press)
        made = summarise(
            runs.events_of(row.address),
            config.model_dump(mode="json"),
            chapter.experiment.last_updates,
        )
        left = meters(learners.entries(learner)).budget
        outcome = outcome_of(chapter, made)
        happened: list[LedgerEntry] = [run_entry(chapter, press, made, False, left)]
        happened += [outcome_entry(chapter, outcome, made)] * (outcome.id not in state.outcomes)
        state = moves.reach(chapter, moves.press(state, press), outcome.id, press)
        if turn == step.times - 1:
            happened.append(decision_entry(chapter, step.decides, outcome.id, made))
            state = moves.decide(chapter, moves.to_decision(state), step.decides)
        for entry in happened:
            assert learners.record(learner, entry)
    learners.save_chapter(learner, state)


def play_the_finale(server: Server, page: Page, play: Play) -> None:
    """From the settings to the decision, as a learner does it."""
    recorded = next(one for one in LIVE.recorded if one.id == play.setting)
    option = next(one for one in LIVE.decide.options if one.id == play.decides)
    steps.open_chapter(page, server.url, LIVE.id)
    if recorded.sliders:
        steps.write_reward(page, recorded_config(LIVE, recorded, LIVE.experiment.seed).reward)
    for setting in LIVE.settings:
        if setting.field in recorded.settings:
            steps.choose(page, setting, recorded.settings[setting.field])
    steps.train(page)
    steps.finished(page)
    expect_run_of(server, LIVE, recorded)
    steps.see(page)
    page.get_by_role("button", name=option.button).click()
    expect(page.get_by_role("heading", name=f"You decided: {option.title}")).to_be_visible()


@pytest.mark.parametrize("ending", LIVE.endings, ids=lambda ending: ending.id)
def test_an_ending_is_played_to_and_tells_of_the_run_that_was_made(
    quick_server: Server, calm_page: Page, visitor: str, ending: StoryEnding
) -> None:
    page = calm_page
    for step in ending.play.before:
        play_below(visitor, step)
    play_the_finale(quick_server, page, ending.play)

    scene = page.locator(".st-key-ending_scene")
    expect(scene.get_by_role("heading", name=ending.title)).to_be_visible()
    state = learners.load_progress(visitor)[LIVE.id]
    assert ending_in(LIVE, state) == ending
    assert state.decision
    beats = told(
        LIVE,
        ending,
        steps.newest_run(quick_server.folder, LIVE.experiment.last_updates),
        memories(CATALOGUE.chapters, learners.entries(visitor)).after(LIVE.id),
        state.decision.outcome,
    )
    assert "[[" in beats[0].text
    words = scene.locator(".story > p, .story .words")
    expect(words).to_have_text([plain(beat.text) for beat in beats])
