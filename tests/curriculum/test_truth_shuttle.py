"""The shuttle's story says nothing of a run that is not so: sentences that would be false of some.

The runs are made, with figures that real ones had.
"""

import pytest

from curriculum.ledger import effects_of
from curriculum.loader import load_catalogue
from curriculum.rules import hint, outcome_of, plain, render, shown
from curriculum.summary import Summary
from tests.curriculum.made_runs import made

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


def told(summary: Summary) -> str:
    outcome = outcome_of(SHUTTLE, summary)
    said = [render(outcome.title, summary)]
    said += [beat.text for beat in shown((*outcome.beats, *outcome.explain), summary)]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    said += [hint(SHUTTLE, summary, step) for step in (1, 2, 3)]
    return plain(" ".join(said))


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        ran(f"{PRICES} - 0.1*jolt", **BOUGHT),
        *("toll", "Its price was paid on 16.7 steps", ("Nobody charged", "Nothing in")),
    ),
    (
        ran(PRICES, **BOUGHT),
        *("toll", "Nothing in", ("It has been charged", "is for sale", "Its price was paid")),
    ),
    (
        ran(f"{PRICES} - 0.1*pull", **BOUGHT),
        *("toll", "Where does this machine", ("Nobody charged", "Nothing in", "been charged for")),
    ),
    (
        ran(f"{PRICES} - 3*jolt", **KEPT),
        *("held", "next to none is bought", ("names the limit", "Every pull")),
    ),
    (
        ran(PRICES, **KEPT),
        *("held", "names the limit", ("A jolt is charged", "the price is right")),
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
    said = told(summary)
    assert "[" not in said
    assert so in said
    assert [words for words in false if words in said] == []
