from typing import Literal

import pytest

from curriculum.narration import (
    letters_in_words,
    pair_in_words,
    shift_in_words,
    speech_in_words,
    trip_in_words,
    update_in_words,
)
from engine.events import UpdateCompleted
from engine.metrics import MetricName
from engine.scenes import CartScene, Chances, GridScene, LettersScene, Message, Reply, ShiftEnd
from tests.curriculum.made_runs import reply, speech

ROWS = ("S.P", ".#.", "..G")


def trip(*trail: int) -> str:
    return trip_in_words(GridScene(rows=ROWS, trail=trail))


def test_which_replies_beat_their_group_and_which_words_moved() -> None:
    group = speech(
        reply("hello . floor two .", (0.3, 0.1, -0.1, 0.0, 0.1), reward=2, advantage=1),
        reply("floor one .", (-0.3, 0.02, -0.1), reward=0, advantage=-1),
    ).group
    assert speech_in_words(group) == (
        "Asked “where is the lab ?”, 1 of 2 replies earned more than the group's 1.00; the best "
        "earned 2.00. Of its words and marks, averaged over their uses, “hello” rose most (+0.30 "
        "nats) and “floor” fell most (\u22120.20)."
    )


def test_a_comma_that_fell_most_is_named() -> None:
    """The table below tints it darkest."""
    group = (
        reply("thank you , good", (0.1, 0.1, -0.7, -0.19), reward=1, advantage=1),
        reply("good", (-0.19,), reward=0, advantage=-1),
    )
    assert speech_in_words(group).endswith("and “,” fell most (\u22120.70).")


def test_which_reply_of_a_pair_was_liked_and_what_became_of_both() -> None:
    liked = reply("floor two .", (0.1, 0.25, -0.1))
    other = reply("floor one .", (-0.1, -0.5, 0.0))
    assert pair_in_words((liked, other, other, liked)) == (
        "Asked “where is the lab ?”, “floor two .” was liked better than “floor one .”. The update "
        "changed the log-probability of the first by 0.25 nats and that of the second by "
        "\N{MINUS SIGN}0.60."
    )
    assert pair_in_words((liked, liked)).endswith("so this pair taught nothing.")
    assert pair_in_words(()) == "No pair of replies was kept of this update."
    paired = speech(liked, other).model_copy(update={"paired": True})
    assert "liked better" in update_in_words(
        UpdateCompleted(update=1, metrics={}, scene=paired, work=1)
    )


def test_a_silent_group_teaches_nothing() -> None:
    group = (reply("one .", (0.0, 0.0), reward=1), reply("two .", (0.0, 0.0), reward=1))
    assert "All 2 replies" in speech_in_words(group)
    assert "nothing to teach" in speech_in_words(group)
    assert speech_in_words(()) == "No group of replies was kept of this update."


def test_words_that_hardly_moved_are_not_named() -> None:
    group = (reply("one", (0.001,), 1, 1), reply("two", (-0.001,), 0, -1))
    assert speech_in_words(group).endswith("No word moved noticeably.")


@pytest.mark.parametrize(
    ("trail", "sentence"),
    [
        ((0,), "The robot has not set out yet."),
        (
            (0, 1, 2, 5, 8),
            "The robot drove onto the charging pad once and reached ward nine after 4 steps. There "
            "is no shorter way.",
        ),
        (
            (0, 3, 6, 7, 8),
            "The robot left the pad alone and reached ward nine after 4 steps. There is no "
            "shorter way.",
        ),
        ((0, 0, 3, 6, 7, 8), "The robot left the pad alone and reached ward nine after 5 steps."),
        (
            (0, 1, 2, 2, 1, 2, 1, 2),
            "The robot drove onto the charging pad 3 times and was cut off after 7 steps, with its "
            "box still on board. 71\u202f% of its steps went back and forth between the same "
            "two cells.",
        ),
    ],
)
def test_a_trip_in_words(trail: tuple[int, ...], sentence: str) -> None:
    assert trip(*trail) == sentence


@pytest.mark.parametrize(
    ("trail", "sentence"),
    [
        ((3, 0, 1, 2, 5), "The robot reached ward nine after 4 steps. There is no shorter way."),
        (
            (3, 4, 0, 1, 4, 0, 1, 2, 5),
            "The robot drove into the spill twice and reached ward nine after 8 steps.",
        ),
        (
            (3, 4, 4, 4),
            "The robot drove into the spill 3 times and was cut off after 3 steps, with its "
            "box still on board.",
        ),
    ],
)
def test_a_trip_beside_a_spill_in_words(trail: tuple[int, ...], sentence: str) -> None:
    assert trip_in_words(GridScene(rows=("...", "SCG"), trail=trail)) == sentence


def test_a_trip_where_there_is_no_ward_in_words() -> None:
    scene = GridScene(rows=("S>", "^."), trail=(0, 1, 0, 1, 0))
    assert trip_in_words(scene) == (
        "The robot was cut off after 4 steps. 100\u202f% of its steps went back and forth between "
        "the same two cells."
    )


