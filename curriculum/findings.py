"""A mistake in a chapter before it has a line, and the two ways to look for one."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """Where a mistake stands, what is written there, what is wrong and what to do."""

    path: Path
    value: str
    message: str
    remedy: str


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the closest known word, or all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"Use one of {', '.join(names) or 'none'}."


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every node of nested tables and lists, with its path, in the order of the file."""
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if path:
            yield path, value
        if isinstance(value, dict):
            waiting += [((*path, key), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list | tuple):
            within = [((*path, index), inner) for index, inner in enumerate(value)]
            waiting += reversed(within)
