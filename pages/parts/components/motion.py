"""One update in slow motion: its numbers one after the other, each made of earlier ones."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from pages.parts.components.assets import register

_MOTION = register("pip-slow-motion", ("slow_motion",), ("slow_motion",))


@dataclass(frozen=True)
class MotionStep:
    """One number. needs: places of the steps, all before this one, that it is made of."""

    label: str
    value: str
    needs: tuple[int, ...] = ()


def slow_motion(
    steps: Sequence[MotionStep], now: int, *, on_step: Callable[[int], None], key: str
) -> None:
    """The steps up to `now` with their values; those that the step is made of move into it.

    It plays by itself once it is told to, not where motion is unwanted, and takes arrow keys.
    on_step: called with the place of the step that a learner goes to, before the page runs again.

    Raises ValueError where a step needs a later one, or there is no step `now`.
    """
    if not 0 <= now < len(steps):
        raise ValueError(f"There is no step {now} of {len(steps)}.")
    for place, step in enumerate(steps):
        if any(not 0 <= need < place for need in step.needs):
            raise ValueError(f"{step.label} needs a number that does not stand before it.")

    def go() -> None:
        place = st.session_state[key].get("step")  # from a browser, so it may be forged
        if isinstance(place, int | float) and 0 <= place < len(steps):
            on_step(int(place))

    payload = {"steps": [asdict(step) for step in steps], "now": now}
    _MOTION(data=payload, key=key, on_step_change=go)
