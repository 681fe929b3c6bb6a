"""The kiosk's update in words says what its scene says, and no more."""

import pytest

from curriculum.kiosk_narration import kiosk_in_words
from curriculum.narration import update_in_words
from engine.events import UpdateCompleted
from engine.scenes import KioskScene

SCENE = KioskScene(
    pressed=(2, 2, 0, 2), settled=(1, 0, 0, 1), waits=(2, 3, 8, 2), paid=(1, 0, 0, 1)
)


def with_(**change: object) -> str:
    return kiosk_in_words(SCENE.model_copy(update=change))


def test_who_was_sent_where_and_what_came_of_it() -> None:
    assert kiosk_in_words(SCENE) == (
        "The kiosk pressed “Volunteer guide” for 3 of 4 visitors, and 1 other button for the rest. "
        "2 of the 4 had their matter settled; they waited 3.8 minutes on average."
    )
    alone = with_(pressed=(3,) * 4, waits=(0.0,) * 4, settled=(0,) * 4)
    assert alone == (
        "The kiosk pressed “Leaflet” for all 4 visitors. 0 of the 4 had their matter settled; "
        "nobody waited."
    )


@pytest.mark.parametrize(
    ("thoughts", "words"),
    [
        (
            {"beliefs": (0.1, 0.2, 0.674, 0, 0)},
            "It believes “Volunteer guide” to be worth most, 0.67 a press.",
        ),
        (
            {"beliefs": (-0.1, -1, -2, -3, -4), "doubts": (0.25, 1, 1, 1, 1)},
            "It believes “Front desk” to be worth most, −0.10 a press, give or take 0.25.",
        ),
        (
            {"beliefs": (0.0,) * 5, "chances": (1.0, 0, 0, 0, 0)},
            "It does not yet believe any one button to be best.",
        ),
        (
            {"chances": (0.1, 0.2, 0.6, 0.05, 0.05)},
            "For the next visitor it presses “Volunteer guide” with a chance of 60\u202f%.",
        ),
        ({"chances": (0.2,) * 5}, "on average."),
    ],
)
def test_what_it_thinks(thoughts: dict[str, object], words: str) -> None:
    assert with_(**thoughts).endswith(words)


def test_before_anybody_came_nothing_is_said_of_visitors() -> None:
    assert kiosk_in_words(KioskScene()) == "Nobody has come to the kiosk yet."


def test_an_update_at_the_kiosk_is_told_by_the_kiosk() -> None:
    event = UpdateCompleted(update=1, metrics={}, scene=SCENE, work=4)
    assert update_in_words(event) == kiosk_in_words(SCENE)
