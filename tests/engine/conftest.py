"""What tests of the engine share."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

MadeBy = Callable[[ModuleType, str], list[Any]]


@pytest.fixture
def made_by(monkeypatch: pytest.MonkeyPatch) -> MadeBy:
    """Keeps what a function of a module returns from now on, in a list that grows."""

    def watch(module: ModuleType, function: str) -> list[Any]:
        whole, made = getattr(module, function), list[Any]()

        def watched(*arguments: Any) -> Any:
            made.append(whole(*arguments))
            return made[-1]

        monkeypatch.setattr(module, function, watched)
        return made

    return watch
