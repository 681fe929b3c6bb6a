"""What a run measured, small enough to keep: the ground of everything the story may say."""

from collections.abc import Iterable, Mapping
from statistics import pstdev
from typing import Any

from curriculum.signs import signs_of
from engine.endings import Ending
from engine.events import RunFailed, RunFinished, RunStarted, UpdateCompleted
from engine.frozen import Frozen
from engine.metrics import MetricName
from engine.scenes import Scene

SMOOTHING = 5  # updates on either side, for the turning point
SHARE_OF_RANGE = 0.1  # a smaller move, as a share of the whole range, is no turn
LEAST_RANGE = 1e-6  # a metric that moves less than this stands still but for rounding
NOISE = 2.0  # standard deviations about the smoothed curve that a move must reach

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
    ending: Ending | None = None  # None while the run is not over
    problem: str = ""
    remedy: str = ""
    reward: str = ""
    terms: tuple[str, ...] = ()  # that the reward names, in alphabetical order
    paid: tuple[str, ...] = ()  # with which the reward rises somewhere
    priced: tuple[str, ...] = ()  # with which it falls somewhere
    settings: dict[str, float]  # by the last part of their dotted name
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
    signs = signs_of(str(config.get("reward", "")))
    scenes = [event.scene for event in kept if isinstance(event, RunStarted | UpdateCompleted)]
    return Summary(
        updates=len(updates),
        planned=start.planned_updates if start else len(updates),
        work=updates[-1].work if updates else 0,
        finished=any(isinstance(event, RunFinished) for event in kept),
        ending=next((e.ending for e in kept if isinstance(e, RunFinished | RunFailed)), None),
        problem=failed.problem if failed else "",
        remedy=failed.remedy if failed else "",
        reward=str(config.get("reward", "")),
        terms=signs.named,
        paid=signs.paid,
        priced=signs.priced,
        settings=numbers_in(config),
        metrics=tracks,
        first_scene=scenes[0] if scenes else None,
        last_scene=scenes[-1] if scenes else None,
        turning_point=turning_point(wanted, paid),
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
    columns: dict[MetricName, list[float]] = {} if updates else {name: [] for name in base}
    for update in updates:
        for name, value in update.metrics.items():
            columns.setdefault(name, []).append(value)
    return {name: _track(column, base.get(name), last_updates) for name, column in columns.items()}


def numbers_in(config: Mapping[str, Any]) -> dict[str, float]:
    """Every number of a config as plain data, by the last part of its dotted name."""
    found: dict[str, float] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            found = numbers_in(value) | found
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[key] = float(value)
    return found


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


def turning_point(wanted: list[float], paid: list[float]) -> int | None:
    """The update (from 1) after which what was wanted fell while what was paid went on rising.

    The best update is where the smoothed curve is highest, the fall and the rise are measured from
    there to the last update that has a full window of neighbours. None if the best update lies so
    near an end that its own window is cut short, or if the fall or the rise is no more than noise.
    """
    if len(wanted) < 4 * SMOOTHING:
        return None
    true, proxy = _smooth(wanted), _smooth(paid)
    turn = max(range(len(true)), key=true.__getitem__)
    last = len(true) - SMOOTHING - 1
    if not SMOOTHING <= turn <= last:
        return None
    fell = true[turn] - true[last] >= _least_move(wanted, true)
    rose = proxy[last] - proxy[turn] >= _least_move(paid, proxy)
    return turn + 1 if fell and rose else None


def _smooth(values: list[float]) -> list[float]:
    """The mean of each value and its neighbours; near the ends there are fewer of them."""
    windows = (values[max(0, i - SMOOTHING) : i + SMOOTHING + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def _least_move(values: list[float], smoothed: list[float]) -> float:
    """The smallest move of the smoothed curve that is more than rounding, noise or a trifle."""
    full = slice(SMOOTHING, len(values) - SMOOTHING)
    pairs = zip(values[full], smoothed[full], strict=True)
    noise = pstdev(value - level for value, level in pairs)
    return max(LEAST_RANGE, NOISE * noise, SHARE_OF_RANGE * (max(values) - min(values)))
