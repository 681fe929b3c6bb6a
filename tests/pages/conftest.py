"""Every page is tried alone, on an empty data folder and without workers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import shell
from tests.pages import lab_steps
from tests.pages.mounted import Mounted


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may be opened by itself, as if the router had run."""
    monkeypatch.setattr(shell, "guard", lambda: True)


@pytest.fixture
def lab(routed: None) -> AppTest:
    """The Lab, opened by a newcomer."""
    return lab_steps.page()


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Mounted]:
    """Puts a stand-in in the place of a mount function, by its module and name."""

    def replace(module: Any, name: str, **result: Any) -> Mounted:
        stand_in = Mounted(**result)
        monkeypatch.setattr(module, name, stand_in)
        return stand_in

    return replace
