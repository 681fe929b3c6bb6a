"""Clean by six says nothing of a run that is not so: real runs under rewards nobody planned for."""

from functools import lru_cache

import pytest

from curriculum.ledger import effects_of
from curriculum.loader import load_catalogue
from curriculum.recipe import config_of
from curriculum.rules import hint, outcome_of, plain, render, shown
from curriculum.summary import Summary, summarise
from engine.train import train
from tests.curriculum.made_runs import made
from tests.engine.cleaner_plan import best_values, nights_of

CHAPTER = load_catalogue().chapter("clean_by_six")


@lru_cache
def swept(reward: str, gamma: float = 0.97, rate: float = 0.5, seed: int = 11) -> Summary:
    config = config_of(CHAPTER, {}, {"gamma": gamma, "table_rate": rate}, reward, seed)
    return summarise(train(config), config.model_dump(mode="json"), CHAPTER.experiment.last_updates)


def told(summary: Summary) -> str:
    outcome = outcome_of(CHAPTER, summary)
    said = [render(outcome.title, summary)]
    said += [beat.text for beat in shown((*outcome.beats, *outcome.explain), summary)]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    said += [hint(CHAPTER, summary, step) for step in (1, 2, 3)]
    return plain(" ".join(said))


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
}


def check(reward: str, ending: str, true: str, false: tuple[str, ...]) -> None:
    summary = swept(reward)
    said = told(summary)
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


def test_a_clean_floor_is_never_called_dirty() -> None:
    """A robot that drops a few pieces and cleans them up again ends with the outcome of no name."""
    figures = {
        **{"clean_at_bell": 1.0, "clean": 0.9, "tipped_out": 3.0, "taken_up": 6.0, "away": 0.9},
        **{"dirt_seen": 0.3, "emptied": 2.0, "proxy_return": 2.0, "predicted_value": 2.0},
        **{"realised_value": 2.0, "overestimate": 0.0, "true_return": 34.0},
    }
    both = {name: (value, value) for name, value in figures.items()}
    summary = made("emptied", None, **both)
    assert outcome_of(CHAPTER, summary).id == "not_clean"
    said = told(summary)
    assert "100" in said and "mop, and" not in said


def test_what_the_camera_misses_is_what_the_decision_says() -> None:
    nights = nights_of(best_values("-dirt_seen - 0.1*away", 0.97), 40, 3)
    assert (1 - nights.clean_at_bell) * 6 > 2
    assert nights.sums["dirt_seen"] / 40 < 0.05
