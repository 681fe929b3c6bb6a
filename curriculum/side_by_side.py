"""Ways to set one method, measured side by side over seeds: kept as figures, never typed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from curriculum.checks import duplicate_ids
from curriculum.findings import Finding, nearest
from curriculum.loader import finding_of, read_toml, refusal
from curriculum.parts import Id, SettingValue, Text
from curriculum.summary import summarise
from engine.algorithms import ALGORITHMS
from engine.config import ConfigError, content_address, metrics_of, parse_config, placed
from engine.frozen import Frozen
from engine.metrics import MetricName
from engine.spec import TrainConfig
from engine.train import train

FOLDER = Path(__file__).parent / "side_by_side"


class Column(Frozen):
    """One measurement of every row."""

    metric: MetricName
    stat: Literal["first", "last"] = "last"  # before any update, or the mean of the last ones
    label: Text
    format: Literal["percent", "one_decimal", "two_decimals"] = "two_decimals"


class Way(Frozen):
    """One row: settings that differ from what all rows share."""

    id: Id
    label: Text
    settings: dict[str, SettingValue] = Field(default_factory=dict)  # by dotted name
    paper: str = ""  # what the paper reports there


class Judged(Frozen):
    """On how many seeds a row is better than another one of the same table."""

    than: Id
    metric: MetricName
    wanted: Literal["higher", "lower"]
    label: Text


class SideBySide(Frozen):
    """A table of runs: what they share, how its rows differ, and what is told of each."""

    title: Text
    methods: tuple[Id, ...]  # on whose pages it stands
    text: tuple[Text, ...]
    seeds: int = Field(10, ge=1)  # 0 to one below it
    last_updates: int = Field(5, ge=1)
    shared: dict[str, SettingValue]
    columns: tuple[Column, ...]
    rows: tuple[Way, ...]
    judged: Judged | None = None


class Measured(Frozen):
    """What the runs of one row gave, one figure a seed."""

    addresses: tuple[str, ...]  # of the runs
    figures: tuple[tuple[float, ...], ...]  # [columns][seeds]


def names() -> list[str]:
    """The tables there are."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_table(name: str, folder: Path | str = FOLDER) -> SideBySide:
    """What a table is of. Raises ChapterError with every problem of its file."""
    path = Path(folder) / f"{name}.toml"
    if not path.is_file():
        known = sorted(one.stem for one in Path(folder).glob("*.toml"))
        unknown = Finding((), name, "There is no table of this name.", nearest(name, known))
        raise refusal(path, "", [unknown])
    raw, text = read_toml(path)
    found = list(duplicate_ids(raw))
    table: SideBySide | None = None
    try:
        table = SideBySide.model_validate(raw)
    except ValidationError as mistaken:
        found += [finding_of(error, SideBySide.model_fields) for error in mistaken.errors()]
    if table:
        found += _findings(table)
    if found or table is None:
        raise refusal(path, text, found)
    return table


def _findings(table: SideBySide) -> Iterator[Finding]:
    """Everything in a well-formed file that refers to nothing, or cannot be run."""
    for place, name in enumerate(table.methods):
        if name not in ALGORITHMS:
            remedy = nearest(name, ALGORITHMS)
            yield Finding(("methods", place), name, "No such algorithm exists.", remedy)
    if table.judged:
        yield from _judgement(table, table.judged)
    for place, way in enumerate(table.rows):
        yield from _runs(table, place, way)


def _judgement(table: SideBySide, judged: Judged) -> Iterator[Finding]:
    rows = [way.id for way in table.rows]
    if judged.than not in rows:
        where = ("judged", "than")
        yield Finding(where, judged.than, "No such row exists.", nearest(judged.than, rows))
    if _place_of(table, judged.metric) is None:
        where = ("judged", "metric")
        yield Finding(where, judged.metric, "No column has it.", "Add a column of it.")


def _runs(table: SideBySide, place: int, way: Way) -> Iterator[Finding]:
    try:
        config = config_of(table, way, 0)
    except ConfigError as error:
        yield Finding(("rows", place), way.id, f"It cannot be run: {error}", "Correct it.")
        return
    measures = metrics_of(config.algorithm, config.world.world)
    for number, column in enumerate(table.columns):
        if column.metric not in measures:
            where, message = ("columns", number, "metric"), f"Runs of {way.id} do not measure it."
            yield Finding(where, column.metric, message, nearest(column.metric, measures))


def _place_of(table: SideBySide, metric: MetricName) -> int | None:
    """The column of what a metric is at the end of a run."""
    kinds = [(column.metric, column.stat) for column in table.columns]
    return kinds.index((metric, "last")) if (metric, "last") in kinds else None


def config_of(table: SideBySide, way: Way, seed: int) -> TrainConfig:
    """The run of one row with one seed. Raises ConfigError if it cannot be run."""
    data: dict[str, Any] = {"seed": seed}
    for name, value in {**table.shared, **way.settings}.items():
        data = placed(data, name, value)
    return parse_config(data)


def measured(table: SideBySide, way: Way, seeds: range) -> Measured:
    """Run a row."""
    configs = [config_of(table, way, seed) for seed in seeds]
    found = [
        summarise(train(config), config.model_dump(mode="json"), table.last_updates).metrics
        for config in configs
    ]
    return Measured(
        addresses=tuple(map(content_address, configs)),
        figures=tuple(
            tuple(round(getattr(one[column.metric], column.stat), 6) for one in found)
            for column in table.columns
        ),
    )


def write_table(name: str) -> Iterator[Path]:
    """Measure every row of a table and keep it; yields the file of each, once it is written."""
    table = load_table(name)
    (FOLDER / name).mkdir(exist_ok=True)
    for way in table.rows:
        path = FOLDER / name / f"{way.id}.json"
        kept = measured(table, way, range(table.seeds))
        path.write_text(kept.model_dump_json(indent=1) + "\n", encoding="utf-8")
        yield path


def load_measured(name: str, table: SideBySide, way: Way) -> Measured | None:
    """What is kept of a row; None if there is nothing, or if it was measured on other runs."""
    path = FOLDER / name / f"{way.id}.json"
    if not path.is_file():
        return None
    kept = Measured.model_validate_json(path.read_text(encoding="utf-8"))
    runs = [config_of(table, way, seed) for seed in range(table.seeds)]
    is_same = kept.addresses == tuple(map(content_address, runs))
    return kept if is_same and len(kept.figures) == len(table.columns) else None


def better_on(table: SideBySide, judged: Judged, kept: Measured, other: Measured) -> int:
    """On how many seeds a row ends better than the row with which all are compared."""
    place = _place_of(table, judged.metric)
    assert place is not None, "the file was checked"
    sign = 1 if judged.wanted == "higher" else -1
    pairs = zip(kept.figures[place], other.figures[place], strict=True)
    return sum(sign * (one - another) > 0 for one, another in pairs)
