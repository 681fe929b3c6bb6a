"""A hundred nights says nothing of a run that is not so, and its world is what it says it is."""

from collections.abc import Mapping
from functools import lru_cache

import pytest

from curriculum.loader import load_catalogue
from curriculum.recipe import config_of, starting_config
from curriculum.rules import outcome_of, reply_to
from curriculum.summary import Summary, summarise
from engine.algorithms.q_learning import QLearningConfig
from engine.gridworld import Grid
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.corridor import grid_of
from tests.curriculum.telling import told_of

HUNDRED = load_catalogue().chapter("a_hundred_nights")
START = "10*delivered - 5*spill - 0.1*step"
LITTLE = {"algorithm": "sarsa", "epsilon": 0.1, "epsilon_end": 0.02}
OFF = {"epsilon": 0.0, "epsilon_end": 0.0}
TRIPS = 1200


@lru_cache
def ran(reward: str, settings: tuple[tuple[str, float | str], ...], seed: int) -> Summary:
    config = config_of(HUNDRED, {}, dict(settings), reward, seed)
    content = config.model_dump(mode="json")
    return summarise(train(config), content, HUNDRED.experiment.last_updates)


def run(settings: Mapping[str, float | str], seed: int = 5, reward: str = START) -> Summary:
    return ran(reward, tuple(settings.items()), seed)


def sayable() -> str:
    """Everything that the story could say of a run, with its figures open."""
    texts_of = [(one.title, *(beat.text for beat in one.beats)) for one in HUNDRED.outcomes]
    texts_of += [tuple(beat.text for beat in one.explain) for one in HUNDRED.outcomes]
    texts_of += [one.steps for one in HUNDRED.hints]
    return " ".join(text for texts in texts_of for text in texts)


def way(grid: Grid) -> list[int]:
    """The cells that the shortest way sets out from."""
    return [cell for cell, _ in grid.shortest_way(grid.find("S"), grid.find("G"))]


def test_what_is_said_of_the_floor() -> None:
    config = starting_config(HUNDRED)
    assert isinstance(config, QLearningConfig)
    lengths, beside = [], []
    for updates in (39, 40):
        grid = grid_of(config.world, updates)
        without_edge = Grid((*grid.rows[:2], "." + "#" * 9 + grid.rows[2][10:], *grid.rows[3:]))
        for floor in (grid, without_edge):
            lengths.append(len(way(floor)))
            beside.append(int(grid.is_beside_spill[way(floor)].sum()))
    assert lengths == [20, 24, 14, 18]
    assert beside == [10, 1, 10, 1]
    assert 1 / 4 * 1 / 100 * 10 == pytest.approx(1 / 40)  # the trips on which one step in 100 falls
    assert 1 / 4 * 1 / 10 * 10 == pytest.approx(1 / 4)
    assert 1 / 4 * 1 / 5 * 10 == pytest.approx(1 / 2)


@pytest.mark.parametrize("seed", range(1, 11))
def test_the_same_curiosity_is_dear_beside_the_water_and_cheap_off_it(seed: int) -> None:
    """The phenomenon: who keeps away while it is curious pays less, and has another table."""
    best, made = (run({"algorithm": name}, seed).metrics for name in ("q_learning", "sarsa"))
    assert best[M.SPILLS].mean > 2.5 * made[M.SPILLS].mean
    assert best[M.PROXY_RETURN].mean < made[M.PROXY_RETURN].mean
    assert best[M.LENGTH].last < 15.5 < 17.5 < made[M.LENGTH].last
    assert best[M.PROXY_RETURN].last > made[M.PROXY_RETURN].last


@pytest.mark.parametrize("seed", range(1, 11))
def test_a_robot_without_a_random_step_drives_past_the_door(seed: int) -> None:
    assert run(OFF, seed).metrics[M.LENGTH].last == pytest.approx(20, abs=0.1)
    assert run(LITTLE, seed).metrics[M.LENGTH].last < 20


def test_the_figures_on_the_desk_are_those_of_the_two_ways() -> None:
    seeds = range(1, 6)
    dear = sum(run({}, seed).metrics[M.SPILLS].mean for seed in seeds) / 5 * TRIPS
    cheap = sum(run(LITTLE, seed).metrics[M.SPILLS].mean for seed in seeds) / 5 * TRIPS
    assert dear == pytest.approx(440, rel=0.06)
    assert cheap == pytest.approx(80, rel=0.12)
    assert (440 - 80) * 5 / (0.1 * 4) == pytest.approx(4500)
    assert 4500 / 12 == 375
    context = HUNDRED.decide.context
    assert "about 440 bags in a hundred nights, and a way of 14 steps" in context
    assert "about 80 bags, and a way of 18" in context
    text = " ".join(beat.text for beat in reply_to(HUNDRED, "careful", "").beats)
    assert "360 bags more; at 5 each that is 1\u202f800" in text
    assert "4\u202f500 trips, 375 nights" in text


