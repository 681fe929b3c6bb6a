"""Pages of paper as PDF: our fonts and colours, text that can be selected and searched."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONTS = Path(__file__).parents[1] / "static" / "fonts"
BODY, TITLE = "atkinson", "literata"
Colour = tuple[int, int, int]
INK: Colour = (14, 29, 34)
GRAY: Colour = (76, 90, 95)
TEAL: Colour = (11, 90, 99)
RULE: Colour = (211, 220, 216)
MARGIN = 18.0  # mm
LINE = 0.46  # mm of a line for each point of its letters


class Paper(FPDF):
    """A4, upright, with a line at the foot of every page."""

    def __init__(self, title: str, foot: str, at: float, margin: float = MARGIN) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.set_margin(margin)
        self.c_margin = 0  # words begin where lines do
        self.set_auto_page_break(True, margin)
        self.add_font(BODY, "", FONTS / "atkinson-hyperlegible-next-regular.ttf")
        self.add_font(BODY, "B", FONTS / "atkinson-hyperlegible-next-bold.ttf")
        self.add_font(TITLE, "", FONTS / "literata-semibold.ttf")
        self.set_fallback_fonts([TITLE], exact_match=False)
        self.set_title(title)
        self.set_lang("en")
        self.set_creator("Pip School")
        self.set_creation_date(datetime.fromtimestamp(int(at), UTC))
        self.add_page()

    def footer(self) -> None:
        """The line at the foot; called by the library."""
        self.set_y(-12)
        self.set_font(BODY, "", 7.5)
        self.set_text_color(*GRAY)
        page = f"{self._foot}   Page {self.page_no()}"
        self.cell(0, 4, self.spelled(page), align="C")

    def write_block(
        self,
        text: str,
        size: float = 10,
        style: str = "",
        colour: Colour = INK,
        font: str = BODY,
        after: float = 0,
        align: Any = "L",
    ) -> None:
        """A paragraph over the whole width, and `after` mm below it."""
        self.set_font(font, style, size)
        self.set_text_color(*colour)
        self.multi_cell(
            0,
            size * LINE,
            self.spelled(text),
            align=align,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.ln(after)

    def write_led(
        self, lead: str, text: str, size: float = 10, after: float = 0, beside: float = 0
    ) -> None:
        """A paragraph that begins with some words in bold; `beside` mm on its right stay free."""
        edge = self.r_margin
        self.set_right_margin(edge + beside)
        self.set_text_color(*INK)
        for style, words in (("B", f"{lead} "), ("", text)):
            self.set_font(BODY, style, size)
            self.write(size * LINE, self.spelled(words))
        self.ln(size * LINE + after)
        self.set_right_margin(edge)

    def rule(self, after: float = 3) -> None:
        """A thin line across the page."""
        self.set_draw_color(*RULE)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(after)

    def has_letters(self, text: str) -> bool:
        """Whether a name can be written with the fonts of this paper."""
        return all(letter == " " or ord(letter) in self._letters(TITLE) for letter in text)

    def spelled(self, text: str) -> str:
        """The text with spaces that the fonts have."""
        return text.replace("\u202f", "\u00a0").replace("\t", " ")

    def _letters(self, font: str) -> Any:
        found: Any = self.fonts[font]
        return found.cmap

    def as_bytes(self) -> bytes:
        """The file."""
        return bytes(self.output())
