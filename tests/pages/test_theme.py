"""The theme: contrasts as measured in the design, fonts and scripts that are really there."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from pages.parts.components.assets import FOLDER
from pages.parts.components.theme import LEGIBLE_CODE, PRIMARY_LABELS

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, share: float, other: str) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_from_their_ground(scheme: str) -> None:
    theme = CONFIG["theme"][scheme]
    ground, text = theme["backgroundColor"], theme["textColor"]
    assert contrast(mixed(text, 0.60, ground), ground) >= 4.5  # captions
    assert contrast(text, theme["secondaryBackgroundColor"]) >= 7
    assert contrast(theme["primaryColor"], ground) >= 4.5
    for name in ("blue", "orange", "violet", "gray", "red"):
        assert contrast(theme[f"{name}Color"], ground) >= 3, name
        assert contrast(theme[f"{name}TextColor"], ground) >= 4.5, name


def test_labels_of_primary_buttons_are_legible() -> None:
    light, dark = re.findall(r"#[0-9a-f]{6}", PRIMARY_LABELS)
    assert contrast(light, CONFIG["theme"]["light"]["primaryColor"]) >= 7
    assert contrast(dark, CONFIG["theme"]["dark"]["primaryColor"]) >= 7


def test_only_primary_buttons_have_a_key_of_theirs() -> None:
    """The rule above reaches a button by its key: on any other its label would vanish."""
    keys = 0
    for path in (ROOT / "pages").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = call.keywords if isinstance(call, ast.Call) else []
            said = {one.arg: ast.unparse(one.value) for one in given}
            if re.match(r"f?'go_", said.get("key", "")):
                keys += 1
                assert said.get("type") == "'primary'", f"{path.name}: {said['key']}"
    assert keys


def test_code_is_legible_on_its_own_ground() -> None:
    pairs = re.findall(r"light-dark\((#\w+), (#\w+)\)", LEGIBLE_CODE)
    assert len(pairs) == 2
    for light, dark in pairs:
        assert contrast(light, CONFIG["theme"]["light"]["codeBackgroundColor"]) >= 4.5
        assert contrast(dark, CONFIG["theme"]["dark"]["codeBackgroundColor"]) >= 4.5


def test_fonts_and_scripts_are_there_with_their_licences() -> None:
    faces = CONFIG["theme"]["fontFaces"]
    assert len(faces) == 5
    for face in faces:
        font = ROOT / face["url"].removeprefix("app/")
        assert font.read_bytes()[:4] == b"wOF2"
    address = re.search(
        r"'(app/static/[^']+)'", (FOLDER / "js" / "chart_plot.js").read_text(encoding="utf-8")
    )
    assert address
    assert (ROOT / address[1].removeprefix("app/")).stat().st_size > 500_000
    licences = {path.name for path in (ROOT / "static").rglob("*LICENSE*")}
    assert len(licences) == 4


def test_weights_are_ones_that_streamlit_accepts() -> None:
    theme = CONFIG["theme"]
    weights = [
        *theme["headingFontWeights"],
        theme["codeFontWeight"],
        theme["metricValueFontWeight"],
    ]
    assert all(weight % 50 == 0 for weight in weights)
