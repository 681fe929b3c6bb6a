"""What the chapter of the follow-ups says of runs, whoever was heard in them and what counted.

Runs are made, with figures like those that real ones had.
"""

from collections.abc import Mapping

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from engine.endings import Ending
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_to_the_end

CHAPTER = load_catalogue().chapter("ruth_answers_back")
BASE = {"correct": 0.01, "polite": 0.45, "fluent": 0.98, "evasive": 0.1, "length": 11.0, "kl": 0.0}
OF_VERDICTS = ("Verdicts counted", "had a hint beside them")
OF_VISITORS = ("told no", "thanked for", "objected to", "answered by somebody")
OF_PAY = ("silent", "GRPO takes", "The clerk, then")
READ = ("read beside the question", "reader", "heeds")


def made_run(own: Mapping[str, float], ending: Ending = "done", **last: float) -> Summary:
    """A run that goes from the untrained Pip to these figures; `own`: what stays as it is."""
    moved = {name: (value, last.get(name, value)) for name, value in BASE.items()}
    summary = made("correct", BASE, **moved, **{name: (kept, kept) for name, kept in own.items()})
    settings = {"updates": 20.0, "verdict_weight": 1.0, "hint_weight": 0.0}
    if "taught" not in own:
        settings = {"updates": 20.0}
    return summary.model_copy(update={"ending": ending, "settings": settings})


def verdicts(apart: float, taught: float, ending: Ending = "done", **last: float) -> Summary:
    """A run of OpenClaw-RL in which everybody was heard; apart: 0 where no hint counts."""
    own = {"followed_up": 1.0, "thanked": 0.26, "objected": 0.62, "misled": 0.01}
    own |= {"taught": taught, "disagreement": apart}
    own |= {name: last.pop(name) for name in tuple(own) if name in last}
    return made_run(own, ending, **last)


def sentences(ending: Ending = "done", **last: float) -> Summary:
    """A run of whole sentences by those who know better."""
    own = {"followed_up": 0.3, "thanked": 0.2, "objected": 0.1, "misled": 0.0, "disagreement": 0.2}
    own |= {name: last.pop(name) for name in tuple(own) if name in last}
    return made_run(own, ending, **last)


