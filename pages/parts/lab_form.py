"""The Lab's next run: world, algorithm, reward, and every setting within its bounds."""

from typing import Any, get_args

import streamlit as st

from engine.algorithms import ALGORITHMS
from engine.config import Parameter, fields_of, parse_config
from engine.spec import Algorithm, TrainConfig
from engine.worlds import WORLDS
from pages.parts import session

NAMED_APART = ("reward", "seed")
MOST_STEPS = 200  # positions of a slider


def draw() -> dict[str, Any]:
    """Draw the form and return the config that it describes, unchecked."""
    world = st.selectbox(
        "World", list(WORLDS), format_func=lambda name: WORLDS[name].title, key="lab_world"
    )
    fitting = [one for one in ALGORITHMS.values() if world_of(one) == world]
    algorithm = st.selectbox(
        "Algorithm", fitting, format_func=lambda one: one.title, key=f"lab_algorithm_{world}"
    )
    parameters = fields_of(algorithm.config)
    reward = next(one for one in parameters if one.name == "reward")
    terms = ", ".join(term.name for term in WORLDS[world].terms)
    data: dict[str, Any] = {"algorithm": algorithm.name, "world": {"world": world}}
    data["reward"] = st.text_area(
        "Reward",
        str(reward.default or WORLDS[world].terms[0].name),
        height=92,
        max_chars=400,
        key=f"lab_reward_{algorithm.name}",
        help=f"Names: {terms}. Functions: min, max, abs, clip, sqrt, exp, log.",
    )
    data["seed"] = int(
        st.number_input(
            "Seed", 0, 2**31 - 1, 1, key="lab_seed", help="Chooses every random number."
        )
    )
    with st.expander("Training settings"):
        for parameter in parameters:
            if parameter.name not in NAMED_APART:
                _put(data, parameter.name, _widget(algorithm, parameter))
    return data


def world_of(algorithm: Algorithm) -> str:
    """The world that an algorithm learns in."""
    return next(name for name, world in WORLDS.items() if world.config in _worlds(algorithm))


def _worlds(algorithm: Algorithm) -> tuple[Any, ...]:
    annotation = algorithm.config.model_fields["world"].annotation
    return (annotation, *get_args(annotation))


def checked(data: dict[str, Any]) -> TrainConfig:
    """The config; raises ConfigError, a sentence, if it cannot be run."""
    return parse_config(data)


def _put(data: dict[str, Any], dotted: str, value: Any) -> None:
    *path, name = dotted.split(".")
    for part in path:
        data = data.setdefault(part, {})
    data[name] = value


def _widget(algorithm: Algorithm, parameter: Parameter) -> Any:
    key = f"lab_{algorithm.name}_{parameter.name}"
    if parameter.choices:
        return st.selectbox(
            parameter.label, list(parameter.choices), key=key, help=parameter.description
        )
    low, high, default = parameter.low, parameter.high, parameter.default
    if low is None or high is None or not isinstance(default, int | float):
        return default
    if parameter.whole:
        return st.slider(
            parameter.label, int(low), int(high), int(default), key=key, help=parameter.description
        )
    return st.number_input(
        parameter.label,
        float(low),
        float(high),
        float(default),
        step=(high - low) / MOST_STEPS,
        format="%.5g",
        key=key,
        help=parameter.description,
    )


def start_from(config: TrainConfig) -> None:
    """Fill the form with a run's settings before it is drawn."""
    content = config.model_dump()
    session.set_value("lab_world", config.world.world)
    session.set_value(f"lab_reward_{config.algorithm}", config.reward)
    session.set_value("lab_seed", config.seed)
    for parameter in fields_of(type(config)):
        if parameter.name not in NAMED_APART:
            value: Any = content
            for part in parameter.name.split("."):
                value = value[part]
            session.set_value(f"lab_{config.algorithm}_{parameter.name}", value)
