"""A report on paper: the same words and figures as the page of HTML."""

import time
from collections.abc import Sequence

from backend.paper import BODY, GRAY, INK, RULE, TEAL, TITLE, Colour, Paper
from curriculum.report import ADDS_UP, COLUMNS, ChapterArc, Report, RunLine, Standing, apart

METERS: tuple[tuple[str, Colour, tuple[float, float]], ...] = (
    ("trust", (26, 98, 181), (0, 0)),
    ("safety", (25, 115, 74), (2.5, 1.5)),
    ("budget", (191, 77, 10), (0.8, 1.0)),
)
MARGIN = 15.0  # mm
FIGURE = (140.0, 34.0)  # mm, of the meters
LABEL = 10  # how much of the scale from 0 to 100 a label of it takes
SMALL = (28.0, 6.0)  # of a run's curve
GAP = 4.0  # between it and what the run came to
SIZE = 9.0  # of the letters of what is told
COLUMN, ROW = 16.0, 4.0  # of the table of the meters
NO_LETTERS = "The name is in the report as HTML; this page has no letters for it."


def report_pdf(report: Report) -> bytes:
    """The whole file."""
    who = report.name or "A learner at Pip School"
    paper = Paper("Pip School: report", f"Pip School, report of {report.day}", time.time(), MARGIN)
    shown = who if paper.has_letters(who) else "A learner at Pip School"
    paper.write_block("Pip School, report", 11, "B", TEAL, after=1)
    paper.write_block(shown, 20, "", INK, TITLE, after=1)
    if shown != who:
        paper.write_block(NO_LETTERS, 9, "", GRAY)
    intro = "Every figure is of a run that this learner started; nothing was graded by hand."
    paper.write_block(f"Written on {report.day}. {intro}", 9, "", GRAY, after=2)
    counts = "     ".join(f"{word}: {count}" for word, count in report.headlines)
    paper.write_block(counts, 10, "B", after=3)
    _meters(paper, report.standings)
    for arc in report.chapters:
        _chapter(paper, arc)
    if not report.chapters:
        paper.write_block("No chapter was begun yet.")
    return paper.as_bytes()


def _heading(paper: Paper, text: str, needs: float = 30) -> None:
    """A chapter's title, with room for something below it."""
    if paper.will_page_break(needs):
        paper.add_page()
    paper.ln(2)
    paper.rule(2)
    paper.write_block(text, 13, "", INK, TITLE, after=0.5)


def _chapter(paper: Paper, arc: ChapterArc) -> None:
    _heading(paper, arc.title)
    reached = ", ".join(f"“{one}”" for one in arc.reached) or "no ending yet"
    state = "Mastered" if arc.is_mastered else "Not mastered yet"
    paper.write_block(f"{state}. Reached: {reached}.", 8.5, "", GRAY, after=0.5)
    if arc.said:
        paper.write_led("Prediction and result.", f"{arc.said} {arc.did}", SIZE, after=0.5)
    for number, run in enumerate(arc.runs, 1):
        _run(paper, number, run)
    if arc.choice:
        decided = f"{arc.question} {arc.choice}, after a run that ended in “{arc.after}”."
        paper.write_led("Decision.", " ".join((decided, *arc.reply)), SIZE, after=0.5)
    if arc.effects:
        paper.write_led("What it changed at Lumen.", arc.effects[0], SIZE)
    for effect in arc.effects[1:]:
        paper.write_block(effect, SIZE)


