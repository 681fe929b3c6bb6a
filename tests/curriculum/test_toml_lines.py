import tomllib
from typing import Any

import pytest

from curriculum.findings import walk
from curriculum.toml_lines import line_of, line_table

TEXT = '''id = "x"

[brief]
title = "t"
long = """
id = "not a key"
[not_a_table]
"""

[[outcomes]]
id = "a"
when = [
  { metric = "m", value = 1 },
  { metric = "n", value = 2 },
]
[outcomes.reasons]
trust = "r"

[[outcomes]]
id = "b"
[[outcomes.cases]]
id = "c"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("id",), 1),
        (("brief",), 3),
        (("brief", "long"), 5),
        (("outcomes", 0), 10),
        (("outcomes", 0, "when"), 12),
        (("outcomes", 0, "reasons", "trust"), 17),
        (("outcomes", 1, "id"), 20),
        (("outcomes", 1, "cases", 0, "id"), 22),
        (("outcomes", 1, "missing"), 19),
        (("nowhere", 3), 1),
    ],
)
def test_line_of_a_path(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line


def test_line_of_a_value_inside_a_list() -> None:
    assert line_of(TEXT, ("outcomes", 0, "when", 1, "metric"), "n") == 12 + 0
    assert (
        line_of(TEXT, ("outcomes", 0, "when", 1, "metric"), '"n"'.strip('"') + '", value = 2') == 14
    )


def test_every_path_of_the_table_exists_in_the_data() -> None:
    data: Any = tomllib.loads(TEXT)
    assert set(line_table(TEXT)) - {()} <= {path for path, _ in walk(data)}
