"""A report as one page of HTML that needs nothing else: to read, to print, to hand on."""

from collections.abc import Iterable, Sequence
from html import escape

from curriculum.report import ADDS_UP, COLUMNS, ChapterArc, Report, RunLine, Standing, apart

# Nothing is fetched, and no script runs, whatever stands in a name or a reward.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light; --ink: #0e1d22; --gray: #4c5a5f; --rule: #d3dcd8; --teal: #0b5a63 }
body { font: 16px/1.5 "Atkinson Hyperlegible Next", system-ui, sans-serif; color: var(--ink);
  background: #fbfcfa; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { font-family: Literata, Georgia, serif; font-weight: 600; line-height: 1.25 }
h2 { margin: 2.5rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--rule) }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem }
p { margin: .25rem 0 }
.gray, caption { color: var(--gray); font-size: .875rem }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0 }
dl div { display: flex; flex-direction: column-reverse }
dt { color: var(--gray); font-size: .875rem }
dd { margin: 0; font-size: 1.5rem }
.wide { overflow-x: auto }
.wide table { min-width: 40rem }
table { border-collapse: collapse; width: 100%; font-size: .875rem }
caption { text-align: left }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0;
  border-bottom: 1px solid var(--rule) }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums }
code { font: .8125rem "Atkinson Hyperlegible Mono", ui-monospace, monospace;
  overflow-wrap: anywhere }
svg { display: block }
.meters { width: 100%; height: auto }
@media print { body { background: none; margin: 0; max-width: none; font-size: 10pt }
  h2 { margin-top: 1rem; padding-top: .5rem } .gray, caption, dt, table { font-size: 8.5pt }
  tr { break-inside: avoid } h2, h3 { break-after: avoid } }
"""
COLOURS = {"trust": "#1a62b5", "safety": "#19734a", "budget": "#bf4d0a"}
DASHES = {"trust": "", "safety": "7 4", "budget": "2 3"}
WIDTH, HEIGHT = 720, 180  # of the meters' figure
LABEL = 10  # how much of the scale from 0 to 100 a label of it takes
SMALL = (120, 28)  # of a curve in a table


def report_html(report: Report) -> str:
    """The whole file."""
    title = f"Pip School: report{f' of {report.name}' if report.name else ''}"
    counts = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{escape(count)}</dd></div>"
        for word, count in report.headlines
    )
    chapters = "".join(_chapter(one) for one in report.chapters)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(report.name or 'A learner at Pip School')}</h1>"
        f'<p class="gray">Written on {escape(report.day)}. Every figure is of a run that this '
        "learner started; nothing was graded by hand.</p>"
        f"<dl>{counts}</dl>{_meters(report.standings)}"
        f"{chapters or '<p>No chapter was begun yet.</p>'}</main></body></html>\n"
    )


def _chapter(arc: ChapterArc) -> str:
    reached = ", ".join(f"“{one}”" for one in arc.reached) or "no ending yet"
    parts = [
        f"<h2>{escape(arc.title)}</h2>",
        f'<p class="gray">{"Mastered" if arc.is_mastered else "Not mastered yet"}. '
        f"Reached: {escape(reached)}.</p>",
    ]
    if arc.said:
        parts += ["<h3>Prediction and result</h3>", _paragraphs((arc.said, arc.did))]
    if arc.runs:
        parts.append(_runs(arc.runs))
    if arc.choice:
        parts += [
            "<h3>Decision</h3>",
            f"<p>{escape(arc.question)} <b>{escape(arc.choice)}</b>, after a run that ended in "
            f"“{escape(arc.after)}”.</p>",
            _paragraphs(arc.reply),
        ]
    if arc.effects:
        parts += ["<h3>What it changed at Lumen</h3>", _paragraphs(arc.effects)]
    return "".join(parts)


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _runs(runs: Sequence[RunLine]) -> str:
    rows = "".join(
        f"<tr><td>{number}</td><td>{escape(one.day)}<br><code>{escape(one.address[:16])}</code></td>"
        f"<td>{escape(one.algorithm)}, seed {one.seed}<br><code>{escape(one.reward)}</code><br>"
        f"{escape(one.cost)}</td>"
        f"<td>{escape(one.ended)}<br>{escape(_figures(one))}</td><td>{_curve(one)}</td></tr>"
        for number, one in enumerate(runs, 1)
    )
    curve = escape(runs[0].curve_of)
    heads = ("Run", "When, address", "How, reward, cost", "Ended in", curve)
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        f'<h3>Runs</h3><div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _figures(run: RunLine) -> str:
    return "; ".join(one.said for one in run.figures)


def _curve(run: RunLine) -> str:
    if not run.curve:
        return ""
    width, height = SMALL
    low, high = min(run.curve), max(run.curve)
    span = (high - low) or 1.0
    points = " ".join(
        f"{2 + place * (width - 4) / (len(run.curve) - 1):.1f},"
        f"{height - 3 - (value - low) * (height - 6) / span:.1f}"
        for place, value in enumerate(run.curve)
    )
    said = f"{run.curve_of} over the run, from {run.curve[0]:.3g} to {run.curve[-1]:.3g}"
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{escape(said)}">'
        f'<polyline points="{points}" fill="none" stroke="#0b5a63" stroke-width="1.5"/></svg>'
    )


def _meters(standings: Sequence[Standing]) -> str:
    """The meters as lines, and the same as a table."""
    rows = "".join(
        f"<tr><td>{escape(one.what)}</td>"
        + "".join(f'<td class="n">{escape(said)}</td>' for said in one.figures)
        + "</tr>"
        for one in standings
    )
    head = "".join(f'<th class="n">{escape(name)}</th>' for name in COLUMNS)
    ends = apart([getattr(standings[-1], name) for name in COLOURS], LABEL)
    lines = "".join(_meter(standings, name, end) for name, end in zip(COLOURS, ends, strict=True))
    grid = "".join(
        f'<line x1="30" x2="{WIDTH}" y1="{_y(level):.0f}" y2="{_y(level):.0f}" stroke="#d3dcd8"/>'
        f'<text x="0" y="{_y(level) + 4:.0f}" font-size="12" fill="#4c5a5f">{level}</text>'
        for level in (0, 50, 100)
    )
    figure = (
        f'<svg class="meters" viewBox="0 0 {WIDTH + 100} {HEIGHT}" role="img" '
        f'aria-label="The meters over time; the table below has the same figures">{grid}{lines}'
        "</svg>"
        if len(standings) > 1
        else ""
    )
    return (
        f"<h2>Lumen over time</h2>{figure}"
        f'<div class="wide"><table><caption>{escape(ADDS_UP)}</caption>'
        f"<thead><tr><th>After</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _meter(standings: Sequence[Standing], name: str, end: float) -> str:
    values = [getattr(one, name) for one in standings]
    points = " ".join(
        f"{30 + place * (WIDTH - 30) / max(1, len(values) - 1):.1f},{_y(value):.1f}"
        for place, value in enumerate(values)
    )
    return (
        f'<polyline points="{points}" fill="none" stroke="{COLOURS[name]}" stroke-width="2" '
        f'stroke-dasharray="{DASHES[name]}"/>'
        f'<text x="{WIDTH + 6}" y="{_y(end) + 4:.0f}" font-size="13" '
        f'fill="{COLOURS[name]}">{name.capitalize()} {values[-1]}</text>'
    )


def _y(level: float) -> float:
    return HEIGHT - 10 - level * (HEIGHT - 20) / 100
