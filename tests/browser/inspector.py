"""axe over one screen in both colour schemes, and what else may not happen on any screen."""

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.browser.rest import wait_a_moment

# How light the page's ground is, from 0 to 255, once the page has followed the scheme.
SCHEMES: dict[Literal["light", "dark"], str] = {
    "light": "lightness > 128",
    "dark": "lightness < 128",
}
PHONE: ViewportSize = {"width": 390, "height": 844}
FOLLOWED = """() => {{
  const ground = getComputedStyle(document.querySelector('.stApp')).backgroundColor;
  const parts = ground.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const lightness = parts.reduce((sum, part) => sum + part) / 3;
  return {};
}}"""
WIDER_THAN_THE_SCREEN = "() => document.documentElement.scrollWidth - window.innerWidth"
# All rules by day; by night those that ask about colours, for only colours differ.
RULES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
# Only what is wrong is handed over: the long list of what is right costs as much as finding it.
VIOLATIONS = """options => axe.run(
  document, {...options, resultTypes: ["violations"], preload: false}
).then(
  found => found.violations.flatMap(one => one.nodes.map(
    node => `${one.help}: ${node.html.slice(0, 200)}`)))"""
SCROLLED_FORMULAS = """() => [...document.querySelectorAll('.katex-display')]
  .filter(formula => formula.scrollWidth > formula.clientWidth).length"""


class Inspector:
    """Looks at one page again and again, and keeps what it finds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: list[str] = []
        self.schemes = list(RULES)

    def look(self, where: str) -> None:
        """Run axe by day, and what asks about colours by night too, with the page at rest."""
        for scheme in self.schemes:
            self.page.emulate_media(color_scheme=scheme)
            # A busy machine takes its time; a page that never follows fails here, by its name.
            self.page.wait_for_function(FOLLOWED.format(SCHEMES[scheme]))
            wait_a_moment(self.page)
            if not self.page.evaluate("() => 'axe' in window"):
                self.page.evaluate(Axe().axe_script)
            found = self.page.evaluate(VIOLATIONS, RULES[scheme])
            self.findings.extend(f"{where}, {scheme}: {finding}" for finding in found)
        self.schemes.reverse()  # the next look begins with the scheme that the page is in now
        self._measure(where)

    def look_on_both(self, where: str) -> None:
        """The same, and whether all of it fits a phone as well."""
        self.look(where)
        wide = self.page.viewport_size
        self.page.set_viewport_size(PHONE)
        wait_a_moment(self.page)
        self._measure(f"{where}, on a phone")
        if wide:
            self.page.set_viewport_size(wide)

    def _measure(self, where: str) -> None:
        if self.page.evaluate(WIDER_THAN_THE_SCREEN) > 1:
            self.findings.append(f"{where}: the page scrolls sideways")
        if self.page.evaluate(SCROLLED_FORMULAS):
            self.findings.append(f"{where}: a formula scrolls sideways")

    def conclude(self) -> None:
        """Fail with everything that was found."""
        assert not self.findings, "\n".join(dict.fromkeys(self.findings))
