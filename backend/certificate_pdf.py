"""A certificate on paper: what was demonstrated, in which run, and how it can be checked."""

from typing import Literal

from backend.certificates import Certificate
from backend.paper import GRAY, INK, TEAL, TITLE, Paper
from curriculum.credential import CRITERIA, Demonstration

Telling = Literal["why", "run", "short", "brief"]
# The size of letters and how much is told of a run, by how many chapters have to find room.
LAYOUTS: tuple[tuple[int, float, Telling], ...] = (
    (2, 10.0, "why"),
    (4, 9.0, "why"),
    (7, 9.0, "run"),
    (10, 8.0, "run"),
    (14, 8.0, "short"),
    (20, 7.0, "brief"),
    (99, 6.5, "brief"),
)
NO_LETTERS = "The name is in the signed file; this page has no letters for it."


def certificate_pdf(given: Certificate) -> bytes:
    """One page, however many chapters there are."""
    _, size, telling = next(one for one in LAYOUTS if len(given.shown) <= one[0])
    payload = given.payload
    paper = Paper("Pip School: certificate", f"Certificate {payload['id']}", float(payload["nbf"]))
    paper.set_auto_page_break(True, 15)
    paper.write_block("Pip School", 11, "B", TEAL, after=1)
    paper.write_block("Demonstrated in own training runs", 21, "", INK, TITLE, after=2)
    day = payload["validFrom"][:10]
    if given.name and paper.has_letters(given.name):
        paper.write_block(given.name, 16, "", INK, TITLE, after=1)
        paper.write_block(day, size, "", GRAY, after=2)
    else:
        paper.write_block(NO_LETTERS if given.name else "Issued without a name.", size, "", GRAY)
        paper.write_block(day, size, "", GRAY, after=2)
    paper.write_block(CRITERIA, min(size, 9), "", GRAY, after=2)
    paper.rule()
    for one in given.shown:
        _entry(paper, one, size, telling)
    paper.rule(2)
    _how_to_check(paper, payload["issuer"]["id"], min(size, 8))
    return paper.as_bytes()


def _entry(paper: Paper, one: Demonstration, size: float, telling: Telling) -> None:
    paper.write_block(f"{one.title}: {one.outcome}", size + 1, "B")
    if telling in ("short", "brief"):
        run = f"{one.algorithm}, seed {one.seed}, run {one.address[:16]}, {one.day}"
        first = f"{one.figures[0].said}." if one.figures else ""
        measured = one.measured if telling == "short" else first
        paper.write_block(f"{measured} {run}", size, after=0.8)
        return
    if telling == "why":
        paper.write_block(one.why, size)
    paper.write_block(f"Measured: {one.measured}", size)
    paper.write_block(one.run, 7.5, "", GRAY, after=size / 4)


def _how_to_check(paper: Paper, issuer: str, size: float) -> None:
    paper.write_block(
        "This page can be copied by anybody; the signed file beside it cannot be altered. Compare "
        "this key with the one that the school publishes. With Pip School at hand, and no network:",
        size,
        "",
        GRAY,
    )
    paper.write_block(f"python -m backend verify FILE.jwt --key {issuer}", size, "B", GRAY)
