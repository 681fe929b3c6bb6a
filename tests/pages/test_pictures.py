"""What is said beside a picture of who is shown: of an update, or of its test."""

from typing import Any

import pytest

from curriculum.loader import load_catalogue
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.metrics import METRICS, MetricName
from engine.metrics import MetricName as M
from engine.scenes import CartScene, GridScene, SpeechScene
from engine.train import train
from pages.parts import pictures, watch
from pages.parts.lab_charts import charts_of
from pages.parts.tape import Tape

WORLDS = {"cleaner": "first night", "trolleys": "first trip", "catch": "first pill"}
PRACTISED = {"algorithm": "ppo", "steps_per_update": 16}
TESTED = {"algorithm": "dqn", "steps_per_update": 16, "side_by_side": 2, "tests": 2}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("learner", "of"), [(PRACTISED, "update"), (TESTED, "test")])
def test_only_an_episode_of_a_test_is_called_one(
    world: str, learner: dict[str, Any], of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = parse_config({**learner, "world": {"world": world}, "updates": 1})
    tape, labels = Tape(config), []
    for event in train(config):
        tape.add(event)
    monkeypatch.setattr(
        pictures.draw, "grid_stage", lambda rows, trail_label, **other: labels.append(trail_label)
    )
    assert isinstance(tape.update, UpdateCompleted) and isinstance(tape.update.scene, GridScene)
    pictures.picture(tape, tape.update.scene)
    assert labels == [f"{WORLDS[world]} of the {of}"]


def test_nothing_is_said_of_how_episodes_end_before_one_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = parse_config({"algorithm": "ppo", "steps_per_update": 16, "carts": 1, "updates": 4})
    tape, said = Tape(config), list[tuple[bool, bool]]()

    def shown(*scene: Any, alt: str, **other: Any) -> None:
        assert tape.update
        said.append((M.FELL in tape.update.metrics, "ended early" in alt))

    monkeypatch.setattr(pictures.draw, "cart_stage", shown)
    for event in train(config):
        tape.add(event)
        if isinstance(event, UpdateCompleted) and isinstance(event.scene, CartScene):
            pictures.picture(tape, event.scene)
    assert said[0] == (False, False) and said[-1] == (True, True)
    line = watch._line(tape, M.FELL)
    first = next(update for update, (is_known, _) in enumerate(said, 1) if is_known)
    assert line.x == list(range(first, 5)) and len(line.y) == len(line.x)


def test_no_two_lines_of_a_chart_look_alike() -> None:
    """Up to three of them may be what we want, and three have no meaning of their own."""
    looks = [M.GAME_REGRET, M.UCB_REGRET, M.EPSILON_REGRET, M.RANDOM_REGRET]
    tape = Tape(parse_config({"algorithm": "rlft", "world": {"world": "arms"}}))
    lines = watch.apart([watch._line(tape, name) for name in looks])
    assert [line.name for line in lines] == [METRICS[name].label for name in looks]
    assert [line.meaning for line in lines] == ["true", *watch.NEUTRALS]
    rights = [watch._line(tape, name) for name in (M.DUTY_RIGHT, M.ROOMS_RIGHT, M.SUMS_RIGHT)]
    assert [line.meaning for line in watch.apart(rights)] == list(watch.TRUES)
    charts = [chart for chapter in load_catalogue().chapters for chart in chapter.charts]
    for chart in charts:
        drawn = watch.apart([watch._line(tape, MetricName(name)) for name in chart.metrics])
        assert len({line.meaning for line in drawn}) == len(drawn), chart.title


def test_the_lab_draws_regret_beside_those_that_it_is_compared_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = parse_config({"algorithm": "rlft", "world": {"world": "arms"}, "updates": 1})
    tape, drawn = Tape(config), dict[str, str]()
    for event in train(config):
        tape.add(event)

    def shown(title: str, *, series: list[Any], **other: Any) -> None:
        drawn.update({line.name: line.meaning for line in series})

    monkeypatch.setattr(watch.draw, "curves", shown)
    watch.curve(tape, charts_of(config)[0])
    names = (M.GAME_REGRET, M.UCB_REGRET, M.EPSILON_REGRET, M.RANDOM_REGRET)
    looks = ("true", *watch.NEUTRALS)
    assert drawn == {METRICS[name].label: look for name, look in zip(names, looks, strict=True)}


@pytest.mark.parametrize(
    ("settings", "column", "said"),
    [
        ({"algorithm": "grpo"}, "advantage", "the reward measured against this group"),
        ({"algorithm": "openclaw"}, "advantage", "the visitor's verdict and the hint"),
        ({"algorithm": "follow_ups"}, "verdict", "who has read the follow-up"),
        ({"algorithm": "sdpo"}, "verdict", "the told teacher would have said"),
        ({"algorithm": "mopd"}, "verdict", "from the teacher alone"),
    ],
)
def test_the_second_number_of_a_reply_is_called_what_its_algorithm_means_by_it(
    settings: dict[str, Any], column: str, said: str
) -> None:
    small = {"world": {"world": "desk"}, "updates": 1, "prompts_per_update": 1, "group_size": 2}
    (update,) = (
        event
        for event in train(parse_config(small | settings))
        if isinstance(event, UpdateCompleted)
    )
    assert isinstance(update.scene, SpeechScene)
    name, meaning = watch.verdict_of(update.scene.group)
    assert name == column and said in meaning