def test_the_chart_draws_the_longest_trip() -> None:
    chart = next(one for one in HUNDRED.charts if M.LENGTH in one.metrics)
    assert chart.high is None


# reward, settings -> how it ends, what is said, and what would be false of it
CASES = [
    (START, {}, "dear_lesson", ("along the water",), ("kept off the water", "puts a price")),
    (
        START,
        {"algorithm": "sarsa", "epsilon": 0.5, "epsilon_end": 0.0},
        "dear_lesson",
        ("kept off the water",),
        ("along the water. The other target",),
    ),
    (START, LITTLE, "cheap_lesson", ("The next door will be tried",), ("may not hear",)),
    (
        START,
        {"algorithm": "sarsa", "epsilon": 0.1, "epsilon_end": 0.0},
        "cheap_lesson",
        ("may not hear",),
        ("The next door will be tried",),
    ),
    (START, OFF, "long_way_round", ("Ward ten, once more",), ("It did try things",)),
    (
        START,
        {**LITTLE, "initial_value": 0.0},
        "long_way_round",
        ("the first guess, 0", "It did try things at random"),
        ("Ward ten, once more", "Half of its steps or so"),
    ),
    (
        "10*delivered - 0.1*step",
        {"epsilon": 0.1, "epsilon_end": 0.1},
        "still_falling",
        ("Nothing in 10*delivered - 0.1*step puts a price",),
        ("The price of a bag is in the reward",),
    ),
    (
        START,
        {"algorithm": "sarsa", "epsilon": 0.5, "epsilon_end": 0.5},
        "still_falling",
        ("It keeps off the water for the most part",),
        ("describe a robot that makes none",),
    ),
    (
        START,
        {"epsilon": 0.02, "epsilon_end": 0.02},
        "short_way",
        ("Along the water and through the new door",),
        ("makes hardly a random step",),
    ),
    (
        "10*delivered - 5*spill",
        {"algorithm": "sarsa", "epsilon": 0.1, "epsilon_end": 0.1, "initial_value": -5.0},
        "never_sets_out",
        ("staying is free",),
        ("Nothing in", "Every step is paid"),
    ),
    ("0", {}, "not_relied_on", ("Arriving is paid by nothing",), ("Arriving costs something",)),
    (
        "spill - 2*delivered",
        {},
        "paid_to_spill",
        ("and its sign",),
        ("A delivery is paid as well",),
    ),
    ("-spill", {}, "not_relied_on", ("It came on 3\u202f% of",), ("The list is short",)),
    (
        "20*delivered - 40*spill",
        {"algorithm": "sarsa", "epsilon": 0.5, "epsilon_end": 0.0, "initial_value": -10.0},
        "never_sets_out",
        ("A price that is large beside the delivery",),
        ("Nothing in",),
    ),
    (
        "-20*spill",
        {"algorithm": "sarsa", "epsilon": 0.1, "epsilon_end": 0.1, "initial_value": 0.0},
        "never_sets_out",
        ("pays for arriving",),
        ("A price that is large beside the delivery",),
    ),
    (
        START,
        {"epsilon": 0.5, "epsilon_end": 0.0},
        "still_falling",
        ("Show me the last one by itself",),
        ("I would have switched that off",),
    ),
    (
        START,
        {"epsilon": 0.1, "epsilon_end": 0.1},
        "still_falling",
        ("I would have switched that off",),
        ("Show me the last one by itself",),
    ),
    (
        "delivered",
        {"algorithm": "sarsa", "initial_value": 0.0},
        "dear_lesson",
        ("a robot wanders onto the wet floor, too",),
        ("It kept off the water for the most part",),
    ),
    (
        "10*delivered - 0.5*beside - 0.1*step",
        {"epsilon": 0.1, "epsilon_end": 0.1},
        "cheap_lesson",
        ("charges a step that ends beside the water", "or a term of the reward"),
        ("a cell beside the water is dear on every night",),
    ),
    (
        "0",
        {"initial_value": -10.0},
        "not_relied_on",
        ("where it is far below, what was not tried stays untried",),
        ("A trip that does not arrive has the most steps",),
    ),
]


@pytest.mark.parametrize(("reward", "settings", "ends", "said", "unsaid"), CASES)
def test_what_is_so_is_said_and_nothing_else(
    reward: str,
    settings: dict[str, float | str],
    ends: str,
    said: tuple[str, ...],
    unsaid: tuple[str, ...],
) -> None:
    summary = run(settings, reward=reward)
    assert outcome_of(HUNDRED, summary).id == ends
    text = told_of(HUNDRED, summary)
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []
    assert [words for words in unsaid if words not in sayable()] == []  # or it could not fail
    assert "[[" not in text
