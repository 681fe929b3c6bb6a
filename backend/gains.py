"""What all learners of this school gained, without saying who or when."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import select

from backend.database import current
from backend.tables import ChapterRow
from curriculum.gains import Pair, pairs_of
from curriculum.schema import Chapter
from curriculum.state import read_state


def pairs_of_learners(chapters: Sequence[Chapter]) -> Iterator[list[Pair]]:
    """The pairs of one learner after another, in no order that tells anything."""
    rows = select(ChapterRow.learner_id, ChapterRow.chapter_id, ChapterRow.state)
    with current().reading() as session:
        found = session.execute(
            rows.order_by(ChapterRow.learner_id).execution_options(yield_per=500)
        )
        for _, own in groupby(found, key=lambda row: row.learner_id):
            states = {row.chapter_id: read_state(row.chapter_id, row.state) for row in own}
            yield pairs_of(chapters, states)
