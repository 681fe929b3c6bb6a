"""A run as files that other programs read: CSV with one row an update, JSON with everything."""

import csv
import io
import json
from collections.abc import Iterable

from backend.recorder import Event
from backend.run_views import RunRecord
from engine.config import config_json
from engine.events import UpdateCompleted


def csv_of(events: Iterable[Event]) -> str:
    """One row an update: its number, the work so far, and every metric under its own name."""
    updates = [event for event in events if isinstance(event, UpdateCompleted)]
    names = sorted({str(name) for event in updates for name in event.metrics})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["update", "work", *names])
    for event in updates:
        metrics = {str(name): value for name, value in event.metrics.items()}
        writer.writerow([event.update, event.work, *(metrics.get(name, "") for name in names)])
    return text.getvalue()


def json_of(run: RunRecord, events: Iterable[Event]) -> str:
    """The whole run: config, address, engine version, and every event with its scenes."""
    content = {
        "address": run.address,
        "engine_version": run.engine_version,
        "config": json.loads(config_json(run.config)),
        "events": [event.model_dump(mode="json") for event in events],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)
