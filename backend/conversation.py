"""A word with Pip, or an exam, as it was at some update of a run; executed on a worker."""

import json
from typing import Any

from backend import snapshots
from backend.database import current, insert_new
from backend.errors import NothingToTalkTo, QuestionRefused
from backend.tables import ExamRow, RunRow
from engine import train
from engine.config import parse_config
from engine.events import RunFinished, UpdateCompleted
from engine.language.questions import QuestionKind
from engine.spec import TrainConfig
from engine.worlds.desk import DeskConfig


def reply(address: str, update: int, question: str, seed: int) -> str:
    """What Pip answers after `update` of the run, with this seed's sampling noise.

    Raises QuestionRefused with the reason if the question cannot be read.
    """
    from engine.language.talk import QuestionError
    from engine.language.talk import reply as reply_of

    try:
        return reply_of(_policy_at(address, update), question, seed)
    except QuestionError as error:
        raise QuestionRefused(error.problem, error.remedy) from None


def exam(address: str, update: int) -> float:
    """The share of right answers of Pip after `update` of a run in which one thing is asked.

    It is held once and kept beside the run.
    Raises NothingToTalkTo if the run is not one at the desk, or visitors ask several things.
    """
    from engine.language.exam import share_right

    world = _config_at(address).world
    if not isinstance(world, DeskConfig):
        raise NothingToTalkTo()
    kinds: list[QuestionKind] = [kind for kind, share in world.questions.shares.items() if share]
    if len(kinds) != 1:
        raise NothingToTalkTo()
    share = share_right(_policy_at(address, update), kinds[0])
    with current().writing() as session:
        insert_new(session, ExamRow, address=address, seq=update, share=share)
    return share


def _policy_at(address: str, update: int) -> Any:
    """The policy after an update: as it was kept, or trained again."""
    policy = snapshots.find(address, update)
    return _trained_again(address, update) if policy is None else policy


def _config_at(address: str) -> TrainConfig:
    with current().reading() as session:
        return parse_config(json.loads(session.get_one(RunRow, address).config))


def _trained_again(address: str, update: int) -> Any:
    for seq, step in enumerate(train.steps(_config_at(address))):
        if step.policy is None:
            break
        snapshots.keep(address, seq, step.policy)
        is_there = isinstance(step.event, UpdateCompleted) and step.event.update == update
        if is_there or (update == 0 and seq == 0):
            return step.policy
        if isinstance(step.event, RunFinished):
            break
    raise NothingToTalkTo()
