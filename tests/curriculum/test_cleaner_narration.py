"""A night of the cleaning robot is told as its film has it."""

from curriculum.cleaner_narration import Night, night_in_words, night_of
from engine.scenes import GridEnd, GridScene
from engine.worlds.cleaner import MAP

HERE = 7


def film(
    dirt: tuple[tuple[int, ...], ...], loads: tuple[int, ...], end: GridEnd = "bell"
) -> GridScene:
    return GridScene(rows=MAP.rows, trail=(HERE,) * len(dirt), dirt=dirt, loads=loads, end=end)


def test_it_is_counted_what_is_taken_up_tipped_out_and_emptied() -> None:
    scene = film(((7, 8), (8,), (8,), (), (), (7,)), (0, 1, 0, 1, 1, 0))
    assert night_of(scene) == Night(taken=2, tipped=1, emptied=1, left=1)
    assert night_in_words(scene) == (
        "The robot took up 2 pieces of dirt, tipped 1 piece of dirt onto the floor and emptied "
        "1 piece of dirt down the chute. In the evening 2 of 6 places were dirty; at six 1 of 6 "
        "were dirty."
    )


def test_a_night_of_nothing_and_a_clean_one() -> None:
    idle = film(((7,), (7,)), (0, 0))
    assert night_in_words(idle).startswith("The robot took up nothing. In the evening 1 of 6")
    assert night_in_words(film(((7,), ()), (0, 1))).endswith("at six the floor was clean.")


def test_of_a_night_that_is_not_over_it_is_not_told_how_it_was_at_six() -> None:
    told = night_in_words(film(((7, 8), (8,), (8,)), (0, 1, 1), end=""))
    assert told.endswith("; after 2 steps, with the night still on, 1 of 6 were dirty.")
    told = night_in_words(film(((7,), ()), (0, 1), end=""))
    assert told.endswith("; after 1 step, with the night still on, the floor was clean.")


def test_before_it_sets_out_the_floor_is_told() -> None:
    scene = GridScene(rows=MAP.rows, dirt=((7, 8, 9),), loads=(0,))
    assert night_in_words(scene) == "The robot has not set out yet. 3 of 6 places are dirty."
