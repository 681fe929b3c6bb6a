"""How long a change of page takes: from a click to the new page's heading, in a real Chromium.

A learner who has finished a chapter goes round and round: map, chapter, its stops, Lab, library,
record, and back to the map. The first round, in which files are read for the first time, is apart.
Prints JSON: for every kind of change its median and the 95th percentile of all, in seconds. Wants a
quiet machine.

    python bench/page_change.py [--rounds 6]
"""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.page import spread
from tests.browser import rest, steps
from tests.browser.conftest import CHROMIUM, FLAGS, Server

CHAPTER = "night_delivery"  # to which the door of its floor leads
MAP = "Brightwater General"


def main() -> None:
    parser = argparse.ArgumentParser(description="Changes of page.")
    parser.add_argument("--rounds", type=int, default=6, help="rounds that count (default 6)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            server.start()
            taken = measure(server, browser, rounds + 1)
        finally:
            server.stop()
            browser.close()
    later = {name: seconds[1:] for name, seconds in taken.items()}
    print(
        json.dumps(
            {
                "benchmark": "page_change",
                "all": spread([one for seconds in later.values() for one in seconds]),
                "each": {name: spread(seconds) for name, seconds in later.items()},
                "first": {name: round(seconds[0], 3) for name, seconds in taken.items()},
            }
        )
    )


def measure(server: Server, browser: Browser, rounds: int) -> dict[str, list[float]]:
    """Seconds of every change, by its name, round by round."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    rest.listen(context)
    page = context.new_page()
    finish_a_run(page, server.url)
    page.goto(server.url)
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, click, arrived in ways(page):
            rest.wait_for_rest(page)
            began = time.perf_counter()
            click.click()
            arrived.wait_for()
            taken.setdefault(name, []).append(time.perf_counter() - began)
    return taken


def ways(page: Page) -> list[tuple[str, Locator, Locator]]:
    """Once round the school: what each way is called, what is clicked, and what is then there."""
    chapter = steps.chapter(CHAPTER)
    floor = page.get_by_role("button", name=re.compile(f"^Level {chapter.level}:"))
    navigation = page.get_by_test_id("stTopNavLink")
    story = navigation.filter(has_text="Story")
    return [
        ("map to chapter", floor, title(page, chapter.title)),
        ("stop to stop", stop(page, "Tune"), at(page, "Tune")),
        ("stop to outcome", stop(page, "Outcome"), at(page, "Outcome")),
        ("chapter to map", story, title(page, MAP)),
        ("map to record", page.get_by_role("link", name="Your record"), title(page, "Your record")),
        ("record to Lab", navigation.filter(has_text="Lab"), title(page, "Lab")),
        ("Lab to library", navigation.filter(has_text="Glossary"), title(page, "Glossary")),
        ("library to map", story, title(page, MAP)),
    ]


def title(page: Page, text: str) -> Locator:
    """A page's own heading."""
    return page.get_by_role("heading", level=1, name=text, exact=True)


def stop(page: Page, name: str) -> Locator:
    """A stop of the chapter at which the learner is not."""
    return page.get_by_role("button", name=name, exact=True)


def at(page: Page, name: str) -> Locator:
    """The stop at which the learner is."""
    return page.get_by_role("heading", level=2, name=name, exact=True)


def finish_a_run(page: Page, url: str) -> None:
    """A chapter of which every stop is open."""
    steps.open_locked(page, url, CHAPTER)
    steps.skip_to_tune(page)
    steps.train(page)
    steps.finished(page)
    steps.see(page)


if __name__ == "__main__":
    main()
