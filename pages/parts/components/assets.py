"""Builds the components from the scripts and style sheets that lie beside this file."""

from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from pages.parts import telling

FOLDER = Path(__file__).parent
SHARED_SCRIPTS = ("base", "pip")
SHARED_STYLES = ("base", "pip")


def script(*names: str) -> str:
    """One module: the shared functions, then the named files in order."""
    files = [FOLDER / "js" / f"{name}.js" for name in (*SHARED_SCRIPTS, *names)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def style(*names: str) -> str:
    """One style sheet: the shared rules, then the named files in order."""
    files = [FOLDER / "css" / f"{name}.css" for name in (*SHARED_STYLES, *names)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def register(
    name: str, scripts: tuple[str, ...], styles: tuple[str, ...], isolated: bool = True
) -> Any:
    """The mount function of a component; call it once for each name, at import.

    An isolated component lives in its own shadow tree. One that is not has its rules nested below
    a class of its own, so that they cannot reach the page. One that draws what differs between
    settings has the script `furnishings`, and is told what the setting draws.

    The script finds its data in a list: the values of a mapping are searched for tables each time.
    """
    mount = _component(name, scripts, styles, isolated)

    def draw(*, data: Any, **given: Any) -> Any:
        told = telling.drawn(data)
        if "furnishings" in scripts:
            told = {**told, "drawings": telling.drawings()}
        return mount(data=[told], **given)

    return draw


def _component(name: str, scripts: tuple[str, ...], styles: tuple[str, ...], isolated: bool) -> Any:
    css = style(*styles) if isolated else f".{name} {{\n{style(*styles)}\n}}"
    return component(
        name,
        html=f"<div class='{name}'>\n<div class='root'></div>\n</div>",
        css=css,
        js=script(*scripts),
        isolate_styles=isolated,
    )
