"""What goes wrong for real learners: wrong answers, two tabs, a database or a file in a bad state.

In each bad state the page says one sentence, nothing else breaks, and all is well when it is over.
"""

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from engine.config import parse_config
from engine.train import train
from pages.parts.shell import COOKIE
from tests.browser import rest, steps
from tests.browser.conftest import ROOT, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIRST, SECOND = "the_polite_assistant", "the_charging_pad"
ABOVE = "five_buttons"  # opens after the first one
FILES = {FIRST: "00_the_polite_assistant.toml", ABOVE: "01_five_buttons.toml"}
PROJECT = ("app.py", "serve.py", ".streamlit", "backend", "curriculum", "engine", "pages", "static")
DISK = "48m"  # room for a run and its snapshots
CLEVER = "2*correct + 0.5*min(1, polite) - 0.02*length"
QUICK = "correct + 0.003*length"


def run_through(page: Page, reward: str) -> None:
    """Write a reward, train, and see what happened."""
    steps.write_reward(page, reward)
    steps.train(page)
    steps.finished(page)
    steps.see(page)


def test_a_wrong_closing_answer_can_be_mended_and_old_decisions_keep_their_figures(
    quick_server: Server, page: Page
) -> None:
    """Ship on the reward, answer wrongly, train better, answer again: the window lights."""
    chapter = steps.chapter(FIRST)
    steps.open_chapter(page, quick_server.url, FIRST)
    steps.skip_to_tune(page)
    run_through(page, "polite + 0.004*length")
    unsound = next(option for option in chapter.decide.options if option.sound is False)
    page.get_by_role("button", name=unsound.button).click()
    rest.expect_one(page.get_by_role("heading", name=f"You decided: {unsound.title}"))
    closing = next(check for check in chapter.check if check.when == "post")
    wrong = next(option for option in closing.options if not option.right)
    page.get_by_text(wrong.text, exact=True).click()
    page.get_by_role("button", name="Answer", exact=True).click()
    rest.expect_one(page.get_by_text(wrong.explanation))
    reply = page.locator(".st-key-reply_scene .root")
    said = reply.text_content()
    expect(page.get_by_text("Decided after run")).to_have_count(0)
    decided_after = steps.newest_content(quick_server.folder)[0][:4]

    page.get_by_role("button", name="Train again").click()
    run_through(page, CLEVER)
    assert said
    expect(reply).to_have_text(said)
    note = page.get_by_text(f"Decided after run {decided_after}")
    expect(note).to_be_visible()
    newest = steps.newest_content(quick_server.folder)[0][:4]
    expect(note.locator("xpath=..")).to_contain_text(f"not about run {newest} above")
    expect(note.locator("xpath=..")).to_contain_text("Still open on this floor")
    right = next(option for option in closing.options if option.right)
    page.get_by_text(right.text, exact=True).click()
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_text("The chapter is mastered.", exact=False).last).to_be_visible()
    expect(note.locator("xpath=..")).to_contain_text("the chapter is mastered")


def test_a_second_tab_does_not_record_another_tabs_run(
    quick_server: Server, learner: BrowserContext
) -> None:
    """Tab one still shows its finished run when tab two has trained again."""
    one, two = learner.new_page(), learner.new_page()
    steps.open_locked(one, quick_server.url, SECOND)
    steps.skip_to_tune(one)
    steps.train(one)
    steps.finished(one)
    steps.open_chapter(two, quick_server.url, SECOND)
    steps.finished(two)
    two.get_by_role("button", name="Train again").click()
    steps.write_reward(two, "10*delivered")
    steps.train(two)
    steps.finished(two)
    one.get_by_role("button", name="See what happened").click()
    rest.expect_one(one.get_by_text("in another tab"))


