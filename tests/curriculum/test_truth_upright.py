"""The tray cart's story says nothing of a run that is not so, whatever is paid and chosen.

A gradient that is mostly luck makes much of a last digit, and processors differ in theirs. So no
figure of a run is written here, and where a run has to end in some way, a seed is looked for.
"""

from functools import cache

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


@cache
def driven(reward: str, *chosen: tuple[str, float | str], seed: int) -> Summary:
    config = config_of(UPRIGHT, {}, dict(chosen), reward, seed)
    content = config.model_dump(mode="json")
    return summarise(train(config), content, UPRIGHT.experiment.last_updates)


@cache
def told(reward: str, *chosen: tuple[str, float | str], seed: int) -> tuple[str, str]:
    """How a run ends, and everything that the story says of it."""
    summary = driven(reward, *chosen, seed=seed)
    outcome = outcome_of(UPRIGHT, summary)
    said = [render(outcome.title, summary)]
    beats = shown((*outcome.beats, *outcome.explain), summary, (), outcome.id)
    said += [beat.text for beat in beats]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    said += [hint(UPRIGHT, summary, step) for step in (1, 2, 3)]
    return outcome.id, plain(" ".join(said)).replace("\u202f", " ")


def told_of_one_that(ends: str, reward: str, settings: dict[str, float | str]) -> str:
    """What the story says of the first run that ends so: of the chapter's seed, or of others."""
    for seed in (SEED, *range(5, 25)):
        ending, said = told(reward, *settings.items(), seed=seed)
        if ending == ends:
            return said
    raise AssertionError(f"No seed ends in {ends}.")


# reward, settings -> how it may end, words that are so, and words that would be false
RUNS: list[tuple[str, dict[str, float | str], str, tuple[str, ...], tuple[str, ...]]] = [
    ("upright", MEAN, "good_days", ("stood at 0.",), ("what the next drive will be",)),
    ("offset", CRITIC, "good_days", ("stood at 0.",), ("long steps",)),
    ("1", {}, "good_days", ("as good as",), ("Nothing was taken off", "It has good")),
    ("1000000*upright", CRITIC, "good_days", ("as good as",), ("Nothing was",)),
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
        ("A mean that the drive is part of",),
        ("changed nothing else", "A2C also"),
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
        ("of the last drives ended with a fall",),
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
    said = told_of_one_that(ends, reward, settings)
    assert "[[" not in said
    assert [words for words in so if words not in said] == []
    assert [words for words in false if words in said] == []


@pytest.mark.parametrize(("reward", "settings"), [("upright", MEAN), ("offset", CRITIC)])
def test_a_baseline_that_helps_is_not_said_to_harm_once_the_policy_is_certain(
    reward: str, settings: dict[str, float | str]
) -> None:
    """A ratio for each update made 32 and 4.9 of these, by dividing by about nothing."""
    variance = driven(reward, *settings.items(), seed=SEED).metrics[M.GRADIENT_VARIANCE]
    assert variance.mean < 0.7
    assert variance.max < 1.2


@pytest.mark.parametrize(("reward", "carts"), [("upright", 16), ("centred", 4), ("1", 4)])
def test_the_luck_in_the_gradient_is_called_most_of_it_where_it_is(reward: str, carts: int) -> None:
    """Of runs with good days in which nothing was taken off a return."""
    for seed in (1, SEED):
        summary = driven(reward, ("carts", carts), seed=seed)
        ending, said = told(reward, ("carts", carts), seed=seed)
        if ending != "good_days":
            continue
        luck = summary.metrics[M.GRADIENT_NOISE].mean
        assert (f"mostly luck: {100 * luck:.0f} %" in said) == (luck >= 0.5)


@pytest.mark.parametrize("seed", [1, 2, 3, SEED])
def test_a_hand_was_needed_exactly_where_a_last_drive_fell(seed: int) -> None:
    settings = {**OTHERS, "carts": 8}
    ending, said = told("-fell", *settings.items(), seed=seed)
    fell = driven("-fell", *settings.items(), seed=seed).metrics[M.FELL].last
    if ending == "stands":
        assert (f"{100 * fell:.0f} % of the last drives it needed" in said) == (fell > 0.01)
        assert ("did not need my hand" in said) == (fell <= 0.01)
