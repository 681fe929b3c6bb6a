"""Rows of figures: sampled replies with credit, chances of messages, the recipe of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pages.parts.components.assets import register
from pages.parts.components.people import Meaning, RunName

_CREDIT = register("pip-credit-table", ("credit_table",), ("credit_table",))
_CHANCES = register("pip-chances-table", ("chances_table",), ("chances_table",))
_RECIPE = register("pip-recipe", ("recipe",), ("recipe",))
_FIGURES = register("pip-figures", ("figures_strip",), ("figures_strip",))
_ROWS = register("pip-rows", ("rows_table",), ("rows_table",))


@dataclass(frozen=True)
class CreditRow:
    """One sampled reply of a group.

    credit: as in Probe. reward: what it was paid. advantage: the reward measured against its group.
    """

    tokens: Sequence[str]
    credit: Sequence[float]
    reward: float
    advantage: float


@dataclass(frozen=True)
class ChanceRow:
    """One message, or all that have no row of their own: how likely at the start, now, at best.

    start, now, best: between 0 and 1. paid, worth: figures in words.
    """

    text: str
    start: float
    now: float
    best: float
    paid: str = ""
    worth: str = ""
    is_rest: bool = False


@dataclass(frozen=True)
class RecipeTerm:
    """One slider of the reward as it was fixed: a bar from zero to `value`.

    low, high: the ends of the slider. text: the value in words, for instance "1.0"; "not paid" if
    it is None and the value is zero.
    """

    label: str
    value: float
    low: float
    high: float
    text: str | None = None


@dataclass(frozen=True)
class Setting:
    """One hyperparameter and its value in words ("Leash to the start, β", "0.02")."""

    label: str
    text: str


@dataclass(frozen=True)
class Figure:
    """One measurement at the start and at the end, in words; `meaning` draws its line sample."""

    label: str
    before: str
    after: str
    meaning: Meaning


def credit_table(
    rows: Sequence[CreditRow],
    *,
    title: str,
    note: str = "",
    columns: tuple[str, str] = ("reward", "advantage"),
    full_credit: float | None = None,
    key: str,
) -> None:
    """One group of replies: tokens tinted by credit, reward, and advantage with arrow and sign.

    columns: what the two numbers are called. full_credit: nats of credit that give a token its full
    tint, the strongest of the rows if None.
    """
    payload = {
        "title": title,
        "note": note,
        "columns": columns,
        "rows": [asdict(row) for row in rows],
        "full_credit": full_credit,
    }
    _CREDIT(data=payload, key=key)


def chances_table(
    rows: Sequence[ChanceRow], *, title: str, note: str = "", alt: str, key: str
) -> None:
    """How likely each message is: a bar for now, marks for the start and for the best policy.

    alt: the finding, read before the table, not shown.
    """
    payload = {"title": title, "note": note, "alt": alt, "rows": [asdict(row) for row in rows]}
    _CHANCES(data=payload, key=key)


def _term(term: RecipeTerm) -> dict[str, str | float]:
    """A recipe term with its value in words."""
    usual = f"{term.value:g}" if term.value else "not paid"
    return {**asdict(term), "text": (term.text or usual).replace("-", "\N{MINUS SIGN}")}


def recipe(
    terms: Sequence[RecipeTerm], *, code: str = "", settings: Sequence[Setting] = (), key: str
) -> None:
    """What earns a reward in a run that can no longer be changed, and the settings below it."""
    payload = {
        "terms": [_term(term) for term in terms],
        "code": code,
        "settings": [asdict(setting) for setting in settings],
    }
    _RECIPE(data=payload, key=key)


def figures_strip(items: Sequence[Figure], *, key: str) -> None:
    """Two to four figures in a row, each as before -> after."""
    _FIGURES(data={"items": [asdict(item) for item in items]}, key=key)


def rows_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    mono: Sequence[int] = (),
    numeric: Sequence[int] = (),
    runs: Mapping[int, RunName] | None = None,
    one_line: bool = False,
    stacked: bool = False,
    caption: str = "",
    key: str,
) -> None:
    """A plain table of texts.

    mono: columns written by a machine (questions, replies, code). numeric: columns aligned right.
    runs: columns that belong to run A, B or C; their heading gets a sample of its line. one_line:
    machine text does not wrap on a wide screen. stacked: on a phone the cells of a row stand one
    below the other, each behind its heading. caption: read before the table, not shown.
    """
    payload = {
        "head": list(head),
        "rows": [list(row) for row in rows],
        "mono": list(mono),
        "numeric": list(numeric),
        "runs": {str(column): run for column, run in (runs or {}).items()},
        "one_line": one_line,
        "stacked": stacked,
        "caption": caption,
    }
    _ROWS(data=payload, key=key)
