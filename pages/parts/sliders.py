"""Sliders that say so when a value beyond their bounds was sent to them.

A browser keeps to the bounds, so such a value is forged. Streamlit unpacks it as the value that the
slider had, without a word: the private class that does so is listened to here. Each slider has one
of its own, made while it is drawn, and it is told then which slider that is.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import streamlit as st
from streamlit.elements.widgets.slider import SliderSerde

from pages.parts import session
from pages.parts.refusals import red

_DRAWN: ContextVar[str] = ContextVar("slider", default="")  # the key of the one that is being drawn


def slider(label: str, low: float, high: float, value: float, *, key: str, **more: Any) -> Any:
    """`st.slider`, and below it a sentence where a value beyond its bounds was sent to it."""
    _listen()
    drawn = _DRAWN.set(key)
    try:
        chosen = st.slider(label, low, high, value, key=key, **more)
    finally:
        _DRAWN.reset(drawn)
    if session.takes_forged(key):
        red(f"{label}: a value beyond its bounds was sent. Choose one from {low:g} to {high:g}.")
    return chosen


def _listen() -> None:
    """Note from now on what is put back; once is enough."""
    if getattr(SliderSerde.deserialize, "notes_forged", False):
        return
    SliderSerde.__init__ = _named(SliderSerde.__init__)
    SliderSerde.deserialize = _noting(SliderSerde.deserialize)


def _named(begin: Callable[..., None]) -> Callable[..., None]:
    def named(self: SliderSerde, *parts: Any, **more: Any) -> None:
        begin(self, *parts, **more)
        vars(self)["key"] = _DRAWN.get()

    return named


def _noting(unpack: Callable[..., Any]) -> Callable[..., Any]:
    def noted(self: SliderSerde, ui_value: list[float] | None) -> Any:
        if ui_value and not all(self.min_value <= one <= self.max_value for one in ui_value):
            session.note_forged(vars(self).get("key", ""))
        return unpack(self, ui_value)

    vars(noted)["notes_forged"] = True
    return noted
