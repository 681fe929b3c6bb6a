"""What the chapter of the second reading says of runs, whichever way Pip learns in them.

Most runs are made, with the figures that real ones had; a few short ones are real.
"""

from collections.abc import Mapping

import pytest

from curriculum.loader import load_catalogue
from curriculum.parts import SettingValue
from curriculum.rules import outcome_of, reply_to, shown
from curriculum.summary import Summary
from engine.endings import Ending
from engine.metrics import MetricName
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of, told_to_the_end, trained

CHAPTER = load_catalogue().chapter("the_second_reading")
BASE = {"correct": 0.01, "polite": 0.4, "fluent": 0.98, "evasive": 0.1, "length": 11.0, "kl": 0.0}
PAID_ONLY = ("The reader was right", "were read again", "followed at a pace")
READ_ONLY = ("silent", "GRPO learns from groups", "With pay alone, then")


def made_run(own: Mapping[str, float], ending: Ending = "done", **last: float) -> Summary:
    """A run that goes from the untrained Pip to these figures; `own`: what stays as it is."""
    moved = {name: (value, last.get(name, value)) for name, value in BASE.items()}
    summary = made("correct", BASE, **moved, **{name: (kept, kept) for name, kept in own.items()})
    settings = {"group_size": 2.0, "updates": 20.0, "teacher_rate": 0.01}
    if "taught" not in own:
        del settings["teacher_rate"]
    return summary.model_copy(update={"ending": ending, "settings": settings})


def read(told: float, taught: float, ending: Ending = "done", **last: float) -> Summary:
    """A run of second readings; told: how often the reader is right, taught: how many are read."""
    own = {"teacher_correct": told, "taught": taught, "disagreement": 0.2}
    return made_run(own, ending, **last)


def paid(silent: float, ending: Ending = "done", **last: float) -> Summary:
    """A run on pay alone."""
    return made_run({"silent_groups": silent}, ending, **last)


# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (read(0.01, 0.5, polite=1.3), *("kinder", "It worked", ("not scarce",))),
    (read(0.5, 0.4, correct=0.5), *("half_the_rota", "Told", ("something to hand over",))),
    (
        read(0.01, 0.98, polite=1.3, correct=0.02, length=15.5),
        *("kinder", "It worked: Pip learnt", ("So it could be handed over", *READ_ONLY)),
    ),
    (
        read(0.93, 0.98, polite=1.3, correct=0.02),
        *(
            "kinder",
            "Polite words went from",
            ("The reader was kind as well", "It worked", "not scarce"),
        ),
    ),
    (
        read(0.93, 0.44, correct=0.94, kl=4.5),
        *("knows_the_rota", "So it could be handed over", ("somebody has to be right", *READ_ONLY)),
    ),
    (
        read(0.2, 0.3, correct=0.9, kl=4.5),
        *(
            "knows_the_rota",
            "somebody has to be right by luck",
            ("be handed over", "right first.", "is a lesson there"),
        ),
    ),
    (
        read(0.93, 0.44, correct=0.94, fluent=0.8, kl=9.0),
        *("knows_the_rota", "whole sentences", ("Sentences held",)),
    ),
    (
        paid(0.5, correct=0.95, kl=4.8),
        *(
            "knows_the_rota",
            "With pay alone, then",
            ("be handed over", "No larger model", *PAID_ONLY),
        ),
    ),
    (
        read(0.0, 0.0, "no_feedback", correct=0.0),
        *("nobody_spoke", "the drift is zero", ("be handed over", *READ_ONLY)),
    ),
    (
        paid(1.0, "no_signal", correct=0.0),
        *("waits_for_luck", "We pay for luck", ("were read again", "read twice", *PAID_ONLY)),
    ),
    (
        paid(0.4, correct=0.2),
        *("waits_for_luck", "Waiting", ("We pay for luck", "that is what to expect", *PAID_ONLY)),
    ),
    (
        read(0.1, 0.05, correct=0.06),
        *("waits_for_luck", "GRPO's trouble", ("We pay for luck", "that is what to expect")),
    ),
    (
        read(0.9, 0.8, correct=0.3),
        *("waits_for_luck", "were read again, by a reader", ("GRPO's trouble", "taught nothing")),
    ),
    (
        read(0.93, 0.7, correct=0.6),
        *(
            "half_the_rota",
            "still something to hand over",
            ("begun to fray", "Drift from", *READ_ONLY),
        ),
    ),
    (
        read(0.9, 0.3, correct=0.95, fluent=0.6, kl=20.0),
        *("half_the_rota", "begun to fray", ("still something to hand over", "Some of the")),
    ),
    (paid(0.7, correct=0.6), "half_the_rota", "pay told right from wrong", PAID_ONLY),
    (
        read(0.9, 0.4, correct=0.5, fluent=0.2, kl=40.0),
        *("went_along", "whole sentences", ("we lost the teacher", "would have let this Pip pass")),
    ),
    (
        read(0.0, 0.9, "collapsed", correct=0.0, fluent=0.0, polite=3.0, kl=60.0),
        *("went_along", "At 1 the reader is Pip itself", ("we lost the teacher", "at its best,")),
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=[f"{ends}: {so}" for _, ends, so, _ in RUNS])
def test_only_what_is_so_is_told(case: tuple[Summary, str, str, tuple[str, ...]]) -> None:
    summary, ending, so, false = case
    assert outcome_of(CHAPTER, summary).id == ending
    said = told_of(CHAPTER, summary)
    assert so in said
    assert [words for words in false if words in said] == []


