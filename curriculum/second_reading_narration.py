"""A second reading in words: which replies were read again, and what was objected to."""

from collections.abc import Sequence

from curriculum.figures import number
from engine.scenes import Reply

CLEAR = 0.05  # nats: a smaller objection is not worth a sentence


def is_second_reading(group: Sequence[Reply]) -> bool:
    """Whether these replies were learnt from by what a told teacher made of them, not by pay."""
    return bool(group) and {"token_advantage", "apart"} <= set(group[0].numbers)


def second_reading_in_words(group: Sequence[Reply]) -> str:
    """How many replies of a group were read again, and the word that the teacher liked least."""
    question, asked = group[0].question, len(group)
    read = [reply for reply in group if any(reply.numbers["weight"])]
    if not read:
        of_them = "The reply" if asked == 1 else f"None of the {asked} replies"
        return (
            f"{of_them} to “{question}” was {'not ' if asked == 1 else ''}read again: counted as "
            "right, or with nothing to read beside it."
        )
    told = (
        f"Asked “{question}”, {len(read)} of {asked} "
        f"{'reply was' if asked == 1 else 'replies were'} read again, with feedback beside the "
        "question."
    )
    verdicts = [
        (verdict, token)
        for reply in read
        for token, verdict in zip(reply.tokens, reply.numbers["token_advantage"], strict=False)
    ]
    verdict, token = min(verdicts, default=(0.0, ""))
    if verdict > -CLEAR:
        return f"{told} The teacher objected to no word."
    return (
        f"{told} The teacher objected most to “{token}”: its log-probability there lies "
        f"{number(-verdict, 'two_decimals')} nats below Pip's."
    )
