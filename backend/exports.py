"""A run as files for elsewhere: CSV with one row an update, JSON with everything, TRL's script."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from pprint import pformat

from backend.recorder import Event
from backend.run_views import RunRecord
from engine.config import config_json, reward_of
from engine.events import RunStarted, UpdateCompleted
from engine.language.pair_learning import PairsConfig
from engine.metrics import MetricName
from engine.spec import TrainConfig
from engine.worlds.desk import SCORE, DeskConfig

WORK_SO_FAR = "work_so_far"
SCRIPTS = Path(__file__).parents[1] / "in_trl"
# TRL's IPO divides by the length of a reply, its DPO samples nothing, and of its DPO losses only
# robust and two that are not here read the share of wrong labels.
NOT_IN_TRL: dict[str, dict[str, tuple[str, ...]]] = {
    "dpo": {"loss_type": ("ipo", "conservative"), "pairs_from": ("policy",)}
}


def csv_of(events: Iterable[Event]) -> str:
    """One row an update: its number, the work so far, and every metric under its own name.

    Update 0 is what was measured before any training, as in the charts. Work so far has a column
    name that no metric has: `work` is one.
    """
    measured: list[tuple[int, int, dict[str, float]]] = []
    for event in events:
        if isinstance(event, UpdateCompleted):
            measured.append((event.update, event.work, _by_name(event.metrics)))
        elif isinstance(event, RunStarted) and event.metrics:
            measured.append((0, 0, _by_name(event.metrics)))
    names = sorted({name for _, _, metrics in measured for name in metrics})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["update", WORK_SO_FAR, *names])
    for update, work, metrics in measured:
        writer.writerow([update, work, *(metrics.get(name, "") for name in names)])
    return text.getvalue()


def _by_name(metrics: Mapping[MetricName, float]) -> dict[str, float]:
    return {str(name): value for name, value in metrics.items()}


def trl_script_of(config: TrainConfig) -> str | None:
    """A short script that makes a run of these settings in TRL; None if TRL cannot."""
    path = SCRIPTS / f"{config.algorithm}.py"
    if not path.is_file() or not isinstance(config.world, DeskConfig):
        return None
    other = NOT_IN_TRL.get(config.algorithm, {})
    if any(getattr(config, name) in values for name, values in other.items()):
        return None
    is_paid = not isinstance(config, PairsConfig)  # Pairs say by themselves what is learnt.
    if is_paid and SCORE in reward_of(config).terms:  # The script has no judge.
        return None
    settings = pformat(json.loads(config_json(config)), width=96, sort_dicts=False)
    blank = f'SETTINGS: dict[str, Any] = {{"algorithm": "{config.algorithm}"}}'
    text = path.read_text(encoding="utf-8")
    if blank not in text:
        raise ValueError(f"{path.name} has no line `{blank}` to be filled in.")
    return text.replace(blank, f"SETTINGS: dict[str, Any] = {settings}")


def json_of(run: RunRecord, events: Iterable[Event]) -> str:
    """The whole run: config, address, engine version, and every event with its scenes."""
    content = {
        "address": run.address,
        "engine_version": run.engine_version,
        "config": json.loads(config_json(run.config)),
        "events": [event.model_dump(mode="json") for event in events],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)
