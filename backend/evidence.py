"""What chapters show before the learner's first run: measured by real runs of the school's own."""

from functools import cache

from backend import learners, runs
from backend.errors import BackendError
from curriculum.recipe import recorded_config, starting_config
from curriculum.schema import Chapter
from curriculum.summary import Event, Summary, summarise
from engine.config import fields_of, parse_config
from engine.spec import TrainConfig

SCHOOL = "the school itself"  # the token of the learner on whose behalf these runs are made


def prepare(chapters: tuple[Chapter, ...]) -> None:
    """Ask for every measurement that a chapter will want to show; done before, it costs nothing."""
    for chapter in chapters:
        for config in _wanted(chapter):
            _press(config)


def first_look(chapter: Chapter) -> tuple[Event, ...]:
    """How things stand before any update: empty while it is being measured."""
    return _events(_shortest(chapter))[:1]


def evidence(chapter: Chapter) -> Summary | None:
    """What the brief's table quotes; None while it is being measured."""
    config = _evidence_config(chapter)
    events = _events(config)
    if not events or (chapter.brief.evidence.recorded and events[-1].kind != "run_finished"):
        return None
    return summarise(events, config.model_dump(), chapter.experiment.last_updates)


def _wanted(chapter: Chapter) -> tuple[TrainConfig, ...]:
    return (_shortest(chapter), _evidence_config(chapter))


def _evidence_config(chapter: Chapter) -> TrainConfig:
    """The run behind the brief's table: a recorded one, or only a first look."""
    wanted = chapter.brief.evidence.recorded
    for recorded in chapter.recorded:
        if recorded.id == wanted:
            return recorded_config(chapter, recorded, chapter.experiment.seed)
    return _shortest(chapter)


def _shortest(chapter: Chapter) -> TrainConfig:
    """The starting settings for as few updates as can be: only its beginning is read."""
    config = starting_config(chapter)
    least = {one.name: one.low for one in fields_of(type(config))}[config.length_field]
    return parse_config({**config.model_dump(), config.length_field: int(least or 1)})


def _events(config: TrainConfig) -> tuple[Event, ...]:
    try:
        return tuple(runs.events_of(runs.address_of(config)))
    except BackendError:
        _press(config)
        return ()


def _press(config: TrainConfig) -> str:
    return runs.press_train(_school(), config)


@cache
def _school() -> str:
    return learners.learner_for(SCHOOL)
