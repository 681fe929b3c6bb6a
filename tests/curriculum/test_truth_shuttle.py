"""The shuttle's story says nothing of a run that is not so: sentences that would be false of some.

The runs are made, with figures that real ones had.
"""

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of
from tests.engine.shuttle_plan import best_plan, driven

SHUTTLE = load_catalogue().chapter("the_shuttle")
PRICES = "0.5*metres - 10*left_lane - 0.5*step"
BOUGHT = {"arrived": 1.0, "jolts": 16.7, "length": 41.0, "speed": 5.9, "proxy_return": 38.6}
KEPT = {"arrived": 1.0, "jolts": 0.1, "length": 53.0, "speed": 4.5, "proxy_return": 33.7}
LATE = {"arrived": 0.97, "jolts": 0.0, "late_steps": 14.0, "length": 73.0, "pull": 0.28}
STOOD = {"arrived": 0.0, "jolts": 0.0, "late_steps": 40.0, "length": 100.0, "speed": 0.4}
LEFT = {"arrived": 0.0, "jolts": 0.0, "left_lane": 1.0, "length": 7.0, "proxy_return": -3.5}


def ran(reward: str, **last: float) -> Summary:
    figures = {
        **{"arrived": 0.5, "jolts": 0.0, "late_steps": 0.0, "left_lane": 0.0, "pull": 0.5},
        **{"speed": 4.0, "offset": 0.2, "true_return": 0.5, "proxy_return": 0.0, "length": 60.0},
        **last,
    }
    return made(reward, None, **{name: (value, value) for name, value in figures.items()})


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        ran(f"{PRICES} - 0.1*jolt", **BOUGHT),
        *("toll", "16.7 of them are jolts", ("Nobody charged", "Nothing in", "on time")),
    ),
    (
        ran(f"{PRICES} - 0.5*jolt", **{**BOUGHT, "jolts": 14.9}),
        *("toll", "A sum at 0.5 off a step and 0.1 off a jolt", ("So it pays", "well to pay")),
    ),
    (
        ran("metres - 0.1*jolt", **BOUGHT),
        *("toll", "It is charged under metres - 0.1*jolt", ("A sum at", "Nobody charged")),
    ),
    (
        ran("metres", **{**BOUGHT, "arrived": 0.86, "left_lane": 0.14}),
        *("free_road", "14\u202f% of the trips end beside", ("is for sale", "A sum at", "on time")),
    ),
    (
        ran("jolt", **BOUGHT),
        *(
            "free_road",
            "We pay for jolts",
            ("Nobody charged", "gives those seven", "has its price"),
        ),
    ),
    (
        ran("metres - pull", **BOUGHT),
        *(
            "free_road",
            "Every pull has its price",
            ("Nobody charged", "gives those seven", "A sum"),
        ),
    ),
    (
        ran(PRICES, **BOUGHT),
        *(
            "free_road",
            "gives those seven",
            ("been charged", "is for sale", "We pay for", "A sum at"),
        ),
    ),
    (
        ran(f"{PRICES} - 0.1*pull", **BOUGHT),
        *("free_road", "Where does this", ("Nobody charged", "Nothing in", "been charged for")),
    ),
    (
        ran(f"{PRICES} - 3*jolt", **KEPT),
        *(
            "held",
            "takes in 0.10 jolts a trip",
            ("names the limit", "Every pull", "nothing at all"),
        ),
    ),
    (
        ran(f"{PRICES} - 10*jolt", **{**KEPT, "jolts": 0.0}),
        *("held", "takes in nothing at all", ("takes in 0.00", "names the limit")),
    ),
    (
        ran(f"{PRICES} - 10*jolt", **{**KEPT, "arrived": 0.95, "left_lane": 0.05}),
        *(
            "not_yet",
            "5\u202f% of the trips end beside",
            ("has to arrive", "the gym", "a trip to look at"),
        ),
    ),
    (
        ran(PRICES, **KEPT),
        *("held", "names the limit", ("A jolt is charged", "the price takes in")),
    ),
    (
        ran(f"{PRICES} - jolt", **{**KEPT, "jolts": 3.2, "late_steps": 2.5}),
        *("haggles", "gives them up in stages", ("Mostly gentle", "Nothing in", "end beside the")),
    ),
    (
        ran("0.5*metres - 0.5*pull", **{**KEPT, "jolts": 3.2, "left_lane": 0.1}),
        *(
            "haggles",
            "10\u202f% of the trips do not end on the road",
            ("bought", "in stages", "steps late"),
        ),
    ),
    (
        ran("arrived - 0.1*jolt", **{**STOOD, "jolts": 0.8}),
        *("stands", "An arrival is paid once", ("felt a thing", "is no guess", "Nothing in")),
    ),
    (
        ran("step", **STOOD, proxy_return=100.0),
        *("stands", "Time is paid for", ("An arrival is paid", "responsible is pull")),
    ),
    (
        ran("0", **STOOD),
        *("stands", "The reward is 0.", ("paid at every step", "responsible is pull")),
    ),
    (
        ran("centred", **STOOD, proxy_return=96.0),
        *("stands", "paid at every step", ("responsible is pull", "The reward is 0")),
    ),
    (
        ran(f"{PRICES} - 2*pull", **STOOD, proxy_return=-24.0),
        *("stands", "responsible is pull", ("paid at every step", "pays for getting anywhere")),
    ),
    (
        ran(f"{PRICES} - 3*jolt - pull", **LATE),
        *("late", "knows no enough", ("charges for time", "A jolt has its price")),
    ),
    (
        ran("0.5*metres - 3*jolt", **LATE),
        *("late", "Nothing in 0.5*metres - 3*jolt charges for time", ("knows no enough",)),
    ),
    (
        ran("-0.5*step", **LEFT),
        *("beside", "the cheapest trip is the shortest", ("the lane is charged",)),
    ),
    (
        ran("left_lane - 0.1*step", **LEFT),
        *(
            "beside",
            "Leaving the lane is paid for",
            ("the lane is charged", "is charged for the end"),
        ),
    ),
    (
        ran(f"{PRICES} - 20*jolt", **LEFT),
        *("beside", "Leaving the lane is charged", ("Nothing in", "the cheapest trip")),
    ),
]


