"""What every screen stands in: navigation, the centred column, the learner, and errors in words."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from backend import cluster, learners
from backend.errors import BackendError, UnknownRun
from curriculum.catalogue import Catalogue
from curriculum.errors import ChapterError, Problem
from curriculum.glossary import Term, load_glossary
from curriculum.library import Library, build
from curriculum.loader import load_playable, stamp_of
from curriculum.methods import METHODS, Method, method_of
from curriculum.recall import Memories, memories
from curriculum.retelling import FOLDER as RETELLINGS
from curriculum.schema import Chapter
from engine.algorithms import ALGORITHMS
from pages.parts import components, folder, session, telling

P = ParamSpec("P")
ROOT = Path(__file__).parents[2]
WIDTH = 1240
COOKIE = "pip_school"  # holds the token by which an anonymous learner is known
SCREENS = (
    ("story", "Story", "The story map: where you are, and what comes next."),
    ("lab", "Lab", "Any world, any algorithm, any reward; up to three runs side by side."),
    ("glossary", "Glossary", "The field's terms, metrics and reward terms, one sentence each."),
)


def _pages() -> list[st.Page]:
    shown = [
        st.Page(
            ROOT / "pages" / f"{name}.py",
            title=title,
            url_path=name,
            default=name == "story",
            help=help_text,
        )
        for name, title, help_text in SCREENS
    ]
    chapter = st.Page(
        ROOT / "pages" / "chapter.py", title="Chapter", url_path="chapter", visibility="hidden"
    )
    method = st.Page(
        ROOT / "pages" / "method.py", title="Method", url_path="method", visibility="hidden"
    )
    compare = st.Page(
        ROOT / "pages" / "compare.py", title="Compare", url_path="compare", visibility="hidden"
    )
    review = st.Page(
        ROOT / "pages" / "review.py", title="Due today", url_path="review", visibility="hidden"
    )
    record = st.Page(
        ROOT / "pages" / "record.py", title="Your record", url_path="record", visibility="hidden"
    )
    return [*shown, chapter, method, compare, review, record]


def route() -> None:
    """Draw the navigation and run the screen that was asked for."""
    st.set_page_config(
        page_title="Pip School", page_icon=str(ROOT / "static" / "logo.svg"), layout="wide"
    )
    st.logo(str(ROOT / "static" / "wordmark.svg"), size="large")
    components.base_style()
    session.mark_routed()
    st.navigation(_pages(), position="top").run()
    cluster.want()  # a first page is drawn, and whoever sees it may soon press Train


def guard() -> bool:
    """Whether the router ran before this page file; if not, run it first.

    A server that was just started may run a page file on its own for a deep link.
    """
    if session.was_routed():
        return True
    st.navigation(_pages(), position="hidden")
    st.rerun()


def page(show: Callable[[], None]) -> None:
    """Draw a screen in the centred column; say in words what went wrong."""
    with st.container(horizontal_alignment="center").container(width=WIDTH, gap="medium"):
        with suppress(BackendError):  # a page that needs the database says what is wrong with it
            visit = learners.visit(_token())
            session.begin_visit(visit)
            session.tell_in(folder.setting_of(visit.learner))
        try:
            show()
        except BackendError as problem:
            trouble(str(problem))
        finally:
            session.end_visit()


def ticking(draw: Callable[P, object], seconds: float | None) -> Callable[P, object]:
    """A part of a page that draws itself again; it says in words what it cannot do meanwhile.

    What it is about may be gone, since somebody deleted it in another tab: then the page around it
    is drawn anew.
    """

    @wraps(draw)
    def careful(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except UnknownRun:
            st.rerun()
        except BackendError as problem:
            trouble(str(problem))

    return st.fragment(careful, run_every=seconds)


def trouble(sentence: str) -> None:
    """One clear sentence about what cannot be done now, in place of what it concerns."""
    with st.container(border=True):
        st.markdown(f":material/error: {sentence}")


def learner_id() -> str:
    """Who is looking: known by the cookie, or for this tab only where there is none."""
    visit = session.visit()
    return visit.learner if visit else learners.learner_for(_token())


def _token() -> str:
    token = st.context.cookies.get(COOKIE)
    return token if isinstance(token, str) else session.fallback_token(learners.new_token())


def catalogue() -> Catalogue:
    """All chapters that can be played, in the words of the setting that the learner chose."""
    return _told(telling.current().id, (stamp_of(), stamp_of(RETELLINGS)))


def written() -> Catalogue:
    """The same in the words of the files: what is kept is written in these."""
    return _playable(stamp_of())[0]


def memories_of(learner: str) -> Memories:
    """What colleagues remembered of this learner, chapter by chapter."""
    return memories(catalogue().chapters, folder.entries_of(learner))


def as_written(chapter_id: str) -> Chapter:
    """A chapter in the words of its file."""
    return written().chapter(chapter_id)


@st.cache_resource(show_spinner=False, max_entries=8)
def _told(setting: str, stamp: object) -> Catalogue:
    return telling.catalogue(_playable(stamp_of())[0])


def broken_chapters() -> tuple[Problem, ...]:
    """What is wrong with the chapter files that had to be left out."""
    return _playable(stamp_of())[1]


@st.cache_resource(show_spinner=False, max_entries=2)
def _playable(stamp: object) -> tuple[Catalogue, tuple[Problem, ...]]:
    """Read and checked once, and again when a file has changed: `stamp` tells."""
    return load_playable()


def method(algorithm: str) -> Method | None:
    """What is written of an algorithm; None if nothing is yet. Raises ChapterError."""
    found = _written(algorithm, stamp_of(METHODS))
    return telling.model(found) if found else None


@st.cache_resource(show_spinner=False, max_entries=32)
def _written(algorithm: str, stamp: object) -> Method | None:
    return method_of(algorithm)


def library() -> Library:
    """Everything that can be found by a search, read once, and again when a file has changed."""
    return _library((telling.current().id, stamp_of(), stamp_of(METHODS), stamp_of(RETELLINGS)))


@st.cache_resource(show_spinner=False, max_entries=2)
def _library(stamp: object) -> Library:
    methods = {}
    for name in ALGORITHMS:
        with suppress(ChapterError):  # its page says what is wrong with it
            if found := method(name):
                methods[name] = found
    return build(catalogue().chapters, glossary(), methods)


def glossary() -> dict[str, Term]:
    """The terms of the field, in the words of the setting."""
    return {name: telling.model(term) for name, term in _terms().items()}


@st.cache_resource(show_spinner=False)
def _terms() -> dict[str, Term]:
    """Read and checked once."""
    return load_glossary()
