"""What the chapter of the many teachers says of runs, whoever read what in them.

Runs are made, with figures like those that real ones had; who teaches what is told by the exam of
the teachers, as in real ones.
"""

import pytest

from curriculum.loader import load_catalogue
from curriculum.rules import outcome_of
from curriculum.summary import Summary
from engine.metrics import MetricName
from tests.curriculum.made_runs import made
from tests.curriculum.telling import told_to_the_end

CHAPTER = load_catalogue().chapter("many_teachers")
WARDS = ("duty", "rooms", "sums")
BASE = {"correct": 0.2, "fluent": 0.98, "evasive": 0.1, "kl": 0.0}
BEGAN, KNEW = (0.02, 0.31, 0.22), 0.95
Three = tuple[float, float, float]
# Shares of right replies in the exam, by domain, of those who may teach.
ITS_OWN: Three = (0.95, 0.99, 0.94)
ROTA: Three = (0.95, 0.34, 0.3)
PORTERS: Three = (0.38, 0.99, 0.53)
PILLS: Three = (0.09, 0.72, 0.94)
STAGES: Three = (0.77, 0.61, 0.25)
TURNED: Three = (0.38, 0.72, 0.3)


def run(
    teachers: Three, pupil: Three, correct: float, closer: float = 0.3, dropped: float = 0.0
) -> Summary:
    """A run from the untrained Pip to these figures; closer: by how many nats a word."""
    ends = dict(zip(WARDS, pupil, strict=True))
    metrics = {f"{ward}_right": (BEGAN[WARDS.index(ward)], end) for ward, end in ends.items()}
    metrics |= {
        f"{ward}_teacher": (right, right) for ward, right in zip(WARDS, teachers, strict=True)
    }
    metrics |= {f"{ward}_apart": (0.4, 0.1) for ward in WARDS}
    metrics |= {"weakest_domain": (min(BEGAN), min(pupil)), "dropped": (dropped, dropped)}
    metrics |= {"teacher_kl": (0.5, 0.5 - closer)}
    moved = {name: (value, value) for name, value in BASE.items()} | {"correct": (0.2, correct)}
    return made("correct", BASE, **moved, **metrics)


AGREE = ("they agree by now", "so the lesson was learnt")
GOOD = ("by somebody who is right", "the three can be switched off")
BAD = ("Who taught the pills is right", "from the door", "three schools")
# a run -> how it ends, what is so, and words that would be false of it
RUNS = [
    (
        run(ITS_OWN, (0.95, 0.92, 0.75), 0.85),
        *(
            "all_three",
            "the three can be switched off",
            (*BAD, *AGREE, "did not have to find", "need not find"),
        ),
    ),
    (
        run(ITS_OWN, (0.95, 0.92, 0.75), 0.85, dropped=0.04),
        *("all_three", "4\u202f% of the words were left out", BAD),
    ),
    (
        run((0.95, 0.99, 0.4), (0.9, 0.9, 0.65), 0.8),
        *("all_three", "would still not sign", (*GOOD, *BAD, "taught by three")),
    ),
    (
        run((0.79, 0.54, 0.29), (0.83, 0.9, 0.85), 0.85),
        *("all_three", "need not find an answer in order to prefer it", (*GOOD, *BAD)),
    ),
    (
        run((0.95, 0.65, 0.55), (0.9, 0.6, 0.55), 0.7),
        *("all_three", "Whoever read them had", (*GOOD, *BAD, "would still not sign")),
    ),
    (
        run(ITS_OWN, (0.1, 0.42, 0.3), 0.29),
        *("not_yet", "does not have them yet", (*BAD, *GOOD, *AGREE)),
    ),
    (
        run(ITS_OWN, (0.9, 0.45, 0.9), 0.55),
        *("not_yet", "Whoever reads knows", (*BAD, *AGREE, "On a slide")),
    ),
    (
        run(TURNED, (0.5, 0.75, 0.32), 0.46),
        *("crossed", "another one's surgery", (*GOOD, *BAD)),
    ),
    (run(TURNED, (0.5, 0.75, 0.32), 0.46), "crossed", "they agree by now", GOOD),
    (
        run(TURNED, (0.3, 0.5, 0.2), 0.3, closer=0.01),
        *("crossed", "in the same exam", (*AGREE, *GOOD)),
    ),
    (
        run(ROTA, (0.95, 0.45, 0.35), 0.52),
        *("a_ward_forgotten", "Who taught the pills", (*GOOD, "from the door", "three schools")),
    ),
    (
        run(ROTA, (0.05, 0.3, 0.22), 0.22),
        *("a_ward_forgotten", "nobody asked the teacher", (*GOOD, "On a slide", "from the door")),
    ),
    (
        run(PORTERS, (0.4, 0.97, 0.5), 0.55),
        *("a_ward_forgotten", "from the door", (*GOOD, "three schools", "another one's")),
    ),
    (
        run(PILLS, (0.1, 0.7, 0.9), 0.6),
        *("a_ward_forgotten", "from the door", (*GOOD, "Who taught the pills", "three schools")),
    ),
    (
        run(STAGES, (0.75, 0.6, 0.27), 0.5),
        *("a_ward_forgotten", "three schools", (*GOOD, "from the door", "another one's")),
    ),
    (
        run((0.95, 0.48, 0.4), (0.95, 0.47, 0.48), 0.6),
        *("a_ward_forgotten", "Who taught the pills", (*GOOD, "three schools", "Whoever signs")),
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


@pytest.mark.parametrize("teachers", [ROTA, PORTERS, PILLS, STAGES])
def test_nothing_is_called_forgotten_that_a_teacher_never_knew(teachers: Three) -> None:
    """Three of the four knew as little of the other matters before they were trained."""
    told = told_to_the_end(CHAPTER, run(teachers, (0.4, 0.4, 0.3), 0.4))
    assert ("forg" in told.replace("has it forgotten", "")) is False


@pytest.mark.parametrize("asked", [True, False])
def test_who_was_never_asked_is_not_said_to_be_near_its_teacher(asked: bool) -> None:
    summary = run(ITS_OWN, (0.95, 0.92, 0.75), 0.85)
    if not asked:  # Then no reply was read by that teacher, and the figure stays at zero.
        never = summary.metrics[MetricName.ROOMS_APART].model_copy(update={"last": 0.0})
        summary = summary.model_copy(
            update={"metrics": summary.metrics | {MetricName.ROOMS_APART: never}}
        )
    told = told_to_the_end(CHAPTER, summary)
    assert ("nats a word apart about the rota" in told) is asked
