"""The page's figures, in a real Chromium against a server of its own; prints JSON.

Start-up, click to first update and to first point, other interactions while a run is live, default
runs, memory with twenty sessions, and twenty learners who press Train at once. Wants a quiet
machine.

    python bench/page.py [--clicks 20]
"""

import argparse
import json
import math
import socket
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.visitor import Visitor
from tests.browser import steps
from tests.browser.conftest import CHROMIUM, FLAGS, Server

FIRST, SECOND = "the_polite_assistant", "the_charging_pad"
STARTS = 5  # of the server, of which the middle one counts
# The settings show a chart, too, with the point of update 0; a live one has a second point.
POINT = f"() => {steps.POINTS} > 1"


def main() -> None:
    parser = argparse.ArgumentParser(description="The page's figures.")
    parser.add_argument("--clicks", type=int, default=20, help="presses of Train (default 20)")
    clicks = parser.parse_args().clicks
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            figures = measure(server, browser, clicks)
        finally:
            server.stop()
            browser.close()
    print(json.dumps({"benchmark": "page", **figures}))


def measure(server: Server, browser: Browser, clicks: int) -> dict[str, object]:
    """All figures, in seconds and megabytes."""
    starts: list[float] = []
    for _ in range(STARTS - 1):
        starts.append(start(server, browser))
        end(server)
    starts.append(start(server, browser))
    figures: dict[str, object] = {"start_to_page_usable_s": round(statistics.median(starts), 2)}
    server.wait_until_warm()
    page = new_learner(browser, server, FIRST)
    figures["default_run_s"] = {
        FIRST: round(whole_run(page), 1),
        SECOND: round(whole_run(new_learner(browser, server, SECOND, open_all=True)), 1),
    }
    report(figures)
    first_updates, first_points, others = presses(browser, server, clicks)
    figures["click_to_first_update_s"] = spread(first_updates)
    figures["click_to_first_point_s"] = spread(first_points)
    figures["interaction_while_live_s"] = spread(others)
    report(figures)
    figures["web_process_mb_with_20_sessions"] = sessions(browser, server, 20)
    report(figures)
    figures["twenty_learners"] = crowd(server, 20)
    return figures


def sessions(browser: Browser, server: Server, count: int) -> int:
    """Megabytes of the web process with that many pages open."""
    pages = [browser.new_page() for _ in range(count)]
    for page in pages:
        page.goto(f"{server.url}/chapter?id={FIRST}")
        page.get_by_role("heading", level=1).wait_for()
    assert server.process
    megabytes = round(psutil.Process(server.process.pid).memory_info().rss / 1e6)
    for page in pages:
        page.close()
    return megabytes


def report(figures: dict[str, object]) -> None:
    """Say what is known so far."""
    print(figures, file=sys.stderr, flush=True)


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile by nearest rank (of twenty the nineteenth), and the slowest."""
    ordered = sorted(seconds)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    named = {"median": statistics.median(ordered), "p95": p95, "slowest": ordered[-1]}
    return {name: round(value, 3) for name, value in named.items()}


def start(server: Server, browser: Browser) -> float:
    """From the command to a page that can be used."""
    page = browser.new_page()
    began = time.perf_counter()
    server.launch()
    while not answers(server):
        time.sleep(0.02)
    page.goto(server.url)
    page.get_by_role("button", name="Begin").wait_for()
    seconds = time.perf_counter() - began
    page.close()
    return seconds


def answers(server: Server) -> bool:
    """Whether a browser would find the server; one that tried in vain would slow its start down."""
    with closing(socket.socket()) as line:
        return line.connect_ex(("127.0.0.1", server.port)) == 0


def end(server: Server) -> None:
    """End the server, and wait for what it started."""
    assert server.process
    started = psutil.Process(server.process.pid).children(recursive=True)
    server.stop()
    psutil.wait_procs(started, timeout=30)


def new_learner(browser: Browser, server: Server, chapter: str, open_all: bool = False) -> Page:
    """Somebody new, at the settings of a chapter."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    opened = steps.open_locked if open_all else steps.open_chapter
    opened(page, server.url, chapter)
    steps.skip_to_tune(page)
    return page


