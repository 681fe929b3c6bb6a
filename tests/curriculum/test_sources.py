import ast
from typing import Any

import pytest

from curriculum.sources import SourceError, parsed, source_of


def test_the_code_that_ran_without_its_docstring() -> None:
    code = source_of("engine/algorithms/q_learning.py#learn_episode")
    assert code.startswith("def learn_episode(")
    assert "row[action] += alpha * error" in code
    assert '"""' not in code


def test_a_class_can_be_shown() -> None:
    assert source_of("engine/frozen.py#Frozen").startswith("class Frozen(BaseModel):")


@pytest.mark.parametrize(
    ("reference", "message", "remedy"),
    [
        ("engine/nothing.py#x", "There is no file engine/nothing.py.", "from the project's root"),
        ("../../etc/passwd#x", "There is no file", "from the project's root"),
        ("engine/frozen.py#Frozn", "has no `Frozn`", "It has Frozen."),
    ],
)
def test_a_wrong_reference_says_what_there_is(reference: str, message: str, remedy: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        source_of(reference)
    assert remedy in caught.value.remedy


def test_code_is_parsed_again_where_another_thread_was_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parse, failures = ast.parse, ["AST constructor recursion depth mismatch"]

    def busy(text: str) -> Any:
        if failures:
            raise SystemError(failures.pop())
        return parse(text)

    monkeypatch.setattr(ast, "parse", busy)
    assert ast.unparse(parsed("a = 1")) == "a = 1"
