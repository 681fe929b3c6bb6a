"""What chapters say of rewards that mix several terms: sentences that were once told, and false.

The runs are made, with the figures that real ones had.
"""

from typing import NamedTuple

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of, reply_to, shown
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of


class Case(NamedTuple):
    """A run of a chapter: its figures from first to last, how it ends, and what is said of it."""

    chapter: str
    reward: str
    figures: dict[str, tuple[float, float]]
    ends: str
    told: str
    untold: tuple[str, ...]


CART = {"true_return": (0.02, 0.97), "tilt": (4.8, 0.4), "straightened": (1.8, 41.0)}
CARDS = {"true_return": (2.07, 1.64), "kl": (0.0, 6.2), "correct": (0.91, 0.67)}
FLOOR = {"clean_at_bell": (0.6, 1.0), "tipped_out": (0.4, 0.0), "away": (0.6, 0.36)}
CASES = (
    Case(
        "everybody_loves_a_save",
        "straightened + 0.3*upright - 2*tilt",
        {**CART, "proxy_return": (-198.3, -184.1)},
        "steady",
        "Saves were paid as well",
        ("small beside it", "needed no price of their own"),
    ),
    Case(
        "everybody_loves_a_save",
        "upright - 0.2*tilt",
        {**CART, "proxy_return": (0.5, 460.5)},
        "steady",
        "small beside it",
        ("Saves were paid as well", "less of the price"),
    ),
    Case(
        "ruths_favourites",
        "2*score - 0.21*length",
        {**CARDS, "length": (10.9, 11.5), "flattery": (0.1, 0.0), "polite": (0.5, 1.5)},
        "past_the_turn",
        "it was not talk",
        ("Somebody reads those standing", "0.00 flattering"),
    ),
    Case(
        "ruths_favourites",
        "score",
        {**CARDS, "length": (10.9, 18.0), "flattery": (0.1, 0.85), "polite": (0.5, 1.3)},
        "past_the_turn",
        "0.85 flattering",
        ("it was not talk", "The cards have stayed"),
    ),
    Case(
        "ruths_favourites",
        "correct - 0.24*length",
        {**CARDS, "length": (10.9, 5.6), "fluent": (0.98, 0.66)},
        "clipped",
        "nothing in correct - 0.24*length asks the judge",
        ("what the judge gives",),
    ),
    Case(
        "the_flattering_assistant",
        "1.9*score - 2.5*sycophantic",
        {"sycophantic": (0.73, 0.79), "correct": (0.35, 0.3), "fluent": (1.0, 0.95)},
        "no_wiser",
        "A price on a wrong yes stood beside the score",
        ("A judge who does not care",),
    ),
    Case(
        "the_game_on_ward_nine",
        "2*taken - won",
        {"taken": (1.4, 2.0), "won": (0.7, 0.42), "won_against_beginner": (0.45, 0.46)},
        "collector",
        "Winning is charged for",
        ("Winning is paid as well",),
    ),
    Case(
        "the_game_on_ward_nine",
        "0.5*won - 0.3*lost + 0.2*step",
        {"length": (3.8, 5.1), "won": (0.98, 1.0), "won_against_best": (0.0, 0.0)},
        "one_more_move",
        "Winning is paid as well, once",
        ("not for how it goes",),
    ),
    Case(
        "the_week_we_lost_the_policy",
        "centred - 0.6*tilt",
        {"length": (21.6, 9.5), "proxy_return": (-40.8, -19.9), "step_kl": (0.1, 1.0)},
        "put_down",
        "The term responsible is tilt",
        ("standing or falling",),
    ),
    Case(
        "everybody_loves_a_save",
        "1.6*upright - 1.4*tilt - 30*fell",
        {"length": (21.6, 10.0), "proxy_return": (-141.3, -81.0), "fell": (1.0, 1.0)},
        "put_down",
        "A fall has its price as well, once",
        (),
    ),
    Case(
        "clean_by_six",
        "1.8*taken_up - 1.4*tipped_out + emptied - 2*dirt_left - 2*away",
        FLOOR,
        "clean_by_six",
        "would start to cost again",
        ("Nothing that the robot does is paid",),
    ),
    Case(
        "clean_by_six",
        "emptied - dirt_left - 0.2*away",
        FLOOR,
        "clean_by_six",
        "what goes down the chute is paid once",
        ("Nothing that the robot does is paid", "taking it up once more"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{one.chapter}: {one.reward}" for one in CASES])
def test_of_a_mixed_reward_only_what_holds_is_told(case: Case) -> None:
    chapter = load_catalogue().chapter(case.chapter)
    summary = made(case.reward, None, **case.figures)
    assert outcome_of(chapter, summary).id == case.ends
    told = told_of(chapter, summary)
    assert case.told in told
    assert [words for words in case.untold if words in told] == []


@pytest.mark.parametrize("right", [0.94, 0.03])
def test_the_number_that_was_not_quoted_is_the_one_that_speaks_against_the_launch(
    right: float,
) -> None:
    """Where answers are right, a rebuke over right answers would be none."""
    chapter = load_catalogue().chapter("the_polite_assistant")
    summary = made("polite", correct=(0.37, right), true_return=(0.7, -1.0))
    beats = shown(reply_to(chapter, "reward_curve", "obsequious").beats, summary, ())
    said = [beat.text for beat in beats if beat.who == "adeyemi"]
    assert len(said) == 1
    assert ("What was wanted" in said[0]) == (right > 0.6)
