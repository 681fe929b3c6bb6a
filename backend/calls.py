"""What workers are asked to do.

The pages and the scheduler load what they send, too; what the work itself takes, which is the whole
engine, is loaded only where it is done.
"""


def pull(worker: str) -> int:
    """Compute waiting runs until none waits; return how many were taken."""
    from backend import worker as runs

    return runs.pull(worker)


def reply(address: str, update: int, question: str, seed: int) -> str:
    """What Pip answers after `update` of the run. Raises QuestionRefused, NothingToTalkTo."""
    from backend import conversation

    return conversation.reply(address, update, question, seed)


def exam(address: str, update: int) -> float:
    """The share of right answers of Pip after `update` of the run. Raises NothingToTalkTo."""
    from backend import conversation

    return conversation.exam(address, update)
