"""What a run measured, small enough to keep: the ground of everything the story may say."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.frozen import Frozen
from engine.metrics import MetricName
from engine.scenes import Scene

_NAME = re.compile(r"[a-z_]+")
SMOOTHING = 5  # updates on either side, for the turning point
SHARE_OF_RANGE = 0.1  # a fall smaller than this share of the whole range is no turn

Event = RunStarted | UpdateCompleted | RunFinished | RunFailed


class Track(Frozen):
    """One metric over a run; see `Condition` for what each figure is."""

    first: float
    last: float
    max: float
    min: float
    mean: float
    change: float


class Summary(Frozen):
    """A run in a few figures."""

    updates: int
    planned: int
    work: int
    finished: bool
    problem: str = ""
    remedy: str = ""
    reward: str = ""
    terms: tuple[str, ...] = ()  # every name in the reward, in alphabetical order
    settings: dict[str, float]
    metrics: dict[MetricName, Track]
    first_scene: Scene | None = None
    last_scene: Scene | None = None
    turning_point: int | None = None


def summarise(events: Iterable[Event], config: Mapping[str, Any], last_updates: int = 5) -> Summary:
    """Summarise the events of a run, finished or not. `config` is its config as plain data."""
    kept = _latest_attempt(events)
    updates = [event for event in kept if isinstance(event, UpdateCompleted)]
    failed = next((event for event in kept if isinstance(event, RunFailed)), None)
    start = kept[0] if kept and isinstance(kept[0], RunStarted) else None
    tracks = _tracks(start, updates, last_updates)
    paid = [update.metrics.get(MetricName.PROXY_RETURN, 0.0) for update in updates]
    wanted = [update.metrics.get(MetricName.TRUE_RETURN, 0.0) for update in updates]
    scenes = [event.scene for event in kept if isinstance(event, RunStarted | UpdateCompleted)]
    return Summary(
        updates=len(updates),
        planned=start.planned_updates if start else len(updates),
        work=updates[-1].work if updates else 0,
        finished=any(isinstance(event, RunFinished) for event in kept),
        problem=failed.problem if failed else "",
        remedy=failed.remedy if failed else "",
        reward=str(config.get("reward", "")),
        terms=tuple(sorted(set(_NAME.findall(str(config.get("reward", "")))))),
        settings=_numbers(config),
        metrics=tracks,
        first_scene=scenes[0] if scenes else None,
        last_scene=scenes[-1] if scenes else None,
        turning_point=_turning_point(wanted, paid),
    )


def _latest_attempt(events: Iterable[Event]) -> list[Event]:
    """The events from the last RunStarted on: an attempt that began anew replaces the others."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, RunStarted):
            kept = []
        kept.append(event)
    return kept


def _tracks(
    start: RunStarted | None, updates: list[UpdateCompleted], last_updates: int
) -> dict[MetricName, Track]:
    base = dict(start.metrics) if start else {}
    names = list(updates[0].metrics) if updates else list(base)
    return {
        name: _track([update.metrics[name] for update in updates], base.get(name), last_updates)
        for name in names
    }


def _numbers(config: Mapping[str, Any]) -> dict[str, float]:
    kept = {key: value for key, value in config.items() if isinstance(value, int | float)}
    return {key: float(value) for key, value in kept.items() if not isinstance(value, bool)}


def _track(values: list[float], base: float | None, last_updates: int) -> Track:
    """The figures of one metric; `base` is its value before any update, if that was measured."""
    first = base if base is not None else values[0]
    tail = values[-last_updates:] or [first]
    last = sum(tail) / len(tail)
    everything = [first, *values]
    return Track(
        first=first,
        last=last,
        max=max(everything),
        min=min(everything),
        mean=sum(values) / len(values) if values else first,
        change=last - first,
    )


def _turning_point(wanted: list[float], paid: list[float]) -> int | None:
    """The update (from 1) after which what was wanted fell while what was paid went on rising.

    None if it never happened: the smoothed maximum stands at an end, the fall is a small share of
    the range, or the pay did not rise after it.
    """
    if len(wanted) < 4 * SMOOTHING:
        return None
    true, proxy = _smooth(wanted), _smooth(paid)
    turn = max(range(len(true)), key=true.__getitem__)
    fell = true[turn] - true[-1] > SHARE_OF_RANGE * (max(wanted) - min(wanted))
    rose = proxy[-1] > proxy[turn]
    return turn + 1 if fell and rose else None


def _smooth(values: list[float]) -> list[float]:
    windows = (values[max(0, i - SMOOTHING) : i + SMOOTHING + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]