@pytest.mark.parametrize(("summary", "ending", "so", "false"), RUNS)
def test_nothing_false_is_told_of_a_shuttle(
    summary: Summary, ending: str, so: str, false: tuple[str, ...]
) -> None:
    assert outcome_of(SHUTTLE, summary).id == ending
    said = told_of(SHUTTLE, summary)
    assert "[" not in said
    assert so in said
    assert [words for words in false if words in said] == []


def test_the_sum_that_the_toll_is_told_is_that_of_the_best_plans() -> None:
    quickest, gentlest = (best_plan(price, metre=0, step=1)[0] for price in (0, 100))
    most = driven(lambda now, place, speed: 1)[1]
    said = told_of(SHUTTLE, ran(f"{PRICES} - 0.1*jolt", **BOUGHT))
    assert f"takes {quickest} steps, the quickest without a jolt {gentlest}." in said
    assert (gentlest - quickest, most) == (7, 18)  # in words there
    saved, paid = 0.5 * (gentlest - quickest), 0.1 * most
    assert f"Seven steps at 0.5 are {saved:.1f} points. Even eighteen jolts at 0.1 are" in said
    assert f"are {paid:.1f}. At these prices it pays" in said and saved > paid


@pytest.mark.slow
def test_what_each_price_sells_is_what_the_best_plan_has() -> None:
    gamma = float(next(one.start for one in SHUTTLE.settings if one.field == "gamma"))
    assert gamma == 0.95
    felt = {
        tenth: best_plan(tenth / 10, gamma=gamma)[1] for tenth in (1, 2, 3, 5, 6, *range(7, 101))
    }
    said = told_of(SHUTTLE, ran(f"{PRICES} - 5*jolt", **KEPT))
    assert f"has {felt[1]} jolts at a price of 0.1, {felt[2]} at 0.2, {felt[3]} at 0.3, " in said
    assert f"{felt[5]} at 0.5 and 0.6, and none from 0.7 on" in said and felt[5] == felt[6] > 0
    assert {felt[tenth] for tenth in range(7, 101)} == {0}


def test_only_a_shuttle_that_was_charged_has_paid() -> None:
    charged, free = (
        outcome_of(SHUTTLE, ran(reward, **BOUGHT)) for reward in (f"{PRICES} - jolt", PRICES)
    )
    assert charged.facts == ("shuttle_paid_tolls",) and free.facts == ()
