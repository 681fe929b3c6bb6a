"""Configs from outside: what is refused and how, the canonical text, the address, the sliders."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

import engine
from engine.algorithms import ALGORITHMS
from engine.algorithms.q_learning import QLearningConfig
from engine.config import (
    ConfigError,
    Parameter,
    config_json,
    content_address,
    fields_of,
    parse_config,
    reward_of,
    worlds_of,
)
from engine.frozen import Frozen

GOOD: dict[str, Any] = {
    "algorithm": "q_learning",
    "world": {"world": "corridor", "map": "night_ward", "step_limit": 200},
    "reward": "10*delivered + 0.5*on_pad - 0.1",
    "seed": 3,
    "episodes": 300,
    "gamma": 0.99,
    "learning_rate": 0.3,
    "epsilon": 0.1,
}


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        (
            {"gamma": None},
            "gamma",
            "`gamma` has no value (null); it must be a number between 0 and 1, or be left out.",
        ),
        ({"gamma": 1.5}, "gamma", "`gamma` is 1.5; it must be a number between 0 and 1."),
        (
            {"gamma": float("nan")},
            "gamma",
            "`gamma` is nan; it must be a number between 0 and 1.",
        ),
        (
            {"episodes": "many"},
            "episodes",
            '`episodes` is "many"; it must be a whole number between 1 and 3000.',
        ),
        (
            {"episodes": 2.5},
            "episodes",
            "`episodes` is 2.5; it must be a whole number between 1 and 3000.",
        ),
        ({"seed": -1}, "seed", "`seed` is -1; it must be a whole number between 0 and 2147483647."),
        (
            {"epsilon_end": 7},
            "epsilon_end",
            "`epsilon_end` is 7; it must be a number between 0 and 1.",
        ),
        ({"robot": "old"}, "robot", '`robot` is "old"; it must be "new" or "experienced".'),
        ({"gama": 0.9}, "gama", "`gama` is not a setting here; did you mean `gamma`?"),
        (
            {"world": {"world": "desk"}},
            "world.world",
            '`world.world` is "desk"; it must be "corridor".',
        ),
        (
            {"world": {"slop": 1}},
            "world.slop",
            "`world.slop` is not a setting here; did you mean `slip`?",
        ),
        (
            {"world": {"step_limit": 9}},
            "world.step_limit",
            "`world.step_limit` is 9; it must be a whole number between 10 and 500.",
        ),
        (
            {"world": 3},
            "world",
            '`world` is 3; it must be a group of settings, as in {"name": value}.',
        ),
        (
            {"reward": "x" * 401},
            "reward",
            f'`reward` is "{"x" * 55}..."; it may have at most 400 characters.',
        ),
        ({"reward": 5}, "reward", "`reward` is 5; it must be a text."),
        (
            {"algorithm": "q_learning", "world": {"world": "corridor", "changes": "x"}},
            "world.changes",
            '`world.changes` is "x"; it should be a list.',
        ),
    ],
)
def test_a_config_that_cannot_run_is_refused_in_one_sentence(
    change: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_config(GOOD | change)
    assert str(refusal.value) == message
    assert (refusal.value.field, refusal.value.column) == (field, None)


@pytest.mark.parametrize(
    ("world", "field", "message"),
    [
        (
            {"world": "moon"},
            "world.world",
            '`world.world` is "moon"; it must be "desk" or "letters" or "noughts".',
        ),
        (
            {"questions": {}},
            "world.world",
            '`world.world` is missing; it must be "desk" or "letters" or "noughts".',
        ),
        (
            3,
            "world",
            '`world` is 3; it must be a group of settings, as in {"name": value}.',
        ),
        (
            {"world": "desk", "questions": {"floor": 2}},
            "world.questions.floor",
            "`world.questions.floor` is 2; it must be a number between 0 and 1.",
        ),
        (
            {"world": "desk", "questions": {"flor": 1}},
            "world.questions.flor",
            "`world.questions.flor` is not a setting here; did you mean `floor`?",
        ),
        (
            {"world": "letters", "questions": {"floor": 1}},
            "world.questions",
            "`world.questions` is not a setting here; it has world.",
        ),
    ],
)
def test_where_there_are_several_worlds_an_error_names_the_field_alone(
    world: Any, field: str, message: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_config({"algorithm": "grpo", "world": world})
    assert str(refusal.value) == message
    assert refusal.value.field == field


def test_the_reward_begins_as_its_world_has_it() -> None:
    assert parse_config({"algorithm": "grpo"}).reward == "correct"
    assert parse_config({"algorithm": "grpo", "world": {"world": "letters"}}).reward == "useful"
    with pytest.raises(ConfigError, match="`correct` is not a reward term"):
        parse_config({"algorithm": "rloo", "world": {"world": "letters"}, "reward": "correct"})


def test_settings_are_those_of_the_world_that_is_meant() -> None:
    def names(world: str | None) -> set[str]:
        return {field.name for field in fields_of(ALGORITHMS["grpo"].config, world)}

    assert names(None) == names("desk") > names("letters")
    assert {name.split(".")[0] for name in names("desk") - names("letters")} == {"world"}
    assert worlds_of(ALGORITHMS["grpo"])[0] == "desk" and "letters" in worlds_of(ALGORITHMS["grpo"])
    assert worlds_of(ALGORITHMS["q_learning"]) == ["corridor"]


def test_an_error_inside_the_reward_keeps_its_column() -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_config(GOOD | {"reward": "2*delivred"})
    message = "`reward`: Column 3: `delivred` is not a reward term. Did you mean `delivered`?"
    assert str(refusal.value) == message
    assert (refusal.value.field, refusal.value.column) == ("reward", 3)


@pytest.mark.parametrize("data", [{}, {"algorithm": "pong"}, {"algorithm": []}, "text", None, [1]])
def test_an_unknown_algorithm_is_refused_with_the_known_ones(data: Any) -> None:
    with pytest.raises(
        ConfigError,
        match=r'^`algorithm` is .*; it must be "q_learning" or ("[a-z0-9_]+" or )+"[a-z0-9_]+"\.$',
    ):
        parse_config(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(key=st.sampled_from([*GOOD, "epsilon_end", "robot", "nonsense"]), value=json_values)
def test_any_forged_value_is_taken_or_refused_in_one_line(key: str, value: Any) -> None:
    try:
        config = parse_config(GOOD | {key: value})
    except ConfigError as refusal:
        assert "\n" not in str(refusal)
        assert str(refusal).endswith((".", "?"))
    else:
        assert parse_config(json.loads(config_json(config))) == config


def test_the_canonical_text_of_a_config() -> None:
    config = parse_config({"algorithm": "q_learning", "reward": " .5 * on_pad-0.10", "gamma": 0})
    assert config_json(config) == (
        '{"algorithm":"q_learning","episodes":300,"episodes_per_update":3,"epsilon":0.1,'
        '"epsilon_end":null,"gamma":0.0,"initial_value":0.0,"learning_rate":0.3,'
        '"reward":"0.5*on_pad - 0.1","robot":"new","seed":0,'
        '"world":{"changes":[],"drawn":"","map":"night_ward","paint":"","slip":0.0,'
        '"step_limit":200,"world":"corridor"}}'
    )


def test_equal_runs_share_an_address_and_different_ones_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = parse_config(GOOD)
    spaced = parse_config(GOOD | {"reward": "10 * delivered+.5*( on_pad ) - 0.10"})
    spelled_out = parse_config(GOOD | {"episodes": "300", "epsilon_end": None})
    unparsed = QLearningConfig.model_validate(GOOD | {"reward": "10*delivered+0.5*on_pad-0.1"})
    address = content_address(config)
    assert len(address) == 64 and int(address, 16) >= 0
    assert {content_address(c) for c in (spaced, spelled_out, unparsed)} == {address}
    others = [{"seed": 4}, {"gamma": 0.98}, {"reward": "10*delivered + 0.5*on_pad - 0.2"}]
    others += [{"world": {"map": "side_room"}}, {"robot": "experienced"}]
    assert len({content_address(parse_config(GOOD | other)) for other in others} | {address}) == 6
    monkeypatch.setattr(engine, "VERSION", "another")
    assert content_address(config) != address


def test_the_reward_of_a_config_knows_the_terms_of_its_world() -> None:
    assert reward_of(parse_config(GOOD)).terms == {"delivered", "on_pad"}


class Inner(Frozen):
    """Nested settings."""

    share: float = Field(0.25, ge=0, le=1, title="Share", description="How much.")


class Outer(Frozen):
    """Settings of every kind."""

    algorithm: Literal["outer"] = "outer"
    count: int = Field(3, ge=1, le=9, description="How many.")
    rate: float = Field(gt=0, lt=2)
    mode: Literal["a", "b"] = "b"
    limit: float | None = Field(None, ge=0, le=1)
    inner: Inner = Inner(share=0.5)


def test_the_settings_of_a_config_as_sliders_need_them() -> None:
    assert fields_of(Outer) == [
        Parameter(
            name="count",
            label="Count",
            low=1,
            high=9,
            default=3,
            description="How many.",
            whole=True,
        ),
        Parameter(name="rate", label="Rate", low=0, high=2, default=None, description=""),
        Parameter(
            name="mode",
            label="Mode",
            low=None,
            high=None,
            default="b",
            description="",
            choices=("a", "b"),
        ),
        Parameter(name="limit", label="Limit", low=0, high=1, default=None, description=""),
        Parameter(
            name="inner.share", label="Share", low=0, high=1, default=0.5, description="How much."
        ),
    ]
