"""The moving trolleys say nothing of a run that is not so: sentences once told, and false.

The runs are made, with the figures that real ones had.
"""

import pytest

from curriculum.loader import load_catalogue
from curriculum.recipe import config_of
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of

TROLLEYS = load_catalogue().chapter("the_moving_trolleys")
PRICES = "10*delivered - 10*collision - 0.1*step"
STOOD = {"delivered": 0.0, "collisions": 0.0, "length": 60.0, "waited": 50.0}
CRASHED = {"delivered": 0.0, "collisions": 1.0, "length": 3.1, "waited": 0.2}
TABLE = {"delivered": 0.0, "collisions": 0.99, "length": 10.5, "waited": 3.5, "no_idea": 0.09}
BLANK = {**TABLE, "no_idea": 1.0, "length": 21.8}
NEWEST = {**STOOD, "memory": 64.0}
SURE = {
    **{"delivered": 0.89, "collisions": 0.09, "length": 13.4, "waited": 2.4, "overestimate": 2.5},
    **{"predicted_value": 7.8, "realised_value": 5.2, "proxy_return": 7.6},
}


def ran(reward: str, **last: float) -> Summary:
    figures = {
        **{"gave_way": 5.0, "no_idea": 0.0, "memory": 20000.0, "new_states": 0.08},
        **{"predicted_value": 0.1, "realised_value": 0.0, "overestimate": 0.1, "proxy_return": 0.0},
        **last,
    }
    first_and_last = {name: (value, value) for name, value in figures.items()}
    return made(reward, None, **first_and_last)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        ran("10*delivered + 10*collision - 0.1*step", **CRASHED, proxy_return=9.7),
        *("way_out", "A collision is paid for"),
        ("the cost of each step", "What did that spare"),
    ),
    (
        ran("5*delivered - 0.5*collision - step", **CRASHED, proxy_return=-3.5),
        *("way_out", "responsible is the cost of each step", ("is paid for",)),
    ),
    (
        ran("0", **BLANK),
        *("blank_cards", "every card stays blank"),
        ("More steps would fill it", "it had been there", "without knowing", "learns one state"),
    ),
    (
        ran("5*delivered - 0.5*collision - step", **TABLE, proxy_return=-11.0),
        *("blank_cards", "this run does not say", ("Nothing is wrong", "What is missing")),
    ),
    (
        ran("-10*collision", **TABLE, proxy_return=-9.9),
        *("blank_cards", "no promise of medicine", ("More steps would fill it",)),
    ),
    (
        ran("0", **NEWEST),
        *("short_memory", "The reward is 0"),
        ("An arrival that is rare", "With past steps kept", "How many arrivals"),
    ),
    (
        ran("waited", **NEWEST, proxy_return=60.0),
        *("short_memory", "standing still is paid", ("With past steps kept", "How many arrivals")),
    ),
    (
        ran("-10*collision + 2*gave_way", **{**STOOD, "gave_way": 11.7, "no_idea": 0.2}),
        *("after_you", "The learner is not at fault", ("network",)),
    ),
    (
        ran("10*delivered - 0.1*step", **SURE),
        *(
            "sure_of_itself",
            "Put a price on it",
            ("looking twice", "Raise the price", "10 and 0.1"),
        ),
    ),
    (
        ran(PRICES, **{**SURE, "length": 8.8}),
        *("sure_of_itself", "with a learning rate of 0.001", ("can stand still", "Put a price")),
    ),
    (
        ran("-10*delivered - 10*collision - 0.1*step", **{**STOOD, "collisions": 0.07}),
        *("not_yet", "charged for"),
        ("safest robot", "bollard", "everybody's way", "leave the prices"),
    ),
    (
        ran("-gave_way - waited", **{**STOOD, "collisions": 0.01, "waited": 0.0}),
        *("not_yet", "safest robot", ("bollard",)),
    ),
    (
        ran(PRICES, **{**STOOD, "collisions": 0.07}, proxy_return=-6.6, overestimate=1.5),
        *("not_yet", "travels back", ("keep out of the lanes", "safest", "leave the prices")),
    ),
    (
        ran("10*delivered - 10*collision + 0.5*step", **{**STOOD, "proxy_return": 28.0}),
        *("not_yet", "goes on as long as the trip does", ("keep out of the lanes", "travels back")),
    ),
    (
        ran("progress", **{**STOOD, "collisions": 0.02, "proxy_return": 13.9}),
        *("not_yet", "Who stands still keeps", ("gets most of the way", "goes on as long")),
    ),
    (
        ran(PRICES, **{**SURE, "delivered": 0.92, "collisions": 0.01}),
        *("not_yet", "I would let it carry yours", ("travels back", "bollard")),
    ),
    (ran("0", **STOOD), *("not_yet", "no lesson says what to do", ("goes on as long",))),
    (
        ran(PRICES, **{**SURE, "delivered": 0.97, "collisions": 0.02, "gave_way": 0.02}),
        *("settled", "kept out of everybody's way", ("let him pass",)),
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {run.reward}" for run, ends, *_ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(TROLLEYS, summary).id == ending
    said = told_of(TROLLEYS, summary)
    assert so in said
    assert [words for words in false if words in said] == []
    assert "[[" not in said


def test_standing_for_ever_and_arriving_are_worth_the_same_under_progress() -> None:
    gamma, way = 0.97, 8  # as the chapter says
    assert config_of(TROLLEYS, {}, {}, "progress", 1).model_dump()["gamma"] == gamma
    kept = (1 - gamma) * way
    assert kept == pytest.approx(0.24)
    assert kept / (1 - gamma) == pytest.approx(8)
    steps = [(way - done) - gamma * (way - done - 1) for done in range(way)]
    assert sum(gamma**time * paid for time, paid in enumerate(steps)) == pytest.approx(8)
