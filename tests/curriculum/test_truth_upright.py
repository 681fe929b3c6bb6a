"""The tray cart's story says nothing of a run that is not so, whatever is paid and chosen."""

from functools import lru_cache

import pytest

from curriculum.ledger import effects_of
from curriculum.loader import load_catalogue
from curriculum.recipe import config_of
from curriculum.rules import hint, outcome_of, plain, render, shown
from curriculum.summary import Summary, summarise
from engine.metrics import MetricName as M
from engine.train import train

UPRIGHT = load_catalogue().chapter("keep_it_upright")
SEED = 4  # the chapter's own

OTHERS: dict[str, float | str] = {"baseline": "leave_one_out", "learning_rate": 0.015}
MEAN: dict[str, float | str] = {"baseline": "mean", "learning_rate": 0.015}
CRITIC: dict[str, float | str] = {"baseline": "critic", "learning_rate": 0.015}
SMALL: dict[str, float | str] = {"baseline": "leave_one_out", "learning_rate": 0.003, "carts": 16}
A2C: dict[str, float | str] = {"algorithm": "a2c", "learning_rate": 0.003}


def driven(reward: str, settings: dict[str, float | str], seed: int = SEED) -> Summary:
    config = config_of(UPRIGHT, {}, settings, reward, seed)
    content = config.model_dump(mode="json")
    return summarise(train(config), content, UPRIGHT.experiment.last_updates)


@lru_cache
def told(reward: str, *chosen: tuple[str, float | str], seed: int = SEED) -> tuple[str, str]:
    """How a run ends, and everything that the story says of it."""
    summary = driven(reward, dict(chosen), seed)
    outcome = outcome_of(UPRIGHT, summary)
    said = [render(outcome.title, summary)]
    beats = shown((*outcome.beats, *outcome.explain), summary, (), outcome.id)
    said += [beat.text for beat in beats]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    said += [hint(UPRIGHT, summary, step) for step in (1, 2, 3)]
    return outcome.id, plain(" ".join(said)).replace("\u202f", " ")


# reward, settings -> how it ends, words that are so, and words that would be false
RUNS: list[tuple[str, dict[str, float | str], str, tuple[str, ...], tuple[str, ...]]] = [
    ("upright", MEAN, "good_days", ("9 now", "stood at 0."), ("what the next drive will be",)),
    ("offset", CRITIC, "good_days", ("stood at 0.",), ("long steps",)),
    (
        "1",
        {},
        "good_days",
        ("as good as",),
        ("mostly luck", "Nothing was taken off", "It has good"),
    ),
    ("upright", {"carts": 16}, "good_days", ("49 %",), ("mostly luck",)),
    ("1000000*upright", CRITIC, "good_days", ("as good as",), ("Nothing was", "mostly luck")),
    ("tilt", OTHERS, "good_days", (), ("nothing pays",)),
    ("speed", OTHERS, "never_stood", (), ("nothing pays",)),
    ("fell", OTHERS, "never_stood", ("responsible is fell",), ()),
    ("-upright", {}, "put_down", ("responsible is upright",), ("little to lose",)),
    ("-centred", OTHERS, "put_down", ("responsible is centred",), ("little to lose",)),
    ("-step", {}, "put_down", ("responsible is step",), ("little to lose",)),
    (
        "-fell",
        {**OTHERS, "carts": 8},
        "stands",
        ("11 % of the last drives it needed", "A mean that the drive is part of"),
        ("did not need my hand", "changed nothing else", "A2C also"),
    ),
    ("upright - centred", SMALL, "astray", ("responsible is centred", "a minus before"), ("Were",)),
    ("0", {}, "never_stood", ("no drive earned", "No drive earned"), ("Too far", "afraid")),
    ("0", {"baseline": "critic"}, "never_stood", ("adds only its own errors",), ("Too far",)),
    (
        "0.000001*upright",
        CRITIC,
        "never_stood",
        ("was 100.00 of that",),
        ("Nothing was", "0 drive"),
    ),
]
SLOW_RUNS: list[tuple[str, dict[str, float | str], str, tuple[str, ...], tuple[str, ...]]] = [
    ("upright", {**A2C, "carts": 8}, "stands", ("right as the critic",), ("nothing else",)),
    ("0", {**A2C, "learning_rate": 0.1}, "certain", ("no drive earned",), ()),
    (
        "upright",
        {"baseline": "critic", "learning_rate": 0.003, "carts": 16},
        "slow",
        ("9 % of the last drives ended with a fall",),
        ("at best",),
    ),
]


@pytest.mark.parametrize(
    ("reward", "settings", "ends", "so", "false"),
    [*RUNS, *(pytest.param(*run, marks=pytest.mark.slow) for run in SLOW_RUNS)],
)
def test_what_is_so_is_said_and_nothing_else(
    reward: str,
    settings: dict[str, float | str],
    ends: str,
    so: tuple[str, ...],
    false: tuple[str, ...],
) -> None:
    ending, said = told(reward, *settings.items())
    assert ending == ends
    assert "[[" not in said
    assert [words for words in so if words not in said] == []
    assert [words for words in false if words in said] == []


@pytest.mark.parametrize(("reward", "settings"), [("upright", MEAN), ("offset", CRITIC)])
def test_a_baseline_that_helps_is_not_said_to_harm_once_the_policy_is_certain(
    reward: str, settings: dict[str, float | str]
) -> None:
    """A ratio for each update made 32 and 4.9 of these, by dividing by about nothing."""
    variance = driven(reward, settings).metrics[M.GRADIENT_VARIANCE]
    assert variance.mean < 0.7
    assert variance.max < 1.2


def test_the_luck_in_the_gradient_is_called_most_of_it_where_it_is() -> None:
    assert "mostly luck: 69 %" in told("centred", seed=1)[1]
