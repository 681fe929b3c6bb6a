"""What workers are asked to do.

The pages and the scheduler load what they send, too; what the work itself takes, which is the whole
engine, is loaded only where it is done. A refusal is an answer like any other: what a worker
raises, Dask writes into the log as its failure.
"""

from collections.abc import Callable
from typing import TypeVar

from backend.errors import BackendError

Answer = TypeVar("Answer")


def pull(worker: str) -> int:
    """Compute waiting runs until none waits; return how many were taken."""
    from backend import worker as runs

    return runs.pull(worker)


def reply(address: str, update: int, question: str, seed: int) -> str | BackendError:
    """What Pip answers after `update` of the run; or QuestionRefused, NothingToTalkTo."""
    from backend import conversation

    return _answered(lambda: conversation.reply(address, update, question, seed))


def exam(address: str, update: int) -> float | BackendError:
    """The share of right answers of Pip after `update` of the run; or NothingToTalkTo."""
    from backend import conversation

    return _answered(lambda: conversation.exam(address, update))


def _answered(asked: Callable[[], Answer]) -> Answer | BackendError:
    """The answer, or the refusal without what it was raised from: not all of that can be sent."""
    try:
        return asked()
    except BackendError as refusal:
        return type(refusal)(refusal.problem, refusal.remedy)
