"""Torch, loaded when first used.

Pages read the engine's configs, terms and metrics, but never compute. Importing torch costs seconds
and hundreds of megabytes, so every module of the engine takes it from here: the import statement is
free, and the first attribute that is touched pays. Only workers ever touch one.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from engine.memory import keep_freed_memory


class LazyModule(ModuleType):
    """Stands for a module and imports it on first use of an attribute."""

    def __getattr__(self, name: str) -> Any:
        """Import the module and return its attribute, which from then on is found at once."""
        keep_freed_memory()
        found = getattr(importlib.import_module(self.__name__), name)
        self.__dict__[name] = found
        return found


if TYPE_CHECKING:  # For the type checker only: what the names below really stand for.
    import torch as torch
    import torch.nn.functional as F
    import torch.optim.adam as torch_adam
else:
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")
    torch_adam = LazyModule("torch.optim.adam")
