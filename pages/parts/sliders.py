"""Sliders that say so when a value beyond their bounds was sent to them.

A browser keeps to the bounds, so such a value is forged. Streamlit unpacks it as the value that the
slider had, without a word: the one private method that does so is listened to here.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.elements.widgets.slider import SliderSerde

from pages.parts import session
from pages.parts.refusals import red


def slider(label: str, low: float, high: float, value: float, *, key: str, **more: Any) -> Any:
    """`st.slider`, and below it a sentence where a value beyond its bounds was sent to it."""
    _listen()
    chosen = st.slider(label, low, high, value, key=key, **more)
    if session.takes_forged((low, high)):
        red(f"{label}: a value beyond its bounds was sent. Choose one from {low:g} to {high:g}.")
    return chosen


def _listen() -> None:
    """Note from now on what is put back; once is enough."""
    if getattr(SliderSerde.deserialize, "notes_forged", False):
        return
    SliderSerde.deserialize = _noting(SliderSerde.deserialize)


def _noting(unpack: Callable[..., Any]) -> Callable[..., Any]:
    def noted(self: SliderSerde, ui_value: list[float] | None) -> Any:
        if ui_value and not all(self.min_value <= one <= self.max_value for one in ui_value):
            session.note_forged((self.min_value, self.max_value))
        return unpack(self, ui_value)

    vars(noted)["notes_forged"] = True
    return noted
