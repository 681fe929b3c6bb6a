"""One trip of the shuttle, as a plain sentence or two."""

import pytest

from curriculum.shuttle_narration import ride_in_words
from engine.scenes import ShuttleEnd, ShuttleScene


def told(end: ShuttleEnd, *pulls: float) -> str:
    places = tuple(range(6, 6 * len(pulls) + 1, 6))
    return ride_in_words(ShuttleScene(places=places, pulls=pulls, end=end, gentle=1.5))


def test_nobody_has_moved() -> None:
    assert ride_in_words(ShuttleScene()) == "The shuttle has not set out yet."


@pytest.mark.parametrize(
    ("end", "pulls", "said"),
    [
        ("arrived", (0.0, 1.5), "reached the hospital after 2 steps. Nobody was jolted."),
        ("left", (1.6,), "left its lane after 1 step and 3 m. 1 step of the trip jolted its"),
        ("cut", (2.0, 2.0), "was cut off after 2 steps, 6 m from the car park. 2 steps of the"),
        ("on", (0.0,), "has been on its way for 1 step. Nobody was jolted."),
    ],
)
def test_how_a_trip_ended_and_who_felt_it(
    end: ShuttleEnd, pulls: tuple[float, ...], said: str
) -> None:
    assert told(end, *pulls).startswith(f"The shuttle {said}")
