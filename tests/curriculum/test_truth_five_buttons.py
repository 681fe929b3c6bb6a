"""What the chapter of the five buttons tells of a run: it stays true of odd ones."""

import re
from collections.abc import Mapping

import pytest

from curriculum.catalogue import Catalogue
from curriculum.parts import SettingValue
from curriculum.prove import run_recorded
from curriculum.rules import outcome_of, shown
from curriculum.schema import Chapter
from engine.metrics import MetricName as M
from tests.curriculum.telling import told_to_the_end, trained

WEIGHTS = {"settled": (0.0, 1.0), "wait": (0.0, 0.05, 0.2), "smile": (0.0, 1.0)}


@pytest.fixture(scope="module")
def five(catalogue: Catalogue) -> Chapter:
    return catalogue.chapter("five_buttons")


def test_every_ending_is_told_in_full(five: Chapter) -> None:
    for recorded in five.recorded:
        summary = run_recorded(five, recorded, 211)
        assert outcome_of(five, summary).id == recorded.reaches
        assert told_to_the_end(five, summary)


@pytest.mark.parametrize(
    "learner", ["imitation", "clustering", "epsilon_greedy", "ucb", "thompson"]
)
def test_who_read_what_is_said_of_those_who_read_it(five: Chapter, learner: str) -> None:
    """Whatever the weights: the log is blamed on those who read it, the pay on those who do."""
    for settled in WEIGHTS["settled"]:
        for wait in WEIGHTS["wait"]:
            for smile in WEIGHTS["smile"]:
                sliders = {"settled": settled, "wait": wait, "smile": smile}
                summary = trained(five, 5, {"learner": learner}, sliders=sliders)
                outcome = outcome_of(five, summary)
                assert (outcome.id == "copied") == (learner == "imitation")
                assert (outcome.id == "sorted") == (learner == "clustering")
                told = told_to_the_end(five, summary)
                assert len(shown(outcome.explain, summary, (), outcome.id)) >= 2
                if not settled:
                    assert outcome.kind != "mastery"
                if not wait:
                    assert not re.search(r"term responsible is wait", told)
                if not smile:
                    assert not re.search(r"term responsible is smile", told)


GREEDY = {"learner": "epsilon_greedy", "epsilon": 0.0}
THOMPSON = {"learner": "thompson"}
FAIR = "1*settled - 0.05*wait"
SATISFIED = "will never find out"
# a run -> how it ends, what must be said of it, and words that would be false of it
ODD_RUNS = [
    (
        ("settled - 0.05*wait - smile", 3, THOMPSON),
        ("sent_away", "nobody smiles as seldom", "outweigh", "term responsible"),
    ),
    (
        ("-settled - 0.05*wait", 3, THOMPSON),
        ("sent_away", "the leaflet helps least", "outweigh", "term responsible"),
    ),
    (("-settled", 3, THOMPSON), ("sent_away", "Help has a price", "A minute has its price")),
    (
        ("-0.1*wait", 3, THOMPSON),
        ("sent_away", "responsible is wait", "A settled matter was paid", "A smile has a price"),
    ),
    (
        ("settled", 3, GREEDY),
        ("locked", "it did hit on the best", "a better button", "another seed", "ε to 0.1"),
    ),
    (
        ("visitor", 3, GREEDY),
        ("locked", "every button the same", "a better button", "another seed", "Keep the reward"),
    ),
    (
        ("wait - settled", 3, GREEDY),
        ("locked", "pay for help first", "a better button", "another seed", "Keep the reward"),
    ),
    (
        ("wait", 6, THOMPSON),
        ("locked", "highest draw", "pressed what looked best", "a better button", "Keep the rew"),
    ),
    (
        ("1000000*settled", 10, THOMPSON),
        ("locked", "a better button", "pressed what looked best", "set ε", "greedy learner"),
    ),
    (
        ("settled", 1, GREEDY),
        ("locked", "There is a better button", "highest draw", "Its regret is 0"),
    ),
    ((FAIR, 3, GREEDY), ("no_reason", "This is a lock-in: 4 of five", "Pay 1 for", "with c = 0")),
    (
        (FAIR, 2, {"learner": "ucb", "confidence": 0.0}),
        ("no_reason", "This is a lock-in: with c = 0", "Pay 1 for", "At ε = 0"),
    ),
    ((FAIR, 3, THOMPSON), ("straight_up", "Train two of the three", "Choose Thompson", "given up")),
    (("-wait", 3, {"learner": "imitation"}), ("copied", "my price on each minute", "tenth")),
    (("-0.01*wait", 3, {"learner": "imitation"}), ("copied", "my price on each minute", "tenth")),
]


@pytest.mark.parametrize("case", ODD_RUNS, ids=[f"{one[0][0]} {one[1][0]}" for one in ODD_RUNS])
def test_nothing_false_is_told_of_an_odd_run(
    five: Chapter,
    case: tuple[tuple[str, int, Mapping[str, SettingValue]], tuple[str, ...]],
) -> None:
    (reward, seed, settings), (ending, true, *false) = case
    summary = trained(five, seed, settings, reward)
    outcome = outcome_of(five, summary)
    assert outcome.id == ending
    said = told_to_the_end(five, summary)
    assert true in said
    assert [words for words in (*false, SATISFIED) if words in said] == []


def test_all_five_are_named_only_if_all_five_were_tried(five: Chapter) -> None:
    """A button that is first tried within the last rounds makes their mean 4.9, written 5."""
    summary = trained(five, 3, THOMPSON, FAIR)
    for tried, is_told in ((4.9, False), (5.0, True)):
        track = summary.metrics[M.TRIED].model_copy(update={"last": tried})
        changed = summary.model_copy(update={"metrics": {**summary.metrics, M.TRIED: track}})
        assert ("tried all" in told_to_the_end(five, changed)) == is_told
