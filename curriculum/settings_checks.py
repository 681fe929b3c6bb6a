"""Whether every setting that a chapter offers is one that the engine can run."""

from collections.abc import Callable, Iterator
from typing import Any

from curriculum.experiment import Setting
from curriculum.findings import Finding, Path
from curriculum.recipe import SettingError, config_of, recorded_config
from curriculum.schema import Chapter
from engine.config import ConfigError
from engine.reward_expression import RewardSyntaxError
from engine.spec import TrainConfig

REMEDY = "Change it to a value that the engine accepts."


def setting_findings(chapter: Chapter) -> Iterator[Finding]:
    """Sliders, settings, base config and recorded settings, tried at their bounds."""
    yield from _bounds(chapter)
    yield from _base(chapter)
    if not chapter.sliders and "reward" not in chapter.experiment.base:
        remedy = "Say what replies or episodes are measured by, or add [[sliders]]."
        yield Finding(
            ("experiment", "base"), "reward", "There is neither reward nor slider.", remedy
        )
        return
    start = lambda: config_of(chapter, {}, {}, None, chapter.experiment.seed)  # noqa: E731
    problem = _refused(start)
    if problem:
        whole = Finding(("experiment", "base"), "", f"The start cannot run: {problem}", REMEDY)
        yield from list(_refused_alone(chapter)) or [whole]
        return
    yield from _extremes(chapter)
    for index, entry in enumerate(chapter.recorded):
        problem = _refused(lambda entry=entry: recorded_config(chapter, entry, 0))
        if problem:
            remedy = "Record a setting that a learner could choose."
            yield Finding(("recorded", index), entry.id, problem, remedy)


def _bounds(chapter: Chapter) -> Iterator[Finding]:
    for index, slider in enumerate(chapter.sliders):
        if not slider.low <= slider.start <= slider.high:
            yield _outside(("sliders", index, "start"), slider.start, slider.low, slider.high)
    for index, setting in enumerate(chapter.settings):
        path: Path = ("settings", index)
        yield from _choices(path, setting) if setting.choices else _range(path, setting)


def _choices(path: Path, setting: Setting) -> Iterator[Finding]:
    if setting.start not in setting.choices:
        offered = ", ".join(map(setting.name_of, setting.choices))
        message = "The start is not one of the choices."
        yield Finding((*path, "start"), f"{setting.start}", message, f"Start at one of {offered}.")
    if setting.choice_names and len(setting.choice_names) != len(setting.choices):
        message = "There are not as many names as choices."
        yield Finding(path, setting.field, message, "Name every choice, or none.")


def _range(path: Path, setting: Setting) -> Iterator[Finding]:
    if isinstance(setting.start, str):
        yield Finding((*path, "start"), setting.start, "A text needs choices.", "Add choices.")
    elif setting.low is None or setting.high is None or setting.step is None:
        message = "A setting needs low, high and step, or choices."
        yield Finding(path, setting.field, message, "Add what is missing.")
    elif not setting.low <= setting.start <= setting.high:
        yield _outside((*path, "start"), setting.start, setting.low, setting.high)


def _outside(path: Path, value: float, low: float, high: float) -> Finding:
    message = f"The start lies outside of {low:g} to {high:g}."
    return Finding(path, f"{value:g}", message, "Move the start between low and high.")


def _base(chapter: Chapter) -> Iterator[Finding]:
    """The base leaves out what the learner sets: the reward too, if there are sliders."""
    paid = ("reward",) if chapter.sliders else ()
    for key in (*paid, "seed", *(setting.place for setting in chapter.settings)):
        found: Any = chapter.experiment.base
        for name in key.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            message = f"`{key}` is set by the learner, so the base must not hold it."
            path = ("experiment", "base", *key.split("."))
            yield Finding(path, str(found), message, "Remove it here.")


def _extremes(chapter: Chapter) -> Iterator[Finding]:
    for index, slider in enumerate(chapter.sliders):
        for weight in (slider.low or slider.high, slider.high):
            problem = _refused(
                lambda slider=slider, weight=weight: config_of(
                    chapter, {slider.id: weight}, {}, None, 0
                )
            )
            if problem:
                yield _unreadable(index, slider.expression, problem)
                break
    for index, setting in enumerate(chapter.settings):
        for value in setting.choices or (setting.low, setting.high):
            if value is None:
                continue
            problem = _refused(
                lambda setting=setting, value=value: config_of(
                    chapter, {}, {setting.field: value}, None, 0
                )
            )
            if problem:
                yield Finding(("settings", index), f"{value}", problem, REMEDY)


def _refused_alone(chapter: Chapter) -> Iterator[Finding]:
    """Sliders that cannot be paid even alone, where a reward that pays nothing can run."""
    silent = {slider.id: 0.0 for slider in chapter.sliders}
    if _refused(lambda: config_of(chapter, silent, {}, None, 0)):
        return
    for index, slider in enumerate(chapter.sliders):
        alone = {**silent, slider.id: slider.high}
        problem = _refused(lambda alone=alone: config_of(chapter, alone, {}, None, 0))
        if problem:
            yield _unreadable(index, slider.expression, problem)


def _unreadable(index: int, expression: str, problem: str) -> Finding:
    remedy = "Use the reward terms of the chapter's world."
    return Finding(("sliders", index, "expression"), expression, problem, remedy)


def _refused(build: Callable[[], TrainConfig]) -> str:
    """Why a config cannot be built, as a sentence; empty if it can."""
    try:
        build()
    except (ConfigError, SettingError, RewardSyntaxError) as error:
        return str(error)
    return ""
