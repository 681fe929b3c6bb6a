"""The field's terms, metrics and reward terms, from the same tables that everything else reads."""

from collections.abc import Sequence

import streamlit as st

from engine.algorithms import ALGORITHMS
from engine.metrics import METRICS
from engine.worlds import WORLDS
from pages.parts import components, method_screen, shell, world_rewards


def show() -> None:
    """One sentence for each."""
    components.chapter_head("Glossary", eyebrow="One sentence each")
    wanted = st.text_input("Search", placeholder="advantage, KL, shaping", key="glossary_search")
    st.header("Terms", anchor=False)
    _table(
        ["Term", "Also called", "Meaning"],
        [
            [term.name, ", ".join(term.other_names), term.sentence]
            for term in shell.glossary().values()
        ],
        wanted,
        "terms",
    )
    st.header("Measurements", anchor=False)
    _table(
        ["Name", "Unit", "Meaning"],
        [[metric.label, metric.unit, metric.meaning] for metric in METRICS.values()],
        wanted,
        "metrics",
    )
    for world in WORLDS.values():
        st.header(f"What can be paid: {world.title}", anchor=False)
        world_rewards.wanted(world)
        _table(world_rewards.HEAD, world_rewards.rows(world), wanted, world.name)
    st.header("Algorithms", anchor=False)
    _table(
        ["Algorithm", "Source"],
        [[algorithm.title, algorithm.source] for algorithm in ALGORITHMS.values()],
        wanted,
        "algorithms",
    )
    method_screen.links(list(ALGORITHMS.values()))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], wanted: str, key: str) -> None:
    found = [row for row in rows if not wanted or wanted.lower() in " ".join(row).lower()]
    if found:
        components.rows_table(head, found, key=f"glossary_{key}")
    else:
        st.caption("Nothing here matches the search.")
