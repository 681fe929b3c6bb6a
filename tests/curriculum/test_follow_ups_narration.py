"""What is said of an update from follow-ups is what its numbers say."""

from typing import Any

import pytest

from curriculum.follow_ups_narration import follow_ups_in_words, is_followed_up
from curriculum.narration import update_in_words
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.scenes import Reply, SpeechScene
from engine.train import train
from tests.curriculum.made_runs import reply


def heard(text: str, told: tuple[float, ...], weight: float = 0.1, **totals: float) -> Reply:
    count = len(text.split()) + 1
    numbers = {
        "old_log_prob": (-1.0,) * count,
        "told_log_prob": told,
        "token_advantage": (0.0,) * count,
        "token_loss": (0.0,) * count,
        "weight": (weight,) * count,
    }
    plain = reply(text, (0.0,) * (count - 1))
    return plain.model_copy(update={"numbers": numbers, "totals": totals})


def test_verdicts_are_counted_and_the_word_that_lost_most_is_named() -> None:
    group = (
        heard("floor one .", (-0.9, -3.5, -1.0, -1.0), verdict=-1),
        heard("floor two .", (-1.0, -9.0, -1.0, -1.0), weight=0.0, verdict=0),
        heard("floor six .", (-1.0, -1.5, -1.0, -7.0), verdict=1),  # the end is no word
        heard("floor one .", (-1.0,) * 4, verdict=-1),
    )
    assert is_followed_up(group)
    assert follow_ups_in_words(group) == (
        "Asked “where is the lab ?”, 3 of 4 replies had a follow-up to learn from. The verdict was "
        "yes on 1 and no on 2 of them. Read beside what was said, “one” lost most: 2.50 nats of "
        "log-probability."
    )


def test_silence_and_a_single_reply() -> None:
    none = heard("floor one .", (-3.0,) * 4, weight=0.0)
    assert follow_ups_in_words((none,)).startswith("Nobody who is heard said anything to learn")
    assert "any of the 2 replies to" in follow_ups_in_words((none, none))
    alone = follow_ups_in_words((heard("floor one .", (-1.0,) * 4),))
    assert alone == "Asked “where is the lab ?”, 1 of 1 reply had a follow-up to learn from."


def first_update(**settings: Any) -> UpdateCompleted:
    small = {"updates": 1, "prompts_per_update": 2, "group_size": 4, "reward": "length"}
    events = train(parse_config(small | settings))
    return next(event for event in events if isinstance(event, UpdateCompleted))


@pytest.mark.parametrize("name", ["follow_ups", "openclaw", "sdpo", "rlsd", "srpo", "grpo"])
def test_only_who_learns_from_follow_ups_is_told_of_so(name: str) -> None:
    update = first_update(algorithm=name)
    assert isinstance(update.scene, SpeechScene)
    told = update_in_words(update)
    is_one = name in ("follow_ups", "openclaw")
    assert is_followed_up(update.scene.group) is is_one
    assert ("had a follow-up" in told) is is_one
    assert ("The verdict was" in told) is (name == "openclaw")
