"""The same settings over several seeds: started together, found together, read as curves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import select

from backend import runs
from backend.database import current
from backend.errors import RefusedConfig
from backend.run_views import RunSummaryRow
from backend.tables import EventRow
from engine.config import parse_config
from engine.spec import TrainConfig
from engine.spread import Trace, traced

MOST_SEEDS = 20
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Experiment:
    """A learner's runs that differ in nothing but the seed, by seed."""

    name: str  # short, and the same for equal settings
    rows: tuple[RunSummaryRow, ...]

    @property
    def config(self) -> TrainConfig:
        """The settings, with the first seed."""
        return self.rows[0].config

    @property
    def finished(self) -> tuple[RunSummaryRow, ...]:
        """The runs that made all their updates."""
        return tuple(row for row in self.rows if row.state == "finished")


def press_seeds(
    learner_id: str, config: TrainConfig, count: int, pace: float | None = None
) -> list[str]:
    """Press Train for `count` seeds from the config's own on; one press for each, in that order.

    pace: updates a second, None for as fast as it goes. Raises RefusedConfig for a number of seeds
    that is not offered.
    """
    if not 1 <= count <= MOST_SEEDS:
        raise RefusedConfig(
            f"{count} seeds at once are not possible.", f"Choose between 1 and {MOST_SEEDS}."
        )
    first = min(config.seed, LARGEST_SEED - count + 1)
    content = config.model_dump()
    return [
        runs.press_train(learner_id, parse_config({**content, "seed": seed}), pace=pace)
        for seed in range(first, first + count)
    ]


def experiments_of(rows: Sequence[RunSummaryRow]) -> list[Experiment]:
    """Runs that share all but the seed, the experiment with the latest press first."""
    together: dict[str, list[RunSummaryRow]] = {}
    for row in rows:
        content = row.config.model_dump(mode="json", exclude={"seed"})
        together.setdefault(json.dumps(content, sort_keys=True), []).append(row)
    return [
        Experiment(
            sha256(content.encode()).hexdigest()[:4],
            tuple(sorted(group, key=lambda row: row.config.seed)),
        )
        for content, group in together.items()
    ]


def trace_of(address: str, seed: int, updates: int) -> Trace:
    """The curves of a run, of its first `updates` updates; scenes are not read.

    `seconds` is no axis of runs that were recorded before it was measured, nor `drift` of those
    that have none.
    """
    with current().reading() as session:
        events = session.execute(
            select(EventRow.payload, EventRow.seconds)
            .where(EventRow.address == address, EventRow.seq >= 1, EventRow.seq <= updates)
            .order_by(EventRow.seq)
        ).all()
    made = [(json.loads(payload), seconds) for payload, seconds in events]
    trace = traced(seed, ((e["update"], e["work"], e["metrics"]) for e, _ in made))
    spent = [seconds for _, seconds in made if seconds is not None]
    if len(spent) < len(made):
        return trace
    return replace(trace, axes={**trace.axes, "seconds": spent})
