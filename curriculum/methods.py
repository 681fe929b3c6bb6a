"""What a learner reads of an algorithm: one file for each, beside the code it speaks of."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from curriculum.checks import duplicate_ids
from curriculum.equations import file_of, numbers_of
from curriculum.errors import ChapterError
from curriculum.findings import Finding, nearest
from curriculum.findings import Path as FindingPath
from curriculum.loader import finding_of, read_toml, refusal
from curriculum.parts import Condition, Id, SettingValue, Text
from curriculum.rules import holds
from curriculum.summary import Summary
from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, fields_of, metrics_of, parse_config, placed
from engine.endings import Ending
from engine.frozen import Frozen
from engine.reward_expression import FUNCTIONS, RewardExpression, RewardSyntaxError, parse
from engine.spec import Algorithm, TrainConfig

_NAME = re.compile(r"[a-z][a-z0-9_]*")
METHODS = Path(__file__).parent / "methods"


class Equation(Frozen):
    """One numbered equation of the algorithm's file, as it is printed, and what it says."""

    number: int = Field(ge=1)
    latex: Text
    text: Text


class Trial(Frozen):
    """Settings that break a method, and how a run of them shows that it is broken."""

    settings: dict[str, SettingValue]  # by dotted name; the others stay as they usually are
    watch: Text  # what to look at while it runs
    ending: Ending | None = None
    when: tuple[Condition, ...] = ()

    def is_borne_out(self, summary: Summary) -> bool:
        """Whether a run of these settings broke as promised."""
        if self.ending not in (None, summary.ending):
            return False
        return all(holds(claim, summary) for claim in self.when)


class Failure(Frozen):
    """One way in which a method fails, why, and what helps."""

    id: Id
    title: Text
    text: Text
    remedy: Text
    trial: Trial | None = None


class Follow(Frozen):
    """How one number of an update follows from others, for some settings; the first that holds."""

    quantity: Id
    formula: Text  # over quantities, settings, and what `curriculum/inspection.py` adds up
    latex: str = ""  # where the equation of the quantity itself is another one
    number: int | None = Field(None, ge=1)  # of the equation, where it is another one
    settings: dict[str, tuple[SettingValue, ...]] = Field(default_factory=dict)  # what each may be
    given: tuple[Id, ...] = ()  # settings that must not be empty

    def holds_for(self, settings: Mapping[str, Any]) -> bool:
        """Whether a run of these settings, plain data, combines its numbers so."""
        if any(settings.get(name) is None for name in self.given):
            return False
        return all(settings.get(name) in values for name, values in self.settings.items())


class Loss(Frozen):
    """What the numbers of an update lead to: a quantity, and its share in the update's loss."""

    name: Id
    share: str = ""  # a formula as in `Follow`; empty if it cannot be said of one alone


class Method(Frozen):
    """The page of one algorithm; measurements and settings come from the engine's own tables."""

    schema_version: Literal[1]
    algorithm: Id
    idea: tuple[Text, ...] = Field(min_length=1)  # paragraphs
    equations: tuple[Equation, ...] = Field(min_length=1)
    failures: tuple[Failure, ...] = Field(min_length=1)
    loss: Loss | None = None
    follows: tuple[Follow, ...] = ()

    @property
    def trials(self) -> tuple[tuple[Failure, Trial], ...]:
        """The failures that can be tried, each with its settings."""
        return tuple((one, one.trial) for one in self.failures if one.trial)


def trial_config(algorithm: str, trial: Trial, seed: int = 1) -> TrainConfig:
    """The config of a trial. Raises ConfigError if it cannot be run."""
    data: dict[str, Any] = {"algorithm": algorithm, "seed": seed}
    for name, value in trial.settings.items():
        data = placed(data, name, value)
    return parse_config(data)


@cache
def combined(formula: str) -> tuple[RewardExpression, tuple[str, ...]]:
    """A formula that can be evaluated, and the names in it. Raises RewardSyntaxError."""
    names = set(_NAME.findall(formula)) - set(FUNCTIONS)
    expression = parse(formula, names)
    return expression, tuple(sorted(expression.terms))