def paid(silent: float, **last: float) -> Summary:
    """A run that the clerk pays."""
    return made_run({"silent_groups": silent}, "done", **last)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        verdicts(0.0, 0.0, correct=0.02, fluent=0.85, kl=3.0),
        *("only_told_no", "were told no", (*OF_PAY, "felt well", "grammar", "counted for", *READ)),
    ),
    (
        verdicts(0.0, 0.0, fluent=0.18, polite=0.9, kl=13.0),
        *("only_told_no", "Nobody ever complained about the grammar", (*OF_PAY, *READ)),
    ),
    (
        sentences(fluent=0.18, objected=0.3, followed_up=0.3, kl=13.0),
        *("only_told_no", "whole sentences", (*OF_PAY, *OF_VERDICTS)),
    ),
    (
        verdicts(0.0, 0.0, correct=0.8, fluent=0.95, kl=4.0, thanked=0.6, objected=0.3),
        *("taught_by_visitors", "the mistaken did not win", (*OF_PAY, *READ, "had a hint")),
    ),
    (
        verdicts(0.2, 0.5, correct=0.8, fluent=0.9, kl=7.0, misled=0.2),
        *("taught_by_visitors", "had a hint", (*OF_PAY, "did not win", "Nobody handed")),
    ),
    (
        sentences(correct=0.9, fluent=0.93, kl=5.0),
        *("taught_by_visitors", "Nobody handed it a list", (*OF_PAY, *OF_VERDICTS, "everybody")),
    ),
    (
        paid(0.4, correct=0.95, fluent=0.95, kl=5.0),
        *("taught_by_visitors", "The clerk, then", (*OF_VERDICTS, *OF_VISITORS, *READ)),
    ),
    (
        paid(0.9, correct=0.03),
        *("only_told_no", "of the groups were silent", (*OF_VERDICTS, *OF_VISITORS, *READ)),
    ),
    (
        paid(0.1, correct=0.05),
        *("only_told_no", "what can the clerk teach there?", (*OF_VISITORS, "that was heard")),
    ),
    (
        sentences(correct=0.16, fluent=0.94, kl=3.3),
        *("only_told_no", "and not to right names", (*OF_PAY, *OF_VERDICTS, "the clerk teach")),
    ),
    (
        paid(0.4, correct=0.95, fluent=0.95, kl=5.0),
        *("taught_by_visitors", "Who in the hall knows the rota", ("Whose words did it take",)),
    ),
    (
        paid(0.4, correct=0.5),
        *("half_taught", "and in the others replies", (*OF_VERDICTS, *OF_VISITORS, *READ)),
    ),
    (
        verdicts(0.2, 0.0, misled=0.8, correct=0.1, followed_up=0.2, thanked=0.13, objected=0.02),
        *("says_ben", "Ben is in X-ray", (*OF_PAY, "By our figure", "Those who are heard are")),
    ),
    (
        verdicts(0.0, 0.0, misled=0.8, correct=0.1, followed_up=0.2, thanked=0.13, objected=0.02),
        *("says_ben", "name Ben where it is somebody else", (*OF_PAY, *READ)),
    ),
    (
        verdicts(0.3, 0.2, polite=1.1, followed_up=0.2, thanked=0.2, objected=0.0),
        *("ruths_manners", "Whoever thanks for everything", OF_PAY),
    ),
    (
        verdicts(0.3, 0.2, polite=1.1, correct=0.02),
        *("ruths_manners", "A follow-up teaches its own", (*OF_PAY, "Whoever thanks")),
    ),
    (
        sentences(correct=0.85, fluent=0.3, kl=20.0),
        *("only_told_no", "no language", (*OF_PAY, *OF_VERDICTS, "What is still missing")),
    ),
    (
        verdicts(0.0, 0.0, "nobody_heard", followed_up=0.0, thanked=0.0, objected=0.0),
        *("nobody_heard", "nobody was heard in any of them", (*OF_PAY, *OF_VERDICTS)),
    ),
    (
        verdicts(0.0, 0.0, correct=0.87, fluent=0.05, kl=28.0),
        *("only_told_no", "the words around a name", (*OF_PAY, *READ, "No hint", "heard say")),
    ),
    (
        verdicts(0.0, 0.0, "no_verdict"),
        *("only_told_no", "Nothing that was said counted", (*OF_PAY, "felt well", "grammar")),
    ),
]


@pytest.mark.parametrize(("summary", "outcome", "so", "false"), RUNS)
def test_what_is_told_of_a_run_is_so(
    summary: Summary, outcome: str, so: str, false: tuple[str, ...]
) -> None:
    assert outcome_of(CHAPTER, summary).id == outcome
    told = told_to_the_end(CHAPTER, summary)
    assert so in told
    assert [words for words in false if words in told] == []


@pytest.mark.parametrize(("ends_at", "is_said"), [(0.12, True), (0.0, False)])
def test_thanks_explain_right_names_where_there_were_more_of_them(
    ends_at: float, is_said: bool
) -> None:
    moved = {"correct": (0.01, 0.87), "fluent": (0.98, 0.05), "kl": (0.0, 28.0)}
    kept = {"polite": 0.45, "evasive": 0.1, "length": 11.0, "followed_up": 0.13}
    kept |= {"taught": 0.0, "objected": 0.05, "misled": 0.0, "disagreement": 0.0}
    figures = moved | {name: (value, value) for name, value in kept.items()}
    summary = made("correct", BASE, **figures, thanked=(0.0, ends_at))
    told = told_to_the_end(CHAPTER, summary.model_copy(update={"settings": {"updates": 40.0}}))
    assert ("somebody had thanked for" in told) is is_said