def test_a_teacher_who_was_lost_is_missed() -> None:
    """Right at first and wrong at the end: only then has a teacher been lost."""
    lost = read(0.9, 0.9, correct=0.0, fluent=0.0)
    tracks = dict(lost.metrics)
    name = MetricName.TEACHER_CORRECT
    tracks[name] = tracks[name].model_copy(update={"last": 0.0})
    said = told_of(CHAPTER, lost.model_copy(update={"metrics": tracks}))
    assert "right in 90\u202f% of its replies at its best, and in 0\u202f% at the end" in said


# settings of a short real run -> how it may end
SHORT: list[tuple[dict[str, SettingValue], set[str]]] = [
    ({"feedback": "nothing", "updates": 9}, {"nobody_spoke"}),
    ({"feedback": "sibling", "updates": 9}, {"nobody_spoke", "waits_for_luck"}),
    ({"algorithm": "grpo", "updates": 9}, {"waits_for_luck"}),
    ({"feedback": "be_kind", "updates": 9, "teacher_rate": 0}, {"kinder", "waits_for_luck"}),
    ({"feedback": "fact", "teacher_rate": 1, "updates": 9}, {"half_the_rota", "waits_for_luck"}),
]


@pytest.mark.parametrize(("settings", "endings"), SHORT, ids=[str(row[0]) for row in SHORT])
def test_a_short_run_is_told_of_to_the_end(
    settings: dict[str, SettingValue], endings: set[str]
) -> None:
    summary = trained(CHAPTER, 31, settings)
    assert outcome_of(CHAPTER, summary).id in endings
    assert "[[" not in told_to_the_end(CHAPTER, summary)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [31, 32, 33])
def test_eight_replies_are_enough_for_a_second_reading_and_few_for_pay(seed: int) -> None:
    """The promise of the chapter, on seeds by which no bound was chosen."""
    told, alone, kind = (
        trained(CHAPTER, seed, settings)
        for settings in ({"feedback": "fact"}, {"algorithm": "grpo"}, {"feedback": "be_kind"})
    )
    right = [run.metrics[MetricName.CORRECT].last for run in (told, alone, kind)]
    assert right[0] >= 0.75
    assert right[0] - right[1] >= 0.2
    assert right[2] <= 0.2


@pytest.mark.parametrize(
    ("first", "correct", "told"),
    [
        (0.9, 0.9, "before Pip had changed at all"),
        (0.0, 0.02, "would have said so on the evening before"),
        (0.1, 0.9, ""),  # a reader of right siblings got better with its pupil: nothing foretold it
    ],
)
def test_the_first_figure_of_the_reader_foretells_only_what_it_did(
    first: float, correct: float, told: str
) -> None:
    summary = read(first, 0.5, correct=correct)
    beats = reply_to(CHAPTER, "tried_first", outcome_of(CHAPTER, summary).id).beats
    said = " ".join(beat.text for beat in shown(beats, summary))
    assert told in said
    assert ("In your last run" in said) is bool(told)


def test_only_what_ran_is_shown_as_the_objective() -> None:
    shown_of = {name: [one.id for one in CHAPTER.equations_of(name)] for name in CHAPTER.algorithms}
    assert shown_of == {"sdpo": ["reading", "lesson", "pace"], "grpo": ["silence"]}
