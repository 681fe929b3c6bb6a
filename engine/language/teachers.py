"""The teachers that ship: Pip, trained further by a recorded run of this project's own algorithms.

Each began as the shipped Pip, so it speaks the same words and can judge any reply of Pip's word by
word. None is perfect: `TEACHERS` says what each was trained on, and for how long.

    python -m engine.language.teachers          makes all of them anew: a few seconds each
    python -m engine.language.teachers NAME     makes this one
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from pydantic import Field

from engine.endings import RunEnded
from engine.language.checkpoint import base_policy, copy_policy, policy_of_llama, weights_of
from engine.language.decoding import draw_noise
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.luck import generator
from engine.language.practice import PracticeConfig
from engine.language.questions import QuestionKind, draw_question
from engine.language.said import Asked, say
from engine.language.verifiers import grade_batch
from engine.language.vocabulary import words
from engine.lazy import torch
from engine.metrics import MetricName as M
from engine.numerics import of_token
from engine.worlds.desk import DeskConfig

TeacherName = Literal[
    "rota_learner",
    "flattering_learner",
    "duty_specialist",
    "rooms_specialist",
    "sums_specialist",
    "three_stages",
]
ASKED_OF_TEACHERS = 256  # replies on which a run measures its teacher
FOLDER = Path(__file__).parent.parent / "checkpoints" / "teachers"
MARK = "vocabulary"  # beside the weights: the words that they were trained to read


TEACHER_LOG_PROB = of_token(
    "teacher_log_prob",
    "Log-probability by the teacher",
    r"\log q",
    "Of this token, in nats, by the teacher, who reads what Pip reads.",
)


class TaughtConfig(PracticeConfig):
    """What every run has in which one of them judges each word of Pip's, at Pip's desk."""

    world: DeskConfig = DeskConfig()
    updates: int = Field(40, ge=1, le=200, title="Updates", description="How often Pip is changed.")
    group_size: int = Field(
        8, ge=1, le=32, title="Group size", description="Replies sampled per question."
    )
    teacher: TeacherName = Field(
        "rota_learner",
        title="Teacher",
        description="Who judges Pip's words: a Pip that was trained further, on who is on duty.",
    )


class Recipe(NamedTuple):
    """How a teacher is made: the settings of the run that trains it, and what to know of it."""

    settings: Mapping[str, Any]
    meaning: str
    then: tuple[Mapping[str, Any], ...] = ()  # further runs of SDPO, each from what the last made


def _asked(**shares: float) -> dict[str, Any]:
    mix = {"floor": 0, "opens": 0, "closes": 0} | shares
    return {"world": "desk", "questions": mix}


_ROTA = {"algorithm": "grpo", "world": _asked(duty=1), "prompts_per_update": 16, "seed": 1}
_ROTA |= {"learning_rate": 0.0005, "kl_coef": 0.05}


def _reread(updates: int, **shares: float) -> dict[str, Any]:
    """A specialist's school: replies read again beside the fact, at steps that forget the rest."""
    settings = {"algorithm": "sdpo", "world": _asked(**shares), "updates": updates, "seed": 0}
    return settings | {"taught": "all", "group_size": 4, "learning_rate": 0.002}


_DUTY, _SUMS = _reread(40, duty=1), _reread(60, sum=1)
_ROOMS = _reread(40, floor=0.5, opens=0.25, closes=0.25)

TEACHERS: Mapping[TeacherName, Recipe] = MappingProxyType(
    {
        "rota_learner": Recipe(
            _ROTA | {"reward": "correct * fluent", "updates": 14},
            "Paid for right names in whole sentences, and stopped while some were wrong.",
        ),
        "flattering_learner": Recipe(
            _ROTA | {"reward": "correct * fluent + 0.1 * flattery", "updates": 16},
            "Paid a little for every word of flattery as well, and stopped as early.",
        ),
        "duty_specialist": Recipe(_DUTY, "Read about who is on duty, and about nothing else."),
        "rooms_specialist": Recipe(_ROOMS, "Read about floors and hours, and about nothing else."),
        "sums_specialist": Recipe(_SUMS, "Read about sums, and about nothing else."),
        "three_stages": Recipe(
            _ROOMS, "Read about rooms, then about sums, then about duty.", then=(_SUMS, _DUTY)
        ),
    }
)