def _run(paper: Paper, number: int, run: RunLine) -> None:
    """What a run came to on the left, and its curve on the right."""
    if paper.will_page_break(22):
        paper.add_page()
    page, top = paper.page, paper.get_y()
    figures = "; ".join(one.said for one in run.figures)
    came_to = f"{run.ended}. {figures}." if figures else f"{run.ended}."
    beside = SMALL[0] + GAP if run.curve else 0
    paper.write_led(f"Run {number}.", came_to, SIZE, beside=beside)
    how = f"{run.algorithm}, seed {run.seed}, {run.updates} updates, reward {run.reward}"
    cost = run.cost.replace(" ", "\u00a0")
    where = f"run {run.address[:16]}, {run.day}; {cost}"
    paper.set_right_margin(MARGIN + beside)
    paper.write_block(f"{how}; {where}", 8, "", GRAY, after=1)
    paper.set_right_margin(MARGIN)
    if run.curve and paper.page == page:
        below = paper.get_y()
        _line(paper, run.curve, (paper.w - paper.r_margin - SMALL[0], top), TEAL)
        paper.set_xy(paper.w - paper.r_margin - SMALL[0], top + SMALL[1] + 0.5)
        paper.set_font(BODY, "", 7)
        paper.set_text_color(*GRAY)
        paper.cell(SMALL[0], 3, paper.spelled(run.curve_of), align="R")
        paper.set_xy(paper.l_margin, max(below, top + SMALL[1] + 4.5))


def _line(paper: Paper, values: Sequence[float], at: tuple[float, float], colour: Colour) -> None:
    """A small curve, with its upper left corner there."""
    (left, top), (width, height) = at, SMALL
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    points = [
        (
            left + place * width / (len(values) - 1),
            top + height - (value - low) * height / span,
        )
        for place, value in enumerate(values)
    ]
    paper.set_draw_color(*colour)
    paper.polyline(points)


def _meters(paper: Paper, standings: Sequence[Standing]) -> None:
    """Lines with their names at the end, and the same figures in a table below."""
    _heading(paper, "Lumen over time")
    if len(standings) > 1:
        _lines(paper, standings)
    paper.write_block(ADDS_UP, 8.5, "", GRAY, after=1)
    _row(paper, ("After", *COLUMNS), "B")
    for one in standings:
        _row(paper, (one.what, *one.figures), "")


def _row(paper: Paper, cells: Sequence[str], style: str) -> None:
    """A line of the table; the figures stand at the right of their columns."""
    if paper.will_page_break(ROW):
        paper.add_page()
    paper.set_font(BODY, style, 8.5)
    paper.set_text_color(*GRAY)
    first = paper.w - paper.l_margin - paper.r_margin - COLUMN * (len(cells) - 1)
    paper.cell(first, ROW, paper.spelled(cells[0]))
    for said in cells[1:]:
        paper.cell(COLUMN, ROW, said, align="R")
    paper.ln(ROW)


def _lines(paper: Paper, standings: Sequence[Standing]) -> None:
    width, height = FIGURE
    left, top = paper.l_margin, paper.get_y() + 1
    paper.set_draw_color(*RULE)
    for level in (0, 50, 100):
        y = top + height * (1 - level / 100)
        paper.line(left, y, left + width, y)
        paper.set_xy(left - 7, y - 1.5)
        paper.set_font("atkinson", "", 7)
        paper.set_text_color(*GRAY)
        paper.cell(6, 3, str(level), align="R")
    ends = apart([getattr(standings[-1], name) for name, _, _ in METERS], LABEL)
    for (name, colour, dash), end in zip(METERS, ends, strict=True):
        values = [getattr(one, name) for one in standings]
        paper.set_draw_color(*colour)
        paper.set_dash_pattern(*dash) if dash[0] else paper.set_dash_pattern()
        paper.polyline(
            [
                (left + place * width / (len(values) - 1), top + height * (1 - value / 100))
                for place, value in enumerate(values)
            ]
        )
        paper.set_dash_pattern()
        paper.set_xy(left + width + 1, top + height * (1 - end / 100) - 1.5)
        paper.set_font("atkinson", "", 8)
        paper.set_text_color(*colour)
        paper.cell(25, 3, f"{name.capitalize()} {values[-1]}")
    paper.set_xy(left, top + height + 3)
