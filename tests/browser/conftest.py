"""A real server and a real Chromium for the journeys."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import rest

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
START_LIMIT_SECONDS = 180
SERVE = ("serve.py",)
# The same, but a live page is drawn every two seconds: of a run that nobody watches, the drawings
# take twice the processor time of the run itself.
SERVE_UNWATCHED = ("-c", "from pages.parts import tape; tape.TICK = 2; import serve; serve.main()")
expect.set_options(timeout=60_000)  # how fast the page is, bench/page.py measures


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The app as `make run` starts it, on its own data folder; can be killed and started again."""

    def __init__(
        self,
        folder: Path,
        root: Path = ROOT,
        script: tuple[str, ...] = SERVE,
        **environment: str,
    ) -> None:
        self.folder = folder
        self.script = script
        self.root = root  # of the project
        self.log = folder / "server.log"
        self.environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, **more: str) -> None:
        """Start, and do not wait."""
        ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = {**ours, "PIP_SCHOOL_DATA": str(self.folder), **self.environment}
        environment |= more
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.script, "--port", str(self.port)],
                cwd=self.root,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_warm(self, path: str = "/api/ready") -> None:
        """Wait until a run could begin at once, or until another address answers."""
        limit = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f"{self.url}{path}", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.2)
        raise RuntimeError(self.log.read_text()[-3000:])

    def start(self) -> None:
        """Start, and wait until a run could begin at once."""
        self.launch()
        self.wait_until_warm()

    def start_ailing(self) -> None:
        """Start where no run can begin, and wait until pages are served."""
        self.launch()
        self.wait_until_warm("/_stcore/health")

    def start_pages(self) -> None:
        """Start without workers, which nobody will need before the end, and wait for pages."""
        self.launch(PIP_SCHOOL_SCHEDULER="none")
        self.wait_until_warm("/_stcore/health")

    def kill(self) -> None:
        """End the server process itself at once, as a crash would; its workers must notice."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server and everything it started."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all journeys that do not kill it."""
    running = Server(tmp_path_factory.mktemp("data"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One more, where nobody watches: a run is shown as fast as it is computed, by one worker."""
    running = Server(
        tmp_path_factory.mktemp("quick"),
        script=SERVE_UNWATCHED,
        PIP_SCHOOL_WORKERS="1",
        PIP_SCHOOL_FULL_SPEED="1",
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server of one's own, to be killed; one worker is sooner warm than two."""
    running = Server(tmp_path, PIP_SCHOOL_WORKERS="1")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def server_of_pages(tmp_path: Path) -> Iterator[Server]:
    """A server of one's own that trains only once it was stopped and started again."""
    running = Server(tmp_path, PIP_SCHOOL_WORKERS="1")
    running.start_pages()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def newcomer(browser: Browser, **wishes: Any) -> Iterator[BrowserContext]:
    """A visitor whom the server has never seen, until the test is over."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, **wishes)
    rest.listen(context)
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def learner(browser: Browser) -> Iterator[BrowserContext]:
    """The learner of the test."""
    yield from newcomer(browser)


@pytest.fixture
def stranger(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody else."""
    yield from newcomer(browser)


@pytest.fixture
def calm_page(browser: Browser) -> Iterator[Page]:
    """The first tab of somebody who asked for little motion, which takes the machine less work."""
    for context in newcomer(browser, reduced_motion="reduce"):
        yield context.new_page()


@pytest.fixture
def page(learner: BrowserContext) -> Page:
    """The visitor's first tab."""
    return learner.new_page()
