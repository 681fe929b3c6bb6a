"""A report on paper: the same words and figures as the page of HTML."""

import time
from collections.abc import Sequence

from backend.paper import GRAY, INK, RULE, TEAL, TITLE, Colour, Paper
from curriculum.report import ChapterArc, Report, RunLine, Standing, apart

METERS: tuple[tuple[str, Colour, tuple[float, float]], ...] = (
    ("trust", (26, 98, 181), (0, 0)),
    ("safety", (25, 115, 74), (2.5, 1.5)),
    ("budget", (191, 77, 10), (0.8, 1.0)),
)
FIGURE = (140.0, 34.0)  # mm, of the meters
LABEL = 10  # how much of the scale from 0 to 100 a label of it takes
SMALL = (34.0, 8.0)  # of a run's curve
NO_LETTERS = "The name is in the report as HTML; this page has no letters for it."


def report_pdf(report: Report) -> bytes:
    """The whole file."""
    who = report.name or "A learner at Pip School"
    paper = Paper("Pip School: report", f"Pip School, report of {report.day}", time.time())
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


def _heading(paper: Paper, text: str, needs: float = 40) -> None:
    """A chapter's title, with room for something below it."""
    if paper.will_page_break(needs):
        paper.add_page()
    paper.ln(3)
    paper.rule()
    paper.write_block(text, 14, "", INK, TITLE, after=1)


def _chapter(paper: Paper, arc: ChapterArc) -> None:
    _heading(paper, arc.title)
    reached = ", ".join(f"“{one}”" for one in arc.reached) or "no ending yet"
    state = "Mastered" if arc.is_mastered else "Not mastered yet"
    paper.write_block(f"{state}. Reached: {reached}.", 9, "", GRAY, after=1)
    if arc.said:
        paper.write_block("Prediction and result", 10, "B")
        paper.write_block(f"{arc.said} {arc.did}", 9.5, after=1)
    for number, run in enumerate(arc.runs, 1):
        _run(paper, number, run)
    if arc.choice:
        paper.write_block("Decision", 10, "B")
        decided = f"{arc.question} {arc.choice}, after a run that ended in “{arc.after}”."
        paper.write_block(" ".join((decided, *arc.reply)), 9.5, after=1)
    if arc.effects:
        paper.write_block("What it changed at Lumen", 10, "B")
    for effect in arc.effects:
        paper.write_block(effect, 9, "", GRAY)


def _run(paper: Paper, number: int, run: RunLine) -> None:
    if paper.will_page_break(24):
        paper.add_page()
    paper.write_block(f"Run {number}: {run.ended}", 10, "B")
    figures = "; ".join(one.said for one in run.figures)
    paper.write_block(f"{figures}." if figures else "", 9.5)
    how = f"{run.algorithm}, seed {run.seed}, {run.updates} updates, reward {run.reward}"
    paper.write_block(f"{how}; run {run.address[:16]}, {run.day}", 8, "", GRAY)
    if run.curve:
        _line(paper, run.curve, SMALL, TEAL)
        paper.write_block(f"{run.curve_of}, over the run", 7.5, "", GRAY, after=1)


def _line(paper: Paper, values: Sequence[float], size: tuple[float, float], colour: Colour) -> None:
    """A small curve at the left margin, and the pen below it."""
    width, height = size
    low, high = min(values), max(values)
    left, top = paper.l_margin, paper.get_y() + 1
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
    paper.set_y(top + height + 1)


def _meters(paper: Paper, standings: Sequence[Standing]) -> None:
    """Lines with their names at the end, and the same figures in words below."""
    _heading(paper, "Lumen over time")
    if len(standings) > 1:
        _lines(paper, standings)
    for one in standings:
        said = f"{one.what}: trust {one.trust}, safety {one.safety}, budget {one.budget}"
        paper.write_block(said, 8.5, "", GRAY)


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
