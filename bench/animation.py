"""How smoothly every world's stage moves on the page, in a real Chromium; prints JSON.

A frame counts if the drawing of the stage is another one than in the frame before, from the first
such frame to the last one of an episode that is played. The messages between page and server are
counted over the same time: a stage that asked the server for its frames would show here. Where Pip
speaks, nothing moves; a robot that stays where it is in its episode pulses. Wants a quiet machine;
its load is printed beside the figures.

    python bench/animation.py [--worlds corridor kiosk] [--seconds 4]
"""

import argparse
import json
import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend import learners, runs, worker
from engine.config import parse_config
from tests.browser.conftest import CHROMIUM, FLAGS, Server

DQN = {"algorithm": "dqn", "updates": 6}
RUNS: dict[str, dict[str, Any]] = {  # short ones: what is drawn of a run is one of its episodes
    "corridor": {"algorithm": "q_learning", "episodes": 30},
    "kiosk": {"algorithm": "ucb", "updates": 3},
    "cart": {"algorithm": "ppo", "updates": 12},
    "trolleys": {**DQN, "updates": 2},  # later episodes soon end in a collision
    **{name: DQN for name in ("catch", "cleaner", "board", "trading", "shuttle")},
    "noughts": {"algorithm": "grpo", "updates": 2},
}
WANTED = 20  # frames a second
MOST_PLAYS = 4  # of a stage whose episodes are short
STILL_MS = 1500  # a stage that has not changed for so long has played its episode
LONGEST_MS = 20_000

# Notes the time of every frame in which an attribute, a text or a child of a stage really changed.
WATCH = """() => {
  window.changedFrames = [];
  window.messages = [];
  const note = () => window.messages.push(performance.now());
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', note);
    }
    send(...given) {
      note();
      super.send(...given);
    }
  };
  let stage = null; // the one that is watched
  const isReal = ({ type, target, attributeName, oldValue }) =>
    type === 'childList' ||
    (type === 'attributes' ? target.getAttribute(attributeName) : target.data) !== oldValue;
  const observer = new MutationObserver((records) => {
    const now = document.timeline.currentTime;
    if (window.changedFrames.at(-1) !== now && records.some(isReal)) window.changedFrames.push(now);
  });
  const look = (tree) => {
    for (const element of tree.querySelectorAll('*')) {
      if (element.shadowRoot) look(element.shadowRoot);
      if (!/^pip-[a-z]+-stage$/.test(element.className)) continue;
      stage = element;
      observer.observe(element, {
        attributes: true, attributeOldValue: true, childList: true,
        characterData: true, characterDataOldValue: true, subtree: true,
      });
    }
  };
  const tick = () => {
    if (document.body && !stage?.isConnected) look(document);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Frames a second of every world's stage.")
    parser.add_argument("--worlds", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--seconds", type=float, default=4, help="to watch each (default 4)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"PIP_SCHOOL_DATA": folder, "PIP_SCHOOL_SCHEDULER": "none"}
        addresses = {world: recorded(world) for world in wanted.worlds}
        del os.environ["PIP_SCHOOL_SCHEDULER"]
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            server.start()
            figures = {}
            for world, address in addresses.items():
                figures[world] = watched(browser, server, address, wanted.seconds)
                print(world, figures[world], file=sys.stderr, flush=True)
        finally:
            server.stop()
            browser.close()
    slowest = min(one["frames_per_second"] for one in figures.values())
    told = {"slowest": slowest, "wanted": WANTED, "worlds": figures}
    print(json.dumps({"benchmark": "animation", **told}))


def recorded(world: str) -> str:
    """The address of a short run in a world, computed here and now."""
    config = parse_config({**RUNS[world], "world": {"world": world}})
    runs.press_train(learners.learner_for(learners.new_token()), config)
    worker.pull("bench")
    return runs.address_of(config)


def watched(browser: Browser, server: Server, address: str, seconds: float) -> dict[str, float]:
    """Plays the stage of a run until it has moved for so long."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(f"({WATCH})()")
    page.goto(f"{server.url}/lab?run={address}")
    until_still(page)  # while a page loads, its scripts and charts have the first word
    frames, gaps, moved, messages, plays, busy = 0, [0.0], 0.0, 0, 0, 0.0
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    while moved < seconds * 1000 and plays < MOST_PLAYS:
        page.get_by_role("link", name="Glossary").click()
        page.get_by_role("heading", name="Glossary", level=1).wait_for()
        page.wait_for_timeout(STILL_MS)
        page.evaluate("() => { window.changedFrames = []; window.messages = []; }")
        page.go_back()
        page.wait_for_function("window.changedFrames.length > 1", timeout=60_000)
        began = busy_seconds(clock)
        seen = page.evaluate("window.changedFrames.length")
        until_still(page)
        times, sent = page.evaluate("[window.changedFrames, window.messages]")
        busy += (busy_seconds(clock) - began) / max(1, len(times) - seen)
        frames, moved, plays = frames + len(times) - 1, moved + times[-1] - times[0], plays + 1
        gaps += [after - before for before, after in pairwise(times)]
        messages += sum(times[0] <= moment <= times[-1] for moment in sent)
    page.close()
    return {
        "frames_per_second": round(frames / moved * 1000, 1),
        "longest_gap_ms": round(max(gaps)),
        "main_thread_ms_per_frame": round(busy / plays * 1000, 1),
        "watched_s": round(moved / 1000, 1),
        "messages": messages,
        "frames": frames,
        "load": round(os.getloadavg()[0], 1),
    }


def busy_seconds(clock: CDPSession) -> float:
    """Processor time that the page's main thread has worked, however busy the machine is."""
    metrics = clock.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def until_still(page: Page) -> None:
    """Wait until the stage has played its episode."""
    page.wait_for_function("window.changedFrames.length", timeout=60_000)
    for _ in range(LONGEST_MS // STILL_MS):
        known = page.evaluate("window.changedFrames.length")
        page.wait_for_timeout(STILL_MS)
        if page.evaluate("window.changedFrames.length") == known:
            return


if __name__ == "__main__":
    main()
