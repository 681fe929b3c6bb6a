"""Questions of mastered chapters, asked again when they are due: at most five in one sitting."""

import streamlit as st

from backend import reviews
from curriculum import memory
from curriculum import state as moves
from curriculum.figures import counted
from curriculum.memory import Card, Reviewed
from curriculum.questions import Question
from curriculum.schema import Chapter
from curriculum.state import ChapterState, mastered
from engine.algorithms import ALGORITHMS
from pages.parts import asks, components, folder, gained, library_links, session, shell
from pages.parts.refusals import told

PAGE = "pages/review.py"
READING_WIDTH = 760


def card(learner: str, states: dict[str, ChapterState]) -> None:
    """What is due today, for the story map; nothing if nothing is."""
    waiting = len(memory.due(_cards(learner, states), reviews.now()))
    if not waiting:
        if gained.gains(states):
            st.page_link(PAGE, label="Before and after: what you gained", icon=":material/history:")
        return
    with st.container(border=True, gap="small"):
        st.markdown(f"**Due today: {counted(waiting, 'question')}**")
        st.caption("From chapters that you have mastered, to see what has stayed.")
        asked = min(waiting, memory.AT_ONCE)
        label = f"Answer {asked} of them" if asked < waiting else f"Answer {_them(asked)}"
        if st.button(label, key="review_due", icon=":material/history:"):
            session.keep_review(None)
            st.switch_page(PAGE)


def show() -> None:
    """One question after another, each with the reason for its answer."""
    learner = shell.learner_id()
    st.set_page_config(page_title="Due today · Pip School")
    components.chapter_head("Due today", eyebrow="What has stayed")
    states = folder.states(learner)
    sitting = _sitting(learner, states)
    answers = {(one.chapter, one.question, one.number): one for one in reviews.answers_of(learner)}
    place = session.review_place()
    if place < len(sitting):
        st.caption(f"Question {place + 1} of {len(sitting)}")
        asked = sitting[place]
        given = answers.get((asked.chapter, asked.question, asked.number))
        with st.container(width=READING_WIDTH):
            _question(learner, asked, given)
        if given:
            st.button(
                "Go on",
                key="go_next_question",
                type="primary",
                on_click=session.go_on_in_review,
                args=(place + 1,),
            )
    else:
        given = [answers.get((one.chapter, one.question, one.number)) for one in sitting]
        _over(learner, states, [one for one in given if one])
        gained.table(states)
    st.page_link("pages/story.py", label="To the story map")


def _cards(learner: str, states: dict[str, ChapterState]) -> tuple[Card, ...]:
    """A card for every question of the chapters that the learner has mastered as they are today."""
    done = [
        chapter
        for chapter in shell.catalogue().chapters
        if chapter.id in states and mastered(chapter, moves.migrated(chapter, states[chapter.id]))
    ]
    if not done:
        return ()
    return memory.cards_of(done, reviews.worked_on(learner), reviews.answers_of(learner))


def _sitting(learner: str, states: dict[str, ChapterState]) -> list[Card]:
    """The questions of this sitting, chosen when it began; without those that are no more."""
    kept = session.review()
    if kept is None:
        kept = list(memory.due(_cards(learner, states), reviews.now())[: memory.AT_ONCE])
        session.keep_review(kept)
    order = shell.catalogue().order
    return [one for one in kept if one.chapter in order and one.question in _asked_in(one.chapter)]


def _asked_in(chapter_id: str) -> dict[str, Question]:
    return memory.questions_of(shell.catalogue().chapter(chapter_id))


def _question(learner: str, asked: Card, given: Reviewed | None) -> None:
    chapter = shell.catalogue().chapter(asked.chapter)
    question = _asked_in(asked.chapter)[asked.question]
    with st.container(border=True, gap="small"):
        st.markdown(f"**{question.question}**")
        if given is None:
            _options(learner, asked, question)
            return
        asks.explained(question, given.option, tells_the_right_one=True)
        box = memory.box_after(asked.box, given.right)
        st.caption(
            f"Box {box} of {len(memory.INTERVALS)}. It is asked again in "
            f"{counted(memory.INTERVALS[box - 1], 'day')}."
        )
        _sources(chapter)


def _options(learner: str, asked: Card, question: Question) -> None:
    key = f"review_{asked.question}_{asked.number}"
    turn = asked.number % len(question.options)  # so that a place on the page is not learnt
    shown = (*question.options[turn:], *question.options[:turn])
    asks.answers(question.question, {option.id: option.text for option in shown}, key)
    st.button(
        "Answer", key="go_answer", type="primary", on_click=_answer, args=(learner, asked, key)
    )


@told
def _answer(learner: str, asked: Card, key: str) -> None:
    chosen = session.value_of(key)
    question = _asked_in(asked.chapter).get(asked.question)
    if chosen is None or question is None:
        st.toast("Choose one of the answers first.")
        return
    right = any(option.right for option in question.options if option.id == chosen)
    reviews.keep(
        learner,
        Reviewed(
            chapter=asked.chapter,
            question=asked.question,
            number=asked.number,
            option=chosen,
            right=right,
            at=reviews.now(),
        ),
    )
    name = (asked.chapter, asked.question, asked.number)
    kept = {(one.chapter, one.question, one.number): one for one in reviews.answers_of(learner)}
    if kept[name].option != chosen:
        st.toast("You have answered this since, in another tab; here is what you said.")


def _sources(chapter: Chapter) -> None:
    """Where to read it up."""
    library_links.to_chapters([chapter.id], key="review")
    with st.container(horizontal=True, gap="small"):
        for name in chapter.algorithms:
            library_links.to_method(name, ALGORITHMS[name].title)


def _over(learner: str, states: dict[str, ChapterState], given: list[Reviewed]) -> None:
    """What came of the sitting, and when the next question is asked."""
    if given:
        right = sum(one.right for one in given)
        st.markdown(f"**{right} of {counted(len(given), 'question')} answered as it holds up.**")
    cards, now = _cards(learner, states), reviews.now()
    waiting = len(memory.due(cards, now))
    if waiting:
        verb = "is" if waiting == 1 else "are"
        st.markdown(f"{counted(waiting, 'more question')} {verb} due.")
        st.button("Go on with them", key="review_more", on_click=session.keep_review, args=(None,))
    elif cards:
        days = min(memory.days_until(one, now) for one in cards)
        st.markdown(f"Nothing more is due. The next question is asked in {counted(days, 'day')}.")
    else:
        st.markdown(
            "Nothing is due. A day after you last worked on a chapter that you have mastered, its "
            "questions are asked again: then after 3, 7, 16 and 35 days, as long as you know them."
        )


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
