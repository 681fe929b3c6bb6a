"""What is said beside a picture of who is shown: of an update, or of its test."""

from typing import Any

import pytest

from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.scenes import GridScene
from engine.train import train
from pages.parts import pictures
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
