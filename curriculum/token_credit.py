"""Which token of a reply a method praises or blames, and by how much: read from what it recorded.

A method takes part by the names of its quantities, so that a new one needs no line here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from curriculum.inspection import END
from engine.scenes import Reply
from engine.spec import Algorithm

OF_TOKEN = "token_advantage"
OF_REPLY = "advantage"
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
    name = OF_TOKEN if OF_TOKEN in numbers else OF_REPLY
    if name in numbers:
        values = numbers[name]
        if _is_left_out(numbers.get("weight", ())):
            return TokenCredit(tokens, (0.0,) * count, _LEFT_OUT)
        return TokenCredit(tokens, tuple(values), _meaning(algorithm, name))
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


def _is_left_out(weights: Sequence[float]) -> bool:
    return bool(weights) and not any(weights)


def _meaning(algorithm: Algorithm, name: str) -> str:
    """What the algorithm's own file says of a quantity."""
    found = (quantity.meaning for quantity in algorithm.quantities if quantity.name == name)
    return next(found, "What the method thinks of it.")
