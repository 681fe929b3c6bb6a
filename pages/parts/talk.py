"""Talk to Pip as it was at any recorded update."""

import re

import streamlit as st

from backend import runs
from backend.errors import BackendError
from pages.parts import telling
from pages.parts.refusals import red

SUGGESTED = "where is the pharmacy ?"


def panel(address: str, updates: int) -> None:
    """A question, an update, and what Pip said to it then; another seed is another day.

    Nothing for a run that has made no update: there is no Pip to compare.
    """
    if updates < 1 or runs.record_of(address).config.world.world != "desk":
        return
    spoken = telling.current().spoken
    st.subheader("Talk to Pip", anchor=False)
    st.caption("The policy of that update answers. 0 is Pip before any training.")
    with st.form("talk", border=False):
        left, middle, right = st.columns([2.2, 1.4, 0.8], vertical_alignment="bottom")
        question = left.text_input(
            "Your question", spoken(SUGGESTED), max_chars=200, key="talk_question"
        )
        update = middle.slider("At update", 0, updates, updates, key="talk_update")
        asked = right.form_submit_button("Ask", width="stretch")
    if asked:
        try:
            heard = telling.current().heard(question)
            said = [runs.talk(address, update, heard, seed) for seed in range(3)]
        except BackendError as refusal:
            red(f"{refusal.problem} {_advice(refusal.remedy)}")
            return
        st.markdown(f"Three replies of Pip at update {update}:")
        st.code(spoken("\n".join(said)), language=None, wrap_lines=True)


def _advice(remedy: str) -> str:
    """What to do, in the setting: the sentence, and the words of Pip's that it quotes."""
    spoken = telling.current().spoken
    return re.sub(r"`([^`]+)`", lambda quoted: f"`{spoken(quoted[1])}`", telling.retold(remedy))
