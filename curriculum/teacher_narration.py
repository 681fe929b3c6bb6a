"""Lessons of another model in words: which of Pip's words its teacher would rather have heard."""

from collections.abc import Sequence

from curriculum.figures import number
from engine.scenes import Reply

CLEAR = 0.05  # nats: a smaller difference is not worth a sentence


def is_of_a_teacher(group: Sequence[Reply]) -> bool:
    """Whether these replies were judged by another model alone, word by word, and not by pay."""
    numbers = set(group[0].numbers) if group else set[str]()
    return "token_advantage" in numbers and bool({"learnt", "verdict", "trust"} & numbers)


def teacher_in_words(group: Sequence[Reply]) -> str:
    """What the teacher makes of one reply: the word that it likes best, and the one it likes least.

    Its likes are those beside Pip's own; words of which nothing is learnt are left out.
    """
    reply, others = group[0], len(group) - 1
    begun = f"The teacher judged every word of “{' '.join(reply.tokens)}”" + (
        f" and of {others} other {'reply' if others == 1 else 'replies'} to “{reply.question}”."
        if others
        else f", the reply to “{reply.question}”."
    )
    counts = reply.numbers.get("is_counted") or reply.numbers.get("trust")
    counts = counts or (1.0,) * len(reply.tokens)
    judged = [
        (verdict, token)
        for token, verdict, count in zip(
            reply.tokens, reply.numbers["token_advantage"], counts, strict=False
        )
        if count
    ]
    best, worst = max(judged, default=(0.0, "")), min(judged, default=(0.0, ""))
    told = [
        f"“{word}” is to be said {way}: its advantage is {number(value, 'two_decimals')} nats."
        for (value, word), way in ((best, "more often"), (worst, "less often"))
        if (value > CLEAR if way == "more often" else value < -CLEAR)
    ]
    return " ".join([begun, *(told or ["It would hardly change a word."])])
