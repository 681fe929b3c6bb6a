"""What *Trust the sign* says of runs, whoever gave the direction in them.

Most runs are made, with the figures that real ones had; the promise of the chapter is real.
"""

from functools import cache

import pytest

from curriculum.loader import load_catalogue
from curriculum.parts import SettingValue
from curriculum.rules import outcome_of, reply_to, shown
from curriculum.summary import Summary
from engine.endings import Ending
from engine.metrics import MetricName
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of, trained

CHAPTER = load_catalogue().chapter("trust_the_sign")
BASE = {"correct": 0.42, "polite": 0.5, "fluent": 0.99, "evasive": 0.1, "length": 11.0, "kl": 0.0}
OF_THE_READER = ("The reader", "the reader was", "by a reader", "read again")
OF_RLSD = ("clearly wanted the opposite", "The reader had the directory", "change how far a word")


def made_run(
    own: dict[str, float], reward: str = "correct", ending: Ending = "done", **last: float
) -> Summary:
    """A run that goes from the untrained Pip to these figures; `own`: what stays as it is."""
    moved = {name: (value, last.get(name, value)) for name, value in BASE.items()}
    moved |= {name: (kept, last.get(name, kept)) for name, kept in own.items()}
    summary = made(reward, BASE, **moved)
    settings = {"updates": 20.0, "group_size": 4.0}
    if "overruled" in own:
        settings["teacher_share"] = 0.5
    return summary.model_copy(update={"ending": ending, "settings": settings})


def read(told: float, reward: str = "correct", **last: float) -> Summary:
    """A run of SDPO; told: how often its reader is right."""
    own = {"teacher_correct": told, "taught": 0.6, "disagreement": 0.2}
    return made_run(own, reward, "done", **last)


def weighed(
    told: float,
    reward: str = "correct",
    ending: Ending = "done",
    overruled: float = 0.08,
    **last: float,
) -> Summary:
    """A run of RLSD."""
    own = {"teacher_correct": told, "overruled": overruled, "disagreement": 0.3}
    return made_run(own | {"silent_groups": 0.5}, reward, ending, **last)


