"""Every page is tried alone: an empty data folder, no workers, and as if the router had run."""

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
def lab(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Lab, opened by a newcomer."""
    monkeypatch.setattr(shell, "guard", lambda: True)
    return lab_steps.page()
