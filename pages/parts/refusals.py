"""What cannot be done just now, said in one sentence, and the page goes on."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from backend.errors import BackendError
from curriculum.state import MoveRefused

P = ParamSpec("P")
# The piece in backticks is code as it is, but for brackets: one of them alone would end the red.
_PIECE = re.compile(r"(`[^`\[\]]*`)|`([^`]*)`")
_MARKS = re.compile(r"[\\*_\[\]$~<]")


def red(refusal: object) -> None:
    """Say on the page itself why something could not be done; what it quotes stands as it is."""
    st.markdown(f":red[{_plain(str(refusal))}]")


def _plain(sentence: str) -> str:
    """As Markdown in which only code is marked up."""
    quoted = _PIECE.sub(lambda found: found[1] or f"“{found[2]}”", sentence)
    pieces = re.split(r"(`[^`]*`)", quoted)
    return "".join(
        piece if number % 2 else _MARKS.sub(r"\\\g<0>", piece)
        for number, piece in enumerate(pieces)
    )


def told(action: Callable[P, object]) -> Callable[P, None]:
    """A callback that tells the learner why it could not act, instead of ending the script."""

    @wraps(action)
    def careful(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            action(*args, **kwargs)
        except (BackendError, MoveRefused) as refusal:
            st.toast(str(refusal), icon=":material/error:", duration="long")

    return careful
