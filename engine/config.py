"""Configs from the outside world: checked, made canonical, addressed by content, and described."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

import engine
from engine.algorithms import ALGORITHMS
from engine.frozen import Frozen
from engine.metrics import MetricName
from engine.reward_expression import RewardExpression, RewardSyntaxError, parse
from engine.spec import Algorithm, TrainConfig
from engine.worlds import WORLDS

Value = float | int | str | bool | None


class ConfigError(ValueError):
    """A config that cannot be run: one sentence naming the field, its value and what it may be.

    `field` is the dotted name; `column` is the 1-based column of an error inside the reward.
    """

    def __init__(self, message: str, field: str = "", column: int | None = None) -> None:
        """Keep the place beside the sentence, so that a page can point at it."""
        super().__init__(" ".join(message.split()))
        self.field = field
        self.column = column


class Parameter(Frozen):
    """One setting of a config, with what a slider needs. Nested settings have dotted names."""

    name: str
    label: str
    low: float | None
    high: float | None
    default: Value
    description: str
    whole: bool = False  # takes whole numbers only
    choices: tuple[Value, ...] = ()


def parse_config(data: Mapping[str, Any]) -> TrainConfig:
    """The frozen config that `data` describes, its reward in canonical form.

    Raises ConfigError, one readable sentence, at the first thing that is wrong.
    """
    name = data.get("algorithm") if isinstance(data, Mapping) else None
    algorithm = ALGORITHMS.get(name) if isinstance(name, str) else None
    if algorithm is None:
        wanted = _one_of(list(ALGORITHMS))
        is_said = isinstance(data, Mapping) and "algorithm" in data
        found = _found(name) if is_said else "is missing"
        raise ConfigError(f"`algorithm` {found}; {wanted}.", "algorithm")
    try:
        config = algorithm.config.model_validate(dict(data))
    except ValidationError as refusal:
        raise _config_error(algorithm.config, refusal.errors()[0]) from None
    try:
        reward = reward_of(config).source
    except RewardSyntaxError as error:
        raise ConfigError(f"`reward`: {error}", "reward", error.column) from None
    return algorithm.config.model_validate(config.model_dump() | {"reward": reward})


def reward_of(config: TrainConfig) -> RewardExpression:
    """The config's reward, read over the terms of its world; raises RewardSyntaxError."""
    world = WORLDS[config.world.world]
    functions = [function.name for function in world.text_functions]
    return parse(config.reward, [term.name for term in world.terms], functions)


def config_json(config: TrainConfig) -> str:
    """The one text of a config: sorted keys, no spaces, the reward in canonical form."""
    content = config.model_dump(mode="json") | {"reward": reward_of(config).source}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def value_at(config: TrainConfig, path: str) -> Value:
    """The setting of a config at a dotted name, such as `world.questions.floor`."""
    found: Any = config
    for name in path.split("."):
        found = getattr(found, name)
    return found


def has_setting(algorithm: str, path: str) -> bool:
    """Whether the config of an algorithm has the group or the setting that a path begins with."""
    known = ALGORITHMS.get(algorithm)
    return known is not None and path.partition(".")[0] in known.config.model_fields


def placed(data: Mapping[str, Any], path: str, value: Value) -> dict[str, Any]:
    """Plain data of a config with `value` at a dotted name, and all else as it was."""
    head, _, rest = path.partition(".")
    below = data.get(head, {})
    return {
        **data,
        head: placed(below if isinstance(below, dict) else {}, rest, value) if rest else value,
    }


def metrics_of(algorithm: str, world: str) -> tuple[MetricName, ...]:
    """What every update of a run reports: what its world measures, then what its algorithm does."""
    return WORLDS[world].metrics + ALGORITHMS[algorithm].metrics


def content_address(config: TrainConfig) -> str:
    """Where a run of this config is kept: 64 hexadecimal digits. Equal runs share one address."""
    content = f"{engine.VERSION}\n{config_json(config)}"
    return hashlib.sha256(content.encode()).hexdigest()


def worlds_of(algorithm: Algorithm) -> list[str]:
    """The names of the worlds that an algorithm learns in, its usual one first."""
    field = algorithm.config.model_fields["world"]
    kinds = [type(_default(field, {})), *_models(field)]
    names = {world.config: name for name, world in WORLDS.items()}
    return [names[kind] for kind in dict.fromkeys(kinds)]


def fields_of(config_type: type[BaseModel], world: str | None = None) -> list[Parameter]:
    """The settings of a config, in order: all but those that only name the algorithm or world.

    world: whose settings and defaults they are where there is a choice; the usual one's if None.
    """
    known = {"world": WORLDS[world].config.model_validate({"world": world})} if world else {}
    return list(_parameters(config_type, "", known))


def _parameters(
    config_type: type[BaseModel], prefix: str, known: Mapping[str, Any]
) -> Iterator[Parameter]:
    """The settings below a model; `known`: fields that are not their own default if unsaid."""
    values = dict(known)
    for name, field in config_type.model_fields.items():
        if name not in values:
            values[name] = _default(field, values)
        default, kind = values[name], _kind(field)
        if isinstance(default, BaseModel):
            yield from _parameters(type(default), f"{prefix}{name}.", dict(default))
        elif name not in ("algorithm", "world") and not isinstance(default, tuple):
            low, high = _bounds(field)
            yield Parameter(
                name=f"{prefix}{name}",
                label=field.title or name.replace("_", " ").capitalize(),
                low=low,
                high=high,
                default=default,
                description=field.description or "",
                whole=kind is int,
                choices=_choices(field),
            )


