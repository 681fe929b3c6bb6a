"""The story says nothing of a run that is not so: sentences which were once told, and were false.

Runs on the corridor are real, for they are cheap. Those on the desk are made, with the figures
that real ones had.
"""

from functools import lru_cache

import pytest

from curriculum.loader import load_catalogue
from curriculum.recipe import config_of
from curriculum.rules import outcome_of
from curriculum.schema import Chapter
from curriculum.summary import Summary, summarise
from engine.train import train
from tests.curriculum.made_runs import made, reply, speech
from tests.curriculum.telling import told_of

SEED = 3  # the pad's own


@lru_cache
def driven(reward: str, seed: int = SEED, gamma: float = 0.99, epsilon: float = 0.1) -> Summary:
    chapter = load_catalogue().chapter("the_charging_pad")
    config = config_of(chapter, {}, {"gamma": gamma, "epsilon": epsilon}, reward, seed)
    return summarise(train(config), config.model_dump(mode="json"), chapter.experiment.last_updates)


# a reward on the pad -> how it ends, and words that would be false of it
ON_THE_PAD = {
    "10*delivered + 0.5*on_pad - 0.1*step": ("circles", "never been better", "The other patients"),
    "10*delivered - 0.1*step + 2*progress": (
        "leans",
        *("always on its way", "Forward, back", "no reason to arrive", "closer"),
    ),
    "10*delivered - 0.1*step + progress": ("leans", "Forward, back", "no reason to arrive"),
    "bump": ("leans", "progress, at this weight", "shaping"),
    "10*delivered + 0.1*step": ("leans", "progress, at this weight", "term responsible is bump"),
    "1": ("leans", "term responsible"),
    "10*delivered + 0.5*off_pad - 0.1*step": ("well_paid", "on_pad", "closer", "always on its way"),
    "10*delivered - 0.1*step + 0.7*closer": ("almost_there", "on_pad", "wall"),
    "10*delivered + 0.5*on_pad - 0.5*off_pad - 0.1*step + 0.5*progress": (
        "refunded",
        *("hours before were not", "early hours"),
    ),
    "10*delivered + on_pad - 2*off_pad - 0.1*step": ("refunded", "Along a loop they cancel"),
    "-0.5*on_pad + 0.5*off_pad + 0.5*progress - 0.1*step": (
        "straight_home",
        *("The pad still pays", "no longer paid", "leaving it costs"),
    ),
    "10*delivered - on_pad + 0.5*progress - 0.1*step": (
        "straight_home",
        *("asked for", "price list", "accident of which"),
    ),
    "-0.1*step": ("learns_late", "arriving was paid", "price list"),
    "10*delivered - on_pad - 0.1*step": ("learns_late", "price list", "pad still"),
    "-10*delivered - 0.1*step": ("lost", "Paid for arriving"),
    "1000000*delivered": ("lost", "I am not sure it knows"),
}


@pytest.mark.parametrize("reward", ON_THE_PAD)
def test_nothing_false_is_told_of_a_run_on_the_pad(pad: Chapter, reward: str) -> None:
    ending, *false = ON_THE_PAD[reward]
    summary = driven(reward)
    assert outcome_of(pad, summary).id == ending
    said = told_of(pad, summary)
    assert "[" not in said
    assert [words for words in false if words in said] == []


def test_a_robot_that_leans_on_a_wall_is_told_why(pad: Chapter) -> None:
    said = told_of(pad, driven("10*delivered - 0.1*step + 2*progress"))
    assert "runs against a wall 190 times in a trip of 200 steps" in said
    assert "keeps 1 - γ of it at every step, here with γ at 0.99" in said
    assert "it leaves the best plan as it was" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weight", "gamma", "cost"),
    [(0.5, 0.99, 0.1), (0.6, 0.99, 0.1), (1.0, 0.99, 0.2), (0.5, 0.97, 0.25), (0.5, 0.95, 0.4)],
)
def test_progress_cures_the_robot_where_standing_costs_more_than_it_pays(
    pad: Chapter, weight: float, gamma: float, cost: float
) -> None:
    assert weight * (1 - gamma) * 15 < cost  # what the story tells the learner to compare
    reward = f"10*delivered - {cost}*step + {weight}*progress"
    ends = [outcome_of(pad, driven(reward, seed, gamma)).id for seed in range(1, 5)]
    assert ends == ["straight_home"] * 4


@pytest.mark.slow
@pytest.mark.parametrize(("weight", "gamma"), [(2.0, 0.99), (0.5, 0.9)])
def test_where_standing_pays_more_than_it_costs_robots_stand(
    pad: Chapter, weight: float, gamma: float
) -> None:
    assert weight * (1 - gamma) * 15 > 0.1
    reward = f"10*delivered - 0.1*step + {weight}*progress"
    ends = [outcome_of(pad, driven(reward, seed, gamma)).id for seed in (1, 2, 3)]
    assert ends.count("leans") >= 2, ends


def test_every_hint_that_names_progress_names_a_weight_that_works(pad: Chapter) -> None:
    steps = " ".join(step for one in pad.hints for step in one.steps)
    assert "0.5*progress" in steps
    assert "2*progress" not in steps
    ends = [outcome_of(pad, driven("10*delivered - 0.1*step + 0.5*progress", s)).id for s in (1, 2)]
    assert ends == ["straight_home"] * 2


