"""Steps that were taken side by side under one policy, whatever the world they were taken in."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Rollout(Protocol):
    """What happened: [time, count, ...] each."""

    @property
    def seen_before(self) -> np.ndarray:
        """What the policy saw: [time, count, inputs] float32."""
        ...

    @property
    def seen_after(self) -> np.ndarray:
        """What there was to be seen after each step, before a new episode was begun."""
        ...

    @property
    def seen_onward(self) -> np.ndarray:
        """What there is to be seen where it goes on: [count, inputs] float32."""
        ...

    @property
    def taken(self) -> np.ndarray:
        """What was done, as `engine/choice.py` takes it."""
        ...

    @property
    def ends(self) -> np.ndarray:
        """Whether nothing comes after a step."""
        ...

    @property
    def is_cut(self) -> np.ndarray:
        """Whether an episode would have gone on, but its steps were used up."""
        ...

    @property
    def is_last(self) -> np.ndarray:
        """Whether an episode is over with this step, whatever the reason."""
        ...
