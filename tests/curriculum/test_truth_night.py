"""Night delivery says nothing of a run that is not so, whatever is paid and chosen."""

import pytest

from curriculum.loader import load_catalogue
from curriculum.recipe import config_of
from curriculum.rules import hint, outcome_of, plain, render, shown
from curriculum.summary import summarise
from engine.train import train

NIGHT = load_catalogue().chapter("night_delivery")
SEED = 2


def told(reward: str, **settings: float | str) -> tuple[str, str]:
    """How a run ends, and everything that the story says of it."""
    config = config_of(NIGHT, {}, settings, reward, SEED)
    content = config.model_dump(mode="json")
    summary = summarise(train(config), content, NIGHT.experiment.last_updates)
    outcome = outcome_of(NIGHT, summary)
    said = [render(outcome.title, summary)]
    said += [beat.text for beat in shown((*outcome.beats, *outcome.explain), summary)]
    said += [hint(NIGHT, summary, step) for step in (1, 2, 3)]
    return outcome.id, plain(" ".join(said))


@pytest.mark.parametrize(
    ("reward", "settings", "ends", "unsaid"),
    [
        ("step", {}, "lost", "hears of a delivery"),
        ("bump", {"epsilon": 0.0, "gamma": 0.0}, "lost", "out of sight"),
        ("-10*delivered - spill", {"algorithm": "sarsa"}, "stays_home", "out of sight"),
        (
            "delivered",
            {"learning_rate": 1.0, "epsilon": 0.0},
            "keeps_away",
            "they contain the random steps",
        ),
        ("spill - 2*delivered", {}, "paid_to_spill", "A delivery is paid too"),
        ("closer - 5*spill", {"epsilon": 0.0, "gamma": 0.0}, "dry_edge", "beside makes the edge"),
        ("10*delivered - 0.1*step", {}, "edge_runner", "The term spill was in the reward"),
        ("-0.1*step - 5*spill", {"epsilon": 0.3}, "flood", "Nothing in -0.1*step - 5*spill puts"),
    ],
)
def test_what_is_not_so_is_not_said(
    reward: str, settings: dict[str, float | str], ends: str, unsaid: str
) -> None:
    ending, text = told(reward, **settings)
    assert ending == ends
    assert unsaid not in text
    assert "[[" not in text


def test_what_is_so_is_said() -> None:
    assert (
        "they contain the random steps"
        in told("10*delivered - 20*spill - 0.1*step", algorithm="sarsa", learning_rate=0.2)[1]
    )
    assert "settled by which it came upon first" in told("delivered", learning_rate=1, epsilon=0)[1]
    assert "Nothing in 10*delivered - 0.1*step prices a spill" in told("10*delivered - 0.1*step")[1]
    assert "charged for arriving" in told("-delivered", epsilon=0.5)[1]
