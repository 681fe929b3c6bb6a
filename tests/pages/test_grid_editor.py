"""The map editor's Python side: what it sends, and what it believes of a report."""

import re
from typing import Any

import pytest

from engine.drawn_maps import LONGEST_DRAWN, LONGEST_PAINT, SIGNS
from pages.parts.components import editor
from pages.parts.components.assets import FOLDER, style
from pages.parts.components.editor import Drawing, EditorLimits, KnownMap, Remark, Report

SCRIPT = (FOLDER / "js" / "grid_editor.js").read_text(encoding="utf-8")
LIMITS = EditorLimits(16, 24, 1e9)


class Shown:
    """What a mounted element gives back."""

    def __init__(self, value: Any) -> None:
        self.map = value


def entries(constant: str) -> str:
    """What stands between the brackets of a constant of the script."""
    return SCRIPT.split(f"const {constant} = ")[1].split("\n}")[0].split("\n];")[0]


def test_every_sign_of_a_map_has_a_tool_and_words() -> None:
    tools = re.findall(r"sign: '(.)'", entries("TOOLS"))
    assert set(tools) == {*SIGNS, "+"}
    assert set(SIGNS) <= set(re.findall(r"^  '?(.)'?: '", entries("CELL_WORDS"), re.MULTILINE))
    for sign in set(SIGNS) - set("#."):
        name = sign if sign.isalpha() else f"'{sign}'"
        assert f".cell[data-sign={name}]" in style("grid_editor")


def test_every_tool_has_a_key_of_its_own() -> None:
    keys = re.findall(r"key: '(.)'", entries("TOOLS"))
    assert len(keys) == len(set(keys)) == len(SIGNS) + 1


def test_it_sends_the_map_and_what_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}
    shown = {"origin": "first", "drawn": "SG", "paint": ""}
    monkeypatch.setattr(editor, "_EDITOR", lambda **given: sent.update(given) or Shown(shown))
    found = editor.grid_editor(
        Drawing("S./.G", "1:2"),
        origin="first",
        limits=LIMITS,
        maps=[KnownMap("Small", "SG")],
        says=[Remark("Look.", warning=True)],
        on_draw=lambda report: None,
        key="e",
    )
    assert found == Report("first", Drawing("SG"))
    assert sent["data"] == {
        "slot": "e",
        "goal": "Ward",
        "origin": "first",
        "drawn": "S./.G",
        "paint": "1:2",
        "limits": {"rows": 16, "columns": 24, "amount": 1e9},
        "maps": [{"title": "Small", "drawn": "SG", "paint": ""}],
        "says": [{"text": "Look.", "warning": True}],
    }
    assert set(re.findall(r"\bdata\.([a-z]+)", SCRIPT)) <= set(sent["data"])


def test_it_hands_on_what_the_browser_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    heard: list[Report] = []
    monkeypatch.setattr(editor, "_EDITOR", lambda **all: given.update(all) or Shown(None))
    monkeypatch.setattr(editor.st, "session_state", {"e": {}})
    editor.grid_editor(Drawing("S"), origin="o", limits=LIMITS, on_draw=heard.append, key="e")
    given["on_map_change"]()
    editor.st.session_state["e"] = {"map": {"origin": "o", "drawn": "SG", "paint": ""}}
    given["on_map_change"]()
    assert heard == [Report("o", Drawing("SG"))]


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "SG",
        [],
        {},
        {"origin": "o", "drawn": "SG"},
        {"origin": "o", "drawn": 7, "paint": ""},
        {"origin": "o", "drawn": "", "paint": ""},
        {"origin": "o", "drawn": "." * 10_000, "paint": ""},
        {"origin": "o", "drawn": "SG", "paint": "1:1 " * 9_000},
        {"origin": "o" * 1000, "drawn": "SG", "paint": ""},
    ],
)
def test_a_forged_report_is_no_report(forged: Any) -> None:
    assert editor.reported(forged) is None


def test_the_largest_map_can_be_reported() -> None:
    largest = {"origin": "o", "drawn": "." * LONGEST_DRAWN, "paint": "1" * LONGEST_PAINT}
    assert editor.reported(largest) == Report("o", Drawing(largest["drawn"], largest["paint"]))
