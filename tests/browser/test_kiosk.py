"""The first level in a browser: the kiosk is told how to learn, and its visitors walk."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from curriculum.kiosk_narration import kiosk_visits
from curriculum.rules import outcome_of
from engine.scenes import KioskScene
from engine.worlds.kiosk import BUTTONS
from tests.browser import rest, steps
from tests.browser.conftest import Server
from tests.browser.inspector import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHAPTER = steps.chapter("five_buttons")
LEARNER = next(setting for setting in CHAPTER.settings if setting.place == "algorithm")
FAIR = "1*settled - 0.05*wait"


def tell_it_how_to_learn(page: Page, server: Server, learner: str) -> None:
    """Open the chapter, choose how the kiosk learns, and pay for help and for time."""
    steps.open_locked(page, server.url, CHAPTER.id)
    steps.skip_to_tune(page)
    steps.choose(page, LEARNER, learner)
    steps.write_reward(page, FAIR)


def newest_scene(server: Server) -> KioskScene:
    scene = steps.newest_run(server.folder, CHAPTER.experiment.last_updates).last_scene
    assert isinstance(scene, KioskScene)
    return scene


def places(page: Page) -> str:
    """Where the visitors are drawn just now."""
    seen = page.locator(".pip-kiosk-stage .visitor").evaluate_all(
        "all => all.map(one => one.style.display + one.getAttribute('transform')).join()"
    )
    return str(seen)


def cut_doubts(page: Page) -> list[str]:
    """Doubts that reach an end of their track, where they would seem to end and do not."""
    styles = page.locator(".pip-kiosk-stage .track .doubt").evaluate_all(
        "all => all.map(one => one.getAttribute('style'))"
    )
    assert len(styles) == len(BUTTONS)
    spans = [tuple(map(float, re.findall(r"[\d.]+", style))) for style in styles]
    return [str(span) for span in spans if span[0] < 1 or sum(span) > 99]


def crossings(page: Page) -> list[str]:
    """Figures and marks over the doors, full of two-digit figures, that touch each other."""
    return list(
        page.locator(".pip-kiosk-stage svg[role=img]").evaluate(
            """picture => {
              const figures = [...picture.querySelectorAll('.tally')];
              const kept = figures.map(one => one.textContent);
              for (const one of figures) one.textContent = '88';
              const marks = [...picture.querySelectorAll('.settled, .unsettled, .sign')]
                .filter(one => !one.closest('.visitor'));
              const boxes = [...figures, ...marks].map(
                one => [one.getAttribute('class'), one.getBoundingClientRect()]);
              figures.forEach((one, place) => { one.textContent = kept[place]; });
              const found = [];
              boxes.forEach(([name, a], place) => boxes.slice(place + 1).forEach(([other, b]) => {
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (across > -1.5 && down > 5) found.push(`${name} on ${other}: ${across} ${down}`);
              }));
              return found;
            }"""
        )
    )


def test_the_kiosk_learns_and_its_ending_is_told(server: Server, page: Page) -> None:
    inspector = Inspector(page)
    tell_it_how_to_learn(page, server, "thompson")
    knobs = page.get_by_test_id("stExpander").filter(has_text="Training settings")
    knobs.locator("summary").click()
    rest.expect_one(knobs.get_by_text("First guess, Q₁"))
    expect(knobs.get_by_text("Curiosity, ε")).to_have_count(0)  # which it does not have
    steps.train(page)
    page.wait_for_timeout(1500)
    seen = set()
    for _ in range(5):
        seen.add(places(page))
        page.wait_for_timeout(150)
    assert len(seen) > 2
    expect(page.get_by_role("button", name="Show exact worths")).to_have_count(0)
    steps.finished(page)
    scene = newest_scene(server)
    name = re.compile(re.escape(kiosk_visits(scene)))
    rest.expect_one(page.get_by_role("img", name=name))
    page.get_by_role("button", name="Show exact worths").click()
    expect(page.locator(".pip-kiosk-stage .exact")).to_have_count(5)
    guide = page.locator(".pip-kiosk-stage .ways li").filter(has_text="Volunteer guide")
    expect(guide.locator(".exact")).to_have_text(" worth 0.575")  # as the hint has it
    assert cut_doubts(page) == []
    inspector.look_on_both("finished")
    steps.see(page)
    outcome = outcome_of(CHAPTER, steps.newest_run(server.folder, CHAPTER.experiment.last_updates))
    assert outcome.kind == "mastery"
    rest.expect_one(page.get_by_role("heading", name=outcome.title))
    rest.expect_one(page.get_by_text("The code that ran: belief"))
    expect(page.get_by_text("The code that ran: policy_of")).to_have_count(0)
    inspector.look_on_both("outcome")
    inspector.conclude()


def test_without_motion_all_visitors_have_arrived(quick_server: Server, browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, reduced_motion="reduce", color_scheme="dark"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    tell_it_how_to_learn(page, quick_server, "ucb")
    steps.train(page)
    steps.finished(page)
    scene = newest_scene(quick_server)
    tallies = page.locator(".pip-kiosk-stage .tally")
    settled = [0] * 5
    for way, is_settled in zip(scene.pressed, scene.settled, strict=True):
        settled[way] += is_settled
    expect(tallies).to_have_count(10)
    expect(tallies.nth(2 * settled.index(max(settled)))).to_have_text(str(max(settled)))
    assert crossings(page) == []
    assert cut_doubts(page) == []
    first = places(page)
    page.wait_for_timeout(600)
    assert places(page) == first
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
