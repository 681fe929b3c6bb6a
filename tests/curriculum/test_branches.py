"""Nothing in a chapter is said in vain, and what no run can come to is found."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from curriculum.__main__ import main
from curriculum.branches import agree, dead_branches, opposite
from curriculum.catalogue import Catalogue
from curriculum.evidence import load_evidence
from curriculum.loader import CHAPTERS
from curriculum.parts import Beat, Condition
from curriculum.rules import COMPARE, shown
from curriculum.schema import Chapter
from curriculum.summary import Track
from tests.curriculum.made_runs import made

STATS = ("first", "last", "mean", "min", "max")
TENTHS = st.integers(-3, 13).map(lambda tenths: tenths / 10)


def claim(said: str) -> Condition:
    """A condition as one line: metric, stat, operator, value."""
    metric, stat, op, value = said.split()
    return Condition.model_validate({"metric": metric, "stat": stat, "op": op, "value": value})


@st.composite
def claims(draw: st.DrawFn) -> list[Condition]:
    """A few claims about one metric, which need not be consistent."""
    metric = draw(st.sampled_from(["kl", "correct"]))
    parts = st.tuples(
        st.sampled_from([*STATS, "change"]), st.sampled_from(["<", "<=", ">", ">="]), TENTHS
    )
    said = draw(st.lists(parts, min_size=1, max_size=5))
    return [claim(f"{metric} {stat} {op} {value}") for stat, op, value in said]


def can_be_solved(about: Sequence[Condition]) -> bool:
    """The same question as a linear programme: how far can the strict claims be kept apart?"""
    columns = {name: np.eye(len(STATS))[place] for place, name in enumerate(STATS)}
    columns["change"] = columns["last"] - columns["first"]
    rows, limits = [], []
    for one in about:
        sign = 1 if one.op in ("<", "<=") else -1
        rows.append([*(sign * columns[one.stat]), float(one.op in ("<", ">"))])
        limits.append(sign * one.value)
    for name in STATS[:3]:
        rows += [[*(columns["min"] - columns[name]), 0], [*(columns[name] - columns["max"]), 0]]
        limits += [0, 0]
    rows, limits = [*rows, [*(columns["min"] - columns["max"]), 0]], [*limits, 0]
    free = (0, 1) if about[0].metric == "correct" else (None, None)
    room = [free] * len(STATS) + [(None, 1)]
    found = linprog([0.0] * len(STATS) + [-1.0], rows, limits, bounds=room)
    is_strict = any(one.op in ("<", ">") for one in about)
    return bool(found.success) and -found.fun >= (1e-6 if is_strict else -1e-9)


@given(claims())
def test_claims_agree_where_a_linear_programme_has_a_solution(about: list[Condition]) -> None:
    assert agree(about) == can_be_solved(about)


@given(claims(), st.tuples(TENTHS, TENTHS, TENTHS))
def test_what_holds_of_a_run_agrees(about: list[Condition], run: tuple[float, ...]) -> None:
    first, then, end = (min(1.0, max(0.0, figure)) for figure in run)
    track = made("1", {"kl": first}, kl=(then, end)).metrics
    found: Track = next(iter(track.values()))
    held = [
        one if COMPARE[one.op](getattr(found, one.stat), one.value) else opposite(one)
        for one in about
    ]
    assert agree(held)


def test_no_branch_of_any_chapter_is_dead(catalogue: Catalogue) -> None:
    dead = {one.id: [(f.path, f.message) for f in dead_branches(one)] for one in catalogue.chapters}
    assert {name: found for name, found in dead.items() if found} == {}


def test_every_beat_of_a_brief_is_told_to_somebody(catalogue: Catalogue) -> None:
    """A brief is told of what was measured once, so that a claim there holds or never will."""
    for chapter in catalogue.chapters:
        evidence = load_evidence(chapter)
        assert evidence
        for beat in (*chapter.brief.beats, *chapter.brief.remembered):
            known = [beat.if_fact] if beat.if_fact else []
            assert shown([beat], evidence.summary, known), (chapter.id, beat.text)


def edited(chapter: Chapter, change: Callable[[dict[str, Any]], None]) -> Chapter:
    """The chapter with something changed in it."""
    raw = chapter.model_dump(mode="json")
    change(raw)
    return Chapter.model_validate(raw)


IN_PIECES, FIT, LAST = 0, 1, -1  # outcomes of the finale: fluent <= 0.6; the list; no condition


def beat(**conditions: Any) -> dict[str, Any]:
    return Beat.model_validate({"text": "Nobody hears this.", **conditions}).model_dump(mode="json")


def told_in(place: int, **conditions: Any) -> Callable[[dict[str, Any]], None]:
    """Put a beat in the place of the first one of an outcome."""
    return lambda raw: raw["outcomes"][place]["beats"].__setitem__(0, beat(**conditions))


def under(key: str, place: int, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """Change an entry of a list."""
    return lambda raw: raw[key][place].update(changes)


def replied(place: int, **changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw["decide"]["replies"][place].update(changes)


def when(*said: str) -> dict[str, Any]:
    return {"when": [claim(one).model_dump() for one in said]}


DEAD = {
    "against its outcome": (told_in(FIT, **when("correct last < 0.75")), "outcomes"),
    "against the outcome above": (told_in(LAST, **when("fluent last <= 0.6")), "outcomes"),
    "against itself": (told_in(LAST, **when("kl first > 1", "kl max < 1")), "outcomes"),
    "a share above one": (told_in(FIT, **when("correct max > 1")), "outcomes"),
    "a change that cannot be": (told_in(FIT, **when("correct change > 1")), "outcomes"),
    "of two methods at once": (
        told_in(LAST, **when("reward_spread mean > 0", "truth_accuracy mean > 0")),
        "outcomes",
    ),
    "a figure of another method": (
        told_in(LAST, text="[[truth_accuracy.last]]", **when("reward_spread mean > 0")),
        "outcomes",
    ),
    "of another outcome": (told_in(FIT, if_outcome=["in_pieces"]), "outcomes"),
    "terms that exclude each other": (
        told_in(FIT, if_term=["+polite"], unless_term=["polite"]),
        "outcomes",
    ),
    "a fact and not": (told_in(FIT, if_fact="measured_both", unless_fact="measured_both"), ""),
    "an outcome that is none": (under("outcomes", FIT, **when("kl max < 0", "kl min > 0")), ""),
    "a reply that comes too late": (replied(1, after=["fit"]), "decide"),
    "a beat of a reply": (replied(0, beats=[beat(**when("correct last < 0.7"))]), "decide"),
    "a beat of an ending": (
        under("endings", 1, beats=[beat(), beat(**when("sycophantic last < 0.7"))]),
        "endings",
    ),
    "facts of an ending": (
        under("endings", 2, beats=[beat(), beat(if_fact="deeds_beside_reasons")]),
        "endings",
    ),
    "a memory of no ending": (
        under("epilogue", 0, if_outcome=["fit"], **when("correct max < 0.5")),
        "",
    ),
    "a memory of another ending": (
        lambda raw: raw["epilogue"][0].update(
            if_outcome=["in_pieces"],
            unless_ending=[one["id"] for one in raw["endings"] if one["id"] != "in_a_drawer"],
        ),
        "epilogue",
    ),
    "an explanation": (
        lambda raw: raw["outcomes"][FIT]["explain"].__setitem__(
            0, beat(**when("correct last < 0.75"))
        ),
        "outcomes",
    ),
    "a hint below a wider one": (
        lambda raw: raw["hints"].insert(2, {**raw["hints"][1], **when("fluent last < 0.5")}),
        "hints",
    ),
    "a prediction that cannot be": (
        lambda raw: raw["predict"]["options"][0].update(
            holds_when=[
                claim("correct min > 0.5").model_dump(),
                claim("correct first < 0.5").model_dump(),
            ]
        ),
        "predict",
    ),
}


@pytest.mark.parametrize("name", DEAD)
def test_a_dead_branch_is_found(catalogue: Catalogue, name: str) -> None:
    change, home = DEAD[name]
    found = list(dead_branches(edited(catalogue.chapter("go_live"), change)))
    assert found
    assert {one.path[0] for one in found} == {home} or not home


ALIVE = {
    "at the edge of its outcome": told_in(FIT, **when("correct last <= 0.75")),
    "just above the outcome above": told_in(LAST, **when("fluent last < 0.61")),
    "one of several outcomes": told_in(FIT, if_outcome=["in_pieces", "fit"]),
    "a term paid for and not priced": told_in(FIT, if_term=["+polite"], unless_term=["-polite"]),
    "a narrower hint above": lambda raw: raw["hints"].insert(
        1, {**raw["hints"][1], **when("fluent last < 0.5")}
    ),
    "a hint beside": lambda raw: raw["hints"].insert(
        2, {**raw["hints"][1], **when("fluent last < 0.7")}
    ),
}


@pytest.mark.parametrize("name", ALIVE)
def test_what_may_be_told_is_not_called_dead(catalogue: Catalogue, name: str) -> None:
    assert not list(dead_branches(edited(catalogue.chapter("go_live"), ALIVE[name])))


def test_check_names_file_and_line_of_a_dead_branch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (CHAPTERS / "02_the_charging_pad.toml").read_text(encoding="utf-8")
    home = text.index("[[outcomes]]")
    words = text.index('{ who = "', home)
    when = (
        'when = [{ metric = "length", op = "<", value = 1 }, '
        '{ metric = "length", op = ">", value = 1 }], '
    )
    file = tmp_path / "dead.toml"
    file.write_text(text[: words + 2] + when + text[words + 2 :], encoding="utf-8")
    assert main(["check", str(file)]) == 1
    line = text[:words].count("\n") + 1
    assert f"{file}:{line}: outcomes[0].beats[" in capsys.readouterr().err
