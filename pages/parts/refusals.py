"""What cannot be done just now, said in one sentence, and the page goes on."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from backend.errors import BackendError
from curriculum.state import MoveRefused

P = ParamSpec("P")


def told(action: Callable[P, object]) -> Callable[P, None]:
    """A callback that tells the learner why it could not act, instead of ending the script."""

    @wraps(action)
    def careful(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            action(*args, **kwargs)
        except (BackendError, MoveRefused) as refusal:
            st.toast(str(refusal), icon=":material/error:", duration="long")

    return careful
