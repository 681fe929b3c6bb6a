"""Links between a chapter, its concepts and its methods, there and back."""

from collections.abc import Iterable

import streamlit as st

from curriculum.glossary import concepts_of
from curriculum.schema import Chapter
from engine.algorithms import ALGORITHMS
from pages.parts import lab_form, shell, stops

SEARCH = "q"  # the word in the address of the glossary
GLOSSARY_PAGE = "pages/glossary.py"


def of_chapter(chapter: Chapter) -> None:
    """The concepts that a chapter teaches, and the methods that run in it."""
    with st.container(horizontal=True, gap="small"):
        for term in concepts_of(chapter, shell.glossary()):
            st.page_link(
                GLOSSARY_PAGE,
                label=term.name,
                icon=":material/dictionary:",
                query_params={SEARCH: term.name},
                help=term.sentence,
            )
        for name in chapter.algorithms:
            to_method(name, ALGORITHMS[name].title)


def to_method(name: str, label: str) -> None:
    """A link to the page of an algorithm."""
    st.page_link(
        lab_form.METHOD_PAGE, label=label, icon=":material/function:", query_params={"id": name}
    )


def to_chapters(ids: Iterable[str], *, key: str) -> None:
    """A way to each chapter, in a row: buttons, as on the map, so that Back leads back here."""
    catalogue = shell.catalogue()
    with st.container(horizontal=True, gap="small"):
        for name in ids:
            if st.button(
                catalogue.chapter(name).title,
                key=f"to_{name}_{key}",
                type="tertiary",
                icon=":material/menu_book:",
            ):
                stops.open_chapter(name)
