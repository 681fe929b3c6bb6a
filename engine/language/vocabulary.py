"""Pip's words and their fixed ids, as its shipped tokenizer lists them."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

CHECKPOINT = Path(__file__).parent.parent / "checkpoints" / "pip_base"
PAD, END, VISITOR, PIP, HINT = range(5)


@cache
def vocabulary() -> dict[str, int]:
    """Word -> id, in the order of the ids."""
    tokenizer = json.loads((CHECKPOINT / "tokenizer.json").read_text(encoding="utf-8"))
    ids: dict[str, int] = tokenizer["model"]["vocab"]
    return dict(sorted(ids.items(), key=lambda entry: entry[1]))


@cache
def words() -> tuple[str, ...]:
    """Every word; its place is its id."""
    return tuple(vocabulary())


def encode(text: Iterable[str]) -> list[int]:
    """The ids of these words. Raises KeyError for a word that Pip does not know."""
    ids = vocabulary()
    return [ids[word] for word in text]


def decode(ids: Sequence[int]) -> list[str]:
    """The words up to the first end token, which is left out."""
    known = words()
    length = ids.index(END) if END in ids else len(ids)
    return [known[token] for token in ids[:length]]
