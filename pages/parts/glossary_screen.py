"""The field's terms, metrics and reward terms, from the same tables that everything else reads."""

from collections.abc import Sequence

import streamlit as st

from curriculum.figures import counted
from curriculum.library import LONGEST_SEARCH, Entry, Kind
from engine.algorithms import ALGORITHMS
from engine.metrics import METRICS
from engine.worlds import WORLDS
from pages.parts import (
    components,
    library_links,
    method_screen,
    session,
    shell,
    telling,
    world_rewards,
)

BOX = "glossary_search"
SHOWN = 12  # what a search shows at once
KINDS: dict[Kind, str] = {
    "term": "Term",
    "method": "Method",
    "equation": "Equation",
    "metric": "Measurement",
    "reward": "Reward term",
    "chapter": "Chapter",
}
APPEARS: dict[Kind, str] = {
    "term": "Taught in",
    "method": "Runs in",
    "metric": "Drawn in",
    "reward": "Its world is that of",
}


def show() -> None:
    """One sentence for each, and a search over everything."""
    components.chapter_head("Glossary", eyebrow="One sentence each")
    _library()


@st.fragment
def _library() -> None:
    asked = st.query_params.get(library_links.SEARCH) or session.searched()
    asked = asked[:LONGEST_SEARCH]
    session.show_value(BOX, asked)
    wanted = st.text_input(
        "Search terms, methods, equations, measurements, reward terms and chapters",
        asked,
        max_chars=LONGEST_SEARCH,
        key=BOX,
        type="search",
        live="400ms",
        on_change=_typed,
        placeholder="advantage, Kullback, π_θ",
    )
    if wanted and wanted.strip():
        _found(shell.library().find(wanted))
    else:
        _everything()


def _typed() -> None:
    """The address names what is searched for, so that it can be handed on."""
    text = session.value_of(BOX) or ""
    session.keep_search(text)
    if text:
        st.query_params[library_links.SEARCH] = text
    else:
        st.query_params.pop(library_links.SEARCH, None)


def _found(entries: Sequence[Entry]) -> None:
    if not entries:
        st.caption("Nothing here matches the search. Try one word of it, or another name.")
        return
    with st.container(gap="small"):
        for entry in entries[:SHOWN]:
            _entry(entry)
    if len(entries) > SHOWN:
        st.caption(f"{len(entries) - SHOWN} more match. Add a word to see fewer.")


def _entry(entry: Entry) -> None:
    key = f"{entry.kind}_{entry.id}"
    with st.container(border=True, gap="xsmall"):
        components.prose(_sentence(entry), lead=f"{entry.title}.", key=f"found_{key}")
        if entry.latex:
            st.latex(entry.latex)
        st.caption(_kind(entry))
        if entry.kind == "chapter":
            library_links.to_chapters(entry.chapters, key=key)
        elif entry.chapters:
            with st.expander(f"{APPEARS[entry.kind]} {counted(len(entry.chapters), 'chapter')}"):
                library_links.to_chapters(entry.chapters, key=key)
        if entry.method:
            title = ALGORITHMS[entry.method].title
            library_links.to_method(entry.method, f"How {title} learns")


def _sentence(entry: Entry) -> str:
    """What is said of an entry; of a method only where it comes from, since it has a page."""
    return entry.names[0] if entry.kind == "method" else entry.text


def _kind(entry: Entry) -> str:
    others = ", ".join(name for name in entry.names if name)
    if entry.kind == "reward":
        return f"{KINDS[entry.kind]} in {others}"
    is_called = entry.kind == "term" and others
    return f"{KINDS[entry.kind]}, also called {others}" if is_called else KINDS[entry.kind]


def _everything() -> None:
    st.header("Terms", anchor=False)
    components.rows_table(
        ["Term", "Also called", "Meaning"],
        [
            [term.name, ", ".join(term.other_names), term.sentence]
            for term in shell.glossary().values()
        ],
        stacked=True,
        key="glossary_terms",
    )
    st.header("Measurements", anchor=False)
    components.rows_table(
        ["Name", "Unit", "Meaning"],
        [[metric.label, metric.unit, metric.meaning] for metric in METRICS.values()],
        stacked=True,
        key="glossary_metrics",
    )
    for world in WORLDS.values():
        st.header(f"What can be paid: {telling.retold(world.title)}", anchor=False)
        world_rewards.wanted(world)
        components.rows_table(
            world_rewards.HEAD,
            world_rewards.rows(world),
            stacked=True,
            key=f"glossary_{world.name}",
        )
    st.header("Algorithms", anchor=False)
    components.rows_table(
        ["Algorithm", "Source"],
        [[algorithm.title, algorithm.source] for algorithm in ALGORITHMS.values()],
        key="glossary_algorithms",
    )
    method_screen.links(list(ALGORITHMS.values()))
