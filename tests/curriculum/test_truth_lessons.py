"""What *Who gets which lesson* says of runs, whoever was given what to read in them.

Most runs are made, with the figures that real ones had; what is said of the trials is run.
"""

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of, reply_to, shown
from curriculum.summary import Summary
from engine.metrics import MetricName
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of, trained

CHAPTER = load_catalogue().chapter("who_gets_which_lesson")
BASE = {"correct": 0.34, "fluent": 0.99, "length": 9.5, "kl": 0.0}
OF_PAY = ("silent", "points alone", "paid by the point")
OF_ROUTES = ("went to the reader", "sent to the reader", "works itself out")


def made_run(own: dict[str, tuple[float, float]], pace: float | None, **last: float) -> Summary:
    """A run from the untrained Pip to these figures; own: what its algorithm alone measures."""
    moved = {name: (value, last.get(name, value)) for name, value in BASE.items()}
    settings = {"updates": 48.0} | ({} if pace is None else {"teacher_rate": pace})
    return made("correct", BASE, **moved, **own).model_copy(update={"settings": settings})


def read(
    taught: tuple[float, float], pace: float = 1.0, told: float = 0.95, **last: float
) -> Summary:
    """A run of SDPO; told: how often its reader is right."""
    return made_run({"taught": taught, "teacher_correct": (told, told)}, pace, **last)


def routed(taught: tuple[float, float] = (0.6, 0.02), pace: float = 1.0, **last: float) -> Summary:
    """A run of SRPO."""
    own = {"taught": taught, "teacher_entropy": (0.4, 0.1), "silent_groups": (0.1, 0.9)}
    return made_run(own, pace, **last)


def alone(silent: tuple[float, float] = (0.1, 0.9), **last: float) -> Summary:
    """A run of GRPO."""
    return made_run({"silent_groups": silent}, None, **last)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        read((1.0, 1.0), correct=0.97, fluent=0.6, kl=12.0, length=14.0),
        *("in_pieces", "no hour to correct", (*OF_PAY, *OF_ROUTES)),
    ),
    (
        read((0.7, 0.05), correct=0.97, fluent=0.75, kl=12.0),
        *(
            "in_pieces",
            "right replies had no part in the loss",
            ("no hour to correct", "What was there"),
        ),
    ),
    (
        read((1.0, 1.0), told=0.3, correct=0.3, fluent=0.2, kl=20.0),
        *("in_pieces", "20 %", ("it would pass", "was right about", "What was there")),
    ),
    (
        alone(correct=0.9, fluent=0.7, kl=6.0),
        *("in_pieces", "it would pass", ("no hour to correct", "reader's pace", *OF_ROUTES)),
    ),
    (
        routed(correct=0.99, fluent=0.81, kl=12.6),
        *("in_pieces", "here it was", ("SDPO leaves", "no hour to correct", "What was there")),
    ),
    (
        routed(correct=0.98, kl=1.6),
        *("each_its_lesson", "works itself out", ("no hour to correct", "No reader was asked")),
    ),
    (
        routed(taught=(0.3, 0.2), correct=0.95, pace=0.0),
        *("each_its_lesson", "The reader's pace was 0", ("works itself out", "fewer are sent")),
    ),
    (
        read((1.0, 1.0), pace=0.05, correct=0.99, kl=1.3),
        *("reader_alone_held", "nothing to correct in them", ("long way", *OF_PAY, *OF_ROUTES)),
    ),
    (
        read((0.7, 0.02), correct=0.98, fluent=0.95, kl=9.7),
        *("reader_alone_held", "a long way from", ("nothing to correct", "every reply was read")),
    ),
    (
        alone(correct=0.97),
        *("pay_alone_held", "had something to compare", ("nats a word", *OF_ROUTES)),
    ),
    (
        alone(silent=(0.6, 0.9), correct=0.97),
        *("pay_alone_held", "No reader was asked", ("most groups had something", *OF_ROUTES)),
    ),
    (
        routed(taught=(0.6, 0.4), correct=0.55),
        *("not_yet", "It has work left", ("works itself out", "I would sign")),
    ),
    (
        read((1.0, 1.0), correct=0.95, fluent=0.83),
        *("not_yet", "I would not sign the sentences", (*OF_PAY, *OF_ROUTES)),
    ),
    (
        alone(correct=0.5),
        *("not_yet", "told replies apart", ("read again", *OF_ROUTES)),
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {so}" for _, ends, so, _ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(CHAPTER, summary).id == ending
    said = told_of(CHAPTER, summary)
    assert so in said.replace("\u202f", " ").replace("\u00a0", " ")
    assert [words for words in false if words in said] == []


@pytest.mark.parametrize(
    ("summary", "is_said"),
    [(routed(correct=0.98), True), (read((1, 1), correct=0.98), False), (alone(), False)],
)
def test_what_was_sent_is_said_where_something_was(summary: Summary, is_said: bool) -> None:
    beats = reply_to(CHAPTER, "wait", outcome_of(CHAPTER, summary).id).beats
    said = " ".join(beat.text for beat in shown(beats, summary))
    assert ("Each was sent because" in said) is is_said


@pytest.mark.slow
@pytest.mark.parametrize("seed", [31, 32])
def test_in_the_trials_pay_alone_is_as_fast_and_mistakes_run_out(seed: int) -> None:
    """On seeds by which no bound was chosen; what the proof of the chapter leaves open."""
    sent = trained(CHAPTER, seed, {"algorithm": "srpo", "updates": 24}).metrics
    paid = trained(CHAPTER, seed, {"algorithm": "grpo", "updates": 24}).metrics
    right = MetricName.CORRECT
    assert abs(sent[right].last - paid[right].last) <= 0.1
    assert abs(sent[right].mean - paid[right].mean) <= 0.1
    assert sent[MetricName.TAUGHT].first >= 0.3
    assert sent[MetricName.TAUGHT].last <= 0.15
