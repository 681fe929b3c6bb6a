"""Rewards that learners write, such as `2*correct + 0.5*min(1, polite) - 0.02*length`.

A hand-written reader turns the line into a checked tree, and the tree is evaluated on arrays of
term values. Nothing of the text is ever executed; its length, nesting and size are bounded.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

import numpy as np

from engine.reward_tokens import (
    MAX_CHARACTERS,
    RewardSyntaxError,
    Token,
    number_of,
    printable,
    tokens_of,
)
from engine.reward_tree import (
    Binary,
    Call,
    Negate,
    Node,
    Number,
    Power,
    RewardTooLargeError,
    RewardValueError,
    Term,
    TextCall,
    canonical_text,
    evaluate,
    walk,
)

__all__ = [
    "FUNCTIONS",
    "LARGEST_REWARD",
    "RewardExpression",
    "RewardSyntaxError",
    "RewardValueError",
    "parse",
    "within_bounds",
]

MAX_DEPTH = 40
MAX_NODES = 100
MAX_EXPONENT = 8
MAX_ARGUMENTS = 8
LARGEST_REWARD = 1e9  # a bound on rewards bounds everything that is learnt from them

# Name -> least and most arguments, and an example of a call on a term.
FUNCTIONS: dict[str, tuple[int, int, str]] = {
    "abs": (1, 1, "abs({} - 5)"),
    "clip": (3, 3, "clip({}, 0, 8)"),
    "exp": (1, 1, "exp(-{})"),
    "if": (3, 3, "if({} > 9, -1, 0)"),
    "log": (1, 1, "log(1 + {})"),
    "max": (2, MAX_ARGUMENTS, "max(0, {} - 5)"),
    "min": (2, MAX_ARGUMENTS, "min(1, {})"),
    "sqrt": (1, 1, "sqrt({})"),
}
_COMPARISONS = ("<", "<=", ">", ">=", "==")


@dataclass(frozen=True)
class RewardExpression:
    """A reward that has been read and checked. Equal trees are equal expressions."""

    tree: Node

    @property
    def source(self) -> str:
        """The canonical text: the same for every spacing and needless bracket."""
        return canonical_text(self.tree)

    @property
    def terms(self) -> frozenset[str]:
        """The reward terms it reads."""
        return frozenset(node.name for node in walk(self.tree) if isinstance(node, Term))

    @property
    def calls(self) -> frozenset[tuple[str, str]]:
        """The text functions it calls, each with its word: ("count", "please")."""
        calls = (node for node in walk(self.tree) if isinstance(node, TextCall))
        return frozenset((call.function, call.word) for call in calls)

    def evaluate(self, values: Mapping[str, np.ndarray | float]) -> np.ndarray:
        """The reward for arrays of term values, in their common shape: float64.

        values: by term name, and by text call as in 'count("please")'.
        Raises RewardValueError, a sentence naming the part at fault, if anything is not finite.
        """
        arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
        flat = {name: np.broadcast_to(array, shape).ravel() for name, array in arrays.items()}
        with np.errstate(all="ignore"):  # what is not finite is named by RewardValueError
            result = evaluate(self.tree, flat, int(np.prod(shape)))
        return np.array(result).reshape(
            shape
        )  # a copy: the value of a bare term is not ours to give


def parse(
    source: str, terms: Collection[str], text_functions: Collection[str] = ()
) -> RewardExpression:
    """Read a reward over the named terms and text functions.

    Raises RewardSyntaxError, one sentence with the column and a remedy, and nothing else.
    """
    expression = RewardExpression(_Reader(tokens_of(source), terms, text_functions).read())
    length = len(expression.source)
    if length > MAX_CHARACTERS:  # else the canonical text could not be read back
        raise RewardSyntaxError(
            f"with its spaces this reward has {length} characters and {MAX_CHARACTERS} are "
            "allowed; keep the terms that matter.",
            len(source),
        )
    return expression


def within_bounds(rewards: np.ndarray, paid_for: str) -> np.ndarray:
    """The rewards as they are, in any shape.

    Raises RewardTooLargeError, a sentence beginning "One <paid_for> pays", if the largest is more
    than an algorithm can learn from.
    """
    largest = np.abs(rewards).max()
    if largest > LARGEST_REWARD:
        raise RewardTooLargeError(
            f"One {paid_for} pays {largest:.2g}, which is too much to learn from."
        )
    return rewards


class _Reader:
    """Reads tokens by recursive descent; one method a level of precedence, weakest first."""

    def __init__(
        self, tokens: list[Token], terms: Collection[str], text_functions: Collection[str]
    ) -> None:
        self.tokens = tokens
        self.terms = sorted(terms)
        self.text_functions = sorted(text_functions)
        self.example = self.terms[0] if self.terms else "1"
        self.position = 0
        self.depth = 0
        self.nodes = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def at(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def count(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.fail(f"a reward has at most {MAX_NODES} parts; keep the terms that matter.")
        return node

    def fail(self, problem: str, token: Token | None = None) -> NoReturn:
        raise RewardSyntaxError(problem, (token or self.token).column)

    def read(self) -> Node:
        if self.token.kind == "end":
            self.fail(
                f"the reward is empty; write a term such as `{self.example}`, or 0 to pay nothing."
            )
        node = self.comparison()
        if self.token.kind == "end":
            return node
        self.fail(self.left_over())

    def left_over(self) -> str:
        text = self.token.text
        if text == ")":
            return "this bracket closes nothing; take it away, or open one before it."
        if text == ",":
            return "a comma only parts the values of a function; write one half as 0.5."
        if text in _COMPARISONS:
            return f"comparisons do not chain; write (1 < {self.example})*({self.example} < 9)."
        return f"an operator such as * or + is missing before `{printable(text)}`."

    def comparison(self) -> Node:
        left = self.sum()
        if not self.at(*_COMPARISONS):
            return left
        sign = self.advance()
        return self.count(Binary(sign.text, left, self.sum()))

    def sum(self) -> Node:
        node = self.product()
        while self.at("+", "-"):
            sign = self.advance()
            node = self.count(Binary(sign.text, node, self.product()))
        return node

    def product(self) -> Node:
        node = self.unary()
        while self.at("*", "/"):
            sign = self.advance()
            node = self.count(Binary(sign.text, node, self.unary()))
        return node

    def unary(self) -> Node:
        if self.at("+", "-"):
            sign = self.advance()
            self.enter(sign)
            operand = self.unary()
            self.depth -= 1
            return self.count(Negate(operand)) if sign.text == "-" else operand
        return self.power()

    def power(self) -> Node:
        base = self.atom()
        if not self.at("**"):
            return base
        self.advance()
        node = self.count(Power(base, self.exponent()))
        if self.at("**"):
            self.fail("powers do not chain; put the first one in brackets, as in (a**2)**2.")
        return node

    def exponent(self) -> float:
        start = self.token
        bracket = self.advance() if self.at("(") else None
        sign = -1.0 if self.at("-") else 1.0
        if self.at("-", "+"):
            self.advance()
        if self.token.kind != "number":
            self.fail(
                f"an exponent must be a number between -{MAX_EXPONENT} and {MAX_EXPONENT}.", start
            )
        value = number_of(self.advance())
        if value > MAX_EXPONENT:
            self.fail(
                f"this exponent is too large; use one between -{MAX_EXPONENT} and {MAX_EXPONENT}.",
                start,
            )
        if bracket:
            self.close(bracket)
        return sign * value + 0.0  # -0.0 becomes 0.0, so that both share one canonical text

    def enter(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(
                f"more than {MAX_DEPTH} brackets or signs are nested here; take some away.", token
            )

    def close(self, opening: Token) -> None:
        if self.at(")"):
            self.advance()
            return
        if self.token.kind == "end":
            self.fail("this bracket is never closed; add a `)`.", opening)
        self.fail(self.left_over())

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.advance()
            return self.count(Number(number_of(token)))
        if token.kind == "name":
            return self.name(self.advance())
        if self.at("("):
            self.enter(self.advance())
            node = self.comparison()
            self.close(token)
            self.depth -= 1
            return node
        self.fail(*self.no_operand())

    def no_operand(self) -> tuple[str, Token]:
        """What to say where a value should stand and none does, and of which token."""
        token = self.token
        before = self.tokens[self.position - 1] if self.position else None
        if token.kind == "word":
            return 'a quoted word only stands in a text function, as in count("please").', token
        if before is None:
            shown = printable(token.text)
            return f"a reward cannot begin with `{shown}`; put a term or a number first.", token
        if before.text == "*" and token.text == "*":
            return "write ** without a space for a power, or a single * to multiply.", token
        return f"a term or a number is missing after `{printable(before.text)}`.", before

    def name(self, token: Token) -> Node:
        called = self.at("(")
        if token.text in self.text_functions:
            return self.text_call(token)
        if token.text in FUNCTIONS:
            if not called:
                example = FUNCTIONS[token.text][2].format(self.example)
                self.fail(f"`{token.text}` is a function; call it, as in {example}.", token)
            return self.call(token)
        if token.text in self.terms and not called:
            return self.count(Term(token.text))
        self.fail(self.unknown(token.text, called), token)

    def unknown(self, name: str, called: bool) -> str:
        shown = name if len(name) <= 40 else f"{name[:37]}..."
        functions = [*FUNCTIONS, *self.text_functions]
        if called and name in self.terms:
            return f"`{name}` is a reward term, not a function; write {name}*( to multiply."
        kind, known = ("function", functions) if called else ("reward term", self.terms)
        near = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        if near:
            return f"`{shown}` is not a {kind}. Did you mean `{near[0]}`?"
        listed = ", ".join(known) or "none"
        return f"`{shown}` is not a {kind}. The {kind}s are: {listed}."

    def call(self, name: Token) -> Node:
        opening = self.advance()
        self.enter(opening)
        arguments = [] if self.at(")") else [self.comparison()]
        while self.at(","):
            self.advance()
            arguments.append(self.comparison())
        self.close(opening)
        self.depth -= 1
        least, most, example = FUNCTIONS[name.text]
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            self.fail(
                f"`{name.text}` takes {wanted} value{'s' if most > 1 else ''} and was given "
                f"{len(arguments)}; write for example {example.format(self.example)}.",
                name,
            )
        return self.count(Call(name.text, tuple(arguments)))

    def text_call(self, name: Token) -> Node:
        example = f'{name.text}("please")'
        opening = self.advance() if self.at("(") else None
        if opening is None or self.token.kind != "word":
            self.fail(f"`{name.text}` needs one word in quotation marks, as in {example}.", name)
        quoted = self.advance()
        word = quoted.text[1:-1].strip().lower()
        if not word or any(c.isspace() or c in "\"'\\" or not c.isprintable() for c in word):
            self.fail(f"`{name.text}` takes exactly one word, as in {example}.", quoted)
        self.close(opening)
        return self.count(TextCall(name.text, word))
