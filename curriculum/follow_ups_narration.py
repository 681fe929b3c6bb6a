"""What visitors said next, in words: how many replies of a group taught, and at which word."""

from collections.abc import Sequence

from curriculum.figures import number
from engine.scenes import Reply

CLEAR = 0.05  # nats: a smaller objection is not worth a sentence


def is_followed_up(group: Sequence[Reply]) -> bool:
    """Whether these replies were learnt from by what their visitors said next, and not by pay."""
    return bool(group) and "told_log_prob" in group[0].numbers


def follow_ups_in_words(group: Sequence[Reply]) -> str:
    """How many replies taught something, their verdicts, and the word objected to most."""
    question, asked = group[0].question, len(group)
    heard = [reply for reply in group if any(reply.numbers["weight"])]
    if not heard:
        of_them = "the reply" if asked == 1 else f"any of the {asked} replies"
        return f"Nobody who is heard said anything to learn from after {of_them} to “{question}”."
    told = (
        f"Asked “{question}”, {len(heard)} of {asked} "
        f"{'reply' if asked == 1 else 'replies'} had a follow-up to learn from."
    )
    return " ".join(filter(None, (told, _verdicts_in_words(heard), _objection_in_words(heard))))


def _verdicts_in_words(heard: Sequence[Reply]) -> str:
    """How the verdicts fell, where there are any."""
    verdicts = [reply.totals["verdict"] for reply in heard if "verdict" in reply.totals]
    if not verdicts:
        return ""
    yes, no = sum(verdict > 0 for verdict in verdicts), sum(verdict < 0 for verdict in verdicts)
    return f"The verdict was yes on {yes} and no on {no} of them."


def _objection_in_words(heard: Sequence[Reply]) -> str:
    """The word that a reader who knows the follow-up would least have said, if there is one."""
    objections = [
        (told - own, token)
        for reply in heard
        for token, told, own in zip(
            reply.tokens,
            reply.numbers["told_log_prob"],
            reply.numbers["old_log_prob"],
            strict=False,
        )
    ]
    verdict, token = min(objections, default=(0.0, ""))
    if verdict > -CLEAR:
        return ""
    return (
        f"Read beside what was said, “{token}” lost most: "
        f"{number(-verdict, 'two_decimals')} nats of log-probability."
    )
