"""A second implementation of noughts and crosses, on boards of nine signs."""

from functools import cache

from engine.noughts.rules import CELLS

SIGN = {"x": 1, "o": 2, ".": 0}


def board(text: str) -> int:
    """The number of a board that is written as nine signs."""
    return sum(SIGN[sign] * 3**cell for cell, sign in enumerate(text.replace(" ", "")))


def lined(text: str) -> str:
    """Whose line there is: a second implementation, by rows of text."""
    rows = [text[:3], text[3:6], text[6:]]
    columns = ["".join(row[column] for row in rows) for column in range(3)]
    crossing = [text[0] + text[4] + text[8], text[2] + text[4] + text[6]]
    found = {way[0] for way in (*rows, *columns, *crossing) if way in ("xxx", "ooo")}
    return found.pop() if found else ""


@cache
def positions(first: str) -> dict[str, str]:
    """Every position of games that one side begins, and who is to move there; "" where none is."""
    found: dict[str, str] = {}
    waiting = ["." * CELLS]
    while waiting:
        text = waiting.pop()
        even = text.count("x") == text.count("o")
        mover = first if even else {"x": "o", "o": "x"}[first]
        over = bool(lined(text)) or "." not in text
        if text in found:
            continue
        found[text] = "" if over else mover
        if not over:
            spots = [cell for cell in range(CELLS) if text[cell] == "."]
            waiting += [text[:cell] + mover + text[cell + 1 :] for cell in spots]
    return found