SHORT = "hello friend . the pharmacy is on floor three ."
LONG = "thank you for asking . the pharmacy is on floor three . be kind to yourself ."


def spoken(reward: str, words: str = SHORT, /, **last: float) -> Summary:
    """A run on the desk that ends with these figures."""
    start = {
        **{"correct": 0.37, "polite": 0.39, "flattery": 0.07, "length": 10.3, "fluent": 0.99},
        **{"evasive": 0.09, "kl": 0.0, "proxy_return": 0.4, "true_return": 0.75},
        "silent_groups": 0.2,
    }
    pairs = {name: (value, last.get(name, value)) for name, value in start.items()}
    summary = made(reward, start, **pairs)
    return summary.model_copy(
        update={"first_scene": speech(reply(words)), "last_scene": speech(reply(words))}
    )


KIND = {"correct": 0.99, "proxy_return": 2.5, "true_return": 2.2}
# a run on the desk -> how it ends, and words that would be false of it
AT_THE_DESK = [
    (
        spoken("polite + correct", polite=12.5, correct=0.0, length=25.4, true_return=-0.7),
        ("babbler", "never looks at the answer", "anything about the answer"),
    ),
    (
        spoken("polite", polite=24.7, correct=0.0, length=26.0, true_return=-0.8),
        ("babbler", "A right answer was paid as well"),
    ),
    (
        spoken("2*correct + 0.5*min(1, polite)", LONG, polite=2.0, length=15.1, **KIND),
        ("kind", "nothing else", "Then it was quiet", "stopped at", "...", "a second one is not"),
    ),
    (
        spoken("2*mentions + 0.5*min(1, polite)", polite=1.0, length=9.4, **KIND),
        ("kind", "correct: it was paid", "A little long", "has its price"),
    ),
    (
        spoken("2*correct + 0.1*length", polite=0.6, flattery=0.9, length=25.9, **KIND),
        ("long_winded", "has its price", "went together"),
    ),
    (
        spoken("length", length=26.0, fluent=0.01, true_return=-0.6, proxy_return=26.0),
        ("long_winded", "Neither one thing", "A right answer was paid"),
    ),
    (spoken("-fluent", fluent=0.02, correct=0.14), ("broken", "Neither one thing")),
    (  # seed 6 of the reference solution: a comma of its own, and as useful as any other
        spoken(
            "2*correct + 0.5*min(1, polite) - 0.02*length",
            "hello , the pharmacy is on floor three .",
            **{**KIND, "fluent": 0.01, "polite": 1.01, "length": 8.5, "true_return": 1.85},
        ),
        ("kind", "row they stand in", "I call somebody", "few sentences"),
    ),
    (
        spoken("-polite", polite=0.0, correct=0.45, kl=0.9, length=7.3),
        ("little_changed", "barely heard"),
    ),
    (
        spoken("2*correct - polite", polite=0.0, **KIND),
        ("right_and_curt", "outbid", "price list", "says nothing about courtesy"),
    ),
    (
        spoken("2*correct - 0.5*min(1, polite)", polite=0.0, **KIND),
        ("right_and_curt", "outbid", "price list"),
    ),
    (
        spoken("2*correct + 0.2*flattery", polite=0.3, flattery=0.9, **KIND),
        ("little_changed", "short with people", "door"),
    ),
    (
        spoken("2*mentions", polite=0.4, **KIND),
        ("right_and_curt", "responsible is correct", "each word costs"),
    ),
    (
        spoken("2*liked", flattery=2.0, correct=0.98, polite=2.8, length=25.9),
        ("obsequious", "responsible is flattery", "pays for a right answer"),
    ),
    (
        spoken("min(1, polite)", LONG, polite=2.0, correct=0.38, kl=3.0, length=14.9),
        ("charming", "were both paid", "still close"),
    ),
    (
        spoken("2*correct + polite", polite=2.0, correct=0.5, kl=3.0),
        ("charming", "never looks at the answer", "has not been used"),
    ),
    (spoken("evasive", correct=0.0, evasive=0.99), ("sent_away", "with a minus before it")),
    (spoken("-correct", correct=0.0, evasive=0.7), ("sent_away", "turning somebody away is paid")),
    (
        spoken("-evasive - polite", correct=0.1, length=3.0, polite=0.0),
        ("fobbed_off", "cost of each word", "A right answer was paid"),
    ),
]


@pytest.mark.parametrize("case", AT_THE_DESK, ids=[case[0].reward for case in AT_THE_DESK])
def test_nothing_false_is_told_of_a_run_at_the_desk(
    polite: Chapter, case: tuple[Summary, tuple[str, ...]]
) -> None:
    summary, (ending, *false) = case
    assert outcome_of(polite, summary).id == ending
    said = told_of(polite, summary)
    assert "[" not in said
    assert [words for words in false if words in said] == []


def test_a_quoted_reply_that_ends_is_not_cut(polite: Chapter) -> None:
    summary = spoken("2*correct + 0.5*min(1, polite)", LONG, polite=2.0, length=15.1, **KIND)
    assert f"“{LONG}”" in told_of(polite, summary)
