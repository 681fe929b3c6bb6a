"""axe over one screen in both colour schemes, and what else may not happen on any screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

SCHEMES = ("light", "dark")
PHONE: ViewportSize = {"width": 390, "height": 844}
BACKGROUND = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
WIDER_THAN_THE_SCREEN = "() => document.documentElement.scrollWidth - window.innerWidth"
# Only what is wrong is handed over: the long list of what is right costs as much as finding it.
VIOLATIONS = """() => axe.run(document, {resultTypes: ["violations"], preload: false}).then(
  found => found.violations.flatMap(one => one.nodes.map(
    node => `${one.help}: ${node.html.slice(0, 200)}`)))"""
SCROLLED_FORMULAS = """() => [...document.querySelectorAll('.katex-display')]
  .filter(formula => formula.scrollWidth > formula.clientWidth).length"""


class Inspector:
    """Looks at one page again and again, and keeps what it finds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: list[str] = []

    def look(self, where: str) -> None:
        """Run axe by day and by night, once the page has come to rest."""
        backgrounds = set[str]()
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_timeout(800)
            backgrounds.add(self.page.evaluate(BACKGROUND))
            if not self.page.evaluate("() => 'axe' in window"):
                self.page.evaluate(Axe().axe_script)
            found = self.page.evaluate(VIOLATIONS)
            self.findings.extend(f"{where}, {scheme}: {finding}" for finding in found)
        assert len(backgrounds) == len(SCHEMES), "the page did not follow the colour scheme"
        self._measure(where)

    def look_on_both(self, where: str) -> None:
        """The same, and whether all of it fits a phone as well."""
        self.look(where)
        wide = self.page.viewport_size
        self.page.set_viewport_size(PHONE)
        self.page.wait_for_timeout(500)
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