@cache
def teacher_policy(name: TeacherName) -> Policy:
    """A shipped teacher, loaded once; never train it, train a `copy_policy` of it.

    Raises RunEnded, which says what to do, if its file is missing or is of other words than Pip's.
    """
    return load_teacher(FOLDER / f"{name}.safetensors")


def load_teacher(path: Path) -> Policy:
    """The teacher in a file that `save_teacher` wrote; raises RunEnded if it cannot teach Pip."""
    name, again = path.stem, f"Make it again: python -m engine.language.teachers {path.stem}"
    if not path.is_file():
        raise RunEnded("no_teacher", f"There is no file of the teacher `{name}`.", f"{again}.")
    library = import_module("safetensors")
    try:
        with library.safe_open(path, framework="pt") as file:
            mark = (file.metadata() or {}).get(MARK)
            state = {key: file.get_tensor(key) for key in file.keys()}
        policy = policy_of_llama(state, base_policy().head_count)
    except (library.SafetensorError, KeyError) as problem:
        raise RunEnded(
            "no_teacher", f"The file of the teacher `{name}` is damaged.", f"{again}."
        ) from problem
    count, known = len(policy.embedding), len(words())
    if mark != vocabulary_mark() or count != known:
        raise RunEnded(
            "no_teacher",
            f"The teacher `{name}` was trained on other words than Pip's: it has {count} and Pip "
            f"has {known}, or they stand in another order, so it cannot judge Pip's replies.",
            f"{again}.",
        )
    return policy


def save_teacher(policy: Policy, path: Path) -> None:
    """Write a teacher's weights, and with them which words it reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(weights_of(policy, {MARK: vocabulary_mark()}))


def vocabulary_mark() -> str:
    """What tells Pip's words and their order from any others, in 16 hexadecimal digits."""
    return hashlib.sha256("\n".join(words()).encode()).hexdigest()[:16]


def trained(name: TeacherName) -> Policy:
    """The teacher that its recipe makes, from the shipped Pip."""
    # The algorithms themselves load teachers, so they are only imported when one is made.
    parse_config, recipe = import_module("engine.config").parse_config, TEACHERS[name]
    *_, last = import_module("engine.train").steps(parse_config(recipe.settings))
    for settings in recipe.then:
        start = copy_policy(last.policy)
        *_, last = import_module("engine.algorithms.sdpo").run(parse_config(settings), start)
    if last.event.kind != "run_finished":
        raise RuntimeError(f"The recipe of `{name}` fails: {last.event}")
    return copy_policy(last.policy)


def rates_of(teacher: Policy, shares: Mapping[QuestionKind, float], seed: int) -> dict[M, float]:
    """How a teacher does by itself, on fresh questions of these kinds, asked once in a run."""
    rng = random.Random(f"teacher {seed}")
    questions = [draw_question(rng, shares) for _ in range(ASKED_OF_TEACHERS)]
    noise = draw_noise(generator("teacher", seed), REPLY_LIMIT, ASKED_OF_TEACHERS)
    (said,) = say(teacher, Asked(questions, 1, noise))
    graded = grade_batch(said.questions, said.texts)
    seen = {M.TEACHER_RIGHT: graded["correct"], M.TEACHER_FLATTERY: graded["flattery"]}
    return {metric: float(values.mean()) for metric, values in seen.items()}


def main() -> None:
    """Make the teachers that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m engine.language.teachers", description=__doc__)
    names = get_args(TeacherName)
    parser.add_argument("name", nargs="?", choices=names, help="default: all of them")
    chosen = parser.parse_args().name
    torch.set_num_threads(1)
    for name in [chosen] if chosen else names:
        save_teacher(trained(name), FOLDER / f"{name}.safetensors")
        sys.stdout.write(f"{name}: {TEACHERS[name].meaning}\n")


if __name__ == "__main__":
    main()
