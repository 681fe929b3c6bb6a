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


IN_SHORT = {  # what each method does, for somebody who meets it for the first time
    "grpo": "GRPO compares the pay of a reply with that of its group and gives the one verdict to "
    "all its tokens: it cannot tell which word was wrong.",
    "rloo": "RLOO compares the pay of a reply with the mean of the others in its group and gives "
    "the one verdict to all its tokens.",
    "rlhf": "PPO has a critic that expects a pay at every token. A token is praised if things went "
    "better from there than expected.",
    "sdpo": "In SDPO Pip reads a wrong reply again beside feedback and says of every token "
    "whether it would now rather say it or not. The reward only chooses which replies are read.",
    "rlsd": "In RLSD the reward says whether the reply is praised or blamed. How much of that "
    "falls on a token is up to Pip, who reads the reply again beside feedback.",
    "srpo": "SRPO gives a reply one verdict, as GRPO does. A wrong one that has a right sibling "
    "goes to a teacher instead, who reads the sibling and corrects token by token.",
    "gopd": "In G-OPD a trained Pip reads along and says of every token how much rather it would "
    "say it. The reward has no part in it.",
    "reopold": "In REOPOLD a trained Pip pays for every token, as if that were a reward, and no "
    "token is blamed beyond a floor.",
    "mopd": "In MOPD the trained Pip of the question's own domain reads along and corrects token "
    "by token. The reward has no part in it.",
    "follow_ups": "Here Pip reads its reply again beside what the visitor said next, and every "
    "token is judged by how much likelier that makes it.",
    "openclaw": "OpenClaw-RL adds two things up: a verdict on the reply, read from what the "
    "visitor said next, and what a reader of that hint thinks of every token.",
}


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


def strongest(credits: Sequence[TokenCredit]) -> float:
    """The greatest credit of any token, whatever its sign; 0 if there is none."""
    return max((abs(value) for credit in credits for value in credit.values), default=0.0)


def verdict_of(credit: TokenCredit, words: tuple[str, str] = ("praised", "blamed")) -> str:
    """Which token gets most, in words; nothing if none gets any.

    words: for what is above zero, and below it.
    """
    up, down = words
    marked = [one for one in zip(credit.values, credit.tokens, strict=True) if round(one[0], 2)]
    if not marked:
        return ""
    if len(marked) == len(credit.values) > 1 and len(set(credit.values)) == 1:
        return f"Every token is {up if credit.values[0] > 0 else down} alike."
    (least, worst), (most, best) = min(marked), max(marked)
    said = [f"Most {down}: “{worst}”, {_signed(least)}."] if least < 0 else []
    return " ".join(said + ([f"Most {up}: “{best}”, {_signed(most)}."] if most > 0 else []))


def is_mixed(paid: Sequence[float]) -> bool:
    """Whether the replies of a group were paid differently, so that rewards tell them apart."""
    return len(set(paid)) > 1


def most_telling(paid: Mapping[str, Sequence[Sequence[float]]], updates: int) -> tuple[int, int]:
    """The first update in which the most methods have a mixed group, and how many these are.

    paid: what each reply of the group of each update was paid, by method. Without any it is the
    first update and none.
    """
    mixed = [
        sum(is_mixed(groups[place]) for groups in paid.values() if place < len(groups))
        for place in range(updates)
    ]
    best = max(mixed, default=0)
    return (mixed.index(best) + 1 if mixed else 1), best


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


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
