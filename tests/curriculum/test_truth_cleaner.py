"""Clean by six says nothing of a run that is not so: real runs under rewards nobody planned for."""

from functools import lru_cache

import pytest

from curriculum.ledger import effects_of
from curriculum.loader import load_catalogue
from curriculum.recipe import config_of
from curriculum.rules import outcome_of
from curriculum.summary import Summary, summarise
from engine.metrics import METRICS, MetricName
from engine.train import train
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of
from tests.engine.cleaner_plan import best_values, nights_of

CHAPTER = load_catalogue().chapter("clean_by_six")


@lru_cache
def swept(reward: str, gamma: float = 0.97, rate: float = 0.5, seed: int = 11) -> Summary:
    config = config_of(CHAPTER, {}, {"gamma": gamma, "table_rate": rate}, reward, seed)
    return summarise(train(config), config.model_dump(mode="json"), CHAPTER.experiment.last_updates)


# a reward -> how its run ends, what is so, and words that would be false of it
RUNS = {
    "taken_up": ("tips", "The term responsible is taken_up", ("has a price too", "is charged")),
    "tipped_out": (
        *("tips", "has to be taken up before it can be tipped out"),
        ("responsible is taken_up", "paid for removing"),
    ),
    "taken_up - 0.2*dirt_left": ("tips", "has a price too", ("at no charge", "does not take all")),
    "-dirt_left - 0.2*away": ("clean_by_six", "Nothing that the robot does is paid", ("for good",)),
    "0": ("not_clean", "The reward is 0", ("is charged", "Look at its sign")),
    "dirt_left": ("not_clean", "Dirt on the floor is paid for", ("The reward is 0",)),
    "-dirt_seen": ("looks_away", "or look elsewhere", ("a price as well",)),
    "-away": ("stays", "Nothing in -away pays for less dirt", ("chute",)),
    "taken_up - tipped_out + emptied": ("patrols", "puts a price on battery", ("what the floor",)),
    "-tipped_out": (
        *("some_of_it", "Nothing in -tipped_out pays for a cleaner floor"),
        ("honest", "chooses where", "payment is missed"),
    ),
    "2*tipped_out - 2*dirt_left": (
        *("patrols", "Tipping out is paid under"),
        ("shoes", "Nobody signs", "nobody has told", "mop", "no complaint"),
    ),
}
SLOW_RUNS = {
    "taken_up - tipped_out - 0.05*away": (
        *("clean_by_six", "difference of two states"),
        ("Nothing that the robot does",),
    ),
    "emptied - 0.5*away": ("stays", "A piece down the chute pays once", ("Nothing in emptied",)),
    "emptied - 0.2*away": ("some_of_it", "A piece down the chute", ("Nothing is undone here",)),
    "-2*dirt_left - 0.2*away + 0.1*emptied": (
        *("clean_by_six", "price of a step on battery does the rest"),
        ("Nothing that the robot does is paid", "gone for good"),
    ),
    "step": ("not_clean", "pays for less dirt", ("The reward is 0",)),
    "0.1*emptied + away": ("not_clean", "Being away from the dock is paid", ("Nothing in",)),
    "2*dirt_left - 2*away": ("stays", "Dirt on the floor is paid for", ("has a price at every",)),
    "0.1*taken_up - 2*dirt_seen": (
        *("looks_away", "The price on dirt_seen is on what the camera shows"),
        ("has done this", "chute is paid"),
    ),
}


def check(reward: str, ending: str, true: str, false: tuple[str, ...]) -> None:
    summary = swept(reward)
    said = told_of(CHAPTER, summary)
    assert outcome_of(CHAPTER, summary).id == ending, said
    assert "[" not in said and true in said
    assert [words for words in false if words in said] == []


@pytest.mark.parametrize("reward", RUNS)
def test_nothing_false_is_told_of_a_night(reward: str) -> None:
    check(reward, *RUNS[reward])


@pytest.mark.slow
@pytest.mark.parametrize("reward", SLOW_RUNS)
def test_nothing_false_is_told_of_other_nights(reward: str) -> None:
    check(reward, *SLOW_RUNS[reward])


def night(reward: str, **figures: float) -> Summary:
    """A made run whose figures stay as they are from the first update to the last."""
    usual = {
        **{"clean_at_bell": 1.0, "clean": 0.9, "tipped_out": 3.0, "taken_up": 6.0, "away": 0.9},
        **{"dirt_seen": 0.3, "emptied": 2.0, "proxy_return": 2.0, "predicted_value": 2.0},
        **{"realised_value": 2.0, "overestimate": 0.0, "true_return": 34.0},
    }
    return made(reward, None, **{name: (value, value) for name, value in (usual | figures).items()})


@pytest.mark.parametrize("tipped_out", [0.0, 0.6, 1.1, 3.0, 7.9])
@pytest.mark.parametrize("away", [0.1, 0.61, 0.95])
@pytest.mark.parametrize("clean_at_bell", [0.97, 1.0])
def test_a_clean_floor_is_never_called_dirty(
    tipped_out: float, away: float, clean_at_bell: float
) -> None:
    """However often it was dirtied before the bell, and wherever the robot stands."""
    figures = {"tipped_out": tipped_out, "taken_up": tipped_out + 3, "away": away}
    summary = night("emptied", clean_at_bell=clean_at_bell, **figures)
    outcome = outcome_of(CHAPTER, summary)
    assert outcome.id in ("clean_by_six", "patrols")
    assert all(effect.points > 0 for effect in effects_of(outcome, summary)[:2])
    said = told_of(CHAPTER, summary)
    assert [words for words in ("mop, and", "shoes", "dirt on the floor,") if words in said] == []
    assert ("no complaint" in said) == (outcome.id == "patrols" and tipped_out <= 0.5)


@pytest.mark.parametrize(
    ("reward", "cause"),
    [
        ("away", "Being away from the dock is paid"),
        ("tipped_out", "Tipping out is paid"),
        ("-2*dirt_left - 2*away", "Dirt on the floor has a price"),
        ("dirt_seen", "Dirt in sight is paid for"),
        ("-taken_up", "Taking dirt up is charged"),
    ],
)
def test_a_dirty_floor_is_told_with_its_cause(reward: str, cause: str) -> None:
    causes = (
        *("Being away from the dock is paid", "Tipping out is paid", "Taking dirt up is charged"),
        *("Dirt on the floor has a price", "Dirt in sight is paid for"),
    )
    summary = night(reward, clean_at_bell=0.6, tipped_out=2.0)
    assert outcome_of(CHAPTER, summary).id == "not_clean"
    said = told_of(CHAPTER, summary)
    assert [words for words in causes if words in said] == [cause]


def test_no_chart_draws_two_lines_alike() -> None:
    for chart in CHAPTER.charts:
        roles = [METRICS[MetricName(metric)].role for metric in chart.metrics]
        assert len(roles) == len(set(roles)), chart.title


def test_what_the_camera_misses_is_what_the_decision_says() -> None:
    nights = nights_of(best_values("-dirt_seen - 0.1*away", 0.97), 40, 3)
    assert (1 - nights.clean_at_bell) * 6 > 2
    assert nights.sums["dirt_seen"] / 40 < 0.05
