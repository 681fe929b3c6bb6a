"""Lessons of another model in words: what it likes best and least, and what it leaves alone."""

from typing import Any

import pytest

from curriculum.narration import update_in_words
from curriculum.teacher_narration import is_of_a_teacher, teacher_in_words
from engine.config import parse_config
from engine.events import UpdateCompleted
from engine.scenes import Reply, SpeechScene
from engine.train import train


def first_update(**settings: Any) -> UpdateCompleted:
    world = {"world": "desk", "questions": {"floor": 0, "opens": 0, "closes": 0, "duty": 1}}
    small = {"world": world, "updates": 1, "prompts_per_update": 2, "group_size": 2}
    return next(
        event
        for event in train(parse_config(small | settings))
        if isinstance(event, UpdateCompleted)
    )


def told(advantages: tuple[float, ...], others: int = 0, **more: tuple[float, ...]) -> str:
    update = first_update(algorithm="gopd")
    assert isinstance(update.scene, SpeechScene)
    numbers = {"token_advantage": advantages, "learnt": advantages} | more
    tokens = ("omar", "is", ".")
    reply: Reply = update.scene.group[0].model_copy(update={"tokens": tokens, "numbers": numbers})
    return teacher_in_words([reply] * (others + 1))


@pytest.mark.parametrize(
    ("name", "is_judged"),
    [
        ("gopd", True),
        ("reopold", True),
        ("mopd", True),
        ("sdpo", False),
        ("rlsd", False),
        ("grpo", False),
    ],
)
def test_who_is_taught_by_another_model_is_told_so(name: str, is_judged: bool) -> None:
    update = first_update(algorithm=name)
    assert isinstance(update.scene, SpeechScene)
    assert is_of_a_teacher(update.scene.group) is is_judged
    words = update_in_words(update)
    assert ("The teacher judged every word" in words) is is_judged
    assert not (is_judged and "than the group's" in words)


def test_the_best_and_the_worst_word_are_named_with_their_figures() -> None:
    text = told((-3.456, 0.0, 1.234), others=1)
    assert "1 other reply" in text
    assert "“.” is to be said more often: its advantage is 1.23 nats." in text
    assert "“omar” is to be said less often: its advantage is \u22123.46 nats." in text
    assert "less often" not in told((0.0, 0.0, 1.0))
    assert "more often" not in told((-1.0, 0.0, 0.0))
    assert "hardly change a word" in told((0.01, -0.01, 0.0))


def test_words_that_do_not_count_are_not_told_of() -> None:
    text = told((-3.0, 0.2, 1.0), is_counted=(0.0, 1.0, 1.0))
    assert "“omar” is" not in text and "less often" not in text
    assert "hardly change" in told((-3.0, 0.2, 1.0), is_counted=(0.0, 0.0, 0.0))
    assert "“omar” is" not in told((-3.0, 0.2, 1.0), trust=(0.0, 1.0, 0.5))
