"""What a report tells of a learner, gathered from the database."""

import time

from backend import learners, run_views
from backend.certificates import seen_run
from curriculum.catalogue import Catalogue
from curriculum.credential import clean_name, moment
from curriculum.report import (
    Report,
    SeenRun,
    chapter_arc,
    curve_metric,
    retold_report,
    standings,
)
from curriculum.retelling import HOSPITAL, Retelling, retold_summary
from curriculum.schema import Chapter
from curriculum.state import ChapterState, migrated
from engine.events import UpdateCompleted

MOST_POINTS = 60  # of a small curve


def report_of(
    learner_id: str, catalogue: Catalogue, typed: str = "", setting: Retelling = HOSPITAL
) -> Report:
    """The learner's way through every chapter that they began and that can be played today.

    catalogue: as `setting` tells it; what was kept of runs is told in its words here.
    """
    kept, entries = learners.load_progress(learner_id), learners.entries(learner_id)
    chapters = [one for one in catalogue.chapters if one.id in kept]
    states = {one.id: migrated(one, kept[one.id]) for one in chapters}
    name = clean_name(typed)
    found = Report(
        day=moment(time.time())[:10],
        chapters=tuple(
            chapter_arc(
                one,
                states[one.id],
                _runs(learner_id, one, states[one.id], setting),
                entries,
            )
            for one in chapters
        ),
        standings=standings(entries, {one.id: one.title for one in catalogue.chapters}),
    )
    return retold_report(setting, found).model_copy(update={"name": name})


def _runs(
    learner_id: str, chapter: Chapter, state: ChapterState, setting: Retelling
) -> list[SeenRun]:
    """Every run of the chapter that is over, the first one first."""
    found: list[SeenRun] = []
    for press_id in state.press_ids:
        seen = seen_run(learner_id, chapter, press_id)
        if seen:
            row = seen.row
            found.append(
                SeenRun(
                    press_id=press_id,
                    address=row.address,
                    pressed_at=row.pressed_at,
                    config=row.config,
                    summary=retold_summary(setting, seen.summary),
                    curve=small_curve(row.address, chapter, row.updates_done),
                )
            )
    return found


def small_curve(address: str, chapter: Chapter, updates: int) -> tuple[float, ...]:
    """The first metric that a chapter charts, update by update, thinned to a few points."""
    name = curve_metric(chapter)
    values = [
        event.metrics[name]
        for event in run_views.events_of(address)
        if isinstance(event, UpdateCompleted) and event.update <= updates and name in event.metrics
    ]
    step = max(1, -(-len(values) // MOST_POINTS))
    return tuple(values[::step]) if len(values) > 1 else ()
