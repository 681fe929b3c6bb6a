"""A live chart asks the browser to lay the page out only for what it has not measured yet."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pages.parts.components.assets import script, style

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODULE = script("chart_axes", "chart_labels", "chart_plot", "curves")
SHEET = f"""
:root {{ --st-background-color: #ffffff; --st-text-color: #000000; --st-blue-color: #0000aa;
  --st-gray-color: #555555; --st-gray-text-color: #555555; --st-border-color: #dddddd }}
#chart {{ width: 700px }}
#chart {{ {style("curves")} }}
"""
# Plotly draws the frame alone, which is not looked at here; what asks for a layout is counted.
PREPARE = """async (module) => {
  window.Plotly = { react: async () => {}, purge() {} };
  const address = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
  const chart = (await import(address)).default;
  window.layouts = 0;
  for (const [kind, name] of [[HTMLElement, 'offsetWidth'], [HTMLElement, 'offsetHeight'],
                              [Element, 'clientWidth']]) {
    const { get } = Object.getOwnPropertyDescriptor(kind.prototype, name);
    Object.defineProperty(kind.prototype, name, {
      get() { window.layouts += 1; return get.call(this); },
    });
  }
  const frames = () => new Promise((done) => requestAnimationFrame(() =>
    requestAnimationFrame(() => setTimeout(done, 60))));
  window.draw = async (data) => {
    window.layouts = 0;
    window.changes = [];
    const watch = new MutationObserver((found) => window.changes.push(...found));
    const parentElement = document.getElementById('chart');
    watch.observe(parentElement,
      { attributes: true, characterData: true, childList: true, subtree: true });
    chart({ data: [data], parentElement });
    await frames();
    watch.disconnect();
    return [window.layouts, window.changes.length];
  };
  window.rested = frames;
}"""
LABEL = "document.querySelector('.end-label')"


def growing(*values: float, label: str = "") -> dict[str, Any]:
    """A chart of a run that is on, after so many points."""
    line = {
        "name": "Pay",
        "meaning": "true",
        "label": label or f"Pay {values[-1]:.2f}",
        "run": None,
        "digits": 2,
        "x": list(range(len(values))),
        "y": list(values),
        "low": [],
        "high": [],
    }
    return {
        "title": "Pay",
        "unit": "a step",
        "series": [line],
        "x_range": [0, 60],
        "y_range": [0, 2],
        "y_low": None,
        "x_title": "update",
        "x_ticks": [],
        "y_ticks": [],
        "moments": [],
        "run": "one",
        "live": True,
        "height": 190,
        "percent": False,
        "file": "",
        "alt": "Pay",
    }


@pytest.fixture
def chart(browser: Browser) -> Iterator[Page]:
    """A page with the place of one chart, which has drawn its first points."""
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    page.set_content(f"<style>{SHEET}</style><div id='chart'><div class='root'></div></div>")
    page.evaluate(PREPARE, MODULE)
    assert drawn(page, growing(0.10, 0.25))[0] > 0
    yield page
    page.close()


def drawn(page: Page, data: dict[str, Any]) -> tuple[int, int]:
    """How often drawing asked for a layout, and how much of the page it changed."""
    layouts, changes = page.evaluate("(data) => window.draw(data)", data)
    return layouts, changes


def left_of_label(page: Page) -> float:
    return page.evaluate(f"parseFloat({LABEL}.style.left)")


def test_another_point_is_drawn_without_a_layout(chart: Page) -> None:
    before = left_of_label(chart)
    layouts, changes = drawn(chart, growing(0.10, 0.25, 1.38))
    assert layouts == 0
    assert changes > 0
    assert chart.evaluate(f"{LABEL}.textContent") == "Pay 1.38"
    assert left_of_label(chart) > before


def test_a_label_of_other_letters_is_measured(chart: Page) -> None:
    assert drawn(chart, growing(0.10, 0.25, label="What a step pays on average 0.25"))[0] > 0


def test_the_same_chart_again_changes_nothing(chart: Page) -> None:
    assert drawn(chart, growing(0.10, 0.25)) == (0, 0)


def test_a_chart_follows_the_width_of_its_place(chart: Page) -> None:
    before = left_of_label(chart)
    chart.evaluate("document.getElementById('chart').style.width = '950px'; window.rested()")
    assert left_of_label(chart) > before


def test_a_chart_follows_the_colours_of_the_page(chart: Page) -> None:
    chart.evaluate("document.documentElement.style.setProperty('--st-blue-color', '#00aa00')")
    drawn(chart, growing(0.10, 0.25))
    assert chart.evaluate("document.querySelector('.lines path').getAttribute('stroke')") == (
        "#00aa00"
    )


def test_what_came_while_a_chart_was_hidden_is_drawn_when_it_is_shown(chart: Page) -> None:
    place = "document.getElementById('chart').style.display"
    chart.evaluate(f"{place} = 'none'; window.rested()")
    words = "A long label that nobody measured 1.90"
    drawn(chart, growing(*[0.1] * 30, 1.9, label=words))
    chart.evaluate(f"{place} = ''; window.rested()")
    assert chart.evaluate(f"{LABEL}.textContent") == words
    box = f"{LABEL}.getBoundingClientRect()"
    assert chart.evaluate(f"{box}.right < 760 && {box}.width > 100")
    assert drawn(chart, growing(*[0.1] * 31, 1.9, label=words))[0] == 0