def alone(reward: str = "correct", **last: float) -> Summary:
    """A run of GRPO."""
    return made_run({"silent_groups": 0.5}, reward, "done", **last)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        read(0.02, correct=0.05, taught=0.95),
        *("learnt_the_leaflet", "The worse it gets", ("Pay said", *OF_RLSD)),
    ),
    (
        read(0.02, reward="min(2, polite)", correct=0.05, taught=0.95),
        *("learnt_the_leaflet", "No term of the loss", ("The worse it gets", "was consulted")),
    ),
    (
        read(0.35, polite=1.5, correct=0.35),
        *("another_tone", "it has learnt manners", ("counter said", "It sells", *OF_RLSD)),
    ),
    (
        read(0.98, polite=1.5, correct=0.8),
        *("another_tone", "Polite words went from", ("learnt manners", "counter said")),
    ),
    (
        weighed(0.98, reward="min(2, polite)", polite=2.4, correct=0.4),
        *("another_tone", "the counter said which way", ("learnt manners", "asks for sentences")),
    ),
    (
        weighed(0.98, reward="correct + min(2, polite)", polite=2.4, correct=0.7),
        *("another_tone", "It sells courteous words", ("the counter said", "is no part of it")),
    ),
    (
        alone(reward="min(2, polite)", polite=3.0, correct=0.3, fluent=0.2),
        *("another_tone", "asks for sentences", (*OF_THE_READER, *OF_RLSD)),
    ),
    (
        weighed(0.03, correct=0.98, teacher_correct=0.3),
        *("sign_held", "It turned none", ("so Pip is right", "read again")),
    ),
    (
        weighed(0.4, correct=0.98, overruled=0.01),
        *("sign_held", "gain by having one", ("It turned none", "became the reader")),
    ),
    (
        read(0.98, correct=0.99),
        *("right_so_far", "still right when the reader is not", ("both had", "silent", *OF_RLSD)),
    ),
    (
        weighed(0.98, correct=0.99),
        *("right_so_far", "Pay and reader both had", ("so Pip is right",)),
    ),
    (
        alone(correct=0.97),
        *("right_so_far", "gave the direction", (*OF_THE_READER, "both had", *OF_RLSD)),
    ),
    (
        weighed(0.03, correct=0.95, fluent=0.7),
        *("right_so_far", "Whole sentences stand", ("both had", "so Pip is right")),
    ),
    (
        read(0.02, correct=0.2, polite=1.3, taught=0.8),
        *("learnt_the_leaflet", "decided", ("learnt manners",)),
    ),
    (
        alone(reward="mentions", correct=0.9, fluent=0.6),
        *("right_so_far", "Whole sentences stand", ("told right from wrong",)),
    ),
    (
        read(0.02, correct=0.36),
        *("between", "what to expect of more updates", ("silent", *OF_RLSD)),
    ),
    (
        weighed(0.98, reward="-correct", correct=0.01),
        *("between", "The reward was -correct", ("it decides where", "read again")),
    ),
    (
        weighed(0.02, correct=0.82),
        *("on_the_way", "gave every step its direction", ("read again", "Ruth compares")),
    ),
    (
        read(0.98, correct=0.84),
        *("on_the_way", "goes where the reader is", ("silent", "step its direction")),
    ),
    (
        weighed(0.98, reward="0", ending="no_signal", overruled=0.0),
        *("nobody_could_tell", "how far. Nobody said which way", ("read again",)),
    ),
    (
        made_run({"silent_groups": 1.0}, "0", "no_signal"),
        *("nobody_could_tell", "is what it was", ("nobody asked", "cannot help either")),
    ),
    (
        made_run({"teacher_correct": 0.02, "taught": 0.0, "disagreement": 0.0}, "1", "all_right"),
        *("between", "none counted as wrong", ("by a reader", "more updates")),
    ),
    (
        made_run({"teacher_correct": 0.02, "taught": 1.0}, "0.3*correct", "done", correct=0.05),
        *("learnt_the_leaflet", "No term of the loss", ("was consulted", "The worse it gets")),
    ),
    (
        weighed(0.98, reward="polite + mentions", polite=2.4, correct=0.7),
        *("another_tone", "It sells courteous words", ("the counter said", "is no part of it")),
    ),
    (
        weighed(0.98, reward="mentions", correct=0.95),
        *("right_so_far", "The right floor, so far", ("both had", "told right from wrong")),
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {so}" for _, ends, so, _ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(CHAPTER, summary).id == ending
    said = told_of(CHAPTER, summary)
    assert so in said and said.count("gave every step its direction") <= 1
    assert shown(outcome_of(CHAPTER, summary).explain, summary, (), ending), "unexplained"
    gains = last(summary, MetricName.CORRECT) >= 0.55
    assert (outcome_of(CHAPTER, summary).kind in ("partial", "mastery")) <= gains
    assert [words for words in false if words in said] == []


@pytest.mark.parametrize(
    ("summary", "is_said"),
    [
        (weighed(0.03, correct=0.98), True),
        (weighed(0.98, correct=0.98), False),
        (read(0.03, correct=0.05), False),
        (alone(correct=0.98), False),
    ],
)
def test_who_was_relied_on_is_said_where_the_reader_was_wrong(
    summary: Summary, is_said: bool
) -> None:
    beats = reply_to(CHAPTER, "checked", outcome_of(CHAPTER, summary).id).beats
    said = " ".join(beat.text for beat in shown(beats, summary))
    assert ("What you relied on was the directory" in said) is is_said


@cache
def run_of(seed: int, **settings: SettingValue) -> Summary:
    return trained(CHAPTER, seed, settings)


def last(summary: Summary, metric: MetricName) -> float:
    return summary.metrics[metric].last


@pytest.mark.slow
@pytest.mark.parametrize("seed", [31, 32, 33])
def test_a_wrong_reader_leads_who_follows_it_and_not_who_weighs_by_it(seed: int) -> None:
    """The promise of the chapter, on seeds by which no bound was chosen."""
    followed, by_weight = run_of(seed), run_of(seed, algorithm="rlsd", updates=16)
    alone_is = run_of(seed, algorithm="grpo", updates=16)
    kinder = run_of(seed, feedback="be_kind", updates=16)
    by_weight_kinder = run_of(seed, algorithm="rlsd", feedback="be_kind", updates=16)
    assert followed.metrics[MetricName.TEACHER_CORRECT].first <= 0.1  # as the brief says
    assert last(followed, MetricName.CORRECT) <= 0.25
    assert last(by_weight, MetricName.CORRECT) >= 0.85
    assert abs(last(by_weight, MetricName.CORRECT) - last(alone_is, MetricName.CORRECT)) <= 0.12
    assert last(kinder, MetricName.POLITE) - last(by_weight_kinder, MetricName.POLITE) >= 0.4
