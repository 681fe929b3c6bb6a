"""What a learner does in a chapter, as functions of a page; used by all journeys."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from backend.packed import unpack
from curriculum.experiment import Setting
from curriculum.loader import load_catalogue
from curriculum.parts import SettingValue
from curriculum.schema import Chapter
from curriculum.summary import Summary, summarise
from engine.events import EVENT
from tests.browser.rest import expect_one, wait_for_rest

RUN_LIMIT_MS = 90_000
# Of the first curve on the page.
POINTS = "Number(document.querySelector('[data-points]')?.dataset.points ?? 0)"


def chapter(chapter_id: str) -> Chapter:
    """The chapter that is being played."""
    return load_catalogue().chapter(chapter_id)


def open_chapter(page: Page, url: str, chapter_id: str) -> None:
    """Open a chapter by its link."""
    page.goto(f"{url}/chapter?id={chapter_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text([chapter(chapter_id).title])


def open_locked(page: Page, url: str, chapter_id: str) -> None:
    """Open a chapter by its link, and every floor at its door where that is locked."""
    open_chapter(page, url, chapter_id)
    door = page.get_by_role("button", name="Open every floor")
    expect_one(door.or_(page.get_by_role("button", name="Skip the prediction")))
    if door.count():
        door.click()
        expect(door).to_have_count(0)


def open_every_floor(page: Page, url: str) -> None:
    """Turn the ladder off on the story map."""
    page.goto(url)
    page.get_by_text("Open every floor").click()


def predict(page: Page, option: str) -> None:
    """Choose a prediction, say how sure, lock it in."""
    page.get_by_text(option, exact=True).click()
    page.get_by_role("button", name="Fairly sure").or_(
        page.get_by_role("radio", name="Fairly sure")
    ).first.click()
    page.get_by_role("button", name="Lock in and go to Tune").click()
    expect_one(page.get_by_role("button", name="Train", exact=True))


def skip_to_tune(page: Page) -> None:
    """Go to the settings without a prediction."""
    page.get_by_role("button", name="Skip the prediction").click()
    expect_one(page.get_by_role("button", name="Train", exact=True))


def write_reward(page: Page, code: str) -> None:
    """Write a reward as one line of code, by keyboard alone; key by key test_keyboard types it."""
    field = page.get_by_role("textbox", name="As one line of code")
    field.press("Control+a")
    page.keyboard.insert_text(code)
    field.press("Enter")
    # The page has taken it in once it is written down and drawn again.
    expect(field).to_have_value(code)
    wait_for_rest(page)


def choose(page: Page, setting: Setting, value: SettingValue) -> None:
    """Set one of the training settings, by keyboard alone."""
    shown = f"{setting.label}, {setting.symbol}"
    closed = page.locator("details:not([open])").filter(has_text="Training settings")
    if closed.count():
        closed.locator("summary").press("Enter")
        wait_for_rest(page)
    places = list(setting.choices)
    if any(isinstance(choice, str) for choice in places):
        box, name = page.get_by_role("combobox", name=shown), setting.name_of(value)
        box.press_sequentially(name)
        expect_one(page.get_by_role("option", name=name, exact=True))
        box.press("Enter")
    else:
        knob = page.get_by_role("slider", name=shown)
        if places:
            moves = places.index(value) - places.index(setting.start)
        else:
            moves = round((float(value) - float(setting.start)) / float(setting.step or 0.01))
        for _ in range(abs(moves)):
            knob.press("ArrowRight" if moves > 0 else "ArrowLeft")
    wait_for_rest(page)


def train(page: Page) -> None:
    """Press Train and see the first sign of life."""
    page.get_by_role("button", name="Train", exact=True).click()
    state = re.compile("^(Training|Waiting|Replay|Finished)$")
    # By its role: the stage of the kiosk, too, says of somebody that they are waiting.
    expect(page.get_by_role("status").filter(has_text=state).first).to_be_visible()


def stop(page: Page) -> None:
    """Stop the run; a busy page has another button of this name in its head."""
    buttons = page.get_by_test_id("stBottomBlockContainer")
    buttons.get_by_role("button", name="Stop", exact=True).click()


def finished(page: Page) -> None:
    """Wait until the run is over."""
    page.get_by_role("button", name="See what happened").wait_for(timeout=RUN_LIMIT_MS)


def see(page: Page) -> None:
    """Go on to the outcome."""
    page.get_by_role("button", name="See what happened").click()
    expect_one(page.get_by_role("heading", name="Why it happened"))


def points(page: Page) -> int:
    """How many points the first curve on the page has."""
    return int(page.evaluate(f"() => {POINTS}"))


def has_grown(page: Page, count: int) -> None:
    """Wait until the first curve on the page has at least so many points."""
    page.wait_for_function(
        f"(count) => {POINTS} >= count",
        arg=count,
    )


def newest_content(folder: Path) -> tuple[str, dict[str, Any], list[tuple[int, str]]]:
    """Address, config and numbered events of the newest pressed run, from the database itself."""
    with sqlite3.connect(f"file:{folder / 'school.sqlite'}?mode=ro", uri=True) as database:
        address, content = database.execute(
            "select run.address, run.config from press join run on run.address = press.address "
            "order by press.pressed_at desc limit 1"
        ).fetchone()
        rows = database.execute(
            "select seq, payload from event where address = ? order by seq", (address,)
        ).fetchall()
    return address, json.loads(content), [(seq, unpack(kept)) for seq, kept in rows]


def newest_run(folder: Path, last_updates: int) -> Summary:
    """What the newest pressed run measured."""
    _, content, rows = newest_content(folder)
    events = [EVENT.validate_json(payload) for _, payload in rows]
    return summarise(events, content, last_updates)
