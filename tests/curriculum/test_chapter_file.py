"""One chapter file: every mistake in it is named, with its line and what to do."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curriculum.errors import ChapterError
from curriculum.loader import load_chapter
from curriculum.schema import Chapter

Write = Callable[[str], Path]

# name, text in the good chapter, what stands there instead, the value shown, message, remedy
MISTAKES = [
    ("unknown key", 'eyebrow = "', 'eyebow = "', "eyebow", "is not a key", "eyebrow"),
    (
        "metric of another algorithm",
        'metrics = ["pad_visits"]',
        'metrics = ["polite"]',
        "polite",
        "`q_learning` does not measure it",
        "Use one of",
    ),
    (
        "misspelt metric in a condition",
        '{ metric = "pad_visits", op = ">=", value = 30 }',
        '{ metric = "pad_visit", op = ">=", value = 30 }',
        "pad_visit",
        "does not measure",
        "Did you mean `pad_visits`?",
    ),
    (
        "duplicate id",
        'id = "almost_there"',
        'id = "circles"',
        "circles",
        "used twice",
        "Give one of the two another id.",
    ),
    (
        "no default outcome",
        'id = "lost"\n',
        'id = "lost"\nwhen = [{ metric = "delivered", op = "<", value = 1 }]\n',
        "",
        "The last outcome must have no condition",
        "Remove `when`",
    ),
    (
        "two default outcomes",
        'when = [{ metric = "delivered", op = ">=", value = 0.7 }]\nart',
        "art",
        "",
        "Only the last outcome",
        "Move it to the end",
    ),
    (
        "unknown term in an expression",
        'expression = "closer"',
        'expression = "closr"',
        "closr",
        "closr",
        "Use the reward terms",
    ),
    (
        "unknown term in an expression that is paid at the start",
        'expression = "delivered"',
        'expression = "deliverd"',
        "deliverd",
        "deliverd",
        "Use the reward terms",
    ),
    (
        "start outside of the bounds",
        "step = 1.0\nstart = 10.0",
        "step = 1.0\nstart = 30.0",
        "30",
        "The start lies outside of 0 to 20",
        "between low and high",
    ),
    (
        "recorded setting names no outcome",
        'reaches = "learns_late"',
        'reaches = "learns_never"',
        "learns_never",
        "There is no outcome of that id",
        "Did you mean `learns_late`?",
    ),
    (
        "recorded setting out of bounds",
        "sliders = { on_pad = 0.3 }",
        "sliders = { on_pad = 3.0 }",
        "medium_bonus",
        "it goes from 0 to 2",
        "that a learner could choose",
    ),
    (
        "undeclared fact",
        'facts = ["charging_is_a_rule"]',
        'facts = ["charging_is_a_rul"]',
        "charging_is_a_rul",
        "No [[facts]] entry",
        "Did you mean `charging_is_a_rule`?",
    ),
    (
        "unknown stat",
        'stat = "mean"',
        'stat = "median"',
        "median",
        "Input should be",
        "Use one of the values",
    ),
    (
        "unknown operator",
        'op = "<="',
        'op = "=="',
        "==",
        "Input should be",
        "Use one of the values",
    ),
    (
        "unknown figure",
        "[[length.last|one_decimal]] steps; the",
        "[[lenght.last|one_decimal]] steps; the",
        "lenght.last",
        "is not measured here",
        "Did you mean `length`?",
    ),
    (
        "unknown format",
        "[[delivered.mean|percent]] of the night's trips reached",
        "[[delivered.mean|per]] of the night's trips",
        "delivered.mean",
        "unknown format",
        "",
    ),
    (
        "figure without a run",
        'text = "Ten minutes with the slider.',
        'text = "[[work]] minutes.',
        "work",
        "no run to be read from",
        "without a figure",
    ),
    (
        "figure as code",
        "[[length.last|one_decimal]] steps; the",
        "`[[length.last|one_decimal]]` steps; the",
        "`[[length.last|one_decimal]]`",
        "shown with its brackets",
        "without backticks",
    ),
    (
        "line of another algorithm in a chart",
        'metrics = ["pad_visits"]',
        'metrics = ["pad_visits", "polite"]',
        "polite",
        "`q_learning` does not measure it",
        "Use one of",
    ),
    (
        "unknown function in the code",
        "#learn_episode",
        "#learn_episodes",
        "learn_episodes",
        "has no `learn_episodes`",
        "learn_episode",
    ),
    (
        "effect without a reason",
        'budget = "The whole night took [[work]] steps."\n',
        "",
        "",
        "The meter budget moves without a reason",
        "reasons.budget",
    ),
    (
        "two right answers",
        'text = "The baseline", ',
        'text = "The baseline", right = true, ',
        "pad_recall_proxy",
        "exactly one option",
        "Mark one as right",
    ),
    (
        "unknown algorithm",
        'algorithm = "q_learning"',
        'algorithm = "alchemy"',
        "alchemy",
        "No such algorithm",
        "Use one of",
    ),
    (
        "base that the engine refuses",
        "step_limit = 200",
        "step_limit = 2000",
        "",
        "cannot run",
        "engine accepts",
    ),
    (
        "a reward in the base",
        "episodes = 60\n",
        'episodes = 60\nreward = "1"\n',
        "1",
        "must not hold it",
        "Remove it here.",
    ),
    (
        "reply to no choice",
        'option = "refund"\nbeats',
        'option = "refunds"\nbeats',
        "refunds",
        "There is no option",
        "Did you mean `refund`?",
    ),
    (
        "unknown term in a beat",
        'if_term = ["progress"] },',
        'if_term = ["progres"] },',
        "progres",
        "No such reward term",
        "Did you mean `progress`?",
    ),
    (
        "unknown term with a sign",
        'if_term = ["-off_pad"] },',
        'if_term = ["-of_pad"] },',
        "-of_pad",
        "No such reward term",
        "Did you mean `-off_pad`?",
    ),
    (
        "a sign that is none",
        'if_term = ["-off_pad"] },',
        'if_term = ["!off_pad"] },',
        "!off_pad",
        "should match pattern",
        "Use small letters, digits and underscores.",
    ),
    (
        "an axis that is none",
        'if_term = ["-off_pad"] },',
        'if_reply = [{ axis = "corect", op = "<", value = 1 }] },',
        "corect",
        "No reply is graded on this axis.",
        "Did you mean `correct`?",
    ),
    (
        "a reply where nobody speaks",
        'if_term = ["-off_pad"] },',
        'if_reply = [{ axis = "correct", op = "<", value = 1 }] },',
        "correct",
        "Nobody is answered in words in the world `corridor`.",
        "Remove the if_reply.",
    ),
    ("number as text", "minutes = 10", 'minutes = "long"', "long", "valid integer", ""),
]


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ChapterError) as caught:
        load_chapter(path)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_named_with_file_line_value_and_remedy(
    mistake: tuple[str, ...], pad_text: str, chapter_file: Write
) -> None:
    _, before, after, value, message, remedy = mistake
    assert before in pad_text
    position = pad_text.index(before)
    path = chapter_file(pad_text.replace(before, after, 1))
    found = [p for p in problems_of(path) if message in p and value in p and remedy in p]
    assert found
    line = int(found[0].removeprefix(f"{path}:").split(":")[0])
    changed = pad_text[:position].count("\n") + 1
    nearby = range(changed - 14, changed + 3)
    assert line in nearby or value == ""
    assert all(problem.startswith(f"{path}:") for problem in found)


def test_the_line_is_exact(pad_text: str, chapter_file: Write) -> None:
    broken = pad_text.replace('reaches = "learns_late"', 'reaches = "never"')
    expected = 1 + broken[: broken.index('reaches = "never"')].count("\n")
    problem = next(p for p in problems_of(chapter_file(broken)) if "(never)" in p)
    assert f":{expected}: recorded[" in problem


@pytest.mark.parametrize("version", ["schema_version = 2", "", "schema_version = true"])
def test_another_schema_version_is_refused_before_anything_else(
    version: str, pad_text: str, chapter_file: Write
) -> None:
    path = chapter_file(pad_text.replace("schema_version = 1", version + "\nwrong = 1", 1))
    found = problems_of(path)
    assert len(found) == 1
    assert "reads schema_version 1" in found[0]


def test_all_problems_of_a_file_are_reported_at_once(pad_text: str, chapter_file: Write) -> None:
    text = pad_text.replace('eyebrow = "', 'extra = 1\neyebrow = "', 1)
    text = text.replace('reaches = "learns_late"', 'reaches = "never"', 1)
    text = text.replace(
        '{ metric = "pad_visits", op = ">=", value = 30 }',
        '{ metric = "polite", op = ">=", value = 30 }',
    )
    text = text.replace('id = "almost_there"', 'id = "circles"', 1)
    found = problems_of(chapter_file(text))
    for part in ("`extra`", "(never)", "(polite)", "used twice"):
        assert any(part in problem for problem in found)
    lines = [int(re.match(r".*?toml:(\d+):", p).group(1)) for p in found]  # type: ignore[union-attr]
    assert lines == sorted(lines)


def test_a_missing_part_is_named(pad_text: str, chapter_file: Write) -> None:
    found = problems_of(chapter_file(pad_text.replace("minutes = 10\n", "")))
    assert any("`minutes` is missing. Add it." in problem for problem in found)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe", "UTF-8"), (b"a = ", "not TOML"), (b"a = 1\na = 2", "not TOML")],
)
def test_what_is_not_toml_is_one_problem(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    found = problems_of(path)
    assert len(found) == 1
    assert message in found[0]


def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    assert len(problems_of(tmp_path / "nothing.toml")) == 1


@settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(draw=st.data())
def test_no_mutation_of_a_good_chapter_crashes_the_loader(
    draw: st.DataObject, pad_text: str, chapter_file: Write
) -> None:
    lines = pad_text.splitlines()
    for _ in range(draw.draw(st.integers(1, 3))):
        index = draw.draw(st.integers(0, len(lines) - 1))
        kind = draw.draw(st.sampled_from(["drop", "double", "swap", "value", "noise"]))
        if kind == "drop":
            del lines[index]
        elif kind == "double":
            lines.insert(index, lines[index])
        elif kind == "swap":
            other = draw.draw(st.integers(0, len(lines) - 1))
            lines[index], lines[other] = lines[other], lines[index]
        elif kind == "value":
            name = lines[index].split("=")[0]
            values = ["1", "-1e308", "true", '""', "[]", "{}", '"[[x.y|z]]"', "nan", "1979-05-27"]
            lines[index] = f"{name} = {draw.draw(st.sampled_from(values))}"
        else:
            lines[index] = draw.draw(st.text(max_size=40))
    path = chapter_file("\n".join(line.replace("\r", " ") for line in lines))
    try:
        assert isinstance(load_chapter(path), Chapter)
    except ChapterError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.remedy for problem in error.problems)
