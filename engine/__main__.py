"""The engine without a page: what there is to train, and a run as JSON lines."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, Parameter, fields_of, parse_config, worlds_of
from engine.events import RunFailed
from engine.map_files import MAP_PROBLEMS
from engine.metrics import METRICS
from engine.reward_expression import FUNCTIONS
from engine.spec import Algorithm, RewardTerm, TrainConfig, World
from engine.train import train
from engine.worlds import WORLDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    The exit code: 0, 1 if the list lacks a map that cannot be used, or 2 after a one-line error.
    """
    options = _parser().parse_args(arguments)
    if options.command == "list":
        _write(json.dumps(catalogue(), indent=2) if options.json else _catalogue_text())
        sys.stderr.writelines(f"Left out: {problem}\n" for problem in MAP_PROBLEMS.values())
        return 1 if MAP_PROBLEMS else 0
    try:
        return _train(parse_config(_read(options.config)))
    except (ConfigError, OSError, ValueError) as error:
        return _refuse(_one_line(error, options.config))


def _refuse(message: str) -> int:
    sys.stderr.write(f"{' '.join(message.split())}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser(
        "list",
        help="worlds, algorithms, reward terms and metrics, with parameters and bounds",
        description="Show what can be trained, on what, with which settings, and what is measured.",
    )
    listing.add_argument("--json", action="store_true", help="as one JSON object")
    training = commands.add_parser(
        "train",
        help="one run, one JSON event a line on standard output",
        description="Train as a JSON config says. Every event is one line of JSON on standard "
        "output. Exit code 0, or 2 with a one-line error.",
    )
    training.add_argument("config", metavar="CONFIG.json", help="the config, or - to read it")
    return parser


def _read(path: str) -> dict[str, Any]:
    text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    try:
        data = json.loads(text)
    except RecursionError:
        data = None  # brackets within brackets, thousands deep
    if not isinstance(data, dict):
        raise ConfigError('A config is one JSON object, as in {"algorithm": ..., "world": ...}.')
    return data


def _train(config: TrainConfig) -> int:
    for event in train(config):
        try:
            _write(event.model_dump_json())
        except BrokenPipeError:  # the reader has seen enough; spare the interpreter's own flush
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        if isinstance(event, RunFailed):
            return _refuse(f"{event.problem} {event.remedy}")
    return 0


def _one_line(error: Exception, path: str) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg})."
    if isinstance(error, OSError):
        return f"{path} cannot be read: {error.strerror}. Give the path of a JSON config."
    return f"{path} is not a text in UTF-8; save it as JSON."


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def catalogue() -> dict[str, Any]:
    """Everything there is, as plain JSON values."""
    return {
        "worlds": {name: _world(world) for name, world in WORLDS.items()},
        "algorithms": {name: _algorithm(algorithm) for name, algorithm in ALGORITHMS.items()},
        "functions": {name: example.format("x") for name, (_, _, example) in FUNCTIONS.items()},
        "metrics": {name: metric.model_dump(mode="json") for name, metric in METRICS.items()},
    }


def _world(world: World) -> dict[str, Any]:
    return {
        "title": world.title,
        "true_reward": world.true_reward,
        "terms": [term.model_dump(mode="json") for term in world.terms],
        "text_functions": [function.model_dump(mode="json") for function in world.text_functions],
        "parameters": [field.model_dump(mode="json") for field in fields_of(world.config)],
        "metrics": list(world.metrics),
    }


def _algorithm(algorithm: Algorithm) -> dict[str, Any]:
    return {
        "title": algorithm.title,
        "source": algorithm.source,
        "worlds": worlds_of(algorithm),
        "parameters": [field.model_dump(mode="json") for field in _own_fields(algorithm)],
        "metrics": list(algorithm.metrics),
    }


def _own_fields(algorithm: Algorithm) -> list[Parameter]:
    """The settings of an algorithm wherever it learns; `reward` begins as in its usual world."""
    return [one for one in fields_of(algorithm.config) if not one.name.startswith("world.")]


def _catalogue_text() -> str:
    lines: list[str] = []
    for world in WORLDS.values():
        lines += [f"world {world.name}: {world.title}", f"  wanted: {world.true_reward}"]
        lines += [_term_line("term", term) for term in world.terms]
        lines += [_term_line("text function", term) for term in world.text_functions]
        lines += [_parameter_line(field, "world.") for field in fields_of(world.config)]
        lines.append(f"  metrics: {', '.join(world.metrics)}")
    for algorithm in ALGORITHMS.values():
        lines.append(f"algorithm {algorithm.name}: {algorithm.title} ({algorithm.source})")
        lines.append(f"  worlds: {', '.join(worlds_of(algorithm))}")
        lines += [_parameter_line(field) for field in _own_fields(algorithm)]
        lines.append(f"  metrics: {', '.join(algorithm.metrics)}")
    lines.append(f"functions of a reward: {', '.join(FUNCTIONS)}")
    lines += [f"metric {m.name}, {m.unit}: {m.meaning}" for m in METRICS.values()]
    return "\n".join(lines)


def _term_line(kind: str, term: RewardTerm) -> str:
    exploit = f" Exploit: {term.exploit}" if term.exploit else ""
    return f"  {kind} {term.name}: {term.meaning}{exploit}"


def _parameter_line(field: Parameter, prefix: str = "") -> str:
    values = " | ".join(map(str, field.choices))
    if field.low is not None and field.high is not None:
        values = f"{field.low:g} to {field.high:g}"
    default = "" if field.default is None else f", default {field.default}"
    return f"  setting {prefix}{field.name} ({values or 'text'}{default}): {field.description}"


if __name__ == "__main__":
    sys.exit(main())
