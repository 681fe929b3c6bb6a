"""What is said of an update by a second reading is what its numbers say."""

from collections.abc import Sequence
from typing import Any

import pytest

from curriculum.narration import update_in_words
from curriculum.second_reading_narration import is_second_reading, second_reading_in_words
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.scenes import Reply, SpeechScene
from engine.train import train
from tests.curriculum.made_runs import reply


def read(text: str, verdicts: Sequence[float], weight: float = 0.1) -> Reply:
    count = len(text.split()) + 1
    numbers = {
        "token_advantage": tuple(verdicts),
        "apart": (0.0,) * count,
        "weight": (weight,) * count,
    }
    return reply(text, (0.0,) * (count - 1)).model_copy(update={"numbers": numbers})


def test_the_word_that_the_teacher_liked_least_is_named() -> None:
    group = (
        read("floor one .", (0.1, -2.5, 0.0, 0.0)),
        read(
            "floor two .", (0.1, -9.0, 0.0, 0.0), weight=0.0
        ),  # not read again: its verdict is none
        read("ask the desk .", (-1.0, 0.0, 0.0, 0.0, -7.0)),  # the end is no word
    )
    assert second_reading_in_words(group) == (
        "Asked “where is the lab ?”, 2 of 3 replies were read again, with feedback beside the "
        "question. The teacher objected most to “one”: its log-probability there lies 2.50 nats "
        "below Pip's."
    )


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ((read("floor two .", (0.0,) * 4),), "1 of 1 reply was read again"),
        ((read("floor two .", (0.0,) * 4),), "The teacher objected to no word."),
        (
            (read("floor two .", (-3.0,) * 4, 0.0),),
            "The reply to “where is the lab ?” was not read",
        ),
        ((read("floor two .", (-3.0,) * 4, 0.0),) * 2, "None of the 2 replies to"),
    ],
)
def test_one_reply_none_and_no_objection(group: tuple[Reply, ...], words: str) -> None:
    assert words in second_reading_in_words(group)


def first_update(**settings: Any) -> UpdateCompleted:
    small = {"updates": 1, "prompts_per_update": 2, "group_size": 4, "reward": "length"}
    events = train(parse_config(small | settings))
    return next(event for event in events if isinstance(event, UpdateCompleted))


@pytest.mark.parametrize("name", ["sdpo", "rlsd", "srpo", "grpo"])
def test_only_who_learns_from_feedback_alone_is_told_of_so(name: str) -> None:
    """Where pay decides, the words are about who was paid better than the group."""
    update = first_update(algorithm=name)
    assert isinstance(update.scene, SpeechScene)
    assert is_second_reading(update.scene.group) is (name == "sdpo")
    told = update_in_words(update)
    assert ("read again" in told) is (name == "sdpo")
    assert ("than the group's" in told) is (name != "sdpo")


def test_a_run_is_told_of_by_its_own_numbers() -> None:
    told = update_in_words(first_update(algorithm="sdpo", right_from=100, feedback="be_kind"))
    assert "4 of 4 replies were read again" in told
    assert "Of its words and marks" in told
    none = update_in_words(first_update(algorithm="sdpo", right_from=-100))
    assert none.startswith("None of the 4 replies") and none.endswith("No word moved noticeably.")
