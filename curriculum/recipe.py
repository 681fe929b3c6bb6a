"""From sliders to a config: the learner's settings, checked again wherever they come from."""

import re
from collections.abc import Mapping

from curriculum.experiment import Recorded, Setting, Slider
from curriculum.parts import SettingValue
from curriculum.schema import Chapter
from engine.config import has_setting, parse_config, placed
from engine.spec import TrainConfig

TOLERANCE = 1e-9
LABELS = "world.preferences.by_hand"  # where labels by hand stand in a config
SINGLE = re.compile(r"\w+(\([^()]*\))?")  # a name, a number or one call: needs no brackets


class SettingError(ValueError):
    """A value outside of what the chapter offers; the message is one sentence for the learner."""


def compose(chapter: Chapter, sliders: Mapping[str, float]) -> str:
    """The sliders as one line of reward code. Sliders that are missing stay at their start.

    A weight of zero is left out; if all are zero the reward is `0`.
    Raises SettingError for an unknown slider or a value beyond its bounds.
    """
    _refuse_unknown(sliders, [slider.id for slider in chapter.sliders], "slider")
    line = ""
    for slider in chapter.sliders:
        weight = sliders.get(slider.id, slider.start)
        _within(weight, slider.low, slider.high, slider.label)
        signed = -weight if slider.cost else weight
        if abs(signed) > TOLERANCE:
            line += _term(signed, slider, is_first=not line)
    return line or "0"


def config_of(
    chapter: Chapter,
    sliders: Mapping[str, float],
    settings: Mapping[str, SettingValue],
    reward_code: str | None,
    seed: int,
    labels: str = "",
) -> TrainConfig:
    """The config to run: the chapter's base, the learner's settings, reward and labels by hand.

    A setting that the chosen algorithm does not have is left out, and without sliders the reward is
    the base's. Raises SettingError for a value beyond the chapter's bounds, RewardSyntaxError for
    reward code that cannot be read, ConfigError for anything else the engine refuses.
    """
    _refuse_unknown(settings, [setting.field for setting in chapter.settings], "setting")
    data = chapter.experiment.base
    for setting in sorted(chapter.settings, key=lambda setting: setting.place != "algorithm"):
        value = settings.get(setting.field, setting.start)
        _offered(value, setting)
        is_whole = isinstance(value, float) and value.is_integer()
        if _concerns(setting, str(data.get("algorithm")), chapter):
            data = placed(data, setting.place, int(value) if is_whole else value)
    if labels:
        data = placed(data, LABELS, _labels_offered(chapter, labels))
    if reward_code is not None:
        data = {**data, "reward": reward_code}
    elif chapter.sliders:
        data = {**data, "reward": compose(chapter, sliders)}
    return parse_config({**data, "seed": seed})


def starting_config(chapter: Chapter, seed: int | None = None) -> TrainConfig:
    """The config with every slider and setting where the learner finds it."""
    return config_of(chapter, {}, {}, None, chapter.experiment.seed if seed is None else seed)


def recorded_config(chapter: Chapter, recorded: Recorded, seed: int) -> TrainConfig:
    """The config of a recorded setting."""
    return config_of(
        chapter, recorded.sliders, recorded.settings, recorded.reward, seed, recorded.labels
    )


def is_start(chapter: Chapter, config: TrainConfig) -> bool:
    """Whether a run tests the starting settings; its seed does not matter."""
    return starting_config(chapter, config.seed) == config


def _concerns(setting: Setting, algorithm: str, chapter: Chapter) -> bool:
    """False for a setting that only another algorithm of the chapter has."""
    if setting.place == "algorithm" or has_setting(algorithm, setting.place):
        return True
    return not any(has_setting(name, setting.place) for name in chapter.algorithms)


def _term(signed: float, slider: Slider, is_first: bool) -> str:
    what = slider.expression if SINGLE.fullmatch(slider.expression) else f"({slider.expression})"
    sign = ("-" if signed < 0 else "") if is_first else (" - " if signed < 0 else " + ")
    weight = f"{abs(signed):.6g}"
    return f"{sign}{weight}" if what == "1" else f"{sign}{weight}*{what}"


def _refuse_unknown(given: Mapping[str, SettingValue], known: list[str], kind: str) -> None:
    for name in given:
        if name not in known:
            raise SettingError(
                f"There is no {kind} `{name}` in this chapter; it has {', '.join(known)}."
            )


def _within(value: float, low: float, high: float, label: str) -> None:
    if not low - TOLERANCE <= value <= high + TOLERANCE:
        raise SettingError(f"{label} is {value:g}, but it goes from {low:g} to {high:g}.")


def _offered(value: SettingValue, setting: Setting) -> None:
    if setting.choices:
        if not any(_same(value, choice) for choice in setting.choices):
            offered = ", ".join(setting.name_of(choice) for choice in setting.choices)
            shown = setting.name_of(value)
            raise SettingError(f"{setting.label} is {shown}, but it can be {offered}.")
    elif isinstance(value, str):
        raise SettingError(f"{setting.label} is {value}, but it must be a number.")
    elif setting.low is not None and setting.high is not None:
        _within(value, setting.low, setting.high, setting.label)


def _same(value: SettingValue, choice: SettingValue) -> bool:
    if isinstance(value, str) or isinstance(choice, str):
        return value == choice
    return abs(value - choice) <= TOLERANCE


def _labels_offered(chapter: Chapter, labels: str) -> str:
    """The labels as they are; raises SettingError if the chapter asks for none, or for fewer."""
    if chapter.labelling is None:
        raise SettingError("Nothing is labelled by hand in this chapter.")
    if len(labels) > chapter.labelling.count:
        asked = chapter.labelling.count
        raise SettingError(f"There are {len(labels)} labels by hand, but {asked} pairs.")
    return labels