def whole_run(page: Page) -> float:
    """From the click to a finished run on the page."""
    began = time.perf_counter()
    page.get_by_role("button", name="Train", exact=True).click()
    steps.finished(page)
    return time.perf_counter() - began


def presses(
    browser: Browser, server: Server, clicks: int
) -> tuple[list[float], list[float], list[float]]:
    """Click to first update made and to first live point, and Pause to the page's answer."""
    first_updates, first_points, others = [], [], []
    for number in range(clicks):
        page = new_learner(browser, server, FIRST)
        steps.write_reward(page, f"polite + {number + 1}*0.001*length")
        with ThreadPoolExecutor(1) as beside:
            began, clicked = time.perf_counter(), time.time()
            first_update = beside.submit(recorded, server.folder, clicked)
            page.get_by_role("button", name="Train", exact=True).click()
            page.wait_for_function(POINT, polling=20)
            first_points.append(time.perf_counter() - began)
            first_updates.append(first_update.result() - clicked)
        page.wait_for_timeout(1000)
        began = time.perf_counter()
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Step").wait_for()
        others.append(time.perf_counter() - began)
        steps.stop(page)
        page.context.close()
    return first_updates, first_points, others


def recorded(folder: Path, clicked: float) -> float:
    """When the first update of what was pressed since `clicked` is found in the database."""
    with reading(folder) as database:
        while not database.execute(
            "select 1 from press join run on run.address = press.address "
            "where press.pressed_at > ? and run.updates > 0",
            (clicked,),
        ).fetchone():
            time.sleep(0.01)
    return time.time()


def reading(folder: Path) -> closing[sqlite3.Connection]:
    """The server's database, to be read only."""
    return closing(sqlite3.connect(f"file:{folder / 'school.sqlite'}?mode=ro", uri=True))


def crowd(server: Server, count: int) -> dict[str, object]:
    """As many learners press Train at once on pages of their own, each with another reward."""
    visitors = [at_the_settings(server, number) for number in range(count)]
    together = threading.Barrier(count)

    def press(visitor: Visitor) -> tuple[float, float, float, float]:
        together.wait()
        clicked = time.perf_counter()
        visitor.press("Train")
        sign = visitor.until("Cancel", "Pause")  # a place in the queue, or a run that is on
        first = visitor.until("Pause")
        end = visitor.until("See what happened")
        visitor.close()
        return clicked, sign - clicked, first - clicked, end - clicked

    with ThreadPoolExecutor(count) as pool:
        told = sorted(pool.map(press, visitors))
    first_points = [first for _, _, first, _ in told]
    order = sorted(range(count), key=first_points.__getitem__)
    return {
        "first_sign_of_life_worst_s": round(max(sign for _, sign, _, _ in told), 2),
        "places_out_of_order_worst": displaced(order),
        "places_out_of_line_worst": displaced(begun(server.folder, count)),
        "all_finished_s": round(max(end for _, _, _, end in told), 1),
    }


def displaced(order: list[int]) -> int:
    """How far the worst off stands from the place that was theirs."""
    return max(abs(at - number) for at, number in enumerate(order))


def begun(folder: Path, count: int) -> list[int]:
    """The newest presses, by the order in which the server saw them, as their runs began."""
    with reading(folder) as database:
        rows = database.execute(
            "select run.started_at from press join run on run.address = press.address "
            "order by press.pressed_at desc limit ?",
            (count,),
        ).fetchall()
    times = [started for (started,) in reversed(rows)]
    return sorted(range(len(times)), key=times.__getitem__)


def at_the_settings(server: Server, number: int) -> Visitor:
    """Somebody who is about to press Train, with a reward of their own."""
    visitor = Visitor(server.url, "chapter", id=FIRST)
    field = "As one line of code"
    visitor.press("Skip the prediction")
    visitor.until(field)
    visitor.until_drawn()
    visitor.fill(field, f"correct + {number + 1}*0.001*length")
    return visitor


if __name__ == "__main__":
    main()
