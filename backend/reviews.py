"""Answers to questions that are asked again, each kept once."""

import time

from sqlalchemy import select

from backend.database import current, insert_new
from backend.errors import BackendError
from backend.tables import ChapterRow, Learner, ReviewRow
from curriculum.memory import Reviewed


def now() -> float:
    """The time by which answers are kept and questions are due."""
    return time.time()


def answers_of(learner_id: str) -> list[Reviewed]:
    """Every answer that the learner has given in a review."""
    kept = select(
        ReviewRow.chapter_id,
        ReviewRow.question_id,
        ReviewRow.number,
        ReviewRow.option,
        ReviewRow.is_right,
        ReviewRow.answered_at,
    ).where(ReviewRow.learner_id == learner_id)
    with current().reading() as session:
        rows = session.execute(kept).all()
    return [
        Reviewed.model_construct(
            chapter=chapter, question=question, number=number, option=option, right=right, at=at
        )
        for chapter, question, number, option, right, at in rows
    ]


def worked_on(learner_id: str) -> dict[str, float]:
    """When the learner last did something in each chapter, by its id."""
    with current().reading() as session:
        rows = session.execute(
            select(ChapterRow.chapter_id, ChapterRow.updated_at).where(
                ChapterRow.learner_id == learner_id
            )
        )
        return {chapter: at for chapter, at in rows}


def keep(learner_id: str, answer: Reviewed) -> None:
    """Keep an answer, unless this question had its answer of that number before."""
    with current().writing() as session:
        if session.get(Learner, learner_id) is None:
            raise BackendError("This visitor is not known here.", "Reload the page.")
        insert_new(
            session,
            ReviewRow,
            learner_id=learner_id,
            chapter_id=answer.chapter,
            question_id=answer.question,
            number=answer.number,
            option=answer.option,
            is_right=answer.right,
            answered_at=answer.at,
        )
