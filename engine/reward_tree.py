"""The checked tree of a reward expression: its canonical text, and its value on arrays of terms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Values = Mapping[str, np.ndarray]  # term or text call -> [n] float64


# How what goes wrong in a reward can be kept from it, by what is said of it.
HINTS = {
    "divided by zero": "a term that may be 0 can be divided by as in 1/(1 + term)",
    "took the root of a negative number": "what may be below 0 has a root as in sqrt(max(0, term))",
    "took a root of a negative number": "what may be below 0 has roots as in max(0, term)**0.5",
    "took the logarithm of zero or less": "what may be 0 has a logarithm as in log(1 + term)",
    "became too large to count with": "what grows too fast is held back as in exp(min(term, 9))",
}


class RewardValueError(ArithmeticError):
    """A reward that is not a finite number for the values at hand; the message says where."""

    remedy = "pays a finite number"

    def __init__(self, problem: str, reason: str = "") -> None:
        """Keep what to do: what helps against the reason, if that is one of `HINTS`."""
        super().__init__(problem)
        if reason in HINTS:
            self.remedy = f"{self.remedy}; {HINTS[reason]}"


class RewardTooLargeError(RewardValueError):
    """A reward that is a number, and more than can be learnt from."""

    remedy = "pays a number below a thousand million"


@dataclass(frozen=True)
class Number:
    """A constant, zero or above; a minus sign is a Negate."""

    value: float


@dataclass(frozen=True)
class Term:
    """A reward term, by name."""

    name: str


@dataclass(frozen=True)
class TextCall:
    """A text function of one word, such as count("please")."""

    function: str
    word: str

    @property
    def key(self) -> str:
        """The name under which its value is looked up."""
        return f'{self.function}("{self.word}")'


@dataclass(frozen=True)
class Negate:
    """Minus its operand."""

    operand: "Node"


@dataclass(frozen=True)
class Binary:
    """Two operands and one of + - * / < <= > >= ==; a comparison is worth 1 or 0."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Power:
    """A base to a constant exponent."""

    base: "Node"
    exponent: float


@dataclass(frozen=True)
class Call:
    """A function of numbers; `if` evaluates only the branch it takes."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Term | TextCall | Negate | Binary | Power | Call

_COMPARISON, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(1, 7)
_PRECEDENCE = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, left to right."""
    match node:
        case Negate(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Power(base, _):
            return (base,)
        case Call(_, arguments):
            return arguments
    return ()


def rebuilt(node: Node, operands: Sequence[Node]) -> Node:
    """The same node over other operands, as many as `children` gives."""
    match node:
        case Negate():
            return Negate(operands[0])
        case Binary(sign):
            return Binary(sign, operands[0], operands[1])
        case Power(_, exponent):
            return Power(operands[0], exponent)
        case Call(function):
            return Call(function, tuple(operands))
    return node


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number: 10, 0.5, 1e-07."""
    return str(int(value)) if value.is_integer() else repr(value)


def canonical_text(node: Node) -> str:
    """The one text of a tree: fewest brackets, fixed spacing; it reads back as the same tree."""
    match node:
        case Number(value):
            return number_text(value)
        case Term(name):
            return name
        case TextCall():
            return node.key
        case Negate(operand):
            return f"-{_bracketed(operand, _UNARY)}"
        case Power(base, exponent):
            return f"{_bracketed(base, _ATOM)}**{number_text(exponent)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(canonical_text, arguments))})"
        case Binary(sign, left, right):
            return _binary_text(sign, left, right)


def _binary_text(sign: str, left: Node, right: Node) -> str:
    precedence = _PRECEDENCE.get(sign, _COMPARISON)
    # Signs of one rank group from the left, and comparisons do not chain at all.
    first = _bracketed(left, max(precedence, _SUM))
    second = _bracketed(right, precedence + 1)
    return f"{first}{sign}{second}" if precedence == _PRODUCT else f"{first} {sign} {second}"


def _precedence_of(node: Node) -> int:
    match node:
        case Binary(sign):
            return _PRECEDENCE.get(sign, _COMPARISON)
        case Negate():
            return _UNARY
        case Power():
            return _POWER
    return _ATOM


def _bracketed(node: Node, at_least: int) -> str:
    text = canonical_text(node)
    return text if _precedence_of(node) >= at_least else f"({text})"


_BINARY: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
}
_FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "min": lambda *arguments: np.minimum.reduce(arguments),
    "max": lambda *arguments: np.maximum.reduce(arguments),
    "abs": np.abs,
    "clip": lambda value, low, high: np.minimum(np.maximum(value, low), high),
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
}


def evaluate(node: Node, values: Values, count: int) -> np.ndarray:
    """The node's value for each of `count` rollouts or cells: [count] float64.

    Raises RewardValueError naming the first part that is not a finite number.
    """
    match node:
        case Number(value):
            return np.full(count, value)
        case Term(name):
            result = values[name]
        case TextCall():
            result = values[node.key]
        case Call("if", arguments):
            return _branch(arguments, values, count)
        case _:
            operands = [evaluate(child, values, count) for child in children(node)]
            result = _operate(node, operands)
    _require_finite(node, result, values, count)
    return result


def _operate(node: Node, operands: list[np.ndarray]) -> np.ndarray:
    match node:
        case Negate():
            return -operands[0]
        case Binary(sign):
            return _BINARY[sign](*operands).astype(np.float64)
        case Power(_, exponent):
            return np.power(operands[0], exponent)
        case Call(function):
            return _FUNCTIONS[function](*operands)
    raise AssertionError(f"{node} has no operands")


def _branch(arguments: tuple[Node, ...], values: Values, count: int) -> np.ndarray:
    condition, yes, no = arguments
    taken = evaluate(condition, values, count) != 0
    result = np.empty(count)
    for node, mask in ((yes, taken), (no, ~taken)):
        chosen = {name: array[mask] for name, array in values.items()}
        result[mask] = evaluate(node, chosen, int(mask.sum()))
    return result


def _require_finite(node: Node, result: np.ndarray, values: Values, count: int) -> None:
    finite = np.isfinite(result)
    if finite.all():
        return
    at = int(np.argmin(finite))
    text = canonical_text(node)
    if isinstance(node, Term | TextCall):
        raise RewardValueError(f"`{text}` was {result[at]}, which is not a finite number.")
    reason = _reason(node, values, count, at)
    where = _circumstances(node, values, at)
    raise RewardValueError(f"`{text}` {reason}{where}.", reason)


def _reason(node: Node, values: Values, count: int, at: int) -> str:
    operands = [float(evaluate(child, values, count)[at]) for child in children(node)]
    match node:
        case Binary("/") if operands[1] == 0:
            return "divided by zero"
        case Power(_, exponent) if operands[0] == 0 and exponent < 0:
            return "divided by zero"
        case Power() if operands[0] < 0 and not node.exponent.is_integer():
            return "took a root of a negative number"
        case Call("sqrt"):
            return "took the root of a negative number"
        case Call("log"):
            return "took the logarithm of zero or less"
    return "became too large to count with"


def _circumstances(node: Node, values: Values, at: int) -> str:
    """The values of the terms below a node, as the end of a sentence."""
    inputs = [below for below in walk(node) if isinstance(below, Term | TextCall)]
    keys = [below.name if isinstance(below, Term) else below.key for below in inputs]
    if not keys:
        return ""
    shown = [f"`{key}` was {float(values[key][at]):.6g}" for key in dict.fromkeys(keys)]
    return " where " + " and ".join(shown)