def test_a_locked_database_is_said_in_one_sentence_and_nothing_breaks(
    own_server: Server, page: Page
) -> None:
    """Another program holds the lock while the learner changes the reward."""
    steps.open_chapter(page, own_server.url, FIRST)
    steps.skip_to_tune(page)
    with sqlite3.connect(own_server.folder / "school.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        field = page.get_by_role("textbox", name="As one line of code")
        field.fill(QUICK)
        field.press("Enter")
        expect(page.get_by_text("The database is locked").first).to_be_visible(timeout=30_000)
        other.execute("ROLLBACK")
    assert page.locator('[data-testid="stException"]').count() == 0
    expect_a_run(page, own_server.url, QUICK)


def expect_only(page: Page, sentence: str) -> None:
    """The page says the sentence, and shows no error of its own."""
    expect(page.get_by_text(sentence).first).to_be_visible(timeout=30_000)
    assert page.locator('[data-testid="stException"]').count() == 0


def expect_a_run(page: Page, url: str, reward: str) -> None:
    """Everything works: from the settings of the first chapter to a run that goes on."""
    steps.open_chapter(page, url, FIRST)
    steps.write_reward(page, reward)
    steps.train(page)
    steps.has_grown(page, 3)


def test_a_read_only_database_can_be_looked_at(
    server_of_pages: Server, page: Page, stranger: BrowserContext
) -> None:
    """All screens are there, a click is refused in words, and newcomers are told why."""
    steps.open_chapter(page, server_of_pages.url, FIRST)
    steps.skip_to_tune(page)
    server_of_pages.stop()
    file = server_of_pages.folder / "school.sqlite"
    server_of_pages.environment["DATABASE_URL"] = f"sqlite:///file:{file}?mode=ro&uri=true"
    server_of_pages.start_ailing()
    for path, heading in (("", "Brightwater General"), ("/lab", "Lab"), ("/glossary", "Glossary")):
        page.goto(server_of_pages.url + path)
        expect(page.get_by_role("heading", level=1)).to_have_text([heading])
    steps.open_chapter(page, server_of_pages.url, FIRST)
    page.get_by_role("button", name="Train", exact=True).click()
    expect_only(page, "Nothing is saved: make the data folder writable.")
    rest.expect_one(page.get_by_role("button", name="Train", exact=True))
    newcomer = stranger.new_page()
    newcomer.goto(server_of_pages.url)
    expect_only(newcomer, "Nothing is saved: make the data folder writable.")

    server_of_pages.stop()
    del server_of_pages.environment["DATABASE_URL"]
    server_of_pages.start()
    expect_a_run(page, server_of_pages.url, QUICK)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that can be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("A small disk needs the right to mount one.")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def write_protect(disk: Path) -> None:
    """As a whole disk is: once nobody writes any more, and no log lies beside the database."""
    for _ in range(100):
        with closing(sqlite3.connect(disk / "school.sqlite")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if not subprocess.run(["mount", "-o", "remount,ro", str(disk)]).returncode:
            return
        time.sleep(0.2)
    raise RuntimeError(f"{disk} is still being written to.")


def test_a_disk_that_cannot_be_written_to_is_said_until_it_can(
    small_disk: Path, tmp_path: Path, page: Page
) -> None:
    """The page says what to do; when that is done, it works without a restart."""
    server = Server(small_disk, PIP_SCHOOL_WORKERS="1")
    server.log = tmp_path / "server.log"
    server.start_pages()
    try:
        steps.open_chapter(page, server.url, FIRST)
        steps.skip_to_tune(page)
        server.stop()
        write_protect(small_disk)
        server.start_ailing()
        page.goto(server.url)
        expect_only(page, "Nothing is saved: make the data folder writable.")
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        expect_a_run(page, server.url, QUICK)
    finally:
        server.stop()


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not one more block fits on the disk meanwhile."""
    filler = folder / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


def test_a_full_disk_is_said_and_what_it_held_up_goes_on(small_disk: Path, page: Page) -> None:
    """A click is refused in words; a run that is on stands still, says why, and loses nothing."""
    server = Server(small_disk, PIP_SCHOOL_WORKERS="1")
    server.start()
    try:
        steps.open_chapter(page, server.url, FIRST)
        steps.skip_to_tune(page)
        steps.write_reward(page, QUICK)
        with filled(small_disk):
            page.get_by_role("button", name="Train", exact=True).click()
            expect_only(page, "Nothing was saved: free some space, then do it again.")
            rest.expect_one(page.get_by_role("button", name="Train", exact=True))
        steps.train(page)
        steps.has_grown(page, 6)
        with filled(small_disk):
            expect_only(page, "if the disk is full, free some space")
        steps.finished(page)
        _, content, rows = steps.newest_content(small_disk)
        expected = [event.model_dump_json() for event in train(parse_config(content))]
        assert [payload for _, payload in rows] == expected
    finally:
        server.stop()


def set_revision(folder: Path, revision: str) -> str:
    """Let the database say which version wrote it; what it said before."""
    with sqlite3.connect(folder / "school.sqlite") as database:
        (before,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    return str(before)


def test_a_database_of_a_newer_version_is_left_alone(server_of_pages: Server, page: Page) -> None:
    """Every screen that needs it says so; what needs none is there; mended, it works at once."""
    steps.open_chapter(page, server_of_pages.url, FIRST)
    steps.skip_to_tune(page)
    server_of_pages.stop()
    own_revision = set_revision(server_of_pages.folder, "9999")
    server_of_pages.start_ailing()
    for path in ("", "/lab", f"/chapter?id={FIRST}"):
        page.goto(server_of_pages.url + path)
        expect_only(page, "Update Pip School, or point PIP_SCHOOL_DATA at another folder.")
    page.goto(f"{server_of_pages.url}/glossary")
    rest.expect_one(page.get_by_role("heading", name="Measurements"))
    set_revision(server_of_pages.folder, own_revision)
    expect_a_run(page, server_of_pages.url, QUICK)


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Server]:
    """A server on a copy of the project, whose files may be broken; not started."""
    project, data = tmp_path / "project", tmp_path / "data"
    project.mkdir()
    data.mkdir()
    for name in PROJECT:
        if (ROOT / name).is_dir():
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, project / name, ignore=without)
        else:
            shutil.copy(ROOT / name, project / name)
    server = Server(data, project, PIP_SCHOOL_WORKERS="1", PIP_SCHOOL_FULL_SPEED="1")
    yield server
    server.stop()


@pytest.mark.parametrize(("broken", "whole"), [(FIRST, ABOVE), (ABOVE, FIRST)])
def test_a_broken_chapter_is_named_and_the_other_can_be_played(
    copied: Server, page: Page, broken: str, whole: str
) -> None:
    """The map says file, line and remedy; once mended, the chapter is back without a restart."""
    file = copied.root / "curriculum" / "chapters" / FILES[broken]
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('title = "', 'titel = "', 1), encoding="utf-8")
    copied.start()
    page.goto(copied.url)
    expect_only(page, f"The chapter file {FILES[broken]} was left out")
    rest.expect_one(page.get_by_text("Did you mean title?"))
    assert str(copied.root) not in page.inner_text("body")
    page.goto(f"{copied.url}/chapter?id={broken}")
    expect_only(page, "Choose one on the story map.")
    steps.open_chapter(page, copied.url, whole)
    steps.skip_to_tune(page)
    steps.train(page)
    steps.finished(page)
    steps.see(page)

    file.write_text(text, encoding="utf-8")
    page.goto(copied.url)
    expect(page.get_by_role("button", name=steps.chapter(broken).title).last).to_be_visible()
    assert page.get_by_text("was left out").count() == 0
    steps.open_locked(page, copied.url, broken)


def test_a_run_that_does_not_exist_leaves_the_lab_usable(server: Server, page: Page) -> None:
    """The link is refused in words; the form beside it trains."""
    page.goto(f"{server.url}/lab?run={'0' * 16}")
    expect_only(page, "There is no such run. Check the link, or press Train to make a new run.")
    page.get_by_role("button", name="Train", exact=True).click()
    rest.expect_one(page.get_by_text("Run A, solid"), timeout=steps.RUN_LIMIT_MS)
    expect(page.get_by_text("There is no such run.")).to_have_count(0)
    expect(page).to_have_url(f"{server.url}/lab")


def test_code_of_ten_thousand_characters_gets_a_sentence(server: Server, page: Page) -> None:
    """Not silence: the limit is named."""
    steps.open_chapter(page, server.url, FIRST)
    steps.skip_to_tune(page)
    field = page.get_by_role("textbox", name="As one line of code")
    field.fill("polite + " * 1111 + "polite")  # pasted
    field.press("Enter")
    expect(page.get_by_text("400 characters").first).to_be_visible()


def test_a_browser_that_kept_the_page_and_lost_its_cookie_is_given_another(server: Server) -> None:
    """It is told that its copy still holds; without a cookie nothing of a learner would be kept."""
    at = HTTPConnection("127.0.0.1", server.port)
    at.request("GET", "/", headers={"Accept": "text/html"})
    page = at.getresponse()
    page.read()
    assert COOKIE in page.headers["set-cookie"]
    for wanted, given in (("text/html,*/*;q=0.8", COOKIE), ("image/*", "")):
        at.request("GET", "/", headers={"Accept": wanted, "If-None-Match": page.headers["etag"]})
        again = at.getresponse()
        again.read()
        assert again.status == 304
        assert again.headers.get("set-cookie", "").partition("=")[0] == given
    at.close()
