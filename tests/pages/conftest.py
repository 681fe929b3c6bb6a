"""Every page is tried alone, on an empty data folder and without workers."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.testing.v1 import AppTest

from pages.parts import shell
from tests.pages import lab_steps
from tests.pages.mounted import Mounted


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_SCHOOL_DATA", str(tmp_path))
    monkeypatch.setenv("PIP_SCHOOL_SCHEDULER", "none")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    st.session_state.clear()  # without a page, all tests of a process share one


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may be opened by itself, as if the router had run; it knows no other to link to."""
    link = st.page_link

    def link_if_known(*there: Any, **more: Any) -> None:
        with suppress(StreamlitPageNotFoundError):
            link(*there, **more)

    monkeypatch.setattr(shell, "guard", lambda: True)
    monkeypatch.setattr(st, "page_link", link_if_known)


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
