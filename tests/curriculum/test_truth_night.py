"""Night delivery says nothing of a run that is not so, whatever is paid and chosen."""

import numpy as np
import pytest

from curriculum.ledger import effects_of
from curriculum.loader import load_catalogue
from curriculum.recipe import config_of, starting_config
from curriculum.rules import hint, outcome_of, plain, render, reply_to, shown
from curriculum.summary import summarise
from engine.algorithms.q_learning import QLearningConfig
from engine.gridworld import ACTIONS
from engine.policy_iteration import exploring
from engine.tabular.episode_worth import worth_of
from engine.tabular.practice import ground_of
from engine.train import train

NIGHT = load_catalogue().chapter("night_delivery")
SEED = 2
START = "10*delivered - 5*spill - 0.1*step"
DEAR = "10*delivered - 20*spill - 0.1*step"
FREE = "20*delivered - 20*spill"
POOR = "delivered - 20*spill - 0.1*step"


def told(reward: str, **settings: float | str) -> tuple[str, str]:
    """How a run ends, and everything that the story says of it."""
    seed = int(settings.pop("seed", SEED))
    config = config_of(NIGHT, {}, settings, reward, seed)
    content = config.model_dump(mode="json")
    summary = summarise(train(config), content, NIGHT.experiment.last_updates)
    outcome = outcome_of(NIGHT, summary)
    said = [render(outcome.title, summary)]
    said += [beat.text for beat in shown((*outcome.beats, *outcome.explain), summary)]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    said += [hint(NIGHT, summary, step) for step in (1, 2, 3)]
    return outcome.id, plain(" ".join(said))


def sayable(outcome_id: str) -> str:
    """Everything that the story could say of a run that ends so, with its figures open."""
    outcome = next(one for one in NIGHT.outcomes if one.id == outcome_id)
    beats = [beat.text for beat in (*outcome.beats, *outcome.explain)]
    return " ".join([outcome.title, *beats, *(step for one in NIGHT.hints for step in one.steps)])


@pytest.mark.parametrize(
    ("reward", "settings", "ends", "unsaid"),
    [
        ("step", {}, "lost", "hears of a delivery"),
        ("bump", {"epsilon": 0.0, "gamma": 0.0}, "lost", "A step nearer is paid"),
        ("-10*delivered - spill", {"algorithm": "sarsa"}, "stays_home", "is out of sight"),
        (
            "delivered",
            {"learning_rate": 1.0, "epsilon": 0.0},
            "keeps_away",
            "they contain the random steps",
        ),
        ("delivered", {"learning_rate": 1.0, "epsilon": 0.0}, "keeps_away", "curiosity on"),
        ("delivered", {"learning_rate": 1.0, "epsilon": 0.0}, "keeps_away", "calling it super"),
        (FREE, {"algorithm": "sarsa", "seed": 5}, "keeps_away", "both ways are paid the same"),
        (START + " - 0.3*beside", {"seed": 5}, "keeps_away", ", and whole"),
        ("spill - 2*delivered", {}, "paid_to_spill", "A delivery is paid too"),
        ("closer - 5*spill", {"epsilon": 0.0, "gamma": 0.0}, "dry_edge", "tells the ways apart"),
        (
            "10*delivered - spill",
            {"algorithm": "sarsa", "learning_rate": 0.05, "epsilon": 0.0, "seed": 5},
            "dry_edge",
            "I said along the water",
        ),
        ("10*delivered - 0.1*step", {}, "edge_runner", "The term spill was in the reward"),
        ("-0.1*step - 5*spill", {"epsilon": 0.3}, "flood", "puts a price on a spill"),
    ],
)
def test_what_is_not_so_is_not_said(
    reward: str, settings: dict[str, float | str], ends: str, unsaid: str
) -> None:
    ending, text = told(reward, **settings)
    assert ending == ends
    assert unsaid in sayable(ends)  # of other runs, or this test could not fail
    assert unsaid not in text
    assert "[[" not in text


