"""Methods side by side: one kind of question, one reward, one budget of tokens, several seeds.

A comparison is nothing but what is chosen: it fits into an address, and every run of it is found
again by the config that it has.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import shorten
from typing import Any

from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, parse_config, worlds_of
from engine.language.practice import PracticeConfig
from engine.spec import Algorithm, TrainConfig
from engine.worlds.desk import DeskConfig

WORLD = "desk"
TASKS = {  # by the kind of question that every visitor asks
    "duty": "Who is on duty? Pip hardly ever knows",
    "floor": "On which floor is it? Pip often knows",
    "sum": "How many pills? Pip has to add",
}
REPLIES = (8, 16, 32)  # an update
GROUP_SIZE = 4  # replies to one question
MOST_SEEDS = 5
MOST_NAMED, LONGEST_NAMED = 4, 48  # methods, and letters of a reward, in one line
MOST_UPDATES = 200
PLAIN_ANSWER = 8  # tokens of a short answer in a whole sentence, its end included
LONGEST_REPLY = DeskConfig.reply_limit  # tokens
FIRST_METHODS = ("grpo", "sdpo", "rlsd")  # chosen at first: a verdict, a correction, both
FULL_BUDGET, FULL_SEEDS = 6000, 3
REWARD = "the reward"
FEEDBACK = {  # in words, by the setting of that name
    "fact": "the right answer",
    "look_up": "the advice to look it up",
    "sibling": "a right reply of its group",
    "sibling_or_fact": "a right reply or the answer",
    "be_kind": "a plea for kindness",
    "nothing": "nothing",
    "rumour": "a wrong answer",
}
SOURCES = {  # of methods that learn nothing from the reward, by a setting that they have
    "heard": "what visitors say next",
    "teacher": "what a trained Pip says",
    "teachers": "what trained Pips say",
}


class ComparisonError(ValueError):
    """What cannot be compared, as a sentence that says what to choose."""


@dataclass(frozen=True)
class Planned:
    """One run of a comparison."""

    method: str
    seed: int
    config: TrainConfig


@dataclass(frozen=True)
class Comparison:
    """What is compared; `checked` refuses what cannot be."""

    methods: tuple[str, ...] = FIRST_METHODS
    task: str = "duty"
    reward: str = "correct"
    replies: int = 8
    budget: int = 3000  # tokens of replies to learn from, for each run
    seeds: int = 1

    @property
    def updates(self) -> int:
        """Updates that use up the budget if replies are plain answers; longer ones take fewer."""
        return ceil(self.budget / (self.replies * PLAIN_ANSWER))

    def config(self, method: str, seed: int) -> TrainConfig:
        """The run of a method; what is not compared is as the method usually has it.

        Raises ComparisonError.
        """
        shares = dict.fromkeys(("floor", "opens", "closes"), 0.0) | {self.task: 1.0}
        try:
            return parse_config(
                {
                    "algorithm": method,
                    "world": {"world": WORLD, "questions": shares},
                    "reward": self.reward,
                    "seed": seed,
                    "updates": self.updates,
                    "prompts_per_update": self.replies // GROUP_SIZE,
                    "group_size": GROUP_SIZE,
                }
            )
        except ConfigError as refusal:
            raise ComparisonError(f"{title_of(method)} cannot run so: {refusal}") from None

    @property
    def planned(self) -> tuple[Planned, ...]:
        """Its runs: the first seed of every method, then the second."""
        return tuple(
            Planned(method, seed, self.config(method, seed))
            for seed in range(1, self.seeds + 1)
            for method in self.methods
        )

    def as_query(self) -> dict[str, str]:
        """The comparison as it stands in an address."""
        return {
            "methods": ",".join(self.methods),
            "task": self.task,
            "reward": self.reward,
            "replies": str(self.replies),
            "budget": str(self.budget),
            "seeds": str(self.seeds),
        }


def methods() -> dict[str, Algorithm]:
    """Whatever learns at the desk from replies of its own, by name."""
    return {
        name: algorithm
        for name, algorithm in ALGORITHMS.items()
        if issubclass(algorithm.config, PracticeConfig) and WORLD in worlds_of(algorithm)
    }


def around(method: str) -> Comparison:
    """The usual comparison, with a method among those that take part."""
    return Comparison(tuple(dict.fromkeys((*Comparison().methods, method))))


def full() -> Comparison:
    """Every method there is, over several seeds."""
    return Comparison(tuple(methods()), budget=FULL_BUDGET, seeds=FULL_SEEDS)


def named(comparison: Comparison) -> str:
    """A comparison in one line of Markdown; rewards are full of stars."""
    names = ", ".join(title_of(method) for method in comparison.methods)
    if len(comparison.methods) > MOST_NAMED:
        names = f"{len(comparison.methods)} methods"
    seeds = f"{comparison.seeds} seed{'' if comparison.seeds == 1 else 's'}"
    asked = TASKS[comparison.task].split("?", maxsplit=1)[0]
    reward = shorten(comparison.reward, LONGEST_NAMED, placeholder="…")
    return f"{names} · {asked}? · `{reward}` · {comparison.budget} tokens · {seeds}"


def title_of(method: str) -> str:
    """What a method is called."""
    return ALGORITHMS[method].title if method in ALGORITHMS else method


def learns_from(config: TrainConfig) -> str:
    """What a method learns from, in words: no fair comparison hides it."""
    settings = type(config).model_fields
    for setting, told in SOURCES.items():
        if setting in settings:
            return told
    told = _told_besides(config)
    return REWARD if told == FEEDBACK["nothing"] else f"{REWARD} and {told}"


def _told_besides(config: TrainConfig) -> str:
    """What a method that learns from the reward is told besides."""
    if "feedback" in type(config).model_fields:
        return FEEDBACK[str(getattr(config, "feedback", ""))]
    known = {quantity.name for quantity in ALGORITHMS[config.algorithm].quantities}
    return FEEDBACK["sibling" if "is_routed" in known else "nothing"]


def checked(comparison: Comparison) -> Comparison:
    """The comparison, if every run of it can be made. Raises ComparisonError."""
    known = methods()
    if not comparison.methods:
        raise ComparisonError("No method is chosen. Choose at least one.")
    for method in comparison.methods:
        if method not in known:
            raise ComparisonError(f"“{method}” is no method that is compared here. {_among(known)}")
    if comparison.task not in TASKS:
        raise ComparisonError(f"“{comparison.task}” is no task here. {_among(TASKS)}")
    if comparison.replies not in REPLIES:
        sizes = _among(list(map(str, REPLIES)))
        raise ComparisonError(f"{comparison.replies} replies an update are not offered. {sizes}")
    _check_length(comparison)
    for method in comparison.methods:
        comparison.config(method, 1)
    return comparison


def _check_length(comparison: Comparison) -> None:
    """Refuse what is too short for one update, or too long for a page."""
    if not 1 <= comparison.seeds <= MOST_SEEDS:
        raise ComparisonError(
            f"{comparison.seeds} seeds at once are not possible. Choose between 1 and {MOST_SEEDS}."
        )
    least, most = least_budget(comparison.replies), most_budget(comparison.replies)
    if comparison.budget < least:
        raise ComparisonError(
            f"{comparison.budget} tokens may not pay for one update: {comparison.replies} replies "
            f"take up to {least}. Choose at least that many."
        )
    if comparison.budget > most:
        raise ComparisonError(
            f"{comparison.budget} tokens take more than {MOST_UPDATES} updates. With "
            f"{comparison.replies} replies an update, choose at most {most}."
        )


def least_budget(replies: int) -> int:
    """Tokens that pay for an update however long its replies are."""
    return replies * LONGEST_REPLY


def most_budget(replies: int) -> int:
    """Tokens that the longest run uses up if its replies are plain answers."""
    return MOST_UPDATES * replies * PLAIN_ANSWER


def from_query(query: Mapping[str, Any]) -> Comparison:
    """The comparison that an address names; what it leaves out is as usual. It is not checked yet.

    Raises ComparisonError where it has a word in the place of a number.
    """
    usual = Comparison()
    named = [name for name in str(query.get("methods", "")).split(",") if name]
    return Comparison(
        methods=tuple(dict.fromkeys(named)) if "methods" in query else usual.methods,
        task=str(query.get("task", usual.task)),
        reward=str(query.get("reward", usual.reward)),
        replies=_whole(query, "replies", usual.replies),
        budget=_whole(query, "budget", usual.budget),
        seeds=_whole(query, "seeds", usual.seeds),
    )


def _whole(query: Mapping[str, Any], name: str, usual: int) -> int:
    text = str(query.get(name, usual))
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ComparisonError(f"`{name}` is “{text[:40]}” in this address. It must be a number.")
    return int(text)


def _among(names: Mapping[str, Any] | Sequence[str]) -> str:
    *others, last = names
    return f"Choose {', '.join(others)} or {last}."
