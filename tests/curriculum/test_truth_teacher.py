"""What the chapter of the old desk says of runs, wherever Pip stops on its teacher's way."""

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of, reply_to, shown
from curriculum.summary import Summary
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_of

CHAPTER = load_catalogue().chapter("better_than_the_teacher")
BASE = {"correct": 0.01, "flattery": 0.1, "fluent": 0.98, "kl": 0.0, "teacher_kl": 0.3}


def run(extrapolation: float, right: float = 0.6, flatters: float = 1.1, **last: float) -> Summary:
    """A run from the untrained Pip to these figures, beside a teacher with figures of its own."""
    moved = {name: (value, last.get(name, value)) for name, value in BASE.items()}
    own = {"teacher_right": (right, right), "teacher_flattery": (flatters, flatters)}
    summary = made("correct", BASE, **moved, **own)
    settings = {"extrapolation": extrapolation, "updates": 40.0}
    return summary.model_copy(update={"settings": settings})


# a run -> how it ends, what is said, and what would be false of it
RUNS = [
    (
        run(1.5, correct=0.85, flattery=1.5, kl=8.0, teacher_kl=0.03),
        *("past_the_teacher", "right more often than the other", ("Somebody taught it that",)),
    ),
    (
        run(1.5, right=0.9, correct=0.8, flattery=0.1, kl=8.0),
        *("past_the_teacher", "The old desk itself", ("right more often", "I did not order")),
    ),
    (
        run(1.0, correct=0.6, flattery=1.1, kl=5.0, teacher_kl=0.01),
        *("a_copy", "the machine that they are throwing out", ("right more often",)),
    ),
    (
        run(1.5, correct=0.5, flattery=0.4, kl=3.0, teacher_kl=0.1),
        *("a_copy", "The extrapolation was 1.5", ("throwing out", "Flattery went")),
    ),
    (
        run(3.0, correct=0.4, flattery=2.8, fluent=0.5, kl=20.0),
        *("every_slip", "Somebody taught it that", ("I would have shipped",)),
    ),
    (
        run(3.0, correct=0.6, flattery=2.0, fluent=0.68, kl=12.0, teacher_kl=0.1),
        *("every_slip", "a lesson like any other", ("far from the teacher",)),
    ),
    (
        run(8.0, correct=0.05, flattery=0.4, fluent=0.1, kl=60.0),
        *("every_slip", "whole sentences", ("Somebody taught it that", "a lesson like any other")),
    ),
    (
        run(0.0),
        "not_yet",
        "nothing of what the teacher learnt is asked for",
        ("taken it this far", "led to the same place"),
    ),
    (
        run(8.0, correct=0.06, kl=0.3, teacher_kl=0.16),
        *("not_yet", "led to the same place at 1, 1.5, 3 and 8", ("had learnt nothing",)),
    ),
    (
        run(3.0, correct=0.2, kl=4.0, teacher_kl=0.16),
        *("not_yet", "have taken it this far", ("led to the same place",)),
    ),
    (
        run(1.0, correct=0.05, kl=0.4, teacher_kl=0.2),
        *("not_yet", "have taken it this far", ("came back as it went", "had learnt nothing")),
    ),
]


@pytest.mark.parametrize(("summary", "outcome", "so", "false"), RUNS)
def test_a_run_is_told_as_it_was(
    summary: Summary, outcome: str, so: str, false: tuple[str, ...]
) -> None:
    found = outcome_of(CHAPTER, summary)
    assert found.id == outcome
    text = told_of(CHAPTER, summary)
    assert so in text
    for words in false:
        assert words not in text


@pytest.mark.parametrize(("flattery", "is_said"), [(2.4, True), (0.1, False)])
def test_nobody_is_called_clever_by_a_pip_that_does_not_flatter(
    flattery: float, is_said: bool
) -> None:
    summary = run(8.0, correct=0.1, flattery=flattery, fluent=0.1, kl=60.0)
    beats = reply_to(CHAPTER, "names_alone", "every_slip").beats
    said = " ".join(beat.text for beat in shown(beats, summary))
    assert "One figure does not see the other" in said
    assert ("calls me clever" in said) is is_said


def test_as_many_last_updates_are_told_of_as_are_counted() -> None:
    summary = run(3.0, correct=0.2, kl=4.0, teacher_kl=0.16)
    assert "Over its last eight updates" in told_of(CHAPTER, summary)
    assert CHAPTER.experiment.last_updates == 8