@pytest.mark.parametrize(
    ("reward", "settings", "ends", "said"),
    [
        (
            DEAR,
            {"algorithm": "sarsa", "learning_rate": 0.2},
            "keeps_away",
            (
                "they contain the random steps",
                "If both keep away",
                "0.06 a trip on the floor",
                "its tables of the last trips would have earned 6.9 a trip on average",
            ),
        ),
        ("delivered", {"learning_rate": 1, "epsilon": 0}, "keeps_away", ("came upon first",)),
        (FREE, {"algorithm": "sarsa", "seed": 5}, "keeps_away", ("is the price of a spill",)),
        (
            POOR,
            {"algorithm": "sarsa", "learning_rate": 1, "gamma": 0.9, "seed": 5},
            "stumbles",
            ("in 48.0 steps where seventeen would do",),
        ),
        (
            "10*delivered - spill",
            {"algorithm": "sarsa", "learning_rate": 0.05, "epsilon": 0, "seed": 5},
            "dry_edge",
            ("part of it behind the wall", "tells the ways apart", "set ε to 0.1"),
        ),
        ("10*delivered - 0.1*step", {}, "edge_runner", ("Nothing in 10*delivered - 0.1*step pri",)),
        (
            START,
            {"algorithm": "sarsa", "learning_rate": 0.05, "seed": 5},
            "edge_runner",
            ("If they already count the move that is made", "if it counts that already"),
        ),
        (
            START,
            {"algorithm": "sarsa", "learning_rate": 1, "seed": 5},
            "lost",
            ("The learning rate α is 1.", "Then look at α, which is 1", "α to 0.3"),
        ),
        (
            "10*delivered + spill - 0.1*step",
            {},
            "paid_to_spill",
            ("Look at the sign before spill", "Write a minus before it"),
        ),
        (
            "10*delivered + beside - 0.1*step",
            {},
            "lost",
            ("Look at the sign before beside", "Write a minus before it"),
        ),
        ("-delivered", {"epsilon": 0.5}, "lost", ("charged for arriving",)),
    ],
)
def test_what_is_so_is_said(
    reward: str, settings: dict[str, float | str], ends: str, said: tuple[str, ...]
) -> None:
    ending, text = told(reward, **settings)
    assert ending == ends
    assert [words for words in said if words not in text] == []


def driven(reward: str, arrows: str, epsilon: float) -> float:
    """What a trip is worth, exactly, to a robot that follows the arrows and slips so often."""
    config = starting_config(NIGHT)
    assert isinstance(config, QLearningConfig)
    config = config.model_copy(update={"reward": reward})
    ground = ground_of(config, 0)
    way = np.array([[arrow == action for action in ACTIONS] for arrow in arrows], dtype=float)
    start = ground.floor.grid.find("S")
    return worth_of(ground.process, ground.reward, exploring(way, epsilon), start, 200)


def test_the_figures_on_the_desk_are_those_of_the_two_ways() -> None:
    """Each arrow is what the robot does in that cell; in walls and spills it does not matter."""
    water = "rrrrrrrrrrrdd####dd####drrrrrrrrrrrdu..........."
    behind = "rrrrrrrrrrrdu####uu####dulllluulllrdu..........."
    worths = [driven(START, way, epsilon) for epsilon in (0, 0.1) for way in (water, behind)]
    boxes = [driven("spill", way, 0.1) for way in (water, behind)]
    assert [f"{worth:.1f}" for worth in worths] == ["8.7", "8.3", "6.6", "8.0"]
    assert [f"{broken:.2f}" for broken in boxes] == ["0.35", "0.03"]
    context, reply = NIGHT.decide.context, reply_to(NIGHT, "as_driven", "").beats[0].text
    assert "Paid 10 for a delivery and charged 0.1 a step and 5 a spill" in context
    assert (
        "is worth 8.7 a trip without exploring, and the one by the corridor behind 8.3" in context
    )
    assert "8.0 against 6.6, and 0.03 boxes against 0.35" in reply
