"""Where in a TOML file a value stands, so that an error can name its line."""

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]
_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-\" ]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([\w\-\"'.]+)\s*=\s*(.*)$")


def line_table(text: str) -> dict[Path, int]:
    """The line (from 1) of every table header and of every key that starts a line."""
    lines: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    table: Path = ()
    quotes = ""
    for position, line in enumerate(text.splitlines(), start=1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        if header := _HEADER.match(line):
            table = _table_path(header.group(2), header.group(1) == "[[", counts)
            lines.setdefault(table, position)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_names(key.group(1))), position)
            quotes = _opens(key.group(2))
    return lines


def line_of(text: str, path: Sequence[str | int], value: str = "") -> int:
    """The line of a path, or of the nearest part of it that has one.

    With a value, the first line from there on, before the next key, that holds the value.
    """
    table = line_table(text)
    known: Path = tuple(path)
    while known not in table:
        known = known[:-1]
    start = table[known]
    if not value:
        return start
    later = [position for position in table.values() if position > start]
    lines = text.splitlines()
    end = min(later, default=len(lines) + 1)
    needle = next((part for part in value.strip("'\"").splitlines() if part.strip()), value)
    for position in range(start, end):
        if needle in lines[position - 1]:
            return position
    return start


def _table_path(name: str, is_array: bool, counts: dict[Path, int]) -> Path:
    """The path of a header: every array on the way is at its latest element."""
    path: Path = ()
    names = _names(name)
    for depth, part in enumerate(names):
        path = (*path, part)
        is_last = depth == len(names) - 1
        if is_last and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _names(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _opens(value: str) -> str:
    """The quotes of a multi-line string that begins here and does not end here."""
    for quotes in ('"""', "'''"):
        if value.startswith(quotes) and quotes not in value[3:]:
            return quotes
    return ""
