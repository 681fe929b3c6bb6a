"""The words of a reward expression: numbers, names, quoted words, signs, each with its column."""

import re
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["number", "name", "word", "sign", "end"]

MAX_CHARACTERS = 400
MAX_NUMBER = 1_000_000
ALLOWED = "a reward is built from terms, numbers and + - * /"

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<word>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign>\*\*|<=|>=|==|[-+*/(),<>])"
)
_REMEDIES = {
    "^": "for a power write **, as in a**2",
    "=": "to compare write ==, <= or >=",
    "!": "for `not equal` write 1 - (a == b)",
    "&": "multiply two comparisons instead, as in (a > 2)*(a < 9)",
    "|": "take max of two comparisons instead, as in max(a < 2, a > 9)",
    "[": "use round brackets ( )",
    "]": "use round brackets ( )",
    "{": "use round brackets ( )",
    "}": "use round brackets ( )",
    "×": "to multiply write *",
    "·": "to multiply write *",
    "÷": "to divide write /",
    "−": "use the plain minus sign -",
    "–": "use the plain minus sign -",
    "—": "use the plain minus sign -",
    "“": 'use plain quotation marks "',
    "”": 'use plain quotation marks "',
}


class RewardSyntaxError(ValueError):
    """A reward that cannot be read. `column` is 1-based; the message says what to write instead."""

    def __init__(self, problem: str, column: int) -> None:
        """Put the column before the problem, a sentence that ends with its own full stop."""
        super().__init__(f"Column {column}: {problem}")
        self.column = column


@dataclass(frozen=True)
class Token:
    """One word of an expression. `column` is 1-based."""

    kind: TokenKind
    text: str
    column: int


def tokens_of(source: str) -> list[Token]:
    """The tokens of `source`, closed by one of kind "end".

    Raises RewardSyntaxError at the first character that has no place in a reward, or if the text
    is longer than 400 characters.
    """
    if len(source) > MAX_CHARACTERS:
        raise RewardSyntaxError(
            f"a reward has at most {MAX_CHARACTERS} characters and this one has {len(source):,}; "
            "keep the terms that matter.",
            MAX_CHARACTERS + 1,
        )
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        if source[position].isspace():
            position += 1
            continue
        token = _token_at(source, position)
        tokens.append(token)
        position += len(token.text)
    return [*tokens, Token("end", "", max(1, len(source)))]


def _token_at(source: str, position: int) -> Token:
    match = _TOKEN.match(source, position)
    if match is None:
        raise RewardSyntaxError(_illegal(source[position]), position + 1)
    for kind in ("number", "name", "word", "sign"):
        if match.group(kind) is not None:
            return Token(kind, match.group(), position + 1)
    raise AssertionError("the pattern has a group without a kind")


def _illegal(character: str) -> str:
    if character in "\"'":
        return 'this quotation mark is never closed; write one word, as in "please".'
    remedy = _REMEDIES.get(character, ALLOWED)
    return f"`{printable(character)}` is not allowed; {remedy}."


def printable(text: str) -> str:
    """Text on one line: line ends and the like as Python writes them."""
    return text if text.isprintable() else ascii(text)[1:-1]


def number_of(token: Token) -> float:
    """The value of a number token; raises RewardSyntaxError above one million."""
    value = float(token.text)
    if value > MAX_NUMBER:
        shown = token.text if len(token.text) <= 12 else f"{token.text[:9]}..."
        raise RewardSyntaxError(
            f"{shown} is too large; numbers in a reward go up to {MAX_NUMBER:,}.", token.column
        )
    return value
