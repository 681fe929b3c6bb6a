"""Which token of a reply a method praises or blames, and by how much: read from what it recorded.

A method takes part by the names of its quantities, so that a new one needs no line here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curriculum.inspection import END
from engine.scenes import Reply
from engine.spec import Algorithm

CREDITS = "whitened", "token_advantage", "advantage"  # the first that a method has of a token
OF_REPLY = "advantage"
SPARES = {"is_counted": 0.0, "is_dropped": 1.0}  # the value at which nothing is learnt of a token
TEACHER, BEFORE, ROUTED = "teacher_log_prob", "old_log_prob", "is_routed"


@dataclass(frozen=True)
class TokenCredit:
    """A reply, token by token, with what a method makes of each."""

    tokens: tuple[str, ...]  # the end of the reply is one of them
    values: tuple[float, ...]
    meaning: str  # how to read the values


def credit_of(reply: Reply, algorithm: Algorithm) -> TokenCredit:
    """The advantage of each token of a reply that an update learnt from."""
    numbers = reply.numbers
    count = min(map(len, numbers.values()), default=len(reply.tokens))
    tokens = (*reply.tokens, END)[:count]
    if ROUTED in numbers and numbers[ROUTED] and numbers[ROUTED][0] > 0:
        told = zip(numbers[TEACHER], numbers[BEFORE], strict=True)
        return TokenCredit(tokens, tuple(after - before for after, before in told), _ROUTED)
    name = next((name for name in CREDITS if name in numbers), None)
    if name:
        if _is_left_out(numbers.get("weight", ())):
            return TokenCredit(tokens, (0.0,) * count, _LEFT_OUT)
        spared = _spared(numbers, count)
        values = zip(numbers[name], spared, strict=True)
        return TokenCredit(
            tokens,
            tuple(0.0 if is_spared else value for value, is_spared in values),
            f"{_meaning(algorithm, name)} {_SPARED if any(spared) else ''}".strip(),
        )
    whole = f"{_meaning(algorithm, OF_REPLY)} Every token of the reply has this one number."
    return TokenCredit(tokens, (reply.advantage,) * count, whole)


def change_of(reply: Reply) -> TokenCredit:
    """By how much the update changed the log-probability of each token; the end is not recorded."""
    return TokenCredit(reply.tokens, reply.credit, "")


_ROUTED = (
    "This reply is wrong and a sibling is right: it is sent to the teacher, who reads the sibling. "
    "By how many nats the teacher would rather say the token than Pip."
)
_LEFT_OUT = "This reply is left out: nothing is learnt from it."
_SPARED = "A token from which nothing is learnt has 0."


def _is_left_out(weights: Sequence[float]) -> bool:
    return bool(weights) and not any(weights)


def _spared(numbers: Mapping[str, Sequence[float]], count: int) -> list[bool]:
    """Whether a method learns nothing from a token of a reply that it learns from."""
    known = [(numbers[name], value) for name, value in SPARES.items() if name in numbers]
    return [any(values[place] == value for values, value in known) for place in range(count)]


def _meaning(algorithm: Algorithm, name: str) -> str:
    """What the algorithm's own file says of a quantity."""
    found = (quantity.meaning for quantity in algorithm.quantities if quantity.name == name)
    return next(found, "What the method thinks of it.")