def load_method(path: Path | str) -> Method:
    """The method in a file. Raises ChapterError with every problem of the file."""
    path = Path(path)
    raw, text = read_toml(path)
    found = list(duplicate_ids(raw))
    method: Method | None = None
    try:
        method = Method.model_validate(raw)
    except ValidationError as mistaken:
        found += [finding_of(error, Method.model_fields) for error in mistaken.errors()]
    if method:
        found += _findings(method)
    if found or method is None:
        raise refusal(path, text, found)
    return method


def load_methods(folder: Path | str = METHODS) -> dict[str, Method]:
    """Every method by its algorithm's name. Raises ChapterError with every problem in them."""
    found: dict[str, Method] = {}
    problems = []
    for path in sorted(Path(folder).glob("*.toml")):
        try:
            method = load_method(path)
        except ChapterError as error:
            problems += error.problems
            continue
        found[method.algorithm] = method
    if problems:
        raise ChapterError(problems)
    return found


def method_of(algorithm: str, folder: Path | str = METHODS) -> Method | None:
    """The method of an algorithm; None if nothing is written of it yet. Raises ChapterError."""
    path = Path(folder) / f"{algorithm}.toml"
    return load_method(path) if path.is_file() else None


def _findings(method: Method) -> Iterator[Finding]:
    """Everything in a well-formed file that refers to nothing."""
    algorithm = ALGORITHMS.get(method.algorithm)
    if algorithm is None:
        remedy = nearest(method.algorithm, ALGORITHMS)
        yield Finding(("algorithm",), method.algorithm, "No such algorithm exists.", remedy)
        return
    yield from chain(_numbers(method, algorithm), _formulas(method, algorithm), _trials(method))


def _numbers(method: Method, algorithm: Algorithm) -> Iterator[Finding]:
    """The equations are exactly those of the file, in their order."""
    known = numbers_of(file_of(algorithm))
    given = tuple(equation.number for equation in method.equations)
    if given != known:
        message = f"{file_of(algorithm)} numbers its equations {_listed(known)}."
        remedy = "Write one [[equations]] for each, in that order."
        yield Finding(("equations",), _listed(given), message, remedy)


def _formulas(method: Method, algorithm: Algorithm) -> Iterator[Finding]:
    """Every formula can be read, and is about numbers that an update has."""
    known = [quantity.name for quantity in algorithm.quantities]
    fields = {parameter.name for parameter in fields_of(algorithm.config)}
    for index, follow in enumerate(method.follows):
        place = ("follows", index)
        if follow.quantity not in known:
            message = "An update has no such number."
            remedy = nearest(follow.quantity, known)
            yield Finding((*place, "quantity"), follow.quantity, message, remedy)
        for name in (*follow.settings, *follow.given):
            if name not in fields:
                message = f"{algorithm.title} has no such setting."
                yield Finding((*place, "settings"), name, message, nearest(name, fields))
        yield from _unread((*place, "formula"), follow.formula)
    if method.loss and method.loss.name not in known:
        message = "An update has no such number."
        remedy = nearest(method.loss.name, known)
        yield Finding(("loss", "name"), method.loss.name, message, remedy)
    if method.loss and method.loss.share:
        yield from _unread(("loss", "share"), method.loss.share)


def _unread(place: FindingPath, formula: str) -> Iterator[Finding]:
    try:
        combined(formula)
    except RewardSyntaxError as error:
        yield Finding(place, formula, "This formula cannot be read.", str(error))


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


def _trials(method: Method) -> Iterator[Finding]:
    """Every trial can be run, and promises something that its run measures."""
    if not method.trials:
        yield Finding(
            ("failures",), "", "No failure can be tried.", "Give one of them a [failures.trial]."
        )
    for index, failure in enumerate(method.failures):
        trial, place = failure.trial, ("failures", index, "trial")
        if trial is None:
            continue
        if not (trial.ending or trial.when):
            message = "This trial promises nothing."
            yield Finding(place, failure.id, message, "Give it an `ending` or a `when`.")
        try:
            config = trial_config(method.algorithm, trial)
        except ConfigError as error:
            remedy = "Change it to a value that the engine accepts."
            yield Finding((*place, "settings"), "", str(error), remedy)
            continue
        measured = metrics_of(config.algorithm, config.world.world)
        for number, claim in enumerate(trial.when):
            if claim.metric not in measured:
                where = (*place, "when", number, "metric")
                message = "This is not measured in a run of these settings."
                yield Finding(where, claim.metric, message, nearest(claim.metric, measured))