def test_a_trip_over_a_pad_and_into_a_spill_in_words() -> None:
    scene = GridScene(rows=("P..", "SCG"), trail=(3, 4, 0, 1, 2, 5))
    assert trip_in_words(scene) == (
        "The robot drove onto the charging pad once, drove into the spill once and reached ward "
        "nine after 5 steps."
    )


@pytest.mark.parametrize(
    ("end", "position", "tilt", "sentence"),
    [
        ("fell", 0.2, -12.5, "The first cart's tray fell to the left after 3 steps."),
        ("fell", 0.2, 12.5, "The first cart's tray fell to the right after 3 steps."),
        (
            "left",
            -2.41,
            3.0,
            "The first cart ran against the left end of the corridor after 3 steps.",
        ),
        (
            "stood",
            0.1,
            -0.5,
            "The first cart's tray stood for its whole shift of 3 steps: the tray leaned by up to "
            "2.0 degrees, and the cart was up to 0.3 m off the middle.",
        ),
        (
            "on",
            0.1,
            -4.26,
            "The first cart's tray has stood for 3 steps so far: the tray leaned by up to 4.3 "
            "degrees, and the cart was up to 0.3 m off the middle.",
        ),
    ],
)
def test_a_shift_in_words(end: ShiftEnd, position: float, tilt: float, sentence: str) -> None:
    scene = CartScene(
        steps=3, end=end, positions=(0.0, -0.3, position), tilts=(0.1, 2.0, tilt), pushes="lrr"
    )
    assert shift_in_words(scene) == sentence


def test_an_update_of_the_cart_tells_how_far_the_policy_moved() -> None:
    scene = CartScene(steps=1, end="fell", positions=(0.0,), tilts=(13.0,), pushes="l")
    told = "The first cart's tray fell to the right after 1 step. The update moved the policy by "
    metrics = {MetricName.STEP_KL: 0.01234, MetricName.CLIP_FRACTION: 0.125}
    event = UpdateCompleted(update=1, metrics=metrics, scene=scene, work=1)
    assert update_in_words(event) == (
        f"{told}0.012 nats an action; the clip held back 12\u202f% of the steps."
    )
    metrics[MetricName.CLIP_FRACTION] = 0.0
    event = UpdateCompleted(update=1, metrics=metrics, scene=scene, work=1)
    assert update_in_words(event) == f"{told}0.012 nats an action."
    for far, written in ((1.4e-08, "less than 0.0001"), (0.0001, "0.0001"), (123.4, "123")):
        event = UpdateCompleted(update=1, metrics={MetricName.STEP_KL: far}, scene=scene, work=1)
        assert update_in_words(event) == f"{told}{written} nats an action."
    assert shift_in_words(CartScene()) == "The cart has not set out yet."


def test_an_update_is_told_by_its_scene() -> None:
    grid = GridScene(rows=ROWS, trail=(0, 1))
    event = UpdateCompleted(update=1, metrics={}, scene=grid, work=1)
    assert "cut off after 1 step," in update_in_words(event)
    talk = UpdateCompleted(update=1, metrics={}, scene=speech(reply("a")), work=1)
    assert "All 1 replies" in update_in_words(talk)


def pager(*rewards: float, start: float = 0.03) -> LettersScene:
    mean = sum(rewards) / len(rewards)
    return LettersScene(
        messages=(
            Message(text="dddd", chances=Chances(start=0.5, now=0.1, best=0), paid=0, worth=-2),
            Message(text="abab", chances=Chances(start=start, now=0.61, best=1), paid=2, worth=3),
        ),
        group=tuple(
            Reply(question="", tokens=tuple("abab"), reward=reward, advantage=reward - mean)
            for reward in rewards
        ),
    )


def test_an_update_of_the_pager_in_words() -> None:
    assert letters_in_words(pager(2, 0, 0, 0)) == (
        "1 of 4 messages of the first group earned more than its 0.50; the best, abab, earned "
        "2.00. Pip now writes abab most often, 61\u202f% of the time; at the start it did "
        "3\u202f% of the time."
    )
    assert letters_in_words(pager(1, 1, start=0.001)) == (
        "All 2 messages of the first group earned 1.00. Pip now writes abab most often, 61\u202f% "
        "of the time; at the start it hardly ever did."
    )


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("caught", "As a pill began to fall, the basket expected 0.90 on average; 0.80 came."),
        ("dropped", "As a pill began to fall, the basket expected 0.90 on average; 0.80 came."),
        ("arrived", "As it set out it expected 0.90 on average; 0.80 came."),
    ],
)
def test_whoever_expected_something_is_named(
    end: Literal["caught", "dropped", "arrived"], sentence: str
) -> None:
    scene = GridScene(rows=ROWS, trail=(0, 1), movers=((8, 5),), end=end)
    metrics = {MetricName.PREDICTED_VALUE: 0.9, MetricName.REALISED_VALUE: 0.8}
    event = UpdateCompleted(update=1, metrics=metrics, scene=scene, work=1)
    assert update_in_words(event).endswith(sentence)