def _default(field: FieldInfo, before: Mapping[str, Any]) -> Any:
    """What a field is if nothing is said of it; `before`: the fields that stand before it."""
    if field.is_required():
        return None
    return field.get_default(call_default_factory=True, validated_data=dict(before))


def _models(field: FieldInfo) -> list[type[BaseModel]]:
    """The groups of settings that a field may be: several in a union, none for a plain value."""
    kinds = get_args(field.annotation) or (field.annotation,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _kind(field: FieldInfo) -> Any:
    """The type of a field, without the None that an optional one takes too."""
    kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)]
    is_optional = len(kinds) < len(get_args(field.annotation)) and len(kinds) == 1
    return kinds[0] if is_optional else field.annotation


def _choices(field: FieldInfo) -> tuple[Value, ...]:
    return get_args(_kind(field)) if get_origin(_kind(field)) is Literal else ()


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and greatest value that a field takes; None where it has no bound."""
    ends: dict[str, float] = {}
    for rule in field.metadata:
        for end in ("ge", "gt", "le", "lt"):
            if getattr(rule, end, None) is not None:
                ends[end] = getattr(rule, end)
    return ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt"))


def _config_error(config_type: type[BaseModel], error: ErrorDetails) -> ConfigError:
    places, owners = _way(config_type, error["loc"])
    name = ".".join(places) or "config"
    owner = owners[-1] if owners else config_type
    field = owner.model_fields.get(places[-1]) if owner and places else None
    if error["type"] == "extra_forbidden":
        return ConfigError(_unknown(owner, places), name)
    if field and error["type"].startswith("union_tag"):
        names = [model.model_fields["world"].default for model in _models(field)]
        given = error["input"]
        is_said = isinstance(given, dict) and "world" in given
        found = _found(given["world"]) if is_said else "is missing"
        return ConfigError(f"`{name}.world` {found}; {_one_of(names)}.", f"{name}.world")
    wanted = _wanted(field, error)
    if isinstance(error["input"], list | tuple | dict) and error["type"] == "value_error":
        return ConfigError(f"`{name}`: {wanted}.", name)
    if error["type"] == "missing":
        return ConfigError(f"`{name}` is missing; {wanted}.", name)
    if error["input"] is None and field and not field.is_required():
        wanted = f"{wanted}, or be left out"
    return ConfigError(f"`{name}` {_found(error['input'])}; {wanted}.", name)


def _unknown(owner: type[BaseModel] | None, places: Sequence[str]) -> str:
    known = list(owner.model_fields) if owner else []
    near = get_close_matches(places[-1], known, n=1)
    remedy = f"did you mean `{near[0]}`" if near else f"it has {', '.join(known)}"
    return f"`{'.'.join(places)[:60]}` is not a setting here; {remedy}{'?' if near else '.'}"


def _way(
    config_type: type[BaseModel], places: Sequence[int | str]
) -> tuple[list[str], list[type[BaseModel] | None]]:
    """The names on the way to an error, and the model that each is a field of, if it is of one.

    Where a field may be one of several models, pydantic puts the name of the one that was meant on
    the way; that is no field, and is left out.
    """
    names: list[str] = []
    owners: list[type[BaseModel] | None] = []
    owner: type[BaseModel] | None = config_type
    choice: dict[str, type[BaseModel]] = {}
    for place in map(str, places):
        if place.isdigit():  # of an entry in a list, whose fields come next
            names.append(place)
            owners.append(None)
            continue
        if place in choice:
            owner, choice = choice[place], {}
            continue
        names.append(place)
        owners.append(owner)
        field = owner.model_fields.get(place) if owner else None
        models = _models(field) if field else []
        owner = models[0] if models else None
        if len(models) > 1:
            choice = {model.model_fields["world"].default: model for model in models}
    return names, owners


def _wanted(field: FieldInfo | None, error: ErrorDetails) -> str:
    if field is None or error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ").rstrip(".")
    if _choices(field):
        return _one_of(_choices(field))
    if _kind(field) is str:
        limit = error.get("ctx", {}).get("max_length")
        if error["type"] == "string_pattern_mismatch":
            return f"it must be like this: {field.description}".rstrip(".")
        return f"it may have at most {limit} characters" if limit else "it must be a text"
    if error["type"] == "too_long":
        return f"it may have at most {error.get('ctx', {}).get('max_length')} entries"
    kind = "a whole number" if _kind(field) is int else "a number"
    low, high = _bounds(field)
    if error["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return 'it must be a group of settings, as in {"name": value}'
    if _kind(field) not in (int, float) or low is None or high is None:
        said = error["msg"].rstrip(".").replace("a valid tuple", "a list")
        return said.replace("Input should", "it should")
    return f"it must be {kind} between {_plain(low)} and {_plain(high)}"


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _one_of(choices: Sequence[Value]) -> str:
    return "it must be " + " or ".join(json.dumps(choice) for choice in choices)


def _found(value: object) -> str:
    return "has no value (null)" if value is None else f"is {_shown(value)}"


def _shown(value: object) -> str:
    """A value in a sentence, shortened; a list is only counted."""
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 60 else json.dumps(f"{value[:55]}...", ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
