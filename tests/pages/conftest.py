"""Every page is tried alone, on an empty data folder and without workers."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import shell
from tests.pages import lab_steps


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
