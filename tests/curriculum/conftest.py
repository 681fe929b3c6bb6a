"""What the tests of the curriculum share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from curriculum.catalogue import Catalogue
from curriculum.loader import CHAPTERS, load_catalogue
from curriculum.schema import Chapter
from tests.curriculum.made_runs import Run, made


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def pad(catalogue: Catalogue) -> Chapter:
    return catalogue.chapter("the_charging_pad")


@pytest.fixture(scope="session")
def polite(catalogue: Catalogue) -> Chapter:
    return catalogue.chapter("the_polite_assistant")


@pytest.fixture(scope="session")
def pad_text() -> str:
    return (CHAPTERS / "02_the_charging_pad.toml").read_text(encoding="utf-8")


@pytest.fixture
def chapter_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "chapter.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def run() -> Run:
    return made
