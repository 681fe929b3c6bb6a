"""The Lab's next run: world, algorithm, reward, and every setting within its bounds."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from curriculum.comparison import WORLD, around, methods
from curriculum.recipe import LABELS
from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, Parameter, fields_of, parse_config, worlds_of
from engine.language.preferences import MOST_BY_HAND
from engine.reward_expression import FUNCTIONS
from engine.spec import Algorithm, TrainConfig
from engine.worlds import WORLDS
from pages.parts import lab_map, session, sliders, telling

NAMED_APART = ("reward", "seed", *lab_map.FIELDS)
MOST_STEPS = 200  # positions of a slider
COMPARE_PAGE = "pages/compare.py"
METHOD_PAGE = "pages/method.py"
NOTE = "lab_note"  # the config that a note is about, and the note


def draw() -> dict[str, Any]:
    """Draw the form and return the config that it describes, unchecked."""
    above = st.container()
    worlds = list(WORLDS)
    world = st.selectbox(
        "World",
        worlds,
        _place(worlds, "lab_world"),
        format_func=lambda name: telling.retold(WORLDS[name].title),
        key="lab_world",
    )
    fitting = [one for one in ALGORITHMS.values() if world in worlds_of(one)]
    algorithm = st.selectbox(
        "Algorithm",
        fitting,
        _place(fitting, f"lab_algorithm_{world}"),
        format_func=lambda one: one.title,
        key=f"lab_algorithm_{world}",
    )
    st.page_link(
        METHOD_PAGE, label=f"How {algorithm.title} learns", query_params={"id": algorithm.name}
    )
    if world == WORLD and algorithm.name in methods():
        st.page_link(
            COMPARE_PAGE,
            label="Compare it with other methods",
            query_params=around(algorithm.name).as_query(),
        )
    parameters = fields_of(algorithm.config, world)
    reward = next(one for one in parameters if one.name == "reward")
    data: dict[str, Any] = {"algorithm": algorithm.name, "world": {"world": world}}
    code_key = f"lab_reward_{algorithm.name}_{world}"
    shown = st.text_area(
        "Reward",
        str(session.value_of(code_key, reward.default)),
        height=92,
        key=code_key,
        help=reward_help(world),
    )
    data["reward"] = telling.decoded(shown)
    data["seed"] = int(
        st.number_input(
            "Seed",
            value=int(session.value_of("lab_seed", 1)),
            step=1,
            key="lab_seed",
            help="Chooses every random number.",
        )
    )
    keys = _keys(algorithm, world)
    with st.expander("Training settings"):
        for parameter in parameters:
            if parameter.name not in NAMED_APART:
                _put(data, parameter.name, _widget(parameter, keys[parameter.name]))
    if world == lab_map.WORLD:
        lab_map.place(data["world"])
    with above:
        _note(data)
    return data


def reward_help(world_name: str) -> str:
    """What a line of reward code may be built from in a world, as Markdown."""
    world = WORLDS[world_name]
    terms = ", ".join(f"`{term.name}`" for term in world.terms)
    functions = ", ".join(f"`{name}`" for name in FUNCTIONS)
    counted = ", ".join(f'`{function.name}("please")`' for function in world.text_functions)
    of_words = f" Of one word: {counted}." if counted else ""
    return f"Names: {terms}. Functions: {functions}.{of_words}"


def checked(data: dict[str, Any]) -> TrainConfig:
    """The config; raises ConfigError, a sentence, if it cannot be run."""
    lab_map.check(data["world"])
    try:
        return parse_config(data)
    except ConfigError as error:
        label = _labels(data).get(error.field)
        if label is None:
            raise
        sentence = str(error).replace(f"`{error.field}`", label, 1)
        raise ConfigError(sentence, error.field, error.column) from None


def says(data: dict[str, Any], config: TrainConfig) -> bool:
    """Whether the form describes this run, whichever its seed."""
    try:
        return is_run(parse_config(data), config)
    except ConfigError:
        return False


def is_run(one: TrainConfig, other: TrainConfig) -> bool:
    """Whether two configs are of one experiment: equal but for their seeds."""
    return one.model_dump(exclude={"seed"}) == other.model_dump(exclude={"seed"})


def _labels(data: Mapping[str, Any]) -> dict[str, str]:
    """What the form calls each setting, by its name in the config."""
    parameters = fields_of(ALGORITHMS[data["algorithm"]].config, data["world"]["world"])
    return {one.name: telling.retold(one.label) for one in parameters}


def note(config: TrainConfig, text: str) -> None:
    """What is said above the form as long as it describes exactly this config."""
    session.set_value(NOTE, (config, text))


def _note(data: dict[str, Any]) -> None:
    noted, text = session.value_of(NOTE, (None, ""))
    if noted is None:
        return
    with suppress(ConfigError):
        if parse_config(data) == noted:
            st.markdown(text)


def _put(data: dict[str, Any], dotted: str, value: Any) -> None:
    *path, name = dotted.split(".")
    for part in path:
        data = data.setdefault(part, {})
    data[name] = value


def _map_title(name: str) -> str:
    """What a map is called in the words of the setting."""
    return telling.retold(lab_map.title_of(name))


def _place(options: Sequence[Any], key: str, default: Any = None) -> int:
    """Where a list of options stands: at what was chosen, at its default, or at its first."""
    chosen = session.value_of(key, default)
    return options.index(chosen) if chosen in options else 0


def _keys(algorithm: Algorithm, world: str) -> dict[str, str]:
    """Where each setting is kept, by its name: from world to world where its default is the same.

    A default of the world's own has a place of its own, or another world's would hide it.
    """
    usual = {one.name: one.default for one in fields_of(algorithm.config)}
    return {
        one.name: f"lab_{algorithm.name}_{one.name}"
        + ("" if usual.get(one.name, one.default) == one.default else f"_{world}")
        for one in fields_of(algorithm.config, world)
    }


def _widget(parameter: Parameter, key: str) -> Any:
    label, default = telling.retold(parameter.label), parameter.default
    text = telling.retold(parameter.description)
    low, high = parameter.low, parameter.high
    value = session.value_of(key, default)
    if parameter.choices:
        options = list(parameter.choices)
        is_map = parameter.name == "world.map"
        return st.selectbox(
            label,
            options,
            _place(options, key, default),
            format_func=_map_title if is_map else str,
            key=key,
            help=text,
            on_change=lab_map.begin_anew if is_map else None,
        )
    if parameter.name == LABELS:
        return st.text_input(label, str(value), max_chars=MOST_BY_HAND, key=key, help=text)
    if low is None or high is None:
        return default
    if parameter.whole and default is not None:
        return sliders.slider(label, int(low), int(high), int(value), key=key, help=text)
    # Without bounds: a browser keeps what is beyond them to itself, and the last one would run.
    # What may be empty begins empty, whatever it holds: else a browser fills it again when cleared.
    return st.number_input(
        label,
        value=None if default is None or value is None else float(value),
        step=(high - low) / MOST_STEPS,
        format="%.5g",
        key=key,
        help=text,
    )


def is_drawn() -> bool:
    """Whether the form was drawn in this visit to the Lab, and may hold a choice."""
    return session.value_of("lab_world") is not None


def start_from(config: TrainConfig) -> None:
    """Fill the form with a run's settings; only possible before the form is drawn."""
    content = config.model_dump()
    world = config.world.world
    session.set_value("lab_world", world)
    session.set_value(f"lab_algorithm_{world}", ALGORITHMS[config.algorithm])
    session.set_value(f"lab_reward_{config.algorithm}_{world}", telling.coded(config.reward))
    session.set_value("lab_seed", config.seed)
    lab_map.begin_with(config.world)
    for name, key in _keys(ALGORITHMS[config.algorithm], world).items():
        if name not in NAMED_APART:
            value: Any = content
            for part in name.split("."):
                value = value[part]
            session.set_value(key, value)
