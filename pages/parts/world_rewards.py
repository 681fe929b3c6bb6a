"""What can be paid in a world, what is really wanted there, and how each term is earned cheaply."""

from collections.abc import Sequence

import streamlit as st

from engine.spec import World
from pages.parts import telling

HEAD = ["In code", "Meaning", "Cheap way to earn it"]


def wanted(world: World) -> None:
    """The true reward, in one sentence."""
    sentence = telling.retold(world.true_reward)
    st.markdown(f"What is really wanted, which the optimiser never sees: {sentence}")


def rows(world: World) -> Sequence[Sequence[str]]:
    """A row for each reward term, below `HEAD`; the functions of a word come last."""
    terms = [[term.name, term.meaning, term.exploit] for term in world.terms]
    counted = [[f'{one.name}("please")', one.meaning, one.exploit] for one in world.text_functions]
    return terms + counted
