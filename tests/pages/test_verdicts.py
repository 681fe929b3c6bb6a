"""What is said of a group of replies is true of it, whatever its rewards were held against."""

import re
from statistics import fmean

import pytest

from curriculum.narration import update_in_words
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.scenes import LettersScene, Reply, SpeechScene
from engine.train import train
from pages.parts.watch import verdict_of

UPDATES = 6


@pytest.mark.parametrize(
    ("name", "held_against"),
    [("grpo", "this group"), ("rloo", "this group"), ("rlhf", "what was expected of it")],
)
def test_who_beat_the_group_is_counted_by_reward(name: str, held_against: str) -> None:
    """A value head's advantages may all be positive, though half of the group earned less."""
    config = parse_config({"algorithm": name, "reward": "correct + polite", "updates": UPDATES})
    counted = 0
    for event in train(config):
        if not (isinstance(event, UpdateCompleted) and isinstance(event.scene, SpeechScene)):
            continue
        rewards = [reply.reward for reply in event.scene.group]
        found = re.search(r"(\d+) of (\d+) replies earned more", update_in_words(event))
        if found:
            above = sum(reward > fmean(rewards) for reward in rewards)
            assert (int(found[1]), int(found[2])) == (above, len(rewards))
            assert verdict_of(event.scene.group)[1].endswith(held_against)
            counted += 1
    assert counted


@pytest.mark.parametrize("name", ["grpo", "rloo", "rlhf"])
def test_the_same_is_counted_of_messages(name: str) -> None:
    world = {"world": "letters"}
    config = parse_config(
        {"algorithm": name, "world": world, "reward": "useful", "updates": UPDATES}
    )
    counted = 0
    for event in train(config):
        if not (isinstance(event, UpdateCompleted) and isinstance(event.scene, LettersScene)):
            continue
        rewards = [message.reward for message in event.scene.group]
        found = re.search(r"(\d+) of (\d+) messages", update_in_words(event))
        if found:
            assert int(found[1]) == sum(reward > fmean(rewards) for reward in rewards)
            counted += 1
    assert counted


def test_equal_replies_of_a_value_head_may_still_teach() -> None:
    one = Reply(question="where is the lab ?", tokens=("no", "."), reward=1, credit=(0.2, 0.1))
    event = UpdateCompleted(
        update=1,
        metrics={},
        work=1,
        scene=SpeechScene(probes=(one,), group=(one.model_copy(update={"advantage": 0.5}), one)),
    )
    assert "nothing to teach" not in update_in_words(event)
    rounded = one.model_copy(update={"advantage": 1e-8})
    equal = event.scene.model_copy(update={"group": (rounded, one)})
    assert "nothing to teach" in update_in_words(event.model_copy(update={"scene": equal}))
