"""Figures inside prose: `[[correct.last|percent]]` stands for what a run really measured."""

import re
from typing import NamedTuple, get_args

from curriculum.parts import Stat
from engine.metrics import METRICS, MetricName

FIGURE = re.compile(r"\[\[(.*?)\]\]")
_NAMED = re.compile(r"([a-z_]+)(?:\.([a-z_]+))?(?:\|([a-z_]+))?")
STATS: tuple[str, ...] = get_args(Stat)
FORMATS = ("percent", "whole", "one_decimal", "two_decimals", "signed")
ALWAYS = ("reward", "updates", "work")
SOMETIMES = ("turning_point", "question", "reply.first", "reply.last")
MAX_QUOTED_WORDS = 26  # all that Pip says at the desk, so that what is judged is what is read
LARGE = 10_000  # from here on, figures that are not counts are written as 1.4e27
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


class Figure(NamedTuple):
    """A reference as it is written: `correct.last|percent` is ("correct", "last", "percent")."""

    name: str
    part: str
    format: str

    @property
    def key(self) -> str:
        """What is asked for, without the format."""
        return f"{self.name}.{self.part}" if self.part else self.name


def figures_in(text: str) -> list[Figure | str]:
    """The figures that a text asks for; a reference that cannot be read comes back as it stands."""
    found: list[Figure | str] = []
    for inside in FIGURE.findall(text):
        match = _NAMED.fullmatch(inside)
        found.append(Figure(*(group or "" for group in match.groups())) if match else inside)
    return found


def problem_of(figure: Figure | str, metrics: tuple[str, ...], settings: tuple[str, ...]) -> str:
    """What is wrong with a reference, as a sentence; empty if it can be measured here."""
    if isinstance(figure, str):
        return "is not a figure; write [[metric.stat|format]]."
    if figure.format and figure.format not in FORMATS:
        return f"has an unknown format; use one of {', '.join(FORMATS)}."
    if figure.key in ALWAYS or figure.key in SOMETIMES:
        return ""
    if figure.name == "setting":
        return "" if figure.part in settings else f"is not a setting of this chapter: {settings}."
    if figure.name not in metrics:
        return f"is not measured here; use one of {', '.join(metrics)}."
    return "" if figure.part in STATS else f"needs one of {', '.join(STATS)} after the dot."


def number(value: float, style: str) -> str:
    """A number as prose shows it: 0.614 as percent is "61 %", its space narrow and unbroken."""
    if style == "percent":
        return with_minus(f"{_unsigned_zero(value * 100, 0):.0f}{NARROW_SPACE}%")
    if style != "whole" and abs(value) >= LARGE:
        mantissa, power = f"{value:.1e}".split("e")
        return with_minus(f"{mantissa}e{int(power)}")
    if style == "signed":
        return with_minus(f"{_unsigned_zero(value, 1):+.1f}")
    decimals = {"whole": 0, "two_decimals": 2}.get(style, 1)
    grouped = f"{_unsigned_zero(value, decimals):,.{decimals}f}".replace(",", NARROW_SPACE)
    return with_minus(grouped)


def counted(count: int, what: str) -> str:
    """A count with its noun: "1 step", "2 steps"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def with_minus(digits: str) -> str:
    """A number that was already written, with a minus sign in the place of its hyphen."""
    return digits.replace("-", "\N{MINUS SIGN}")


def default_format(metric: str) -> str:
    """How a metric is shown if the author does not say."""
    return "percent" if METRICS[MetricName(metric)].percent else "one_decimal"


def quoted(tokens: tuple[str, ...]) -> str:
    """A reply as it is quoted: its words, cut after the first 26."""
    words = [token for token in tokens if not token.startswith("<")]
    cut = words[:MAX_QUOTED_WORDS] + (["..."] if len(words) > MAX_QUOTED_WORDS else [])
    return " ".join(cut) or "nothing"


def _unsigned_zero(value: float, decimals: int) -> float:
    return round(value, decimals) + 0.0
