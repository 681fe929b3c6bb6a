"""A heat map over the tokens of replies: a number below each token, and its colour behind it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pages.parts.components.assets import register
from pages.parts.components.sizes import refuse_unequal

_HEAT = register("pip-heat-table", ("heat_table",), ("heat_table",))


@dataclass(frozen=True)
class HeatRow:
    """One reply. values: one for each token; full: the value that has full colour.

    verdict: who got most; meaning: how to read the values.
    """

    name: str
    asked: str
    tokens: Sequence[str]
    values: Sequence[float]
    reward: float
    full: float
    verdict: str = ""
    meaning: str = ""


def heat_table(
    rows: Sequence[HeatRow], *, title: str, note: str = "", key_words: tuple[str, str], key: str
) -> None:
    """Replies below each other, the tokens of each coloured on a scale of its own.

    key_words: what a value above zero and one below it mean.

    Raises ValueError where a reply has not one value for each token.
    """
    for row in rows:
        refuse_unequal({"values": len(row.values)}, {len(row.tokens)}, f"the tokens of {row.name}")
    payload = {
        "rows": [asdict(row) for row in rows],
        "title": title,
        "note": note,
        "key_words": list(key_words),
    }
    _HEAT(data=payload, key=key)
