import json

import pytest

from curriculum.__main__ import main
from curriculum.catalogue import Catalogue
from curriculum.experiment import Recorded
from curriculum.loader import load_catalogue
from curriculum.prove import EXAMPLE_SHARE, Row, problem_of, prove_chapter, run_recorded, table
from curriculum.rules import outcome_of
from curriculum.schema import Chapter

PAD = "the_charging_pad"


def row(**changes: object) -> Row:
    return Row.model_validate(
        {
            "chapter": "c",
            "recorded": "r",
            "role": "example",
            "reaches": "circles",
            "seeds": 10,
            "outcomes": {"circles": 10},
            "slowest_seconds": 1.0,
        }
        | changes
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        ({"outcomes": {"circles": 8, "lost": 2}}, ""),
        ({"outcomes": {"circles": 7, "lost": 3}}, "`circles` is reached on 7 of 10 seeds"),
        ({"role": "start", "outcomes": {"circles": 9, "straight_home": 1}}, "must on none"),
        ({"role": "reference", "reaches": "straight_home", "outcomes": {"straight_home": 10}}, ""),
        (
            {
                "role": "reference",
                "reaches": "straight_home",
                "outcomes": {"straight_home": 9, "lost": 1},
            },
            "it must on all",
        ),
        ({"slowest_seconds": 3.4}, "A run took 3.4 s; the chapter allows 3 s."),
    ],
)
def test_what_a_proof_demands(pad: Chapter, changes: dict[str, object], problem: str) -> None:
    said = problem_of(pad, row(**changes))
    assert problem in said
    assert bool(said) == bool(problem)


def test_the_table_shows_every_row_and_its_verdict() -> None:
    lines = table([row(), row(recorded="other", problem="It does not hold.")]).splitlines()
    assert lines[0].split() == [
        "chapter",
        "recorded",
        "role",
        "promises",
        "reached",
        "slowest",
        "verdict",
    ]
    assert lines[1].endswith("holds")
    assert lines[2].endswith("It does not hold.")
    assert "10/10" in lines[1]


def test_the_time_of_a_run_is_measured_with_the_clock_that_is_given(pad: Chapter) -> None:
    ticks = iter(range(0, 10_000, 7))
    rows = list(prove_chapter(pad, 1, clock=lambda: float(next(ticks))))
    assert {found.slowest_seconds for found in rows} == {7.0}
    assert all(found.problem == "A run took 7.0 s; the chapter allows 3 s." for found in rows)


@pytest.mark.slow
def test_the_charging_pad_is_proved(pad: Chapter) -> None:
    rows = list(prove_chapter(pad, 10, clock=lambda: 0.0))
    assert [found.problem for found in rows] == [""] * len(pad.recorded)
    assert {found.reaches for found in rows} == {outcome.id for outcome in pad.outcomes}


def is_reached_on_most(chapter: Chapter, missed: Recorded) -> bool:
    """Whether an example that missed on the first of ten seeds keeps its promise over all ten."""
    reached, wanted = 0, EXAMPLE_SHARE * 10
    for seed in range(2, 11):
        summary = run_recorded(chapter, missed, seed)
        reached += outcome_of(chapter, summary).id == missed.reaches
        if reached >= wanted or seed - reached > 10 - wanted:
            break
    return reached >= wanted


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("chapter_id", [one for one in load_catalogue().order if one != PAD])
def test_the_others_hold_on_one_seed(catalogue: Catalogue, chapter_id: str) -> None:
    """The start, and the examples but for one; the reference, tests/browser/test_outcomes.py runs.

    An example promises its ending on most seeds; `python -m curriculum prove` runs all on ten. So
    does this, until the verdict is certain, of those that missed it, where more than one did:
    processors differ in last digits.
    """
    chapter = catalogue.chapter(chapter_id)
    reference = next(one for one in chapter.recorded if one.role == "reference")
    assert chapter.outcome(reference.reaches).kind == "mastery"
    others = tuple(one for one in chapter.recorded if one != reference)
    rows = list(
        prove_chapter(chapter.model_copy(update={"recorded": others}), 1, clock=lambda: 0.0)
    )
    missed = {found.recorded: found for found in rows if found.problem}
    assert not [found.problem for found in missed.values() if found.role != "example"]
    if len(missed) > 1:
        assert not [
            one.id for one in others if one.id in missed and not is_reached_on_most(chapter, one)
        ]
    reached = {reference.reaches, *(found.reaches for found in rows)}
    assert reached == {outcome.id for outcome in chapter.outcomes}


def test_prove_prints_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "the_charging_pad", "--seeds", "1", "--json"]) in (0, 1)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["recorded"] for line in lines][:2] == ["start", "shaped"]


@pytest.mark.parametrize("number", ["0", "-3", "1.5", "ten"])
def test_no_seeds_prove_nothing_and_are_refused(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["prove", "the_charging_pad", f"--seeds={number}"])
    assert refused.value.code == 2
    assert f"{number} is no number of seeds; write 1 or more." in capsys.readouterr().err
