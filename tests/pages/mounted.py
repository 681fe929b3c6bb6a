"""A component as a test sees it: what it sends to the browser, and the script that reads it."""

from typing import Any

from pages.parts.components.assets import FOLDER


def script(name: str) -> str:
    """One script, without those that it is joined with."""
    return (FOLDER / "js" / f"{name}.js").read_text(encoding="utf-8")


class Mounted:
    """Stands in for a mount function: keeps what it is given, gives back what a browser would."""

    def __init__(self, **result: Any) -> None:
        self.result = result
        self.data: Any = {}

    def __call__(self, *, data: Any, key: str, **callbacks: Any) -> Any:
        self.data = data
        return type("Result", (), self.result)
