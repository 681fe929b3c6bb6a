"""What runs of a chapter are told, as the tests of its prose read it."""

from collections.abc import Mapping

from curriculum.ledger import effects_of
from curriculum.parts import SettingValue
from curriculum.recipe import config_of
from curriculum.rules import hint, outcome_of, plain, render, reply_to, shown
from curriculum.schema import Chapter
from curriculum.summary import Summary, summarise
from engine.train import train


def trained(
    chapter: Chapter,
    seed: int,
    settings: Mapping[str, SettingValue] | None = None,
    reward: str | None = None,
    sliders: Mapping[str, float] | None = None,
) -> Summary:
    """A run of the chapter: with its start, but for what is given."""
    config = config_of(chapter, sliders or {}, settings or {}, reward, seed)
    content = config.model_dump(mode="json")
    return summarise(train(config), content, chapter.experiment.last_updates)


def told_of(chapter: Chapter, summary: Summary) -> str:
    """Everything that the story says of a run, the hints included."""
    return plain(" ".join(_said(chapter, summary)))


def told_to_the_end(chapter: Chapter, summary: Summary) -> str:
    """The same of a run that was trained, and what is answered to each decision.

    Fails where a figure is marked and none stands there; runs made by hand may lack some.
    """
    outcome, said = outcome_of(chapter, summary), _said(chapter, summary)
    for option in chapter.decide.options:
        beats = reply_to(chapter, option.id, outcome.id).beats
        said += [beat.text for beat in shown(beats, summary, (), outcome.id)]
    assert "[[]]" not in " ".join(said)
    return plain(" ".join(said))


def _said(chapter: Chapter, summary: Summary) -> list[str]:
    outcome = outcome_of(chapter, summary)
    beats = (*outcome.beats, *outcome.explain)
    said = [render(outcome.title, summary)]
    said += [beat.text for beat in shown(beats, summary, (), outcome.id)]
    said += [effect.reason for effect in effects_of(outcome, summary)]
    return said + [hint(chapter, summary, step) for step in (1, 2, 3)]
