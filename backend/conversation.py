"""A word with Pip as it was at some update of a run; executed on a worker."""

import json
from typing import Any

from backend import snapshots
from backend.database import current
from backend.errors import NothingToTalkTo, QuestionRefused
from backend.tables import RunRow
from engine import train
from engine.config import parse_config
from engine.events import RunFinished, UpdateCompleted


def reply(address: str, update: int, question: str, seed: int) -> str:
    """What Pip answers after `update` of the run, with this seed's sampling noise.

    Raises QuestionRefused with the reason if the question cannot be read.
    """
    from engine.language.talk import QuestionError
    from engine.language.talk import reply as reply_of

    policy = snapshots.find(address, update)
    if policy is None:
        policy = _trained_again(address, update)
    try:
        return reply_of(policy, question, seed)
    except QuestionError as error:
        raise QuestionRefused(error.problem, error.remedy) from None


def _trained_again(address: str, update: int) -> Any:
    with current().reading() as session:
        config = parse_config(json.loads(session.get_one(RunRow, address).config))
    for seq, step in enumerate(train.steps(config)):
        if step.policy is None:
            break
        snapshots.keep(address, seq, step.policy)
        is_there = isinstance(step.event, UpdateCompleted) and step.event.update == update
        if is_there or (update == 0 and seq == 0):
            return step.policy
        if isinstance(step.event, RunFinished):
            break
    raise NothingToTalkTo()
