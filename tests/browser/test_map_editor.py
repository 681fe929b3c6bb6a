"""The Lab's map: drawn by pointer, finger and keys, trained on, changed on the way, and shared."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from engine.config import parse_config
from engine.worlds.corridor import CorridorConfig
from tests.browser import rest, steps
from tests.browser.conftest import Server
from tests.browser.inspector import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SMALL = "map=S3o-o2xo-3oG"  # three rows of four cells
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


def cell(page: Page, row: int, column: int) -> Locator:
    """One cell of the map, both counted from 1."""
    return page.get_by_role("row").nth(row - 1).get_by_role("gridcell").nth(column - 1)


def is_now(page: Page, row: int, column: int, words: str) -> None:
    """A cell says what it is."""
    name = f"Row {row}, column {column}: {words}"
    expect(cell(page, row, column)).to_have_attribute("aria-label", name)


def drawn(page: Page) -> str:
    """The whole map, as its cells say it."""
    return "\n".join(
        found.get_attribute("aria-label") or "" for found in page.get_by_role("gridcell").all()
    )


def tool(page: Page, name: str) -> None:
    """Choose what is drawn."""
    page.get_by_role("button", name=name, exact=True).click()


def drag(page: Page, *cells: tuple[int, int]) -> None:
    """One stroke of the mouse over these cells."""
    for index, place in enumerate(cells):
        box = cell(page, *place).bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        if index == 0:
            page.mouse.down()
    page.mouse.up()


def open_map(page: Page, server: Server, query: str = SMALL) -> None:
    """The Lab with a map in its address."""
    page.goto(f"{server.url}/lab?{query}")
    rest.expect_one(page.get_by_role("grid", name="Map to draw on"))


def choose_speed(page: Page, words: str) -> None:
    """At which the next run begins."""
    speed = page.get_by_role("combobox", name="Speed")
    rest.wait_for_rest(page)  # A page that still grows would have to be scrolled again.
    speed.focus()  # out from under Train: a list of options closes when the page scrolls
    rest.wait_for_rest(page)
    speed.click()
    page.get_by_role("option", name=words).click()
    rest.wait_for_rest(page)


def world_of_newest(server: Server) -> CorridorConfig:
    """The world of the run that was pressed last."""
    world = parse_config(steps.newest_content(server.folder)[1]).world
    assert isinstance(world, CorridorConfig)
    return world


def test_a_map_is_drawn_with_the_mouse(server: Server, page: Page) -> None:
    open_map(page, server)
    drag(page, (1, 2), (1, 4), (2, 4))
    is_now(page, 1, 3, "wall")
    expect(page.get_by_text("No way leads from the start")).to_have_count(0)
    drag(page, (3, 1), (3, 1))
    rest.expect_one(page.get_by_text("No way leads from the start to the ward"))
    page.get_by_role("button", name="Undo").click()
    is_now(page, 3, 1, "floor")
    rest.expect_one(page.get_by_text("takes 5 steps"))
    page.get_by_role("button", name="Redo").click()
    is_now(page, 3, 1, "wall")
    cell(page, 3, 1).click(button="right")
    is_now(page, 3, 1, "floor")
    tool(page, "Ward")
    drag(page, (2, 1), (3, 2))
    is_now(page, 3, 2, "ward, where an episode ends")
    is_now(page, 3, 4, "floor")
    page.get_by_role("textbox", name="Amount for a cell").fill("-2.5")
    cell(page, 2, 1).click()
    is_now(page, 2, 1, "floor, pays \u22122.5")
    page.get_by_role("button", name="Add a column").click()
    expect(page.get_by_role("gridcell")).to_have_count(15)
    rest.expect_one(page.get_by_text("takes 3 steps"))
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator("code").filter(has_text="/lab?run=")).to_be_visible(timeout=60_000)
    world = world_of_newest(server)
    assert (world.drawn, world.paint) == ("S###./.###./.G...", "5:-2.5")


def test_a_map_is_drawn_with_keys(server: Server, page: Page) -> None:
    open_map(page, server)
    cell(page, 1, 1).focus()
    for key in ("ArrowRight", "p", "Space", "ArrowDown", "f", "Shift+ArrowRight", "a", "End"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    is_now(page, 1, 2, "charging pad")
    is_now(page, 2, 3, "floor")
    is_now(page, 2, 4, "floor, pays +1")
    expect(cell(page, 2, 4)).to_be_focused()
    rest.wait_for_rest(page)  # the page was drawn anew meanwhile
    expect(cell(page, 2, 4)).to_be_focused()
    page.keyboard.press("Control+z")
    is_now(page, 2, 4, "floor")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Delete")
    rest.expect_one(page.get_by_text("put S on exactly one cell"))


def test_arrow_tiles_are_drawn_with_keys_and_the_mouse_and_travel_in_a_link(
    server: Server, page: Page
) -> None:
    open_map(page, server)
    cell(page, 1, 1).focus()
    for letter in "rdlu":
        page.keyboard.press("ArrowRight")
        if letter == "l":
            page.keyboard.press("ArrowDown")
            page.keyboard.press("ArrowDown")
        page.keyboard.press(letter)
        page.keyboard.press("Space")
        if letter == "l":
            page.keyboard.press("ArrowLeft")
            page.keyboard.press("ArrowLeft")
    is_now(page, 1, 2, "arrow tile, to the right")
    is_now(page, 1, 3, "arrow tile, downwards")
    is_now(page, 3, 4, "arrow tile, to the left")
    is_now(page, 3, 3, "arrow tile, upwards")
    tool(page, "Arrow left")
    drag(page, (2, 4), (2, 4))
    is_now(page, 2, 4, "arrow tile, to the left")
    rest.expect_one(page.get_by_text("add + arrow to it"))
    page.get_by_role("button", name="Link to this map").click()
    link = page.locator("code").filter(has_text="/lab?map=").inner_text()
    assert link.endswith("map=Srdo-o2xl-2oul")
    said = drawn(page)
    page.goto(link)
    is_now(page, 3, 3, "arrow tile, upwards")
    assert drawn(page) == said


def test_nothing_is_drawn_while_the_amount_is_none(server: Server, page: Page) -> None:
    open_map(page, server)
    field = page.get_by_role("textbox", name="Amount for a cell")
    for nonsense in ("abc", "1e10", ""):
        field.fill(nonsense)
        expect(page.get_by_text("Until then nothing is drawn.").first).to_be_visible()
        drag(page, (1, 2), (1, 3))
        is_now(page, 1, 2, "floor")
        expect(field).to_be_focused()
        cell(page, 1, 3).focus()
        page.keyboard.press("Space")
        is_now(page, 1, 3, "floor")
    tool(page, "Wall")  # the last amount that was one stands in the field again
    expect(field).to_have_value("1")
    expect(field).to_have_attribute("aria-invalid", "false")
    cell(page, 1, 2).click()
    is_now(page, 1, 2, "wall")
    field.fill("-3")
    cell(page, 1, 3).click()
    is_now(page, 1, 3, "floor, pays \u22123")


def test_a_run_goes_on_with_another_map_and_both_can_be_shared(
    server: Server, page: Page, stranger: BrowserContext
) -> None:
    open_map(page, server)
    choose_speed(page, "2 updates a second")
    page.get_by_role("button", name="Train", exact=True).click()
    button = page.get_by_role("button", name="Apply to this run")
    expect(button).to_be_disabled()
    steps.has_grown(page, 5)
    for place in ((1, 2), (1, 3), (1, 4)):  # the page is drawn again and again meanwhile
        drag(page, place, place)
    is_now(page, 1, 2, "wall")
    is_now(page, 1, 4, "wall")
    button.click()
    expect(page.get_by_text("map changed").first).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    link = page.locator("code").filter(has_text="/lab?run=")
    expect(link).to_be_visible(timeout=60_000)
    world = world_of_newest(server)
    assert world.drawn == "S.../.##./...G"
    assert [change.drawn for change in world.changes] == ["S###/.##./...G"]
    assert world.changes[0].after >= 4
    address = steps.newest_content(server.folder)[0]

    other = stranger.new_page()
    other.goto(link.inner_text())
    expect(other.get_by_text("map changed").first).to_be_visible(timeout=60_000)
    rest.expect_one(other.get_by_text("Its map changes after update"))
    assert drawn(other).count("wall") == 2
    other.get_by_role("button", name="Train", exact=True).click()
    expect(other.get_by_text("A shared run")).to_have_count(0)
    other.wait_for_timeout(1500)
    assert steps.newest_content(server.folder)[0] == address

    page.get_by_role("button", name="Link to this map").click()
    of_map = page.locator("code").filter(has_text="/lab?map=").inner_text()
    other.goto(of_map)
    is_now(other, 1, 3, "wall")
    assert drawn(other) == drawn(page)


def test_nonsense_in_a_link_is_a_sentence(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/lab?map=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&paint=%00")
    rest.expect_one(page.get_by_text("The link holds no map that can be used"))
    expect(page.get_by_role("gridcell")).to_have_count(96)
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.fixture(params=SIZES)
def inspector(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Inspector]:
    """A newcomer with a large screen, or with a small one and fingers."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        has_touch=request.param == "phone",
    )
    context.set_default_timeout(60_000)
    yield Inspector(context.new_page())
    context.close()


@pytest.mark.slow
def test_the_editor_is_accessible_and_takes_a_finger(server: Server, inspector: Inspector) -> None:
    page = inspector.page
    open_map(page, server, "map=S23o-24o-11oP2C9oG&paint=26:0.5_30:-1000000")
    inspector.look("a wide map")
    place = cell(page, 2, 3)
    place.scroll_into_view_if_needed()
    if page.evaluate("navigator.maxTouchPoints"):
        place.tap()
    else:
        place.click()
    is_now(page, 2, 3, "wall")
    tool(page, "Floor")
    cell(page, 1, 1).click()
    page.get_by_text("put S on exactly one cell").wait_for()
    inspector.look("a map that cannot be used")
    inspector.conclude()
